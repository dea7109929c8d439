"""CSV, JSON, workbooks and text, written from the XML that is read of them."""

import json

import pytest
from lxml import etree
from source_reading import source

from gateway.convert.unfit import Unfit
from gateway.convert.write import Wanted, write


def made(kind, xml, encoding="UTF-8", **attributes) -> bytes:
    wanted = Wanted(attributes=attributes, encoding=encoding)
    return write(kind, xml if isinstance(xml, bytes) else xml.encode(), wanted)


def refusal(kind, xml, **attributes) -> str:
    with pytest.raises(Unfit) as stopped:
        made(kind, xml, **attributes)
    problem = stopped.value.problem
    assert (problem.code, problem.step) == ("output-format", "convert")
    assert problem.remedy
    return problem.message


def row(*values: str) -> str:
    return "".join(["<row>", *(f"<cell>{value}</cell>" for value in values), "</row>"])


# --- There and back ----------------------------------------------------------------


def test_csv_that_was_read_is_written_as_it_was():
    for data, attributes in [
        ('a;b;c\r\n1;"x ""y""\r\n;";3\r\n', {}),
        ("a|b\r\n|\r\n", {"CSV_DELIMITER": "|"}),
        ("No;Qty\r\n1;2\r\n", {"CSV_HEADER": "yes"}),
        ("No;Qty\r\n", {"CSV_HEADER": "yes"}),
        ("'a;b';\"\r\n", {"CSV_DELIMITER": ";", "CSV_QUOTE": "'"}),
    ]:
        read = source(data, "a.csv", **attributes)
        assert made("CSV", read.xml, **attributes).decode() == data


def test_json_that_was_read_is_written_as_it_was():
    data = (
        '{"a b":1.50,"order":{"номер":"A1","":null,"lines":[{"q":1e400},[],{},true,'
        '"<\\n\\r\\"&"]},"member":"x","e":""}\n'
    )
    assert made("JSON", source(data, "a.json").xml).decode() == data
    for scalar in ('"x"', "-0.10", "null", "[]"):
        assert made("JSON", source(scalar, "a.json").xml).decode() == f"{scalar}\n"


def test_a_workbook_that_was_read_is_read_again_as_the_same(samples):
    data = (samples / "xls/order_formula.xlsx").read_bytes()
    xml = source(data, "a.xlsx").xml
    assert source(made("XLSX", xml), "a.xlsx").xml == xml


def test_text_that_was_read_is_written_as_it_was():
    assert made("TEXT", source("a\n <b>\n\n", "a.txt").xml) == b"a\n <b>\n\n"


# --- CSV ---------------------------------------------------------------------------


def test_cells_stand_in_their_columns_and_under_their_names():
    xml = (
        '<rows><row><cell column="B" name="Qty">2</cell></row>'
        '<row><cell name="No">x</cell><cell name="Qty">3</cell></row></rows>'
    )
    named = made("CSV", xml, CSV_HEADER="yes").decode()
    assert named == ",Qty,No\r\n,2,\r\n,3,x\r\n"
    assert made("CSV", xml).decode() == ",2\r\n,3,x\r\n"
    header = "<rows><header><cell>No</cell><cell>Qty</cell></header>{}</rows>"
    below = header.format('<row><cell name="Qty">3</cell></row>')
    assert made("CSV", below).decode() == "No,Qty\r\n,3\r\n"
    assert made("CSV", below, CSV_HEADER="no").decode() == ",3\r\n"


def test_csv_is_in_the_encoding_and_with_the_line_breaks_that_are_asked_for():
    xml = f'<rows delimiter="&#9;" lineBreaks="LF">{row("ж", "1")}</rows>'
    assert made("CSV", xml, "windows-1251") == "ж\t1\n".encode("windows-1251")
    with pytest.raises(Unfit, match="which ISO-8859-1 cannot write"):
        made("CSV", xml, "ISO-8859-1")


def test_values_that_a_spreadsheet_would_run_are_made_harmless_if_asked_for():
    xml = f"<rows>{row('=1+1', '@x', '-5', '+1 000,5', '-x', 'a=1')}</rows>"
    assert made("CSV", xml).decode() == '=1+1,@x,-5,"+1 000,5",-x,a=1\r\n'
    safe = made("CSV", xml, CSV_SAFE="yes").decode()
    assert safe == "'=1+1,'@x,-5,\"+1 000,5\",'-x,a=1\r\n"


def test_what_csv_cannot_hold_names_its_line():
    for xml, says in [
        ("<table/>", "Result line 1: the root is table, it must be rows"),
        ("rows", "the result must be XML"),
        (
            "<rows>\n<line/></rows>",
            "line 2: rows holds line; it may hold header and row",
        ),
        ("<rows>x</rows>", "rows holds the text 'x' beside elements"),
        ("<rows><row><cell><b/></cell></row></rows>", "cell holds b; it may hold text"),
        ('<rows><row><cell kind="1"/></row></rows>', "cell has the attribute kind"),
        ('<rows><row><cell column="1"/></row></rows>', "'1' is no column"),
        ('<rows><row><cell column="XFE"/></row></rows>', "the column XFE is not after"),
        (
            '<rows><row><cell column="B"/><cell column="A"/></row></rows>',
            "the column A is not after the one before",
        ),
        (f"<rows>{row('a')}\n<header/></rows>", "line 2: the header must come first"),
        (
            '<rows><header><cell>a</cell></header><row><cell name="b"/></row></rows>',
            "the header has no 'b'",
        ),
        ('<rows delimiter="ab"/>', "delimiter must be one sign"),
        ('<rows lineBreaks="CR"/>', "lineBreaks is 'CR'; it must be LF or CRLF"),
    ]:
        assert says in refusal("CSV", xml), xml
    unquoted = refusal("CSV", f"<rows>\n{row('a,b')}</rows>", CSV_QUOTE="NONE")
    assert "Result line 2: a value holds the delimiter" in unquoted
    both = refusal("CSV", "<rows delimiter=';'/>", CSV_QUOTE=";")
    assert "';' is both the delimiter and the quotation mark" in both


# --- JSON --------------------------------------------------------------------------


def test_a_type_that_is_left_out_is_told_by_the_content():
    xml = "<json>\n <a>x</a>\n <b><c/></b>\n <l type='array'><x>1</x></l>\n</json>"
    assert json.loads(made("JSON", xml)) == {"a": "x", "b": {"c": ""}, "l": ["1"]}


def test_json_is_indented_and_escaped_as_asked_for():
    items = '<a type="array"><i type="number">1</i><i>ж</i></a>'
    xml = f'<json indent="yes">{items}<b/></json>'
    assert made("JSON", xml).decode() == (
        '{\n  "a": [\n    1,\n    "ж"\n  ],\n  "b": ""\n}\n'
    )
    assert made("JSON", "<json>ж</json>", "ISO-8859-1") == b'"\\u0436"\n'


def test_what_json_cannot_hold_names_its_line():
    for xml, says in [
        ("<a/>", "the root is a, it must be json"),
        ("<json><a/>\n<a/></json>", "line 2: the key 'a' stands twice in one object"),
        ('<json type="number">x</json>', "'x' is no number in JSON"),
        ('<json type="number">01</json>', "'01' is no number"),
        ('<json type="boolean">1</json>', "'1' is no boolean"),
        ('<json type="null">x</json>', "'x' is no null"),
        ('<json type="date"/>', "the type is 'date'; it must be one of object"),
        ('<json type="string"><a/></json>', "json holds a; it may hold text only"),
        ("<json>x<a/></json>", "json holds the text 'x' beside elements"),
        ('<json><a b="1"/></json>', "a has the attribute b"),
        ('<json><a xmlns="urn:x"/></json>', "a (namespace urn:x) has a namespace"),
        ('<json indent="2"/>', "indent must be yes or no"),
    ]:
        assert says in refusal("JSON", xml), xml


# --- Workbooks ---------------------------------------------------------------------

TYPED = """<workbook><sheet name="A &amp; B" state="hidden"></sheet><sheet name="S">
<row index="2"><cell column="B">=1+1</cell><cell column="C" type="number">00042</cell>
<cell column="D" type="number">-1.5</cell><cell column="E" type="boolean">false</cell>
<cell column="F" type="error">#DIV/0!</cell></row>
<row index="3"><cell column="A" type="date">2026-01-02</cell>
<cell column="B" type="dateTime">2026-01-02T03:04:05</cell>
<cell column="C" type="time">12:30:00</cell>
<cell column="D" type="duration">PT36H0M1S</cell>
<cell column="E" merged="E3:F4"> x</cell></row></sheet></workbook>"""


def test_every_type_is_written_as_it_is_read():
    parser = etree.XMLParser(remove_blank_text=True)
    expected = etree.tostring(etree.fromstring(TYPED, parser), method="c14n")
    again = source(made("XLSX", TYPED), "a.xlsx").xml
    assert etree.tostring(etree.fromstring(again), method="c14n") == expected


def test_the_same_workbook_has_the_same_bytes_each_time():
    assert made("XLSX", TYPED) == made("XLSX", TYPED)


def test_what_a_workbook_cannot_hold_names_its_line():
    def cell(inside):
        row = f"<row><cell {inside}</cell></row>"
        return f'<workbook><sheet name="S">\n{row}</sheet></workbook>'

    for xml, says in [
        ("<workbook/>", "it has no sheet that is shown"),
        ('<workbook><sheet state="hidden"/></workbook>', "no sheet that is shown"),
        ('<workbook><sheet state="x"/></workbook>', "the state is 'x'"),
        (
            '<workbook><sheet name="a/b"/></workbook>',
            "sheet's name 'a/b' cannot be used",
        ),
        (
            '<workbook><sheet name="A"/>\n<sheet name="a"/></workbook>',
            "line 2: the sheet's name 'a' cannot be used",
        ),
        (cell('type="x">1'), "line 2: the type is 'x'; it must be one of string"),
        (cell('type="number">x'), "'x' cannot be written as number: it is no number"),
        (cell('type="number">1234567890123456'), "over 15 digits"),
        (cell('type="number">1e999'), "it is too large for a spreadsheet"),
        (cell('type="boolean">1'), "must be true or false"),
        (cell('type="error">#X'), "must be one of #DIV/0!"),
        (cell('type="date">2026-13-01'), "cannot be written as date"),
        (cell('type="date">1850-01-01'), "cannot be written as date"),
        (cell('type="dateTime">2026-01-01T00:00:00Z'), "a cell has no time zone"),
        (cell('type="duration">1h'), "a duration is written as PT36H0M0S"),
        (cell(">" + "x" * 32_768), "more than 32767 characters"),
        (cell('merged="B1:C2">'), "does not stand at the beginning of 'B1:C2'"),
        (cell('merged="A1:ZZZZ1">'), "'A1:ZZZZ1' is no area"),
        (
            '<workbook><sheet><row index="2"/>\n<row index="2"/></sheet></workbook>',
            "line 2: the row's index '2' is not after the one before",
        ),
        (
            '<workbook><sheet><row index="1048577"/></sheet></workbook>',
            "beyond 1048576",
        ),
        (
            '<workbook><sheet><row index="1048576"/>\n<row/></sheet></workbook>',
            "line 2: the row's index 1048577 is not after the one before or beyond",
        ),
    ]:
        assert says in refusal("XLSX", xml), xml


# --- Text --------------------------------------------------------------------------


def test_text_of_a_stylesheet_stays_as_it_is():
    assert made("TEXT", b"\xe6 & more") == b"\xe6 & more"
    xml = '<text lineBreaks="CRLF"><line>ж</line><line/></text>'
    assert made("TEXT", xml, "windows-1251") == b"\xe6\r\n\r\n"
    assert "the root is o, it must be text" in refusal("TEXT", "<o/>")
