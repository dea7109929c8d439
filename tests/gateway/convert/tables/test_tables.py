import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.convert.source import Described
from gateway.convert.source.directory import (
    builtin,
    builtin_tables,
    directory,
    nodes_of,
)
from gateway.convert.source.edifact import read_edifact
from gateway.convert.source.x12 import read_x12
from gateway.convert.tables import form, read_table, unzip
from gateway.convert.unfit import Unfit

ORDER = """
                                 UN/EDIFACT
                                           Message Type : ORDERS
                                           Version      : D
                                           Release      : 97A
4.3   Message structure, see 4.3.1 Segment table

4.3.1  Segment table

Pos    Tag Name                                      S   R

            HEADER SECTION

0010   UNH Message header                            M   1
0020 * BGM Beginning of message                      M   1

0030       ───── Segment group 1  ────────────────── C   9999────────┐
0040   RFF Reference                                 M   1           │
0050   DTM Date/time/period                          C   5───────────┘

0060       ───── Segment group 2  ────────────────── C   99──────────┐
0070   NAD Name and address                          M   1           │
                                                                     │
0080       ───── Segment group 3  ────────────────── C   99─────────┐│
0090 + RFF Reference                                 M   1          ││
0100   DTM Date/time/period                          C   5──────────┴┘
0110   UNS Section control                           M   1
0120   UNT Message trailer                           M   1

Annex: 0130 XYZ Something else                       M   1
"""
NODES = [
    ["UNH", 1],
    ["BGM", 1],
    [1, 9999, [["RFF", 1], ["DTM", 5]]],
    [2, 99, [["NAD", 1], [3, 99, [["RFF", 1], ["DTM", 5]]]]],
    ["UNS", 1],
    ["UNT", 1],
]
SEGMENTS = """
       ALI  ADDITIONAL INFORMATION

       Function: To indicate that special conditions apply.

010    3239 COUNTRY OF ORIGIN, CODED                       C    1 an..3
030    4183 SPECIAL CONDITIONS, CODED                      C    5 an..3
----------------------------------------------------------------------
+      BGM  BEGINNING OF MESSAGE

010    C002 DOCUMENT/MESSAGE NAME                          C
       1001  Document/message name, coded                  C  an..3
020  | C106 DOCUMENT/MESSAGE IDENTIFICATION                C
030    1225 MESSAGE FUNCTION, CODED                        C  an..3
"""
FILE = Described(name="o", size=0, sha256="", content_type="", depth=50)


def zipped(files, method=zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return made.getvalue()


def a_directory(**more) -> bytes:
    """A zip as UNECE makes it: zips in a zip, and files that are of no interest."""
    return zipped(
        {
            "EDMD.ZIP": zipped({"ORDERS_D.97A": ORDER.encode("cp437"), **more}),
            "Edsd.zip": zipped({"EDSD.97A": SEGMENTS}),
            "uncl.zip": zipped({"UNCL.97A": "codes"}),
            "readme.txt": "x",
        }
    )


def table(**more) -> bytes:
    said = {"directory": "D97A", "messages": {"ORDERS": NODES}, **more}
    return json.dumps(said).encode()


def problem(data: bytes) -> str:
    with pytest.raises(Unfit) as stopped:
        read_table(data, "up.zip")
    assert stopped.value.problem.remedy
    return stopped.value.problem.message


def test_a_zip_of_unece_becomes_a_table():
    data, warnings = read_table(a_directory(), "d97a.zip")
    assert not warnings
    assert json.loads(data) == {
        "directory": "D97A",
        "syntax": "EDIFACT",
        "source": "UN/EDIFACT directory D97A, UNECE",
        "segments": {"ALI": "ssssss", "BGM": "ccs"},
        "messages": {"ORDERS": NODES},
    }


def test_lines_drawn_in_ascii_say_the_same():
    plain = ORDER.translate(str.maketrans("─│┐┘┴", "-|+++"))
    files = {"ORDERS_D.97A": plain, "TRSD.97A": SEGMENTS}
    data, _ = read_table(zipped(files), "d97a.zip")
    assert json.loads(data)["messages"] == {"ORDERS": NODES}


def drawn(nodes, depth=0) -> list[str]:
    """The rows of a segment table, the lines of its groups at the right."""
    rows = []
    for name, limit, *inner in nodes:
        if inner:
            bars = "┐" + "│" * depth
            rows.append(f"0010   ─── Segment group {name} ─── C   {limit}───{bars}")
            *body, last = drawn(inner[0], depth + 1)
            head, _, bars = last.rpartition("   ")
            ended = bars.count("┘") + bars.count("┴")
            rows += [*body, f"{head}   {bars[:ended]}┘{bars[ended + 1 :]}"]
        else:
            bars = "│" * depth
            rows.append(f"0010   {name} Name of the segment   M   {limit}   {bars}")
    return rows


@pytest.mark.parametrize("kind", ["ORDERS", "INVOIC", "DESADV", "IFTMIN"])
def test_the_tables_of_real_messages_come_back_from_their_drawings(kind):
    nodes = builtin_tables()["D96A"]["messages"][kind]
    text = "\n".join(["4.3.1  Segment table", "", *drawn(nodes)])
    for signs in ("─│┐┘", "-|++"):
        body = text.translate(str.maketrans("─│┐┘", signs))
        files = {f"{kind}_D.97A": body.encode("cp437"), "EDSD.97A": SEGMENTS}
        data, warnings = read_table(zipped(files), "d97a.zip")
        assert not warnings
        assert json.loads(data)["messages"] == {kind: nodes}


def test_a_message_that_is_not_understood_is_left_out_and_named():
    torn = ORDER.replace("ORDERS", "ORDRSP").replace("┴┘", "┴┘┘").encode("cp437")
    data, (warning,) = read_table(a_directory(**{"ORDRSP_D.97A": torn}), "d.zip")
    assert set(json.loads(data)["messages"]) == {"ORDERS"}
    assert warning == "ORDRSP was left out: line 26 ends more groups than are open."


def test_zips_that_are_no_directory_are_refused():
    assert "no segment table of a message" in problem(zipped({"a.txt": "x"}))
    assert "no segment directory (EDSD" in problem(zipped({"ORDERS_D.97A": ORDER}))
    two = {"ORDRSP_D.98A": ORDER.replace("97A", "98A").replace("ORDERS", "ORDRSP")}
    assert "of several directories (D97A, D98A)" in problem(a_directory(**two))
    whole = a_directory()
    assert "broken zip file" in problem(whole[: len(whole) // 2])


def test_hostile_zips_are_refused_within_bounds(monkeypatch):
    inner = zipped({"a.txt": "x"})
    for _ in range(3):
        inner = zipped({"a.zip": inner})
    assert "nested more than 3 deep" in problem(inner)

    flat = b"A" * (3 << 20)  # 3 MB of which 3 kB are sent
    assert "unpacked it has more than" in problem(zipped({"ORDERS_D.97A": flat}))

    monkeypatch.setattr(unzip, "TOTAL_BYTES", 3000)
    many = {f"ORDER{letter}_D.97A": "A" * 1600 for letter in "AB"}
    assert "unpacked it has more than" in problem(zipped(many))

    monkeypatch.setattr(unzip, "MEMBERS", 10)
    assert "more than 10 files" in problem(zipped({f"{n}.txt": "" for n in range(11)}))

    locked = bytearray(zipped({"ORDERS_D.97A": "x"}, zipfile.ZIP_STORED))
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # as if encrypted
        locked[locked.find(sign) + at] |= 1
    assert "cannot be unpacked" in problem(bytes(locked))
    assert "in /etc" not in problem(zipped({"../../etc/ORDERS_D.97A": "x"}))


def test_a_table_in_json_is_taken_as_it_is():
    nodes = [["ST", 1], ["BCH", 1], ["POC", 0, [["POC", 1], ["PID", 9]]]]
    said = {
        "directory": "004010VICS",
        "syntax": "X12",
        "source": "",
        "segments": {"REF": "sssc"},
        "messages": {"860": nodes},
    }
    data, warnings = read_table(json.dumps(said, indent=1).encode(), "860.json")
    assert (json.loads(data), warnings) == (said, ())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe", "neither a zip file nor JSON text in UTF-8"),
        (b'{"a": 1,\n}', "line 2, column 1"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a": 1, "a": 2}', "the key 'a' comes twice"),
        (b"[" + b"9" * 5000 + b"]", "a number in it is too long"),
        (b"[]", "not a JSON object"),
        (table(extra=1), "'extra' is none of directory, syntax"),
        (table(syntax="x"), "syntax must be EDIFACT or X12"),
        (table(directory="../x"), "directory must be a name such as D97A"),
        (table(directory="004010"), "directory must be a name such as D97A"),
        (table(syntax="X12"), "directory must be a name such as X12, 004010"),
        (table(source=1), "source must be a text"),
        (table(segments=[]), "segments must be an object"),
        (table(segments={"bgm": "c"}), "segments: 'bgm' is not a segment tag"),
        (table(segments={"BGM": "cx"}), "segments.BGM must have a letter c"),
        (table(messages={}), "messages must be an object"),
        (table(messages={"9": []}), "messages: '9' is not a type of EDIFACT"),
        (table(messages={"OK": []}), "messages.OK must be a list of nodes"),
        (table(messages={"OK": ["UNH"]}), "messages.OK[0] is neither [tag"),
        (table(messages={"OK": [["UNH", -1]]}), "messages.OK[0]: the count must"),
        (table(messages={"OK": [["UNH", True]]}), "messages.OK[0]: the count must"),
        (table(messages={"OK": [["<a>", 1]]}), "messages.OK[0]: '<a>' is not a"),
        (table(messages={"OK": [[1, 1, [["A1", 1]]]]}), "[0]: a segment must stand"),
        (table(messages={"OK": [["A1", 1], ["x", 1, [["B1", 1]]]]}), "has a number"),
        (table(messages={"OK": [["A1", 1], [1, 1, []]]}), "OK[1] must be a list"),
    ],
    ids=range(25),
)
def test_a_wrong_table_is_refused_with_its_place(data, says):
    assert says in problem(data)


def test_tables_are_bounded_in_depth_and_number(monkeypatch):
    deep = [["UNH", 1]]
    for number in range(1, 22):
        deep = [["AAA", 1], [number, 1, deep]]
    assert "nested more than 20 deep" in problem(table(messages={"OK": deep}))
    monkeypatch.setattr(form, "NODES", 5)
    wide = [["UNH", 1]] * 6
    assert "more than 5 nodes" in problem(table(messages={"OK": wide}))


def test_what_was_uploaded_is_used_before_what_is_built_in(tmp_path):
    path = tmp_path / "d97a"
    path.write_bytes(read_table(a_directory(), "d97a.zip")[0])
    assert directory("D97A") is None
    assert directory("D97A", {"D97A": str(path)}).messages["ORDERS"] == nodes_of(NODES)
    own = tmp_path / "d96a"
    own.write_bytes(read_table(table(directory="D96A"), "own.json")[0])
    found = directory("D96A", {"D96A": str(own)})
    assert found.messages["ORDERS"] == nodes_of(NODES)
    assert found.messages["INVOIC"] == directory("D96A").messages["INVOIC"]

    text = (
        "UNB+UNOC:3+A+B+1:2+R'UNH+1+ORDERS:D:97A:UN'BGM+220'RFF+ON:1'UNT+4+1'UNZ+1+R'"
    )
    file = Described(
        name="o",
        size=0,
        sha256="",
        content_type="",
        depth=50,
        directories={"D97A": str(path)},
    )
    source = read_edifact(text.encode(), file)
    assert not source.warnings
    assert b"<GROUP_1><RFF>" in source.xml


def test_an_x12_table_serves_its_version_its_six_digits_or_all(tmp_path):
    head = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'S':15}*ZZ*{'R':15}*261012*1530*U*00401"
    body = (
        f"{head}*000000001*0*P*>~GS*PC*S*R*20261012*1*1*X*004010VICS~ST*860*1~BCH*1~"
        "POC*1~SE*4*1~GE*1*1~IEA*1*000000001~"
    )
    for name in ("X12", "004010", "004010VICS"):
        nodes = [["ST", 1], ["BCH", 1], [name, 0, [["POC", 1]]]]
        path = tmp_path / name
        path.write_text(
            json.dumps({"segments": {}, "messages": {"860": nodes}}), encoding="utf-8"
        )
    paths: dict[str, str] = {}
    for name in ("X12", "004010", "004010VICS"):  # each goes before those before it
        paths[name] = str(tmp_path / name)
        file = Described(
            name="x", size=0, sha256="", content_type="", depth=50, directories=paths
        )
        source = read_x12(body.encode(), file)
        assert f"<LOOP_{name}><POC>".encode() in source.xml
    assert b"<POC>" in read_x12(body.encode(), FILE).xml


def test_every_message_of_the_built_in_directories_begins_with_its_header():
    for name in builtin():
        for kind, nodes in directory(name).messages.items():
            assert nodes[0].tag in {"UNH", "UIH"}, f"{kind} of {name}"


@settings(max_examples=40)
@given(st.binary(max_size=80), st.integers(0, 400))
def test_damaged_zips_are_refused_or_read(data, at):
    whole = a_directory()
    for each in (data, b"PK\x03\x04" + data, whole[:at] + data + whole[at:]):
        try:
            read_table(each, "up.zip")
        except Unfit as unfit:
            assert unfit.problem.code.startswith("directory-")  # noqa: PT017
