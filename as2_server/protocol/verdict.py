"""The MDN we receive: what it proves about a message that we sent.

Strict: green only for a report that is all of what a pinned certificate signed, for
this message, between these two names, with the MIC that we computed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from as2_server.protocol.cms.signed import parse_detached
from as2_server.protocol.cms.verify import MissingDigest, verify
from as2_server.protocol.digests import (
    STRONGEST_FIRST,
    Mic,
    Tally,
)
from as2_server.protocol.dispositions import Disposition, ProtocolError
from as2_server.protocol.fields import Fields
from as2_server.protocol.headers import As2Id, same_message
from as2_server.protocol.keys import Certificate
from as2_server.protocol.mime import Multipart, armoured, decoded, read_fields
from as2_server.protocol.reader import Reader, tap
from gateway.core.errors import Invalid

MAX_MDN = 4 << 20
_MAX_PARTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What we know of the message: *sender* is us, *receiver* the partner.

    *signed*: whether we asked for a signed MDN; *mic_required* may be False for a
    message that was not signed: some products give no MIC then (pyas2lib). *again*:
    it was posted before, so that `duplicate-document` means that the partner has it;
    some products call that an error, and give no MIC of what they do not open again.
    """

    message_id: str
    sender: As2Id
    receiver: As2Id
    mic: Mic
    signed: bool
    certificates: Sequence[Certificate]
    digests: frozenset[str] = frozenset(STRONGEST_FIRST)
    mic_required: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The partner has the message; *signer* None for an unsigned MDN as asked for."""

    disposition: Disposition
    signer: Certificate | None


@dataclass(frozen=True, slots=True)
class Denied:
    """The partner says that it did not take the message; *proven*: signed by it."""

    disposition: Disposition
    detail: str
    proven: bool


@dataclass(frozen=True, slots=True)
class Unproven:
    """This MDN proves nothing; *detail* says why."""

    detail: str


Verdict = Confirmed | Denied | Unproven


@dataclass(frozen=True, slots=True)
class _Notification:
    """The fields of the report, the text for people, who signed them."""

    fields: Fields
    text: str
    signer: Certificate | None


def original_message_id(pairs: Iterable[tuple[str, str]], body: bytes) -> str:
    """Return the Message-ID that an MDN is about, unverified; ProtocolError if none.

    An asynchronous MDN's message is found by it; judge() then decides.
    """
    fields = Fields.of(pairs)
    parts = _outer_parts(fields, body)
    report = parts[0] if parts else (fields, body)
    found = _notification(*report, signer=None).fields.one("Original-Message-ID")
    if not found or not found.isprintable():
        raise ProtocolError("The MDN names no usable Original-Message-ID.")
    return found


def judge(pairs: Iterable[tuple[str, str]], body: bytes, expected: Expected) -> Verdict:
    """Decide what the MDN proves; never raises for what the partner sent."""
    try:
        fields = Fields.of(pairs)
        _same_parties(fields, expected)
        found = _read(fields, body, expected)
        return _decide(found, expected)
    except ProtocolError as error:
        return Unproven(error.message)


def _same_parties(fields: Fields, expected: Expected) -> None:
    for name, wanted in (("AS2-From", expected.receiver), ("AS2-To", expected.sender)):
        try:
            found = As2Id.parse(fields.one(name))
        except Invalid as error:
            raise ProtocolError(f"The MDN's {name}: {error.message}") from error
        # pyas2lib answers with the quotes of our header as part of the name
        if found.text not in {wanted.text, wanted.header}:
            raise ProtocolError(
                f"The MDN's {name} is {found.text!r}, not {wanted.text!r}."
            )


def _read(fields: Fields, body: bytes, expected: Expected) -> _Notification:
    if len(body) > MAX_MDN:
        raise ProtocolError(f"The MDN exceeds {MAX_MDN} bytes.")
    if fields.content_type.main != "multipart/signed":
        return _notification(fields, body, signer=None)
    tally = Tally(STRONGEST_FIRST)
    parts = _outer_parts(fields, body, tally)
    if len(parts) != 2:  # noqa: PLR2004 - report and signature
        raise ProtocolError("The signed MDN has not exactly two parts.")
    (report_fields, report), (signature_fields, signature) = parts
    encoding = signature_fields.transfer_encoding
    signatures = parse_detached(armoured(Reader((signature,)), encoding).all(MAX_MDN))
    try:
        found = verify(
            signatures, tally.variants(), expected.certificates, expected.digests
        )
    except MissingDigest as error:  # every digest we know is in the tally
        raise ProtocolError(error.message) from error
    return _notification(report_fields, report, signer=found.certificate)


def _outer_parts(
    fields: Fields, body: bytes, tally: Tally | None = None
) -> list[tuple[Fields, bytes]]:
    """Split a multipart/signed; the first part passes by the tally, byte for byte."""
    if fields.content_type.main != "multipart/signed":
        return []
    multipart = Multipart(Reader((body,)), fields.content_type)
    parts: list[tuple[Fields, bytes]] = []
    while (part := multipart.next()) and len(parts) <= _MAX_PARTS:
        reader = part
        if tally and not parts:
            reader = Reader(tap(part.rest(), tally.update))
        parts.append((read_fields(reader), reader.all(MAX_MDN)))
    return parts


def _notification(
    fields: Fields, body: bytes, *, signer: Certificate | None
) -> _Notification:
    """Find the one machine-readable part of a multipart/report (RFC 6522)."""
    if fields.content_type.main != "multipart/report":
        raise ProtocolError("The answer is not an MDN: no multipart/report.")
    multipart = Multipart(Reader((body,)), fields.content_type)
    found: list[bytes] = []
    text = ""
    count = 0
    while (part := multipart.next()) and count < _MAX_PARTS:
        count += 1
        head = read_fields(part)
        data = b"".join(decoded(part, head.transfer_encoding))
        if head.content_type.main == "message/disposition-notification":
            found.append(data)
        elif head.content_type.main == "text/plain" and not text:
            text = data.decode("utf-8", "replace").strip()[:2000]
    if len(found) != 1:
        raise ProtocolError("The MDN has not exactly one disposition notification.")
    lines = [line for line in found[0].split(b"\n") if line.strip()]
    return _Notification(Fields.parse(b"\n".join(lines)), text, signer)


def _decide(found: _Notification, expected: Expected) -> Verdict:
    original = found.fields.one("Original-Message-ID")
    if not same_message(original, expected.message_id):
        raise ProtocolError(f"The MDN is about another message: {original[:200]!r}.")
    disposition = Disposition.parse(found.fields.one("Disposition"))
    known = expected.again and disposition.duplicate
    if not disposition.positive and not known:
        return Denied(disposition, found.text, proven=found.signer is not None)
    if expected.signed and found.signer is None:
        raise ProtocolError("The MDN is not signed, but a signed one was asked for.")
    mic = found.fields.one("Received-Content-MIC")
    if mic:
        if not Mic.parse(mic).same(expected.mic):
            raise ProtocolError(
                f"The MDN's MIC is {mic[:120]!r}, not {expected.mic.text!r}: the "
                "partner has received something else."
            )
    elif expected.signed and expected.mic_required and not known:
        raise ProtocolError("The MDN has no Received-Content-MIC.")
    return Confirmed(disposition, found.signer)
