"""Documents compared: what is told of how they differ."""

from gateway.convert.difference import MOST, difference


def told(before, after):
    lines, cut = difference(before.encode(), after.encode())
    assert not cut
    return [line for line in lines if line[0] in "+-"]


def test_xml_is_compared_by_its_elements_not_by_its_indentation():
    assert told("<a><b>1</b></a>", "<a>\n   <b>1</b>\n</a>") == []
    assert told("<a><b>1</b></a>", "<a>\n <b>2</b></a>") == [
        "-  <b>1</b>",
        "+  <b>2</b>",
    ]
    assert told("<a>x <b>1</b></a>", "<a>x<b>1</b></a>") != []


def test_segments_stand_on_their_own_lines():
    edi = "UNB+UNOC:3+A'UNH+1'BGM+?'x'UNT+2+1'"
    assert told(edi, edi.replace("BGM", "BGN")) == ["-BGM+?'x'", "+BGN+?'x'"]
    isa = "ISA" + "*" * 102 + "~GS*PO~ST*850~"
    assert told(isa, isa.replace("850", "855")) == ["-ST*850~", "+ST*855~"]


def test_what_is_no_text_is_told_by_its_size():
    assert difference(b"PK\0\xff", b"PK\0\xff") == ([], False)
    assert difference(b"PK\0\xff", b"PK\0") == (["-4 bytes", "+3 bytes"], False)


def test_long_differences_are_cut():
    before, after = (b"\n".join(b"%d%c" % (n, c) for n in range(900)) for c in b"ab")
    lines, cut = difference(before, after)
    assert (len(lines), cut) == (MOST, True)
    deep = b"x\n" * 5000
    assert difference(deep + b"a", deep + b"b") == (
        ["-5001 lines", "+5001 lines"],
        True,
    )
