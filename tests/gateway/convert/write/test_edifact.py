"""EDIFACT is written as it was read, byte for byte, and nothing wrong is written."""

import random
import re

import pytest
from edifact_corpus import interchange, table

from gateway.convert.source import Described
from gateway.convert.source.edifact import read_edifact
from gateway.convert.unfit import Unfit
from gateway.convert.write import Wanted, write

FILE = Described(name="a.edi", size=0, sha256="", content_type="", depth=100)
DIRECTORIES = ("d96a", "d96b", "d99a", "d00a", "d01b")
MESSAGES = 4  # of each directory, beside the three everybody uses
HEAD = (
    "<UNB><UNB01><UNB0101>UNOC</UNB0101><UNB0102>3</UNB0102></UNB01><UNB02>A</UNB02>"
    "<UNB03><UNB0301>B</UNB0301><UNB0302>14</UNB0302></UNB03><UNB04><UNB0401>261012"
    "</UNB0401><UNB0402>1530</UNB0402></UNB04><UNB05>R1</UNB05></UNB>"
)
UNH = (
    "<UNH><UNH01>{}</UNH01><UNH02><UNH0201>ORDERS</UNH0201><UNH0202>D</UNH0202>"
    "<UNH0203>96A</UNH0203><UNH0204>UN</UNH0204></UNH02></UNH>"
)
START = "UNB+UNOC:3+A+B:14+261012:1530+R1'"


def written(xml: str, wanted: Wanted | None = None) -> str:
    return write("EDIFACT", xml.encode(), wanted or Wanted()).decode("latin-1")


def whole(body: str, head: str = HEAD) -> str:
    return f"<EDIFACT>{head}<ORDERS>{UNH.format(1)}{body}</ORDERS></EDIFACT>"


def test_messages_of_five_directories_come_out_as_they_went_in():
    chance = random.Random(4)  # noqa: S311  chosen messages, no secret
    seen = groups = 0
    for name in DIRECTORIES:
        kinds = [k for k in table(name)["messages"] if k.isalpha()]
        chosen = sorted({"ORDERS", "DESADV", "INVOIC"} & set(kinds))
        chosen += chance.sample(sorted(set(kinds) - set(chosen)), MESSAGES)
        for kind in chosen:
            data = interchange(name, [kind], chance)
            xml = read_edifact(data, FILE).xml
            groups += xml.count(b"<GROUP_")
            assert write("EDIFACT", xml, Wanted()) == data, (name, kind)
            seen += 1
    assert seen >= 30
    assert groups > 500


def test_several_messages_and_groups_come_out_as_they_went_in():
    chance = random.Random(9)  # noqa: S311  chosen messages, no secret
    data = interchange("d96a", ["ORDERS", "INVOIC", "DESADV"], chance)
    assert write("EDIFACT", read_edifact(data, FILE).xml, Wanted()) == data
    group = "UNG+ORDERS+S:1+R:1+261012:1530+{0}+UN+D:96A'UNH+{0}+ORDERS:D:96A:UN'"
    group += "BGM+220+1'UNT+3+{0}'UNE+1+{0}'"
    grouped = f"{START}{group.format(1)}{group.format(2)}UNZ+2+R1'".encode()
    assert write("EDIFACT", read_edifact(grouped, FILE).xml, Wanted()) == grouped


def test_the_samples_come_out_as_they_went_in_but_for_line_breaks_and_una(samples):
    for name in ("orders_d96a", "orders_d01b_un", "orders_d01b_eancom"):
        data = (samples / f"edi/{name}.edi").read_bytes()
        flat = re.sub(rb"\r?\n", b"", data).removeprefix(b"UNA:+.? '")
        assert write("EDIFACT", read_edifact(data, FILE).xml, Wanted()) == flat


def test_syntax_4_repeats_and_una_names_the_separators():
    four = "UNB+UNOY:4+A+B+20261012:1530+R1'UNH+1+ORDERS:D:96A:UN'"
    data = f"{four}XYZ+a*b:c*?*+ж'UNT+3+1'UNZ+1+R1'".encode()
    xml = read_edifact(data, FILE).xml
    assert write("EDIFACT", xml, Wanted()) == data
    other = xml.replace(b"<EDIFACT>", b"<EDIFACT><UNA>|#.!~$</UNA>")
    expected = (
        "UNA|#.!~$UNB#UNOY|4#A#B#20261012|1530#R1$UNH#1#ORDERS|D|96A|UN$"
        "XYZ#a~b|c~*#ж$UNT#3#1$UNZ#1#R1$"
    )
    assert write("EDIFACT", other, Wanted()) == expected.encode()
    assert read_edifact(expected.encode(), FILE).xml == xml


def test_what_can_be_counted_is_counted_and_what_is_empty_at_the_end_is_left_out():
    body = (
        "<BGM><BGM02>O</BGM02><BGM03/></BGM>\n<GROUP_1><RFF><RFF01><RFF0101>ON</RFF0101>"
        "<RFF0103/></RFF01></RFF><GROUP_2><DTM/></GROUP_2></GROUP_1>"
        "<UNT><UNT01>77</UNT01></UNT>"
    )
    assert written(whole(body)) == (
        f"{START}UNH+1+ORDERS:D:96A:UN'BGM++O'RFF+ON'DTM'UNT+5+1'UNZ+1+R1'"
    )


def test_references_that_the_xml_leaves_empty_are_given():
    asked = []

    def ask(wanted):
        asked.extend(wanted)
        return [str(40 + len(asked))]

    head = HEAD.replace("<UNB05>R1</UNB05>", "")
    message = f"<ORDERS>{UNH.format('')}</ORDERS>"
    taken = f"<ORDERS>{UNH.format('1')}</ORDERS>"
    xml = f"<EDIFACT>{head}<UNG><UNG01>ORDERS</UNG01></UNG>{taken}{message}</EDIFACT>"
    assert written(xml, Wanted(ask=ask)) == (
        START.replace("R1", "41")
        + "UNG+ORDERS++++42'UNH+1+ORDERS:D:96A:UN'UNT+2+1'"
        + "UNH+2+ORDERS:D:96A:UN'UNT+2+2'UNE+2+42'UNZ+1+41'"
    )
    assert asked == [
        ("nextControlNumber", ("EDIFACT", "A", "B:14", "1")),
        ("nextControlNumber", ("EDIFACT-GROUP", "A", "B:14", "1")),
    ]


CYRILLIC = whole("\n<FTX><FTX01>ж</FTX01></FTX>")


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ("text only", "line 1: the result must be XML, from which EDIFACT is written"),
        ("<X12/>", "the root is X12"),
        ("<EDIFACT/>", "must begin with UNB"),
        (whole("").replace("<UNB02>A</UNB02>", ""), "UNB0201, the sender, is empty"),
        (whole("").replace("UNOC", "UNOZ"), "UNOZ in UNB0101 is not known"),
        (whole("").replace("R1", "R" * 15), "longer than 14 characters"),
        (whole("").replace("<UNB04>", "<UNB06>").replace("</UNB04>", "</UNB06>"), "04"),
        (whole("<EDIFACT/>"), "EDIFACT cannot stand in a message"),
        (whole("<BGM><DTM01>1</DTM01></BGM>"), "DTM01 cannot stand in BGM"),
        (whole("<BGM>220</BGM>"), "the text '220' stands directly in BGM"),
        (whole("<BGM><BGM01><BGM0101><x/></BGM0101></BGM01></BGM>"), "only text"),
        (
            whole("\n<BGM><BGM01>1</BGM01><BGM01>2</BGM01></BGM>"),
            "line 2, /EDIFACT/ORDERS/BGM: BGM01 comes",
        ),
        (whole("<FTX><FTX01>one\ntwo</FTX01></FTX>"), "control character U+000A"),
        (CYRILLIC, "line 2: 'ж' in FTX cannot be written in UNOC"),
        (whole("").replace("<UNB>", "<UNA>:::::'</UNA><UNB>"), "six different signs"),
        (whole("").replace("ORDERS>", "INVOIC>"), "UNH0201 is 'ORDERS'"),
        (
            f"<EDIFACT>{HEAD}{f'<ORDERS>{UNH.format(1)}</ORDERS>' * 2}</EDIFACT>",
            "two messages have the reference 1",
        ),
        (whole("").replace("<UNB05>R1</UNB05>", ""), "no EDIFACT control number"),
        ('<e:EDIFACT xmlns:e="urn:e"/>', "the root is"),
    ],
)
def test_what_no_interchange_can_hold_is_told_with_its_line(xml, words):
    with pytest.raises(Unfit) as caught:
        written(xml)
    problem = caught.value.problem
    assert words in problem.message
    assert (problem.code, problem.step) == ("output-format", "convert")
    assert problem.remedy


def test_a_separator_without_a_release_character_is_refused():
    xml = whole("<FTX><FTX01>a+b</FTX01></FTX>")
    with pytest.raises(Unfit, match="names no release character"):
        written(xml.replace("<UNB>", "<UNA>:+.  '</UNA><UNB>", 1))
