from gateway.engine.desk.xml_text import settled


def test_a_declaration_is_dropped_and_lines_stay():
    assert settled('\ufeff<?xml version="1.0" encoding="utf-16"?>\n<a/>') == "\n<a/>"
    assert settled("<?xml-stylesheet href='x'?><a/>").startswith("<?xml-stylesheet")
    assert settled("<a/>") == "<a/>"
