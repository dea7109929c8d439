"""The AS2 headers of a message (RFC 4130 section 6) and what receipt it asks for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from as2_server.protocol.digests import MicName, mic_names
from as2_server.protocol.dispositions import (
    UNSUPPORTED_FORMAT,
    UNSUPPORTED_MIC,
    Disposition,
    ProtocolError,
)
from as2_server.protocol.fields import Fields, Value
from gateway.core.errors import Invalid

NAME_MAX = 128
MESSAGE_ID_MAX = 998


@dataclass(frozen=True, slots=True)
class As2Id:
    """An AS2 name: 1 to 128 printable ASCII characters, case counts (section 6.2)."""

    text: str

    def __post_init__(self) -> None:
        if not 0 < len(self.text) <= NAME_MAX:
            raise Invalid("An AS2 name has 1 to 128 characters.")
        if not (self.text.isascii() and self.text.isprintable()):
            raise Invalid("An AS2 name holds printable ASCII characters only.")

    @classmethod
    def parse(cls, value: str) -> "As2Id":
        """Read a header's value; the quotes are not part of the name."""
        text = value.strip()
        if len(text) > 1 and text.startswith('"') and text.endswith('"'):
            text = re.sub(r'\\(["\\])', r"\1", text[1:-1])
        return cls(text)

    @property
    def header(self) -> str:
        """The name as a header's value: quoted when it must be."""
        if not re.search(r'[ "\\]', self.text):
            return self.text
        return '"' + re.sub(r'(["\\])', r"\\\1", self.text) + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptWish:
    """The MDN that the sender asks for.

    *mics* is what it listed of the digests we know, *url* the address of an
    asynchronous MDN (empty: synchronous), *impossible* why we cannot do as it requires.
    """

    signed: bool = False
    mics: tuple[MicName, ...] = ()
    url: str = ""
    impossible: Disposition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The AS2 side of a received message; *receipt* None when none is wanted."""

    message_id: str
    sender: As2Id
    receiver: As2Id
    receipt: ReceiptWish | None
    subject: str
    fields: Fields


def parse_request(pairs: Iterable[tuple[str, str]]) -> Request:
    """Read the HTTP headers of a POST; ProtocolError if it cannot be AS2."""
    return request_of(Fields.of(pairs))


def request_of(fields: Fields) -> Request:
    """Do so when they are fields already."""
    return Request(
        message_id=message_id(fields.one("Message-ID")),
        sender=_party(fields, "AS2-From"),
        receiver=_party(fields, "AS2-To"),
        receipt=_receipt(fields),
        subject=fields.get("Subject"),
        fields=fields,
    )


def message_id(value: str) -> str:
    """Return the Message-ID as it was sent; ProtocolError if it is none."""
    text = value.strip()
    if not text.strip("<> ") or len(text) > MESSAGE_ID_MAX or not text.isprintable():
        raise ProtocolError(f"The Message-ID {text[:80]!r} is missing or unusable.")
    return text


def same_message(left: str, right: str) -> bool:
    """Whether two Message-IDs are equal, with or without their angle brackets."""
    return _bare(left) == _bare(right)


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1] if text.startswith("<") and text.endswith(">") else text


def _party(fields: Fields, name: str) -> As2Id:
    value = fields.one(name)
    if not value:
        raise ProtocolError(f"The header {name} is missing.")
    try:
        return As2Id.parse(value)
    except Invalid as error:
        raise ProtocolError(f"{name}: {error.message}") from error


def _receipt(fields: Fields) -> ReceiptWish | None:
    if not fields.get("Disposition-Notification-To"):
        return None
    # RFC 4130 section 7.3: the options are `name=importance, value, ...; ...`
    options = Value.parse(";" + fields.one("Disposition-Notification-Options"))
    protocol = _listed(options.get("signed-receipt-protocol"))
    micalg = _listed(options.get("signed-receipt-micalg"))
    mics = mic_names(micalg[1:])
    impossible = None
    if protocol[:1] == ["required"] and "pkcs7-signature" not in protocol:
        impossible = UNSUPPORTED_FORMAT
    elif micalg[:1] == ["required"] and not mics:
        impossible = UNSUPPORTED_MIC
    return ReceiptWish(
        signed=any("pkcs7-signature" in name for name in protocol),
        mics=mics,
        url=fields.one("Receipt-Delivery-Option"),
        impossible=impossible,
    )


def _listed(text: str) -> list[str]:
    """Split a list; only the importance in front is put in lower case."""
    items = [item.strip().strip('"') for item in text.split(",")]
    items = [item for item in items if item]
    if items and items[0].lower() in {"required", "optional"}:
        return [items[0].lower(), *items[1:]]
    return ["", *items] if items else []
