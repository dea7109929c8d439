import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from source_reading import body, refusal, source

ROWS = '<rows delimiter=";">'


def test_rows_have_all_their_cells_and_the_index_a_spreadsheet_shows():
    assert body('a;;"x ""y"" & <"\r\n\r\n1;2;3\r\n', "a.csv") == (
        f'{ROWS}<row index="1"><cell column="A">a</cell><cell column="B"/>'
        '<cell column="C">x "y" &amp; &lt;</cell></row>'
        '<row index="3"><cell column="A">1</cell><cell column="B">2</cell>'
        '<cell column="C">3</cell></row></rows>'
    )


def test_a_header_gives_the_cells_their_names():
    assert body('No; "a" ;\n1;2;3;4', "a.csv", CSV_HEADER="yes") == (
        f'{ROWS}<header><cell column="A">No</cell><cell column="B">"a"</cell>'
        '<cell column="C"></cell></header>'
        '<row index="2"><cell column="A" name="No">1</cell>'
        '<cell column="B" name="&quot;a&quot;">2</cell><cell column="C">3</cell>'
        '<cell column="D">4</cell></row></rows>'
    )
    assert source("a,a\n1,2", "a.csv", CSV_HEADER="yes").warnings == [
        "The header has the name 'a' twice."
    ]


def test_a_line_break_in_quotation_marks_stays_in_its_value():
    cell = etree.fromstring(source('1;"x\r\ny"\n2;z', "a.csv").xml)[0][1]
    assert cell.text == "x\r\ny"


def test_the_delimiter_is_found_said_by_the_file_or_by_the_rule():
    for data, attributes, found in [
        ("a;b,c\n1;2,3", {}, ";"),
        ("a,b\n1,2", {}, ","),
        ("1,5\t2,5\n3,5\t4,5", {}, "\t"),
        ("a|b\nc|d\n", {}, "|"),
        ("alone\nalone", {}, ","),
        ('"a;b",c\n"d;e;f",g', {}, ","),
        ("sep=|\na;b|c\n", {}, "|"),
        ("a;b\n", {"CSV_DELIMITER": "TAB"}, "\t"),
        ("a#b\n", {"CSV_DELIMITER": "#"}, "#"),
        ("", {}, ","),
    ]:
        xml = source(data, "a.csv", **attributes).xml
        assert etree.fromstring(xml).get("delimiter") == found, data
    assert body("sep=|\nx", "a.csv").endswith(
        '<row index="1"><cell column="A">x</cell></row></rows>'
    )


def test_quotation_marks_are_what_the_rule_says():
    said = {"CSV_DELIMITER": ";", "CSV_QUOTE": "'"}
    assert '<cell column="A">a;"b</cell>' in body("'a;\"b';2", "a.csv", **said)
    said["CSV_QUOTE"] = "NONE"
    assert '<cell column="A">5" pipe</cell>' in body('5" pipe;2', "a.csv", **said)
    assert '<cell column="A">"a</cell>' in body('"a;2', "a.csv", **said)


def test_every_encoding_is_read_and_a_wrong_one_names_the_attribute():
    for data, said in [
        ("ж;1".encode("windows-1251"), {"ENCODING": "windows-1251"}),
        ("\ufeffж;1".encode(), {"ENCODING": "windows-1251"}),
        ("\ufeffж;1".encode("utf-16-le"), {}),
        ("\ufeffж;1".encode("utf-16-be"), {}),
        ("\ufeffж;1".encode("utf-32-le"), {}),
        ("ж;1\x1a".encode(), {}),
    ]:
        assert '<cell column="A">ж</cell><cell column="B">1</cell>' in body(
            data, "a.csv", **said
        )
    latin = "name;ж".encode("utf-16-be")[:8] + "a;b;c;".encode("utf-16-be")
    assert '<cell column="A">namea</cell>' in body(latin, "a.csv")
    problem = refusal("a;b\nя;ж".encode("windows-1251"), "a.csv")
    assert (problem.code, problem.line) == ("text-encoding", 2)
    assert "ENCODING" in problem.remedy


def test_ragged_rows_are_warned_of_with_their_lines():
    data = 'a;b\n"x\ny";2;3\nc\n'
    assert list(source(data, "a.csv").warnings) == [
        "Line 2 has 3 values, the first row has 2.",
        "Line 4 has 1 values, the first row has 2.",
    ]
    many = source("a;b\n" + "c\n" * 150, "a.csv", CSV_DELIMITER=";").warnings
    assert (len(many), many[-1]) == (101, "50 more warnings")


def test_a_delimiter_that_is_the_quotation_mark_is_refused():
    problem = refusal("sep=|\n|a|\n", "a.csv", CSV_QUOTE="|")
    assert "'|' is both the delimiter and the quotation mark" in problem.message


def test_broken_quotation_marks_name_their_line():
    for data, line, says in [
        ('a;b\n1;"x\n2;3\n', 2, "never closed"),
        ('a;b\n\n"1"x;2\n', 3, "follows a closing quotation mark"),
        ('a\n"' + "x" * (1 << 20) + "y", 2, "more than 1048576 characters"),
        ("a;" * 16_384, 1, "it has 16385 values; at most 16384"),
    ]:
        problem = refusal(data, "a.csv", CSV_DELIMITER=";")
        assert (problem.code, problem.line) == ("csv-syntax", line)
        assert says in problem.message


def test_what_xml_cannot_hold_is_replaced_and_told():
    read = source("a;b\n1;x\x00\x01\n", "a.csv")
    assert "x\ufffd\ufffd</cell>" in read.xml.decode()
    (warning,) = read.warnings
    assert warning == (
        "The character U+0000 in line 2 and 1 more: XML cannot hold it; "
        "replaced by U+FFFD."
    )


values = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc",))
    | st.sampled_from(';"\n\r'),
    max_size=5,
)


@settings(max_examples=40)
@given(st.lists(st.lists(values, min_size=2, max_size=4), min_size=1, max_size=4))
def test_what_another_program_writes_is_read_as_it_was_meant(rows):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    xml = source(out.getvalue(), "a.csv", CSV_DELIMITER=";").xml
    read = [[cell.text or "" for cell in row] for row in etree.fromstring(xml)]
    assert read == [
        [text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd") for text in row]
        for row in rows
    ]
