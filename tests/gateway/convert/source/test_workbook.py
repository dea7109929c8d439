import datetime as dt
import io

import pytest
import xlsxwriter
from lxml import etree
from source_reading import body, refusal, source
from workbook_parts import package, sheet


def workbook(fill, **options) -> bytes:
    """Return a workbook that another program wrote."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    fill(made)
    made.close()
    return out.getvalue()


def read(data: bytes, **attributes) -> str:
    """Return what stands in the one sheet S."""
    text = body(data, "a.xlsx", **attributes)
    start, end = '<workbook><sheet name="S">', "</sheet></workbook>"
    assert text.startswith(start)
    assert text.endswith(end)
    return text.removeprefix(start).removesuffix(end)


def cells(data: bytes) -> list[tuple[str, str, str]]:
    """Return column with row, type and text of every cell."""
    return [
        (
            cell.get("column") + cell.getparent().get("index"),
            cell.get("type", "string"),
            cell.text,
        )
        for cell in etree.fromstring(source(data, "a.xlsx").xml).iter("cell")
    ]


@pytest.mark.parametrize(
    "name", ["order.xls", "order.xlsx", "order.xlsm", "order_formula.xlsx"]
)
def test_every_kind_of_workbook_gives_the_same_typed_cells(samples, name):
    xml = source((samples / "xls" / name).read_bytes(), name).xml
    order = etree.fromstring(xml)[0]
    assert (order.tag, order.get("name")) == ("sheet", "Order")
    rows = order.findall("row")
    head = [cell.text for cell in rows[0]][:7]
    assert head == ["Number", "GTIN", "Name", "Qty", "Price", "Date", "Note"]
    first = {c.get("column"): (c.get("type"), c.text) for c in rows[1]}
    assert first == {
        "A": ("number", "1"),
        "B": (None, "0048000000000"),
        "C": (None, "Товар 0"),
        "D": ("number", "0.5"),
        "E": ("number", "12.3456"),
        "F": ("date", "2026-10-01"),
        "G": (None, "x & <y>"),
    }
    assert [row.get("index") for row in rows[:21]] == [str(n) for n in range(1, 22)]
    assert rows[20].find("cell[@column='E']").text == "31.3456"


def test_formulas_errors_booleans_and_merged_cells_are_told(samples):
    data = (samples / "xls/order_formula.xlsx").read_bytes()
    last = body(data, "a.xlsx").partition('<row index="25">')[2]
    assert last.startswith('<cell column="A" merged="A25:C25">merged</cell></row>')
    assert '<cell column="D" type="boolean">true</cell>' in last
    assert '<cell column="E" type="error">#N/A</cell>' in last


def test_every_type_and_number_format_is_told():
    def fill(book):
        page = book.add_worksheet("S")

        def form(code):
            return book.add_format({"num_format": code})

        page.write_formula(0, 0, "=1/0", None, "#DIV/0!")
        page.write_string(0, 1, "#N/A")
        page.write_number(0, 2, 42, form("00000"))
        page.write_number(0, 3, -42, form("00000"))
        page.write_number(0, 4, 0.5, form("0%"))
        page.write_number(0, 5, 7, form('0" days"'))
        page.write_number(1, 0, 1e20)
        page.write_number(1, 1, 1e-7)
        page.write_number(1, 2, 12.3456 + 4)
        moment = dt.datetime(2026, 1, 2, 3, 4, 5, 678000)  # noqa: DTZ001  no zone
        page.write_datetime(2, 0, moment, form("yyyy-mm-dd hh:mm"))
        page.write_datetime(2, 1, dt.date(2026, 1, 2), form("[$-409]d mmm yy"))
        page.write_datetime(2, 2, dt.time(12, 30), form("hh:mm"))
        page.write_number(2, 3, 1.5, form("[h]:mm:ss"))
        page.write_number(2, 4, 60, form("d.m.yyyy"))
        page.write_number(2, 5, -5, form("d.m.yyyy"))
        page.write_number(2, 6, 59, form("mmm"))
        page.write_formula(3, 0, '="x"', None, "x")
        page.write_formula(3, 1, "=1+1", None, 2)
        page.write_rich_string(3, 2, form("@"), "bo", "ld")
        page.write_string(3, 3, "a\r\x01_x0041_ b")
        page.write_string(3, 4, " 007")
        page.write_blank(1_048_575, 16_383, None, form("0"))

    assert cells(workbook(fill)) == [
        ("A1", "error", "#DIV/0!"),
        ("B1", "string", "#N/A"),
        ("C1", "number", "00042"),
        ("D1", "number", "-42"),
        ("E1", "number", "0.5"),
        ("F1", "number", "7"),
        ("A2", "number", "100000000000000000000"),
        ("B2", "number", "0.0000001"),
        ("C2", "number", "16.3456"),
        ("A3", "dateTime", "2026-01-02T03:04:05.678"),
        ("B3", "date", "2026-01-02"),
        ("C3", "time", "12:30:00"),
        ("D3", "duration", "PT36H0M0S"),
        ("E3", "number", "60"),  # 29 February 1900, which never was
        ("F3", "number", "-5"),
        ("G3", "date", "1900-02-28"),
        ("A4", "string", "x"),
        ("B4", "number", "2"),
        ("C4", "string", "bold"),
        ("D4", "string", "a\r\ufffd_x0041_ b"),
        ("E4", "string", " 007"),
    ]


def test_old_workbooks_tell_errors_zeros_merged_cells_and_hidden_sheets(samples):
    data = (samples / "xls/formats.xls").read_bytes()
    assert body(data, "a.xls") == (
        '<workbook><sheet name="S"><row index="2"><cell column="B" type="error">#N/A'
        '</cell><cell column="C" type="error">#DIV/0!</cell>'
        '<cell column="D" type="number">00042</cell>'
        '<cell column="E" type="number">00043</cell>'
        '<cell column="F" type="number">0.5</cell>'
        '<cell column="G" type="number">7</cell></row>'
        '<row index="3"><cell column="B">x</cell>'
        '<cell column="C" type="boolean">true</cell>'
        '<cell column="D" type="dateTime">2026-01-02T03:04:05</cell>'
        '<cell column="E" type="number">-42</cell></row>'
        '<row index="4"><cell column="B" merged="B4:C5">merged</cell></row></sheet>'
        '<sheet name="Hid" state="hidden"></sheet></workbook>'
    )


def test_dates_count_from_1904_where_the_workbook_says_so():
    def fill(book):
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        book.add_worksheet("S").write_datetime(0, 0, dt.date(2026, 1, 2), day)

    data = workbook(fill, date_1904=True)
    assert cells(data) == [("A1", "date", "2026-01-02")]


def test_sheets_that_are_hidden_say_so_and_charts_are_left_out():
    def fill(book):
        book.add_worksheet("A & B")
        book.add_worksheet("H").hide()
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=H!$A$1:$A$2"})
        book.add_chartsheet("C").set_chart(chart)

    assert body(workbook(fill), "a.xlsx") == (
        '<workbook><sheet name="A &amp; B"></sheet>'
        '<sheet name="H" state="hidden"></sheet></workbook>'
    )


def test_the_rule_may_take_one_sheet_and_its_header():
    def fill(book):
        book.add_worksheet("A").write(0, 0, "no")
        page = book.add_worksheet("B")
        page.write_row(1, 1, ["No <1>", "Qty"])
        page.write_row(2, 1, ["x", 2, 3])

    data = workbook(fill)
    assert body(data, "a.xlsx", SHEET="B", SHEET_HEADER="yes") == (
        '<workbook><sheet name="B"><header><cell column="B">No &lt;1&gt;</cell>'
        '<cell column="C">Qty</cell></header><row index="3">'
        '<cell column="B" name="No &lt;1&gt;">x</cell>'
        '<cell column="C" name="Qty" type="number">2</cell>'
        '<cell column="D" type="number">3</cell></row></sheet></workbook>'
    )
    assert "it has no sheet 'C'" in refusal(data, "a.xlsx", SHEET="C").message


ODD = [
    # comments, CDATA and instructions
    sheet('<row r="1"><!-- <c> --><c r="A1" t="str"><v><![CDATA[<&]]></v></c></row>'),
    sheet('<row r="1"><?x ?><c r="A1" t="str"><v>&#60;&amp;</v></c></row>'),
    # another prefix, other quotation marks, blanks
    sheet('<row r = "1"\n><c t=\'str\' r="A1"><v>&lt;&amp;</v\n></c></row>')
    .replace("<", "<x:")
    .replace("<x:/", "</x:")
    .replace("xmlns=", "xmlns:x="),
    # no places at all
    sheet(
        '<row r="1"><c t="inlineStr"><is><t xml:space="preserve">&lt;&amp;</t></is></c>'
        "</row>"
    ),
    # another encoding
    sheet('<row r="1"><c r="A1" t="str"><v>&lt;&amp;</v></c></row>').encode("utf-16"),
    '<?xml version="1.0" encoding="ISO-8859-1"?>'
    + sheet('<row r="1"><c r="A1" t="str"><v>&lt;&amp;</v></c></row>'),
    # text in several styles with its reading aid, a formula before the value
    sheet(
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>&lt;</t></r><r><t>&amp;</t></r>'
        "<rPh><t>no</t></rPh></is></c></row>"
    ),
    sheet('<row r="1"><c r="A1" t="str"><f>A2</f><v>&lt;&amp;</v></c></row>'),
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_xml_that_is_written_otherwise_says_the_same(odd):
    expected = '<row index="1"><cell column="A">&lt;&amp;</cell></row>'
    assert read(package(odd)) == expected


def test_cells_without_a_place_follow_the_one_before():
    rows = '<row><c><v>1</v></c><c r="D1"><v>2</v></c><c t="b"><v>1</v></c></row><row/>'
    assert read(package(sheet(rows + '<row><c t="s"><v>0</v></c></row>'))) == (
        '<row index="1"><cell column="A" type="number">1</cell>'
        '<cell column="D" type="number">2</cell>'
        '<cell column="E" type="boolean">true</cell></row>'
        '<row index="3"><cell column="A">first</cell></row>'
    )


def test_a_cell_that_is_not_what_it_says_is_refused_with_its_place():
    for cell in (
        't="s"><v>1</v>',
        't="s"><v>-1</v>',
        't="s"><v>x</v>',
        "><v>x</v>",
        "><v>1e999</v>",
        "><v>nan</v>",
    ):
        problem = refusal(
            package(sheet(f'<row r="3"><c r="B3" {cell}</c></row>')), "a.xlsx"
        )
        assert problem.code == "workbook"
        assert "the cell B3 does not hold what its type says" in problem.message
