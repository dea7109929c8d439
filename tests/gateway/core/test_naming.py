from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.envelope import Document, Draft, Envelope, Field
from gateway.core.errors import Invalid
from gateway.core.naming import check_against, parse_pattern, render
from gateway.core.template import DocumentDef, FieldDef, FieldType, Template

NOW = datetime(2026, 3, 4, 15, 6, 7, tzinfo=UTC)


def named(pattern, *values, document="d", field="n"):
    documents = [
        Document("other", [Field(name=field, values=["no"])]),
        Document(document, [Field(name=field, values=values), Field(name="x")]),
    ]
    envelope = Envelope(
        id="e1",
        sender="m1",
        draft=Draft(template="t1", template_version="v", documents=documents),
        created_at=NOW,
    )
    return render(parse_pattern(pattern), envelope, "m2", NOW, "0123456789").text


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("orders.xml", "orders.xml"),
        ("{mailboxUuid}_{envelopeUuid}-{templateUuid}", "m2_e1-t1"),
        ("{ randomNumber }.csv", "0123456789.csv"),
        ("{date YYYY-MM-DD}", "2026-03-04"),
        ("{date yyyyMMdd HHmmss}", "20260304 150607"),
        ("{date  YY.hh%mm.ss}", "26.15%06.07"),
        ('{"d":"n"}.edi', "PO 1.edi"),
        ('a{"d" : "n"}b{"d":"x"}', "aPO 1b"),
        ('{"d":"missing"}', "filename_empty"),
        ('{"missing":"n"}', "filename_empty"),
        ("", "filename_empty"),
        ("  ", "filename_empty"),
        (".hidden", "_hidden"),
        ("order.tmp", "order.tmp_"),
        ("order.filepart", "order.filepart_"),
        ("..", "_."),
    ],
    ids=str,
)
def test_a_pattern_gives_a_name(pattern, name):
    assert named(pattern, " PO 1 ") == name


def test_illegal_characters_in_values_are_replaced():
    assert named('{"d":"n"}', '../a\\b:c?d*e<f>g|h\n"i"') == '_._a_b_c_d_e_f_g_h_"i"'


def test_several_values_are_joined():
    assert named('{"d":"n"}', "1", " ", "2") == "1_2"


def test_a_long_name_is_cut_and_keeps_its_extension():
    name = named('{"d":"n"}.xml', "ї" * 300)
    assert name.endswith("ї.xml")
    assert 253 < len(name.encode()) <= 255


def test_what_is_too_long_for_an_extension_is_cut_as_well():
    assert named('a.{"d":"n"}', "x" * 400) == "a." + "x" * 253


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("a/b", "Position 2: '/' may not be in a file name"),
        ("ab\n", "Position 3: '\\n' may not be in a file name"),
        ("{date hh:mm}", "Position 9: ':' may not be in a file name"),
        ("{date}", "Position 6: the date needs a format"),
        ("{date YYYY-Q}", "Position 12: Q is not known in a date; there are YYYY yyyy"),
        ("{date MMM}", "Position 7: MMM is not known in a date"),
        ("a{mailbox}", "Position 2: {mailbox} is not known; there are {mailboxUuid}"),
        ("{dates}", "Position 1: {dates} is not known"),
        ("{}", "Position 1: {} is not known"),
        ("a{mailboxUuid", "Position 2: this { is never closed"),
        ("a}b", "Position 2: this } closes nothing"),
        ('{"d"}', "Position 5: a field is written"),
        ('{"d":"f"', "Position 9: a field is written"),
        ('a{"d":1}', "Position 2: a field is written"),
        ('{"d":"f","e":"g"}', "Position 1: a field is written"),
        ('{"d":""}', "Position 1: a field is written"),
        ('{"d":' + "[" * 900, "Position "),
        ("x" * 1001, "The pattern is longer than 1000 characters."),
    ],
    ids=range(18),
)
def test_a_wrong_pattern_is_refused_with_the_position(pattern, said):
    with pytest.raises(Invalid) as caught:
        parse_pattern(pattern)
    assert caught.value.message.startswith(said)
    assert caught.value.data == {"fileNamePattern": caught.value.message}


def a_template():
    kinds = {"n": FieldType.TEXT, "f": FieldType.ATTACHMENT}
    fields = [FieldDef(document="d", name=n, type=kind) for n, kind in kinds.items()]
    row = FieldDef(document="d", name="row", type=FieldType.TEXT, group="g")
    return Template(
        id="t",
        version="v",
        name="Order",
        documents=[DocumentDef("d", "D", [*fields, row])],
        roles=[],
    )


def test_a_pattern_may_name_a_field_of_the_template():
    check_against(parse_pattern('{date YYYY}{"d":"n"}'), a_template())


@pytest.mark.parametrize(
    ("pattern", "code", "said"),
    [
        ('{"d":"x"}', "pattern-field-unknown", "Field x of document d is not in the"),
        ('{"e":"n"}', "pattern-field-unknown", "Field n of document e is not in the"),
        ('{"d":"row"}', "pattern-field-type", "Field row of document d stands in the"),
        ('{"d":"f"}', "pattern-field-type", "Field f of document d is of type attach"),
    ],
)
def test_a_pattern_may_not_name_what_the_template_cannot_give(pattern, code, said):
    with pytest.raises(Invalid) as caught:
        check_against(parse_pattern(pattern), a_template())
    assert caught.value.code == code
    assert caught.value.message.startswith(said)


@given(
    st.lists(st.text(max_size=300), max_size=3), st.sampled_from(["", ".xml", ".tmp"])
)
def test_any_value_gives_a_name_that_clients_take(values, extension):
    name = named('{"d":"n"}' + extension, *values)
    assert not name.startswith(".")
    assert not name.endswith((".tmp", ".part", ".filepart"))
    assert not set(name) & set("\\/:?*<>|")


@given(st.text(alphabet='{}":[]dateYMhmailboxUuid, %\\/', max_size=30))
def test_any_pattern_is_read_or_refused(text):
    try:
        parts = parse_pattern(text).parts
    except Invalid as error:
        parts = [error.data["fileNamePattern"]]
    assert bool(parts) == bool(text)
