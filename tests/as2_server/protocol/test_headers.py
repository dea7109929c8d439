import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2_server.protocol.digests import MicName
from as2_server.protocol.dispositions import (
    UNSUPPORTED_FORMAT,
    UNSUPPORTED_MIC,
    ProtocolError,
)
from as2_server.protocol.headers import As2Id, parse_request, same_message
from gateway.core.errors import Invalid

BASE = [("AS2-From", "a"), ("AS2-To", '"My Co"'), ("Message-ID", "<1@x>")]


def wish(**options):
    pairs = [(name.replace("_", "-"), value) for name, value in options.items()]
    return parse_request(
        [*BASE, ("Disposition-Notification-To", "x@y"), *pairs]
    ).receipt


def test_quotes_are_not_part_of_a_name():
    request = parse_request([*BASE, ("Subject", "s")])
    assert (request.sender, request.receiver) == (As2Id("a"), As2Id("My Co"))
    assert (request.message_id, request.subject) == ("<1@x>", "s")
    assert request.receipt is None


@pytest.mark.parametrize("text", ["a", "My Co", 'q"u', "b\\s", "!#[]<>", "a  b"])
def test_a_name_survives_its_header(text):
    assert As2Id.parse(As2Id(text).header) == As2Id(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_every_printable_name_survives_its_header(text):
    if len(text) <= 128 and text.strip() == text:
        assert As2Id.parse(As2Id(text).header) == As2Id(text)


def test_names_differ_by_case():
    assert As2Id("a") != As2Id("A")


@pytest.mark.parametrize("bad", ["", "x" * 129, "a\tb", "ä", '""'])
def test_a_bad_name_is_refused(bad):
    pairs = [("AS2-From", bad), *BASE[1:]]
    with pytest.raises(ProtocolError, match="AS2-From"):
        parse_request(pairs)


def test_a_bad_name_of_a_person_names_the_rule():
    with pytest.raises(Invalid, match="1 to 128"):
        As2Id("")


@pytest.mark.parametrize("bad", ["", "<>", "x" * 999, "a\nb"])
def test_a_message_id_must_be_usable(bad):
    with pytest.raises(ProtocolError, match="Message-ID"):
        parse_request([*BASE[:2], ("Message-ID", bad)])


def test_a_long_message_id_without_at_is_usable():
    assert parse_request([*BASE[:2], ("Message-ID", "x" * 998)]).message_id == "x" * 998


def test_two_different_senders_are_refused():
    with pytest.raises(ProtocolError, match="twice"):
        parse_request([*BASE, ("as2-from", "b")])


def test_message_ids_are_equal_with_and_without_brackets():
    assert same_message("<1@x>", "1@x ")
    assert not same_message("<1@x>", "<2@x>")


@pytest.mark.parametrize(
    "options",
    [
        (
            "signed-receipt-protocol=optional, pkcs7-signature; "
            "signed-receipt-micalg=optional, sha256, sha1"
        ),
        (
            "signed-receipt-micalg=Optional,sha256,sha1;"
            "signed-receipt-protocol=required,pkcs7-signature;"
        ),
    ],
)
def test_options_come_in_any_order_and_spacing(options):
    receipt = wish(Disposition_Notification_Options=options)
    assert receipt.signed
    assert receipt.impossible is None
    assert receipt.mics == (MicName("sha256", "sha256"), MicName("sha1", "sha1"))


def test_an_unknown_digest_is_left_out():
    receipt = wish(
        Disposition_Notification_Options="signed-receipt-protocol=optional, "
        "pkcs7-signature; signed-receipt-micalg=optional, sha3-256, SHA-1"
    )
    assert receipt.mics == (MicName("sha1", "SHA-1"),)


def test_what_is_required_but_impossible_is_said():
    assert (
        wish(
            Disposition_Notification_Options="signed-receipt-micalg=required, tiger"
        ).impossible
        == UNSUPPORTED_MIC
    )
    assert (
        wish(
            Disposition_Notification_Options="signed-receipt-protocol=required, pgp"
        ).impossible
        == UNSUPPORTED_FORMAT
    )


def test_without_options_an_unsigned_mdn_is_wanted():
    assert not wish().signed
    assert wish(Receipt_Delivery_Option="http://x/y").url == "http://x/y"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "AS2-From",
                    "AS2-To",
                    "Message-ID",
                    "Disposition-Notification-To",
                    "Disposition-Notification-Options",
                    "Subject",
                ]
            ),
            st.text(max_size=60),
        )
    )
)
def test_any_headers_are_read_or_refused(pairs):
    try:
        request = parse_request(pairs)
    except ProtocolError:
        return
    assert request.sender.text
