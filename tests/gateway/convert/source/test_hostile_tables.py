"""Tables made to hurt: refused clearly, or read in little time and memory."""

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from source_reading import refusal, source
from workbook_parts import KINDS, MAIN, package, sheet

from gateway.convert.unfit import Unfit

SAMPLES = Path(__file__).parents[3] / "samples"


def test_a_cell_in_the_last_corner_is_refused_by_its_name(samples):
    problem = refusal((samples / "evil/bomb_sparse.xlsx").read_bytes(), "a.xlsx")
    assert problem.code == "workbook"
    assert "sheet1.xml: its cells reach to XFD1048576" in problem.message


def test_a_cell_far_below_or_far_right_of_the_others_is_read():
    far = '<row r="2"><c r="XFD2"><v>1</v></c></row>'
    low = '<row r="1048576"><c r="C1048576"><v>2</v></c></row>'
    for row, place in ((far, "2"), (low, "1048576")):
        xml = source(package(sheet(row)), "a.xlsx").xml
        assert f'<row index="{place}">'.encode() in xml


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = package(sheet(f'<row r="1"><c t="str"><v>{" " * (20 << 20)}</v></c></row>'))
    tracemalloc.start()
    problem = refusal(bomb, "a.xlsx")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert problem.code == "workbook"
    assert "xl/s.xml is packed" in problem.message
    assert "times smaller than its content" in problem.message
    assert peak < 2 << 20


def forged(data: bytes, name: str, size: int) -> bytes:
    """Return the archive with another size of a part in its directory."""
    at = data.rindex(name.encode()) - 46  # a record of the directory
    assert data[at : at + 4] == b"PK\x01\x02"
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


def test_sizes_that_lie_are_found_out():
    data = package(sheet('<row r="1"><c><v>1</v></c></row>'))
    huge = forged(forged(data, "xl/t.xml", 0xF0000000), "xl/s.xml", 0xF0000000)
    assert "unpacked it has" in refusal(huge, "a.xlsx").message
    short = refusal(forged(data, "xl/s.xml", 60), "a.xlsx")
    assert "xl/s.xml" in short.message


@pytest.mark.parametrize("part", ["xl/s.xml", "xl/t.xml", "xl/workbook.xml"])
def test_entities_are_refused_wherever_they_stand(part):
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x xmlns="urn:x">&b;</x>'
    used = sheet('<row r="1"><c t="s"><v>0</v></c></row>')
    problem = refusal(package(used, **{part: bomb}), "a.xlsx")
    assert "DOCTYPE" in problem.message
    assert part in problem.message


def test_broken_workbooks_say_what_is_wrong():
    whole = package(sheet(""))
    none = io.BytesIO()
    with zipfile.ZipFile(none, "w") as archive:
        archive.writestr("a.txt", "x")
    for data, says in [
        (b"PK\x03\x04 no zip", "no zip archive that can be read"),
        (whole[:-30], "no zip archive that can be read"),
        (none.getvalue(), "it has no xl/workbook.xml"),
        (package(sheet("<row>")), "xl/s.xml: line 1: it is not well-formed"),
        (package(b"\xff" + sheet("").encode()), "it is not well-formed"),
        (package(sheet(""), **{"xl/workbook.xml": "<a"}), "xl/workbook.xml: line 1"),
        (
            package(sheet('<row r="1"><c r="XFE1"><v>1</v></c></row>')),
            "beyond column XFD",
        ),
        (
            package(sheet('<row r="1">' + "<c><v>1</v></c>" * 16_385 + "</row>")),
            "row 1 has a cell beyond column XFD",
        ),
    ]:
        problem = refusal(data, "a.xlsx")
        assert problem.code == "workbook"
        assert says in problem.message


def test_numbers_and_names_that_are_none_break_neither_reader_nor_xml():
    odd = "\u00b2"  # a digit to Unicode, no number to Python
    cells = f'<row r="{odd}"><c s="{odd}"><v>7</v></c></row>'
    tail = '<mergeCells><mergeCell ref="A1:B1&quot;&lt;"/></mergeCells>'
    book = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><sheets><sheet name="S"'
        ' sheetId="1" state="&lt;&quot;" r:id="b"/></sheets></workbook>'
    )
    long = sheet(cells.replace(odd, "9" * 5000, 1), tail)
    for rows in (sheet(cells, tail), long):
        data = package(rows, **{"xl/workbook.xml": book})
        [cell] = etree.fromstring(source(data, "a.xlsx").xml).iter("cell")
        assert (cell.text, cell.get("merged")) == ("7", 'A1:B1"<')
        assert cell.getparent().getparent().get("state") == '<"'


def test_old_workbooks_that_are_broken_or_too_large_are_refused(samples):
    data = (samples / "xls/order.xls").read_bytes()
    last = data.rindex(b"\x7e\x02\x0a\x00") + 4  # RK: a number
    name = "Workbook".encode("utf-16-le")
    other = data.replace(name, "WordDoc.".encode("utf-16-le"))
    package = "EncryptedPackage".encode("utf-16-le")
    name = data.index("Workbook".encode("utf-16-le"))
    secret = data[:name] + package + data[name + len(package) : name + 64]
    secret += (len(package) + 2).to_bytes(2, "little") + data[name + 66 :]
    for broken, says in [
        (data[:8], "no container"),
        (data[:600], "it is cut short"),
        (data[:4000], "it is cut short"),
        (data[:8] + data, "unknown size"),
        (data[:512] + bytes(len(data) - 512), "its sectors go round in circles"),
        (data[:last] + b"\xff\xff\xff\x00" + data[last + 4 :], "reach over 16777216"),
        (other, "it is broken"),
        (secret, "protected with a password"),
    ]:
        problem = refusal(broken, "a.xls")
        assert problem.code == "workbook"
        assert says in problem.message, problem.message


@settings(max_examples=60)
@given(st.integers(0, 9727), st.binary(min_size=1, max_size=8))
def test_no_damage_makes_the_reading_of_an_old_workbook_fail_otherwise(at, damage):
    data = (SAMPLES / "xls/order.xls").read_bytes()
    hurt = data[:at] + damage + data[at + len(damage) :]
    try:
        seen = etree.fromstring(source(hurt, "a.xls", SOURCE_FORMAT="XLSX").xml).tag
    except Unfit as unfit:
        seen = unfit.problem.code
    assert seen == "workbook"


def test_too_many_parts_are_refused():
    many = {f"x/{number}": "" for number in range(10_001)}
    assert "at most 10000 are read" in refusal(package("", **many), "a.xlsx").message


def test_a_row_of_a_million_values_is_refused():
    problem = refusal(b"a;b\n" + b";" * 1_000_000, "a.csv", CSV_DELIMITER=";")
    assert problem.line == 2
    assert "it has 1000001 values; at most 16384" in problem.message
