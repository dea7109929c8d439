from source_reading import body, refusal, source


def test_each_line_is_an_element_with_its_blanks():
    assert body("a\r\n  <b> \n\nc\rd", "a.txt") == (
        '<text><line index="1">a</line><line index="2">  &lt;b&gt; </line>'
        '<line index="3"></line><line index="4">c</line><line index="5">d</line></text>'
    )
    assert body("", "a.txt") == "<text></text>"


def test_a_form_feed_is_replaced_and_told():
    read = source("a\n\fb", "a.txt")
    assert b'<line index="2">\xef\xbf\xbdb</line>' in read.xml
    assert "U+000C in line 2" in read.warnings[0]


def test_text_in_another_encoding_is_refused_with_what_to_do():
    problem = refusal(b"a\n\xff", "a.txt")
    assert (problem.code, problem.line) == ("text-encoding", 2)
    assert "SOURCE_FORMAT" in problem.remedy
