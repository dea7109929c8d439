"""A document becomes an AS2 message: layers, headers, MIC, in one pass to the disk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from pathlib import Path

from as2_server.keyring import Keyring
from as2_server.protocol.cms.encrypt import EncryptFor
from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.digests import DEFAULT
from as2_server.protocol.headers import As2Id
from as2_server.protocol.send import (
    Addressing,
    Built,
    Compression,
    Document,
    HeaderPairs,
    Protection,
    Receipt,
    build,
)
from as2_server.spool import Spool
from gateway.core.as2 import NONE, As2Profile, MdnMode
from gateway.core.errors import N_, Invalid, StorageError
from gateway.core.model import Parcel

HEAD = 512
"""Bytes that tell what kind of document it is."""
UNKNOWN = "application/octet-stream"
_UTF8 = Charset("utf-8")
_UTF8.header_encoding = QP

_BY_START = (
    (b"UNA", "application/edifact"),
    (b"UNB", "application/edifact"),
    (b"ISA", "application/edi-x12"),
    (b"<", "application/xml"),
)
_BY_ENDING = {
    "edi": "application/edifact",
    "edifact": "application/edifact",
    "x12": "application/edi-x12",
    "xml": "application/xml",
    "csv": "text/csv",
    "json": "application/json",
    "txt": "text/plain",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A built message: all its headers; *certificates* (DER) are those it used."""

    headers: HeaderPairs
    built: Built
    certificates: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Builds one message; *file* holds the document, *contact* is our address."""

    profile: As2Profile
    keyring: Keyring
    parcel: Parcel
    file: Path
    message_id: str
    contact: str
    now: datetime

    def compose(self, body: Spool) -> Composition:
        """Write the body; blocks, so it runs in a thread.

        Invalid or NoUsableKey say what the settings or certificates lack, StorageError
        what the disk does.
        """
        if not self.profile.recipient_url:
            raise Invalid(N_("The AS2 settings have no Recipient URL."))
        protection = self._protection()
        addressing = self._addressing(protection)
        try:
            with self.file.open("rb") as source:
                kind = self.profile.content_type or content_type(
                    self.parcel, source.read(HEAD)
                )
                source.seek(0)
                document = Document(
                    source=source,
                    size=self.parcel.blob.size,
                    name=self.parcel.name,
                    content_type=kind,
                )
                built = build(document, protection, body)
        except OSError as error:
            raise StorageError(
                f"the document {self.parcel.blob.sha256} cannot be read: "
                f"{error.strerror}; restore it from the backup"
            ) from error
        return Composition(
            headers=[*addressing.fields(), *built.fields],
            built=built,
            certificates=_used(protection),
        )

    def _protection(self) -> Protection:
        profile = self.profile
        sign = encrypt = None
        if profile.signing != NONE:
            key = self.keyring.signer()
            sign = SignWith(key, profile.signing, self.now, profile.pss)
        if profile.encryption != NONE:
            recipient = self.keyring.recipient()
            encrypt = EncryptFor([recipient], profile.encryption, profile.oaep)
        return Protection(
            sign=sign, encrypt=encrypt, compression=Compression(profile.compression)
        )

    def _addressing(self, protection: Protection) -> Addressing:
        profile = self.profile
        return Addressing(
            message_id=self.message_id,
            sender=_name(profile.self_id, "Self ID"),
            receiver=_name(profile.recipient_id, "Recipient ID"),
            date=self.now,
            subject=encoded(profile.subject),
            receipt=self._receipt(protection),
        )

    def _receipt(self, protection: Protection) -> Receipt | None:
        """Ask for the MIC by the digest of the signature: no other is computed."""
        profile = self.profile
        if profile.mdn is MdnMode.NONE:
            return None
        wish = Receipt(
            signed=profile.mdn_signed,
            digests=[protection.sign.digest if protection.sign else DEFAULT],
            to=self.contact,
        )
        if profile.mdn is MdnMode.ASYNC:
            return replace(wish, url=profile.self_url)
        return wish


def content_type(parcel: Parcel, head: bytes) -> str:
    """Return what the document says it is, by its settings, its start or its name."""
    if parcel.content_type != UNKNOWN:
        return parcel.content_type
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, kind in _BY_START:
        if start.startswith(beginning):
            return kind
    ending = parcel.name.text.lower().rpartition(".")[2]
    return _BY_ENDING.get(ending, UNKNOWN)


def encoded(text: str) -> str:
    """Return the text as a header's value: RFC 2047 when it is not ASCII."""
    if text.isascii():
        return text
    return Header(text, _UTF8).encode(maxlinelen=0)


def _name(text: str, what: str) -> As2Id:
    try:
        return As2Id(text)
    except Invalid as error:
        raise Invalid(f"The {what} in the AS2 settings: {error.message}") from error


def _used(protection: Protection) -> Sequence[bytes]:
    used = []
    if protection.sign:
        used.append(protection.sign.key.certificate.der)
    if protection.encrypt:
        used += [one.der for one in protection.encrypt.recipients]
    return used
