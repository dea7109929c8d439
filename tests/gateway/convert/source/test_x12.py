import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.convert.source import Described, read_source
from gateway.convert.source.detect import detect
from gateway.convert.source.directory import x12_directory
from gateway.convert.source.x12 import read_x12
from gateway.convert.unfit import Unfit

FILE = Described(name="po.x12", size=0, sha256="", content_type="", depth=20)
GS = "GS*PO*S*R*20261012*1530*7*X*004010~"
END = "GE*1*7~IEA*1*000000001~"
PO1 = "PO1*1*10*EA*1.5~"


def isa(component: str = ">", repetition: str = "U", version: str = "00401") -> str:
    return (
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{'SENDER':15}*ZZ*{'RECEIVER':15}*261012*1530"
        f"*{repetition}*{version}*000000001*0*P*{component}~"
    )


def interchange(body: str, kind: str = "850", head: str = "") -> str:
    count = body.count("~") + 2
    return f"{head or isa()}{GS}ST*{kind}*0001~{body}SE*{count}*0001~{END}"


def read(text: str | bytes, depth: int = 20, **attributes: str):
    file = Described(
        name="po.x12",
        size=0,
        sha256="",
        content_type="",
        depth=depth,
        attributes=attributes,
    )
    return read_x12(text if isinstance(text, bytes) else text.encode(), file)


def tree(text: str | bytes):
    return etree.fromstring(read(text).xml)


def outline(node) -> list:
    """The containers and segments below a node, elements left out."""
    return [
        [each.tag, *outline(each)] if each.tag.startswith("LOOP_") else each.tag
        for each in node
    ]


def problem(text: str | bytes):
    with pytest.raises(Unfit) as stopped:
        read(text)
    assert stopped.value.problem.code == "x12-syntax"
    assert stopped.value.problem.step == "read"
    assert stopped.value.problem.remedy
    return stopped.value.problem


def test_the_sample_order_is_read_with_its_loops(samples):
    data = (samples / "edi/po850_4010.x12").read_bytes()
    source = read_source(data, FILE)
    xml = etree.fromstring(source.xml)
    assert [each.tag for each in xml] == ["ISA", "GS", "IEA"]
    assert xml.findtext("ISA/ISA06") == "SENDER         "
    assert xml.findtext("GS/GS08") == "004010"
    assert outline(xml.find("GS/ST850")) == [
        "ST",
        "BEG",
        "REF",
        "DTM",
        ["LOOP_N1", "N1", "N3", "N4"],
        ["LOOP_N1", "N1"],
        ["LOOP_PO1", "PO1", ["LOOP_PID", "PID"]],
        ["LOOP_PO1", "PO1", ["LOOP_PID", "PID"]],
        ["LOOP_CTT", "CTT"],
        "SE",
    ]
    assert xml.findtext(".//PO109") == "A-100"
    assert xml.findtext(".//PID05") == "WIDGET > BLUE"
    (warning,) = source.warnings
    assert "Segment 12 (PID), line 12: PID05 holds the component" in warning


def test_the_levels_of_a_ship_notice_stand_inside_of_each_other():
    body = (
        "BSN*00*1*20261012*1530~HL*1**S~TD1*CTN*2~N1*ST*X~HL*2*1*O~PRF*P~HL*3*2*I~"
        "LIN**UP*1~SN1**5*EA~HL*4*2*I~LIN**UP*2~HL*5*1*O~PRF*Q~CTT*5~"
    )
    source = read(interchange(body, "856"))
    assert not source.warnings
    assert outline(etree.fromstring(source.xml).find("GS/ST856")) == [
        "ST",
        "BSN",
        [
            "LOOP_HL",
            "HL",
            "TD1",
            ["LOOP_N1", "N1"],
            [
                "LOOP_HL",
                "HL",
                "PRF",
                ["LOOP_HL", "HL", "LIN", "SN1"],
                ["LOOP_HL", "HL", "LIN"],
            ],
            ["LOOP_HL", "HL", "PRF"],
        ],
        "CTT",
        "SE",
    ]


def test_a_level_without_its_parent_around_it_is_written_on_top_with_a_warning():
    body = "BSN*00*1~HL*1**S~HL*2*1*O~HL*3*1*O~HL*4*2*I~LIN**UP*2~"
    source = read(interchange(body, "856"))
    assert "Segment 8 (HL), line 1: its parent '2' is not a level" in source.warnings[0]
    levels = etree.fromstring(source.xml).findall("GS/ST856/LOOP_HL")
    assert [level.findtext("HL/HL01") for level in levels] == ["1", "4"]


def test_a_segment_out_of_order_stays_in_its_level_with_a_warning():
    source = read(interchange("BSN*00*1~HL*1**S~HL*2*1*O~SDQ*EA~MEA*PD~", "856"))
    assert "(MEA), line 1: it has no place here in 856" in source.warnings[0]
    inner = etree.fromstring(source.xml).find("GS/ST856/LOOP_HL/LOOP_HL")
    assert outline(inner) == ["HL", "SDQ", "MEA"]


def test_levels_nested_beyond_the_limit_are_refused():
    levels = "".join(f"HL*{n}*{n - 1 or ''}*S~" for n in range(1, 30))
    found = problem(interchange(f"BSN*00~{levels}", "856"))
    assert "nested more than 14 deep" in found.message


def test_the_other_built_in_transaction_sets_have_their_loops():
    ack = interchange("BAK*00*AC*1*20261012~PO1*1*2*EA~ACK*IA*2*EA~CTT*1~", "855")
    assert outline(tree(ack).find("GS/ST855/LOOP_PO1")) == ["PO1", ["LOOP_ACK", "ACK"]]
    bill = interchange("BIG*20261012*1~IT1*1*2*EA~PID*F****X~TDS*100~SAC*A~", "810")
    assert outline(tree(bill).find("GS/ST810"))[2:5] == [
        ["LOOP_IT1", "IT1", ["LOOP_PID", "PID"]],
        "TDS",
        ["LOOP_SAC", "SAC"],
    ]
    told = "AK1*PO*7~AK2*850*1~AK3*BEG*2~AK4*3>1**1~AK5*E~AK2*850*2~AK5*A~AK9*P*2*2*1~"
    xml = tree(interchange(told, "997")).find("GS/ST997")
    assert outline(xml) == [
        "ST",
        "AK1",
        ["LOOP_AK2", "AK2", ["LOOP_AK3", "AK3", "AK4"], "AK5"],
        ["LOOP_AK2", "AK2", "AK5"],
        "AK9",
        "SE",
    ]
    assert [each.text for each in xml.find(".//AK401")] == ["3", "1"]


def test_every_version_finds_the_built_in_tables():
    for version in ("004010", "003040", "008010VICS", ""):
        assert set(x12_directory(version).messages) == {
            "810",
            "850",
            "855",
            "856",
            "997",
        }


def test_composites_and_repetitions_are_taken_apart():
    head = isa(component=":", repetition="^", version="00501")
    xml = tree(interchange("BEG*00~REF*A*1**PO:2:XY^CT:3~", head=head))
    composites = xml.findall(".//REF04")
    assert [[part.tag for part in each] for each in composites] == [
        ["REF0401", "REF0402", "REF0403"],
        ["REF0401", "REF0402"],
    ]
    assert composites[1].findtext("REF0402") == "3"


def test_before_version_00402_nothing_is_repeated():
    head = isa(repetition="^", version="00401")
    assert tree(interchange("BEG*0^1~", head=head)).findtext(".//BEG01") == "0^1"


def test_an_unknown_transaction_set_is_written_flat_with_a_warning():
    source = read(interchange("BCH*01~POC*1*2>3~", "860"))
    (warning,) = source.warnings
    assert "transaction set 860 is not known; written without loops" in warning
    xml = etree.fromstring(source.xml).find("GS/ST860")
    assert outline(xml) == ["ST", "BCH", "POC", "SE"]
    assert [part.tag for part in xml.find("POC/POC02")] == ["POC0201", "POC0202"]


def test_several_groups_and_transactions_stand_in_their_order():
    one = f"ST*850*1~BEG*00~{PO1}SE*4*1~"
    text = (
        f"{isa()}TA1*000000009*261012*1530*A*000~{GS}{one}{one}GE*2*7~\r\n"
        f"{GS.replace('*7*', '*8*')}{one}GE*1*8~IEA*2*000000001~\r\n"
    )
    source = read(text)
    assert not source.warnings
    xml = etree.fromstring(source.xml)
    assert [each.tag for each in xml] == ["ISA", "TA1", "GS", "GS", "IEA"]
    assert [len(each.findall("ST850")) for each in xml.findall("GS")] == [2, 1]


def test_control_characters_may_be_separators():
    text = interchange("BEG*00~REF*A*1**PO>2~").replace("~", "\x1e")
    text = text.replace("*", "\x1d").replace(">", "\x1f")
    source = read(text)
    xml = etree.fromstring(source.xml)
    assert xml.findtext("ISA/ISA16") == "\u241f"
    assert xml.findtext(".//REF0402") == "2"


def test_markup_signs_are_data_and_separators_alike():
    xml = tree(interchange("BEG*a<b&c~REF*A*1**<&>2~"))
    assert xml.findtext(".//BEG01") == "a<b&c"
    assert [part.text for part in xml.find(".//REF04")] == ["<&", "2"]


def test_bytes_are_utf_8_or_latin_1_or_what_the_rule_says():
    text = interchange("BEG*Müller~")
    assert tree(text).findtext(".//BEG01") == "Müller"
    source = read(text.encode("latin-1"))
    assert "Müller" in source.xml.decode()
    assert "not UTF-8; read as ISO 8859-1" in source.warnings[0]
    cyrillic = interchange("BEG*Київ~").encode("cp1251")
    assert "Київ" in read(cyrillic, ENCODING="windows-1251").xml.decode()
    with pytest.raises(Unfit, match=r"byte \d+ does not fit the encoding utf-8"):
        read(cyrillic, ENCODING="utf-8")
    for name in ("klingon", "hex"):
        with pytest.raises(Unfit, match=f"the encoding '{name}' is not known"):
            read(cyrillic, ENCODING=name)


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("SE*3*", "SE*9*", "counts 9 segments in the transaction, there are 3"),
        ("SE*3*0001", "SE*3*77", "control number '77' is not ST02, '0001'"),
        ("GE*1*", "GE*5*", "counts 5 transactions in the group, there are 1"),
        ("GE*1*7", "GE*1*8", "control number '8' is not GS06, '7'"),
        ("IEA*1*", "IEA*2*", "counts 2 groups in the interchange, there are 1"),
        ("IEA*1*000000001", "IEA*1*3", "control number '3' is not ISA13"),
        ("IEA*1*000000001", "IEA", "counts no groups"),
    ],
)
def test_wrong_counts_and_control_numbers_are_warnings(right, wrong, says):
    text = interchange("BEG*00~")
    assert not read(text).warnings
    warnings = read(text.replace(right, wrong).replace("~", "~\n")).warnings
    assert says in warnings[0]
    assert f"line {5 + ('GE' in right) + 2 * ('IEA' in right)}" in warnings[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (isa().replace(" ", ""), "ISA02 has not the 10 characters it must have"),
        (isa()[:97], "ISA13 has not the 9"),
        (isa()[:105], "the file ends within the ISA"),
        (isa(component="~"), "are not different signs"),
        (
            isa(),
            "segment 1 (ISA), line 1: the file ends after this segment without IEA",
        ),
        (f"{isa()}{GS}{END}{END}", "segment 5 (GE), line 1: it follows IEA"),
        (f"{isa()}{GS}ST*850*1~BEG*1~", "(BEG), line 1: the file ends after this"),
        (f"{isa()}{GS}ST*850*1~{END}", "the transaction begun in segment 3 has no SE"),
        (f"{isa()}{GS}{GS}", "the group begun in segment 2 has no GE"),
        (f"{isa()}{GS}IEA*1*1~", "the group begun in segment 2 has no GE"),
        (f"{isa()}{GS}TA1*1~", "(TA1), line 1: it may only stand outside"),
        (f"{isa()}ST*850*1~", "(ST), line 1: there is no GS before it"),
        (f"{isa()}GE*1*7~", "(GE), line 1: there is no GS before it"),
        (f"{isa()}{GS}SE*2*1~", "(SE), line 1: there is no ST before it"),
        (f"{isa()}BEG*1~", "(BEG), line 1: it stands outside of any transaction"),
        (f"{isa()}{GS}ST*85x*1~", "ST01, '85x', is no transaction set"),
        (f"{isa()}\n{GS}\nbeg*1~", "segment 3, line 3: 'beg' is not a segment tag"),
        (f"{interchange('BEG~')}{isa()}", "a second interchange begins"),
        (f"{interchange('BEG~')}\nrest", "line 2: the file ends before the segment's"),
        (interchange("BEG*\x01~"), "segment 4, line 1: the character U+0001"),
    ],
)
def test_a_broken_interchange_is_refused_with_segment_and_line(text, says):
    assert says in problem(text).message


def test_what_begins_like_an_isa_goes_to_the_x12_reader():
    assert detect(isa().encode()) == "x12"
    assert detect(b"\xef\xbb\xbf\r\n" + isa().encode()) == "x12"
    assert detect(isa().replace(" ", "").encode()) == "x12"  # to be told what is wrong
    assert detect(b"ISA,NO,NAME,AMOUNT\n1,2,3,4\n") != "x12"
    assert detect(b"ISABEL") != "x12"


@settings(max_examples=40)
@given(
    st.text("*>~^ISAGTE10H\x1d\n", max_size=80), st.sampled_from(["850", "856", "9"])
)
def test_any_text_becomes_xml_or_a_problem(body, kind):
    for text in (body, isa() + body, interchange(body, kind)):
        try:
            etree.fromstring(read(text).xml)
        except Unfit as unfit:
            assert unfit.problem.message.startswith("po.x12")  # noqa: PT017  the point


@settings(max_examples=40)
@given(st.binary(max_size=150))
def test_any_bytes_become_xml_or_a_problem(data):
    for each in (data, isa().encode() + data):
        try:
            etree.fromstring(read(each).xml)
        except Unfit as unfit:
            assert unfit.problem.code == "x12-syntax"  # noqa: PT017
