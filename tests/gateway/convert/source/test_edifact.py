import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.convert.source import Described, read_source
from gateway.convert.source.directory import directory
from gateway.convert.source.edifact import read_edifact
from gateway.convert.unfit import Unfit

FILE = Described(
    name="order.edi", size=0, sha256="", content_type="text/plain", depth=200
)
UNB = "UNB+UNOC:3+A:14+B:14+261012:1530+REF1'"
UNH = "UNH+1+ORDERS:D:96A:UN'"


def read(text: str | bytes):
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    return read_edifact(data, FILE)


def tree(text: str | bytes):
    return etree.fromstring(read(text).xml)


def problem(text: str | bytes):
    with pytest.raises(Unfit) as stopped:
        read(text)
    assert stopped.value.problem.code == "edifact-syntax"
    assert stopped.value.problem.step == "read"
    assert stopped.value.problem.remedy
    return stopped.value.problem


def made(data: bytes) -> str:
    """What became of the data: well-formed XML, or a problem's code."""
    try:
        source = read_edifact(data, FILE)
    except Unfit as unfit:
        return unfit.problem.code
    etree.fromstring(source.xml)
    return "XML"


def canonical(xml: bytes) -> bytes:
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(xml, parser), method="c14n")


@pytest.mark.parametrize(
    "name", ["orders_d96a", "orders_d01b_un", "orders_d01b_eancom"]
)
def test_the_samples_become_the_expected_xml(samples, name):
    source = read_source((samples / f"edi/{name}.edi").read_bytes(), FILE)
    expected = (samples / f"xml-of-edi/{name}.xml").read_bytes()
    assert canonical(source.xml) == canonical(expected)
    assert not source.warnings


TIMED = """
import sys, time
from pathlib import Path
from gateway.convert.source import Described, read_source

file = Described(name="o", size=0, sha256="", content_type="", depth=9)
data = Path(sys.argv[1]).read_bytes()
started = time.process_time()
source = read_source(data, file)
print(time.process_time() - started, len(source.xml), len(source.warnings))
"""


def test_an_interchange_of_1_mb_takes_less_than_2_seconds(samples):
    # in a process of its own: neither coverage nor other programs count
    said = subprocess.run(
        [sys.executable, "-c", TIMED, samples / "edi/orders_1mb.edi"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[4],
    )
    seconds, size, warnings = said.stdout.split()
    assert float(seconds) < 2
    assert int(size) > 4_000_000
    assert int(warnings) == 0


def test_separators_that_are_markup_signs_are_no_danger():
    text = (
        "UNA:+.?*#UNB+UNOC:3+A:14+B:14+261012:1530+R#UNH+1+ORDERS:D:96A:UN#"
        "BGM+220+<a ?# & b>#UNT+3+1#UNZ+1+R#"
    )
    assert tree(text).findtext(".//BGM02") == "<a # & b>"


def test_released_signs_are_data_and_double_releases_end_nothing():
    xml = tree(f"{UNB}{UNH}FTX+AAI+++a?+b?:c??:d?'e??'UNT+3+1'UNZ+1+REF1'")
    assert xml.findtext(".//FTX0401") == "a+b:c?"
    assert xml.findtext(".//FTX0402") == "d'e?"


def test_other_separators_come_from_una():
    text = (
        "UNA:*.\\ ~\n"
        "UNB*UNOC:3*A:14*B:14*261012:1530*R~UNH*1*ORDERS:D:96A:UN~"
        "BGM*220*O+1\\*2~UNT*3*1~UNZ*1*R~"
    )
    assert tree(text).findtext(".//BGM02") == "O+1*2"


def test_without_release_sign_a_question_mark_is_data():
    text = f"UNA:+.  '{UNB}{UNH}BGM+220+What?'UNT+3+1'UNZ+1+REF1'"
    assert tree(text).findtext(".//BGM02") == "What?"


def test_version_4_repeats_elements():
    text = (
        "UNB+UNOC:4+A+B+20261012:1530+R'UNH+1+ORDERS:D:96A:UN'"
        "BGM+220*221+1'UNT+3+1'UNZ+1+R'"
    )
    assert [e.findtext("BGM0101") for e in tree(text).iter("BGM01")] == ["220", "221"]


def test_version_3_repeats_nothing():
    text = f"{UNB}{UNH}BGM+220*221+1'UNT+3+1'UNZ+1+REF1'"
    assert tree(text).findtext(".//BGM0101") == "220*221"


def test_una_names_the_repetition_sign_of_version_4_only():
    for version, repeated in (("3", 1), ("4", 2)):
        text = (
            f"UNA:+.?#'UNB+UNOC:{version}+A+B+261012:1530+R'{UNH}"
            "BGM+220#221+1'UNT+3+1'UNZ+1+R'"
        )
        assert len(list(tree(text).iter("BGM01"))) == repeated


def test_values_in_a_simple_element_are_never_lost():
    xml = tree(f"{UNB}{UNH}BGM+220+1:2'UNT+3+1'UNZ+1+REF1'")
    assert [e.text for e in xml.find(".//BGM02")] == ["1", "2"]


def test_groups_of_messages_stand_around_their_messages():
    text = f"{UNB}UNG+ORDERS+A+B+261012:1530+G1'{UNH}BGM+1'UNT+3+1'UNE+1+G1'UNZ+1+REF1'"
    source = read(text)
    assert not source.warnings
    tags = [each.tag for each in etree.fromstring(source.xml)]
    assert tags == ["UNB", "UNG", "ORDERS", "UNE", "UNZ"]


def test_many_components_and_repetitions_keep_their_places():
    many = ":".join(str(n) for n in range(1, 31))
    text = (
        f"{UNB.replace('UNOC:3', 'UNOC:4')}{UNH}FTX+A**B+++{many}'UNT+3+1'UNZ+1+REF1'"
    )
    xml = tree(text)
    assert [each.text for each in xml.iter("FTX01")] == ["A", None, "B"]
    assert xml.findtext(".//FTX04/FTX0430") == "30"


def test_several_messages_follow_each_other():
    second = UNH.replace("UNH+1", "UNH+2")
    text = f"{UNB}{UNH}BGM+1'UNT+3+1'{second}BGM+2'UNT+3+2'UNZ+2+REF1'"
    assert len(tree(text).findall("ORDERS")) == 2


@pytest.mark.parametrize(
    ("message", "says"),
    [("ORDERS:D:55Z:UN", "D55Z is not known"), ("NOSUCH:D:96A:UN", "NOSUCH is not")],
)
def test_an_unknown_message_is_written_flat_with_a_warning(message, says):
    source = read(f"{UNB}UNH+1+{message}'LIN+1++2:EN'QTY+21:2'UNT+4+1'UNZ+1+REF1'")
    (warning,) = source.warnings
    assert says in warning
    kind = message.split(":")[0]
    tags = [each.tag for each in etree.fromstring(source.xml).find(kind)]
    assert tags == ["UNH", "LIN", "QTY", "UNT"]


@pytest.mark.parametrize(
    ("tail", "says"),
    [
        ("UNT+9+1'UNZ+1+REF1'", "counts 9 segments in the message, there are 3"),
        ("UNT+3+7'UNZ+1+REF1'", "reference '7' is not UNH01, '1'"),
        ("UNT+3+1'UNZ+4+REF1'", "counts 4 messages in the interchange, there are 1"),
        ("UNT+3+1'UNZ+1+OTHER'", "reference 'OTHER' is not UNB05, 'REF1'"),
        ("UNT'UNZ+1+REF1'", "counts no segments"),
    ],
)
def test_wrong_counts_and_references_are_warnings(tail, says):
    source = read(f"{UNB}\n{UNH}\nBGM+220'\n{tail}")
    assert says in source.warnings[0]
    assert "line 4" in source.warnings[0]


def test_wrong_group_counts_are_warnings():
    text = f"{UNB}UNG+ORDERS+A+B+1:2+G1'{UNH}BGM+1'UNT+3+1'UNE+2+G9'UNZ+3+REF1'"
    warnings = read(text).warnings
    assert "counts 2 messages in the group, there are 1" in warnings[0]
    assert "is not UNG05" in warnings[1]
    assert "counts 3 groups" in warnings[2]


def test_a_segment_without_a_place_is_kept_with_a_warning():
    source = read(f"{UNB}{UNH}BGM+1'ZZZ+x'UNT+4+1'UNZ+1+REF1'")
    assert (
        "Segment 4 (ZZZ), line 1: it has no place here in ORDERS"
        in (source.warnings[0])
    )
    assert b"<ZZZ01>x</ZZZ01>" in source.xml


def test_more_repetitions_than_allowed_stay_in_their_groups_with_a_warning():
    lines = "".join(f"RFF+CT:{n}'" for n in range(12))
    source = read(f"{UNB}{UNH}BGM+1'{lines}UNT+15+1'UNZ+1+REF1'")
    assert "more than the 10 times allowed" in source.warnings[0]
    assert len(etree.fromstring(source.xml).findall("ORDERS/GROUP_1")) == 12


def test_warnings_are_shown_up_to_a_hundred():
    segments = "ZZZ+x'" * 150
    warnings = read(f"{UNB}{UNH}{segments}UNT+152+1'UNZ+1+REF1'").warnings
    assert len(warnings) == 101
    assert warnings[-1] == "50 more warnings"


@pytest.mark.parametrize(
    ("identifier", "codec", "text"),
    [
        ("UNOC", "iso8859-1", "Müller"),
        ("UNOD", "iso8859-2", "Łódź"),
        ("UNOE", "iso8859-5", "Київ".replace("ї", "i")),
        ("UNOW", "utf-8", "Київ €"),
        ("UNOY", "utf-8", "日本"),
    ],
)
def test_the_syntax_identifier_names_the_character_set(identifier, codec, text):
    head = UNB.replace("UNOC", identifier)
    data = f"{head}{UNH}BGM+1+{text}'UNT+3+1'UNZ+1+REF1'".encode(codec)
    assert tree(data).findtext(".//BGM02") == text


@pytest.mark.parametrize(
    ("identifier", "says"), [("UNOA", "does not allow"), ("UNOZ", "is not known")]
)
def test_characters_beyond_the_set_are_read_as_latin_1_with_a_warning(identifier, says):
    head = UNB.replace("UNOC", identifier)
    source = read(f"{head}{UNH}BGM+1+Müller'UNT+3+1'UNZ+1+REF1'")
    assert says in source.warnings[0]
    assert "Müller" in source.xml.decode()


@pytest.mark.parametrize(
    ("coded", "codec"), [("7", "utf-8"), ("3", "cp850"), ("2", "latin-1")]
)
def test_the_coded_encoding_goes_before_the_syntax_identifier(coded, codec):
    head = UNB.replace("UNOC:3", f"UNOC:4::{coded}")
    data = f"{head}{UNH}BGM+1+Müller'UNT+3+1'UNZ+1+REF1'".encode(codec)
    assert tree(data).findtext(".//BGM02") == "Müller"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_two_byte_characters_are_read_as_such(codec):
    head = UNB.replace("UNOC", "UNOY")
    data = f"{head}{UNH}BGM+1+Київ'UNT+3+1'UNZ+1+REF1'".encode(codec)
    source = read_source(data, FILE)
    assert etree.fromstring(source.xml).findtext(".//BGM02") == "Київ"
    assert not source.warnings
    assert "byte" in problem(data[:-1]).message


@pytest.mark.parametrize("version", ["D:3", "4:1", "2:2"])
def test_the_acknowledgement_has_its_groups_in_every_version(version):
    source = read(
        f"{UNB}UNH+1+CONTRL:{version}:UN'UCI+R+A:14+B:14+4'UCM+1+ORDERS:D:96A:UN+4'"
        "UCS+3+13'UCD+12+2:1'UNT+6+1'UNZ+1+REF1'"
    )
    assert not source.warnings
    group = etree.fromstring(source.xml).find("CONTRL/GROUP_1")
    assert [each.tag for each in group] == ["UCM", "GROUP_2"]
    assert group.findtext("GROUP_2/UCD/UCD02/UCD0202") == "1"
    assert group.findtext("UCM/UCM02/UCM0201") == "ORDERS"


def test_bytes_that_are_not_utf_8_are_named_with_their_line():
    head = UNB.replace("UNOC", "UNOW").encode()
    found = problem(head + b"\n\nUNH+\xff'")
    assert found.line == 3
    assert "does not fit the character set UNOW" in found.message


def test_line_breaks_and_padding_between_segments_do_no_harm():
    text = f"\r\n{UNB}\r\n{UNH}\r\nBGM+1'\r\n\r\nUNT+3+1'\r\nUNZ+1+REF1'\r\n\x1a\0\0"
    assert not read(text).warnings


def test_markup_signs_in_data_are_escaped():
    xml = tree(f"{UNB}{UNH}BGM+1+<a & b>'UNT+3+1'UNZ+1+REF1'")
    assert xml.findtext(".//BGM02") == "<a & b>"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (f"{UNB}\n{UNH}\nBGM+1", 3, "segment 3 (BGM), line 3: the file ends before"),
        (f"{UNB}\n{UNH}\nBGM+1'", 3, "without UNZ: it is cut short"),
        (f"{UNB}\n{UNH}\nUNT+2+1'", 3, "without UNZ"),
        (f"{UNB}\n{UNH}\nBGM+1?'", 3, "the file ends before the segment's"),
        (f"{UNB}\n{UNH}\n{UNH}", 3, "begun in segment 2 has no UNT"),
        (f"{UNB}\n{UNH}\nUNZ+1+1'", 3, "has no UNT"),
        (f"{UNB}\nBGM+1'", 2, "outside of any message"),
        (f"{UNB}\nUNT+1+1'", 2, "there is no UNH before it"),
        (f"{UNB}\nUNE+1+1'", 2, "there is no UNG before it"),
        (f"{UNB}\nUNG+1'UNG+1'", 2, "has no UNE"),
        (f"{UNB}\nUNG+1'UNZ+1+1'", 2, "the last group has no UNE"),
        (f"{UNB}\n{UNB}", 2, "a second interchange begins"),
        (f"{UNB}UNZ+0+REF1'\nUNH+1+ORDERS:D:96A'", 2, "follows UNZ"),
        (f"{UNB}\nUNH+1+ORDERS'", 2, "does not name message type, version and"),
        (f"{UNB}\nUNH+1+a<b:D:96A'", 2, "is not a message type"),
        (f"{UNB}\nlin+1'", 2, "'lin' is not a segment tag"),
        (f"{UNB}\nB\x01M+1'", 2, "U+0001 is not allowed"),
        ("UNB", 1, "no UNB with a syntax identifier"),
        ("UNA++.? 'UNB+UNOC:3'", 1, "not six different signs"),
        ("UNAa+.? 'UNB+UNOC:3'", 1, "not six different signs"),
    ],
)
def test_a_broken_interchange_names_segment_tag_and_line(text, line, says):
    found = problem(text)
    assert says in found.message
    assert found.message.startswith("order.edi")
    assert found.line == line


def test_every_directory_can_be_read():
    for name in ("D94A", "D96A", "D96B", "D99A", "D00A", "D01B", "D03B", "D08A"):
        found = directory(name)
        assert found is not None
        assert "ORDERS" in found.messages
    assert directory("../D96A") is None


@given(st.text(alphabet="UNABHTZ+:'?*. \nDORES:96\x00é<", max_size=200))
def test_no_text_makes_the_reader_fail_otherwise(text):
    assert made((UNB + text).encode("latin-1")) in {"XML", "edifact-syntax"}


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_otherwise(data):
    assert made(b"UNA:+.? 'UNB+UNOC:3'" + data) in {"XML", "edifact-syntax"}


@given(st.lists(st.text(alphabet="ab?+:' é&<", min_size=1, max_size=8), max_size=4))
def test_released_values_come_back_as_they_were(values):
    escaped = [
        "".join(f"?{c}" if c in "?+:'" else c for c in value) for value in values
    ]
    text = f"{UNB}{UNH}FTX+AAI+++{':'.join(escaped)}'UNT+3+1'UNZ+1+REF1'"
    xml = tree(text)
    assert [xml.findtext(f".//FTX040{n}") for n in range(1, len(values) + 1)] == values
