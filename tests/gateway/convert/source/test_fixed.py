from source_reading import body, refusal, source

LAYOUT = "number:1-5, qty:6-8"
KINDS = "header(H)=no:2-5; line(L) = item:2-4, qty:5-6; wide(LL)=all:3-6"


def test_one_layout_for_all_lines():
    assert body("A  01 12\r\n\r\nB&    3   \n", FIXED_WIDTH=LAYOUT) == (
        '<records><record line="1"><number>A  01</number><qty>12</qty></record>'
        '<record line="3"><number>B&amp;</number><qty>3</qty></record></records>'
    )


def test_kinds_of_lines_are_told_by_how_they_begin_the_longest_first():
    assert body("H0007\nLABC 3\nLLabcd", "a.csv", FIXED_WIDTH=KINDS) == (
        '<records><header line="1"><no>0007</no></header>'
        '<line line="2"><item>ABC</item><qty>3</qty></line>'
        '<wide line="3"><all>abcd</all></wide></records>'
    )


def test_a_short_line_is_warned_of_and_a_long_one_refused():
    read = source("AB\nABCDE  9", FIXED_WIDTH=LAYOUT)
    assert b'<record line="1"><number>AB</number><qty></qty></record>' in read.xml
    assert list(read.warnings) == ["Line 1 has 2 characters, record has 8."]
    problem = refusal("ABCDE  9\nABCDE  9x", FIXED_WIDTH=LAYOUT)
    assert (problem.code, problem.line) == ("fixed-width", 2)
    assert "it has 9 characters, record ends at 8" in problem.message


def test_a_line_of_no_known_kind_is_refused():
    problem = refusal("H0007\nXABC", FIXED_WIDTH=KINDS)
    assert problem.line == 2
    assert "no record of the layout begins like 'XABC'" in problem.message
