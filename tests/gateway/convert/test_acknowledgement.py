"""CONTRL and 997: what is answered, and what an answer says."""

import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.convert.acknowledgement import acknowledge, relations, survey, suspected
from gateway.convert.acknowledgement import answers as answering
from gateway.convert.source import Described, read_source
from gateway.convert.wire import survey_in
from gateway.core.interchange import Reference, Relation
from gateway.core.model import FileName

surveying = sys.modules["gateway.convert.acknowledgement.survey"]
AT = datetime(2026, 11, 23, 20, 15, tzinfo=UTC)
FILE = Described(name="a", size=0, sha256="", content_type="", depth=100)
ORDERS = (
    "UNB+UNOC:3+SHOP?+1:14:sub+MAKER:14+261012:1530+REF?'1++++++1'"
    "UNH+M1+ORDERS:D:96A:UN:EAN008'BGM+220+1'UNT+3+M1'"
    "UNH+M2+ORDERS:D:96A:UN:EAN008'BGM+220+2'UNT+3+M2'UNZ+2+REF?'1'"
)
CONTRL = (
    "UNB+UNOC:3+MAKER:14+SHOP?+1:14:sub+261123:2015+5{}'UNH+1+CONTRL:D:3:UN'"
    "UCI+REF?'1+SHOP?+1:14:sub+MAKER:14+{}'"
)
PO = (
    "ISA*00*          *00*          *ZZ*SHOP           *01*MAKER          "
    "*261012*1530*U*00401*000000077*0*T*>~"
    "GS*PO*SH*MA*20261012*1530*0012*X*004010~ST*850*0001~BEG*00~SE*3*0001~"
    "ST*850*0002~BEG*00~SE*3*0002~GE*2*0012~IEA*1*000000077~"
)


def contrl(text: str, *, accepted: bool) -> str:
    made = acknowledge(survey(text.encode()), ["5"], AT, accepted=accepted)
    assert made.name == "CONTRL_REF_1.edi"
    return made.data.decode()


def functional(text: str, *, accepted: bool) -> str:
    made = acknowledge(survey(text.encode()), ["5", "6"], AT, accepted=accepted)
    assert (made.name, made.content_type) == (
        "997_000000077.x12",
        "application/EDI-X12",
    )
    return made.data.decode()


def test_an_accepted_interchange_is_acknowledged_message_by_message():
    assert contrl(ORDERS, accepted=True) == (
        CONTRL.format("++++++1", "7")
        + "UCM+M1+ORDERS:D:96A:UN:EAN008+7'UCM+M2+ORDERS:D:96A:UN:EAN008+7'"
        + "UNT+5+1'UNZ+1+5'"
    )


def test_what_could_not_be_used_is_refused_and_what_could_not_be_read_as_a_whole():
    assert "+MAKER:14+7'UCM+M1+ORDERS:D:96A:UN:EAN008+4+18'" in contrl(
        ORDERS, accepted=False
    )
    torn = ORDERS.removesuffix("UNZ+2+REF?'1'")
    assert contrl(torn, accepted=False).endswith("+MAKER:14+4+13'UNT+3+1'UNZ+1+5'")
    broken = contrl(ORDERS.replace("BGM", "b'"), accepted=False)
    assert "UCM" in broken  # its service segments can be read: the messages are refused
    strange = ORDERS.replace("BGM+220+1", "BGM+\x01")
    assert "+4+21'" in contrl(strange, accepted=False)
    alien = survey(ORDERS.replace("UNOC", "UNOY").encode().replace(b"220", b"\xff"))
    made = acknowledge(alien, ["5"], AT, accepted=False)
    assert b"UNB+UNOC:3+MAKER" in made.data
    assert b"+4+21'" in made.data


def test_groups_are_acknowledged_as_groups_and_syntax_4_by_its_own_contrl():
    group = "UNG+ORDERS+S:1+R:1+261012:1530+G1+UN+D:96A'"
    grouped = ORDERS.replace("UNH+M1", f"{group}UNH+M1").replace("UNZ", "UNE+2+G1'UNZ")
    assert "+7'UCF+G1+S:1+R:1+7'UNT+4+1'" in contrl(grouped, accepted=True)
    four = contrl(ORDERS.replace("UNOC:3", "UNOC:4"), accepted=True)
    assert "+20261123:2015+5" in four
    assert "UNH+1+CONTRL:4:1:UN'" in four


def test_each_group_of_x12_gets_its_997_in_the_senders_separators():
    head = (
        "ISA*00*          *00*          *01*MAKER          *ZZ*SHOP           "
        "*261123*2015*U*00401*000000005*0*T*>~"
        "GS*FA*MA*SH*20261123*2015*6*X*004010~ST*997*0001~AK1*PO*0012~"
    )
    tail = "GE*1*6~IEA*1*000000005~"
    assert functional(PO, accepted=True) == (
        f"{head}AK2*850*0001~AK5*A~AK2*850*0002~AK5*A~AK9*A*2*2*2~SE*8*0001~{tail}"
    )
    assert functional(PO, accepted=False) == (
        f"{head}AK2*850*0001~AK5*R*5~AK2*850*0002~AK5*R*5~AK9*R*2*2*0~SE*8*0001~{tail}"
    )
    other = PO.replace("*", "|").replace("~", "\n")
    assert functional(other, accepted=True) == (
        functional(PO, accepted=True).replace("*", "|").replace("~", "\n")
    )


def test_what_is_made_can_be_read_without_a_warning():
    for text in (contrl(ORDERS, accepted=True), functional(PO, accepted=False)):
        source = read_source(text.encode(), FILE)
        assert source.warnings == []
        etree.fromstring(source.xml)


def test_an_acknowledgement_is_never_acknowledged():
    for text in (contrl(ORDERS, accepted=True), functional(PO, accepted=True)):
        read = survey(text.encode())
        assert read.acknowledges
        assert suspected(text.encode())
        assert acknowledge(read, ["1", "2"], AT, accepted=True) is None
    assert not survey(ORDERS.encode()).acknowledges
    assert not suspected(ORDERS.encode())
    assert not suspected(PO.encode())
    assert not suspected(b"<CONTRL>GS*FA*</CONTRL>")
    mixed = PO.replace("IEA*1", "GS*FA*SH*MA*20261012*1530*1*X*004010~IEA*1")
    mixed = mixed.replace("~IEA", "~ST*997*0001~SE*2*0001~GE*1*1~IEA")
    assert functional(mixed, accepted=True).count("AK1*") == 1


def test_of_too_many_messages_the_whole_is_answered_and_not_each(monkeypatch):
    monkeypatch.setattr(surveying, "LISTED", 1)
    sent = survey(ORDERS.encode())
    assert [(len(g.messages), g.unlisted) for g in sent.groups] == [(1, 1)]
    assert contrl(ORDERS, accepted=True).endswith("+MAKER:14+7'UNT+3+1'UNZ+1+5'")
    assert contrl(ORDERS, accepted=False).endswith("+MAKER:14+4+18'UNT+3+1'UNZ+1+5'")
    assert "~AK1*PO*0012~AK9*A*2*2*2~SE*4*0001~" in functional(PO, accepted=True)
    mixed = ORDERS.replace("M2+ORDERS", "M2+CONTRL")
    assert not survey(mixed.encode()).acknowledges
    swapped = ORDERS.replace("M1+ORDERS", "M1+CONTRL")
    assert not survey(swapped.encode()).acknowledges


def test_no_more_groups_and_answers_are_gathered_than_are_worked_on(monkeypatch):
    monkeypatch.setattr(surveying, "GROUPS", 1)
    monkeypatch.setattr(answering, "ANSWERS", 1)
    group = PO[PO.index("GS*") : PO.index("IEA")]
    assert len(survey(PO.replace("IEA", f"{group * 3}IEA").encode()).groups) == 2
    uci = "UCI+1+A+B+7'"
    text = CONTRL.format("", "7") + f"{uci * 3}UNT+6+1'UNZ+1+5'"
    assert len(survey(text.encode()).answers) == 2


def test_what_is_no_interchange_has_nothing_to_say():
    for text in ("", "a,b", "<UNB/>", "ISA*00*", "UNB+UN", "UNB+UNOC:3+A'", PO[:90]):
        read = survey(text.encode())
        assert read is None or acknowledge(read, ["1"], AT, accepted=False) is None


def test_an_answer_names_what_was_sent_and_whether_it_was_taken():
    sent = survey(ORDERS.encode())
    assert sent.references == [Reference("EDIFACT", "SHOP+1", "MAKER", "REF'1")]
    for accepted in (True, False):
        [answer] = survey(contrl(ORDERS, accepted=accepted).encode()).answers
        assert answer.reference == sent.references[0]
        assert answer.accepted is accepted
    assert answer.why == (
        "ORDERS M1: 18 unspecified error; ORDERS M2: 18 unspecified error"
    )
    sent = survey(PO.encode())
    assert sent.references == [Reference("X12", "SHOP", "MAKER", "12")]
    [answer] = survey(functional(PO, accepted=False).encode()).answers
    assert answer.reference == sent.references[0]
    assert answer.why == (
        "850 0001: 5 one or more segments in error; 850 0002: 5 one or more segments"
        " in error; the group: R rejected"
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("+4+23'", "the interchange: 23 unknown interchange sender"),
        ("+7'UCM+M1+ORDERS:D:96A:UN+4+12'", "ORDERS M1: 12 invalid value"),
        ("+7'UCF+G1+S+R+4+99'", "group G1: 99"),
        (
            "+7'UCM+M1+ORDERS:D:96A:UN+4'UCS+5+13'UCD+12+2'",
            "ORDERS M1; segment 5: 13 missing; segment 5 element 2: 12 invalid value",
        ),
    ],
)
def test_a_contrl_that_refuses_is_told_in_words(said, why):
    text = CONTRL.format("", "7").replace("+7'", said) + "UNT+3+1'UNZ+1+5'"
    [answer] = survey(text.encode()).answers
    assert (answer.accepted, answer.why) == (False, why)


def test_a_997_or_999_that_refuses_is_told_in_words():
    text = functional(PO, accepted=False)
    detail = "AK3*PO1*7**8~AK4*2*355*7*XX~AK5*R*5~"
    text = text.replace("AK5*R*5~", detail, 1).replace("AK9*R*2*2*0", "AK9*P*2*2*1*5")
    words = (
        "850 0001 segment 7 PO1: 8 segment has data element errors; 850 0001 segment 7"
        " PO1 element 2: 7 invalid code value; 850 0001: 5 one or more segments in"
        " error; 850 0002: 5 one or more segments in error; the group: P partly"
        " accepted, 5 number of transaction sets does not match"
    )
    nines = text.replace("*997*", "*999*")
    for number in "345":
        nines = nines.replace(f"AK{number}*", f"IK{number}*")
    for each in (text, nines):
        [answer] = survey(each.encode()).answers
        assert (answer.accepted, answer.why) == (False, words)


def test_the_numbers_of_an_acknowledgement_are_counted_the_other_way_round():
    assert relations(survey(ORDERS.encode())) == [
        Relation("EDIFACT", "MAKER:14", "SHOP+1:14")
    ]
    assert relations(survey(PO.encode())) == [
        Relation("X12", "MAKER:01", "SHOP:ZZ"),
        Relation("X12-GROUP", "MAKER:01", "SHOP:ZZ"),
    ]


def test_a_survey_comes_through_the_wire_as_it_is():
    for text in (ORDERS, PO, contrl(ORDERS, accepted=False)):
        read = survey(text.encode())
        again = survey_in(asdict(read))
        assert asdict(again) == asdict(read)
        assert again.references == read.references
        assert replace(again, fault="18") != read


@given(
    st.sampled_from([ORDERS, PO]),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
)
@settings(max_examples=40)
def test_broken_interchanges_are_surveyed_and_answered_without_a_crash(text, put, end):
    data = bytearray(text.encode())
    for place, byte in put:
        data[place % len(data)] = byte
    read = survey(bytes(data[: max(end, 90)]))
    if read is not None:
        numbers = ["1"] * len(relations(read))
        made = acknowledge(read, numbers, AT, accepted=False)
        assert made is None or (made.data and FileName(made.name))
