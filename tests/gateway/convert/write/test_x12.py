"""X12 is written with its fixed header, its counts and numbers, or not at all."""

import pytest

from gateway.convert.source import Described
from gateway.convert.source.x12 import read_x12
from gateway.convert.unfit import Unfit
from gateway.convert.write import Wanted, write

ISA = (
    "<ISA><ISA06>SENDER</ISA06><ISA08>RECEIVER</ISA08><ISA09>261012</ISA09>"
    "<ISA10>1530</ISA10>{}</ISA>"
)
GS = (
    "<GS><GS01>PO</GS01><GS02>S</GS02><GS03>R</GS03><GS04>20261012</GS04>"
    "<GS05>1530</GS05><GS06>{}</GS06><GS07>X</GS07><GS08>004010</GS08></GS>"
)
HEAD = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
    "*261012*1530*U*00401*{}*0*P*:~"
)
BEG = "<BEG><BEG01>00</BEG01><BEG05>20261012</BEG05></BEG>"
NUMBER = "<ISA13>7</ISA13>"


def written(xml: str, wanted: Wanted | None = None) -> str:
    return write("X12", xml.encode(), wanted or Wanted()).decode()


def whole(body: str, isa: str = NUMBER) -> str:
    return f"<X12>{ISA.format(isa)}{GS.format(5)}<ST850><ST/>{body}</ST850></X12>"


def test_header_counts_and_references_are_made():
    loop = "<LOOP_PO1><PO1><PO101>1</PO101><PO102/></PO1></LOOP_PO1><SE/>"
    assert written(whole(BEG + loop)) == (
        HEAD.format("000000007") + "GS*PO*S*R*20261012*1530*5*X*004010~ST*850*0001~"
        "BEG*00****20261012~PO1*1~SE*4*0001~GE*1*5~IEA*1*000000007~"
    )


def test_numbers_left_empty_are_asked_for_and_transactions_may_stand_in_their_group():
    asked = []

    def ask(wanted):
        asked.extend(wanted)
        return [str(len(asked))]

    inside = GS.format("").replace("</GS>", "<ST850><ST/></ST850><GE/></GS>")
    two = f"<X12>{ISA.format('')}{inside}{GS.format('')}<ST855><ST/></ST855></X12>"
    assert written(two, Wanted(ask=ask)) == (
        HEAD.format("000000001") + "GS*PO*S*R*20261012*1530*2*X*004010~ST*850*0001~"
        "SE*2*0001~GE*1*2~GS*PO*S*R*20261012*1530*3*X*004010~ST*855*0001~SE*2*0001~"
        "GE*1*3~IEA*2*000000001~"
    )
    side = ("SENDER:ZZ", "RECEIVER:ZZ")
    assert [each[1] for each in asked] == [
        ("X12", *side, "1"),
        ("X12-GROUP", *side, "1"),
        ("X12-GROUP", *side, "2"),
    ]


def test_separators_are_those_of_the_header_and_of_the_roots_attributes():
    isa = f"<ISA11>^</ISA11><ISA12>00501</ISA12>{NUMBER}<ISA16>&gt;</ISA16>"
    body = "<REF><REF01>a:*</REF01><REF01>b</REF01><REF02><REF0202>c</REF0202></REF02>"
    xml = whole(f"{body}</REF>", isa).replace(
        "<X12>", '<X12 elementSeparator="|" segmentTerminator="!">'
    )
    assert "!REF|a:*^b|>c!SE|3|0001!" in written(xml)
    assert written(xml).startswith("ISA|00|          |")
    assert written(xml)[103:107] == "|>!G"


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ("<EDIFACT/>", "the root is EDIFACT"),
        ("<X12/>", "must begin with ISA"),
        (whole("").replace("SENDER", "S" * 16), "longer than 15 characters"),
        (whole("").replace("SENDER", ""), "ISA06, the sender, is empty"),
        (whole("", "<ISA13>A</ISA13>"), "ISA13 'A"),
        (whole("").replace("<GS02>S</GS02>", ""), "GS02 is empty"),
        (whole("\n<N1><N102>A*B</N102></N1>"), "line 2, /X12/ST850/N1: N102 'A*B'"),
        (whole("<N1><N101>a</N101><N101>b</N101></N1>"), "N101 comes 2 times"),
        (whole("<ST/>"), "ST cannot stand in a transaction"),
        (whole("<ST><ST01>810</ST01></ST>").replace("<ST/>", "", 1), "ST01 is '810'"),
        (whole("").replace("ST850", "PO"), "PO is no transaction"),
        (f"<X12>{ISA.format(NUMBER)}<ST850><ST/></ST850></X12>", "before any GS"),
        (whole("", NUMBER + "<ISA16>*</ISA16>"), "must be different signs"),
        (whole("", ""), "no X12 control number"),
        (whole("").replace("<X12>", '<X12 segmentTerminator="">'), "one character"),
    ],
)
def test_what_no_interchange_can_hold_is_told_with_its_line(xml, words):
    with pytest.raises(Unfit) as caught:
        written(xml)
    assert words in caught.value.problem.message
    assert caught.value.problem.code == "output-format"


def test_a_character_that_the_encoding_lacks_is_told():
    xml = whole("<N1><N102>ж</N102></N1>")
    assert "N1**ж~" in written(xml)
    with pytest.raises(Unfit, match="'ж' cannot be written in ISO-8859-1"):
        written(xml, Wanted(encoding="ISO-8859-1"))


DETAILS = {
    "850": "BEG*00*NE*PO-1**20261123~REF*DP*038~N1*BY*BUYER*92*1~N3*1 MAIN ST~PO1*1*10*"
    "EA*12.5**UP*012345678905~PID*F****WIDGET~PO1*2*5*CA*99~CTT*2~",
    "856": "BSN*00*S1*20261123*2015~HL*1**S~TD1*CTN*4~REF*BM*77~N1*SF*MAKER~HL*2*1*O~"
    "PRF*PO-1~HL*3*2*I~LIN**UP*012345678905~SN1**10*EA~HL*4*2*I~LIN**UP*1~SN1**5*CA~"
    "CTT*4~",
    "810": "BIG*20261123*I1**PO-1~N1*BT*BUYER~ITD*01*3**30~IT1*1*10*EA*12.5**UP*0123"
    "45678905~PID*F****WIDGET~TDS*62000~SAC*C*D240***500~CTT*1~",
}


@pytest.mark.parametrize("version", ["00401", "00501"])
def test_orders_despatch_advices_and_invoices_come_out_as_they_went_in(version):
    sign = "U" if version == "00401" else "^"
    isa = HEAD.format("000000077").replace("*U*00401", f"*{sign}*{version}")
    text = isa
    for number, (kind, body) in enumerate(DETAILS.items(), 1):
        text += f"GS*PO*S*R*20261123*2015*{number}*X*{version[:-2]}4010~"
        for transaction in ("0001", "0002"):
            count = body.count("~") + 2
            text += f"ST*{kind}*{transaction}~{body}SE*{count}*{transaction}~"
        text += f"GE*2*{number}~"
    text += "IEA*3*000000077~"
    file = Described(name="a.x12", size=0, sha256="", content_type="", depth=100)
    xml = read_x12(text.encode(), file).xml
    assert b"<LOOP_" in xml
    assert write("X12", xml, Wanted()).decode() == text


def test_the_sample_comes_out_as_it_went_in_but_for_a_separator_in_a_text(samples):
    data = (samples / "edi/po850_4010.x12").read_bytes()
    flat = data.replace(b"\r", b"").replace(b"\n", b"")
    file = Described(name="a.x12", size=0, sha256="", content_type="", depth=100)
    with pytest.raises(Unfit, match="PID05 'WIDGET > BLUE' holds '>'"):
        write("X12", read_x12(data, file).xml, Wanted())
    clean = flat.replace(b"WIDGET > BLUE", b"WIDGET, BLUE")
    assert write("X12", read_x12(clean, file).xml, Wanted()) == clean
