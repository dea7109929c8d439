"""The `openssl cms` command as the partner; MIME by Python's own library.

Nothing of ours is used here. OpenSSL builds without zlib are common, so compressed
data is read and written by asn1crypto.
"""

import base64
import email
import hashlib
import re
import shutil
import subprocess
import zlib
from dataclasses import dataclass, field
from email.message import Message
from email.utils import unquote
from pathlib import Path

from as2_builders import Person
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from partners.cells import Cell, Names, Pairs, Posted, Receipt, Taken, Verdict

OPENSSL = shutil.which("openssl") or ""
DER_OUT = ("-binary", "-outform", "DER")
DER_IN = ("-binary", "-inform", "DER")
MICALG = "sha-256"
_BOUNDARY = "----=_partner_boundary"


@dataclass
class OpenSsl:
    """The port Partner; *folder* is its own, for keys and passing files."""

    own: Person
    us: Person
    folder: Path
    names: Names = field(default_factory=Names)
    cipher: str = "-aes-256-cbc"

    def __post_init__(self) -> None:
        key = self.own.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        self._file("own.key").write_bytes(key)
        for person, name in ((self.own, "own.crt"), (self.us, "us.crt")):
            pem = person.certificate.public_bytes(Encoding.PEM)
            self._file(name).write_bytes(pem)

    # --- Messages to us ----------------------------------------------------------

    def message(self, cell: Cell, number: str, url: str) -> Posted:
        kind = "application/edifact"
        entity = _entity(
            [
                ("Content-Type", f'{kind}; name="order.edi"'),
                ("Content-Disposition", 'attachment; filename="order.edi"'),
                ("Content-Transfer-Encoding", "binary"),
            ],
            cell.data,
        )
        bare = not (cell.signed or cell.encrypted or cell.compression != "none")
        mic = cell.data if bare else entity  # RFC 4130 section 7.3.1
        if cell.compression == "before-signing":
            entity = compressed(entity)
        if cell.signed:
            mic = entity
            entity = self.signed(entity)
        if cell.compression == "after-signing":
            entity = compressed(entity)
        if cell.encrypted:
            data = self._run(entity, "-encrypt", *DER_OUT, self.cipher, "us.crt")
            entity = _entity(_cms_headers("enveloped-data", "smime.p7m"), data)
        head, _, body = entity.partition(b"\r\n\r\n")
        headers = [
            *_addresses(self.names.partner, self.names.us, number),
            *_wish(cell.receipt, url),
            *_pairs(head),
        ]
        return Posted(headers, body, _mic_of(mic))

    def signed(self, entity: bytes) -> bytes:
        """Make a multipart/signed of the entity, with its headers."""
        signature = self._run(
            entity,
            *("-sign", *DER_OUT, "-md", "sha256"),
            *("-signer", "own.crt", "-inkey", "own.key"),
        )
        kind = (
            'multipart/signed; protocol="application/pkcs7-signature"; '
            f'micalg={MICALG}; boundary="{_BOUNDARY}"'
        )
        part = _entity(
            [
                ("Content-Type", "application/pkcs7-signature; name=smime.p7s"),
                ("Content-Transfer-Encoding", "base64"),
            ],
            base64.encodebytes(signature).replace(b"\n", b"\r\n"),
        )
        line = f"--{_BOUNDARY}".encode()
        body = line + b"\r\n" + entity + b"\r\n" + line + b"\r\n" + part
        return _entity([("Content-Type", kind)], body + b"\r\n" + line + b"--\r\n")

    def verdict(self, posted: Posted, headers: Pairs, body: bytes) -> Verdict:
        report, signed = _entity(headers, body), False
        if (message := _read(report)).get_content_type() == "multipart/signed":
            report, signature = _parts(message, body)
            self._verify(report, signature)
            signed = True
        for part in _read(report).walk():
            if part.get_content_type() == "message/disposition-notification":
                fields = part.get_payload(0)
                found = str(fields["Original-Message-ID"])
                expected = dict(posted.headers)["Message-ID"]
                if found != expected:
                    raise AssertionError(f"an MDN for {found}, not {expected}")
                disposition = str(fields["Disposition"]).split(";")[1].strip()
                mic = str(fields["Received-Content-MIC"] or "")
                return Verdict(disposition, mic, signed)
        raise AssertionError(f"no disposition in {report[:400]!r}")

    # --- Messages from us --------------------------------------------------------

    def take(self, headers: Pairs, body: bytes) -> Taken:
        entity = _entity(headers, body)
        mic = body
        signed = False
        while True:
            message = _read(entity)
            kind, smime = message.get_content_type(), message.get_param("smime-type")
            if kind == "multipart/signed":
                entity, signature = _parts(message, entity.partition(b"\r\n\r\n")[2])
                self._verify(entity, signature)
                mic, signed = entity, True
            elif smime in {"enveloped-data", "authEnveloped-data"}:
                entity = self._run(
                    entity.partition(b"\r\n\r\n")[2],
                    *("-decrypt", *DER_IN, "-recip", "own.crt", "-inkey", "own.key"),
                )
                mic = mic if signed else entity
            elif smime == "compressed-data":
                entity = inflated(entity.partition(b"\r\n\r\n")[2])
                mic = mic if signed else entity
            else:
                break
        head, _, payload = entity.partition(b"\r\n\r\n")
        if message["Content-Transfer-Encoding"] != "binary":
            raise AssertionError(f"not the encoding we know: {head!r}")
        given = {name.lower(): value for name, value in headers}
        text = _mic_of(mic)
        return Taken(
            payload,
            text,
            self._mdn(given, text) if "disposition-notification-to" in given else None,
            given.get("receipt-delivery-option", ""),
        )

    def _mdn(self, given: dict[str, str], mic: str) -> tuple[Pairs, bytes]:
        number = given["message-id"]
        us = unquote(given["as2-from"])
        fields = (
            "Reporting-UA: openssl cms\r\n"
            f"Final-Recipient: rfc822; {self.names.partner}\r\n"
            f"Original-Message-ID: {number}\r\n"
            "Disposition: automatic-action/MDN-sent-automatically; processed\r\n"
            f"Received-Content-MIC: {mic}\r\n"
        )
        kind = "multipart/report; report-type=disposition-notification; boundary=report"
        report = _entity(
            [("Content-Type", kind)],
            b"--report\r\nContent-Type: text/plain\r\n\r\nTaken.\r\n--report\r\n"
            b"Content-Type: message/disposition-notification\r\n\r\n"
            + fields.encode()
            + b"\r\n--report--\r\n",
        )
        if "disposition-notification-options" in given:
            report = self.signed(report)
        head, _, body = report.partition(b"\r\n\r\n")
        addresses = _addresses(self.names.partner, us, f"<mdn-{number.strip('<>')}>")
        return [*addresses, *_pairs(head)], body

    # --- The command -------------------------------------------------------------

    def _verify(self, entity: bytes, signature: bytes) -> None:
        """Accept the signature only of the certificate that we know."""
        passing = self._file(hashlib.sha256(signature).hexdigest())
        passing.write_bytes(entity)
        self._run(
            signature,
            *("-verify", *DER_IN, "-content", passing.name, "-noverify"),
            *("-nointern", "-certfile", "us.crt", "-out", "/dev/null"),
        )
        passing.unlink()

    def _run(self, data: bytes, *arguments: str) -> bytes:
        done = subprocess.run(
            [OPENSSL, "cms", *arguments],
            input=data,
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"openssl cms {arguments}: {done.stderr.decode()}")
        return done.stdout

    def _file(self, name: str) -> Path:
        return self.folder / name


def compressed(entity: bytes) -> bytes:
    data = cms.ContentInfo(
        {
            "content_type": "compressed_data",
            "content": {
                "version": "v0",
                "compression_algorithm": {"algorithm": "zlib"},
                "encap_content_info": {
                    "content_type": "data",
                    "content": zlib.compress(entity),
                },
            },
        }
    ).dump()
    return _entity(_cms_headers("compressed-data", "smime.p7z"), data)


def inflated(data: bytes) -> bytes:
    content: bytes = cms.ContentInfo.load(data)["content"].decompressed
    return content


def _cms_headers(kind: str, name: str) -> Pairs:
    return [
        ("Content-Type", f"application/pkcs7-mime; smime-type={kind}; name={name}"),
        ("Content-Transfer-Encoding", "binary"),
    ]


def _addresses(sender: str, receiver: str, number: str) -> Pairs:
    return [
        ("AS2-Version", "1.1"),
        ("AS2-From", _name(sender)),
        ("AS2-To", _name(receiver)),
        ("Message-ID", number),
        ("Subject", "From openssl"),
    ]


def _name(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _wish(receipt: Receipt, url: str) -> Pairs:
    if receipt is Receipt.NONE:
        return []
    wish = [("Disposition-Notification-To", "partner@localhost")]
    if receipt.signed:
        options = (
            "signed-receipt-protocol=required, pkcs7-signature; "
            f"signed-receipt-micalg=required, {MICALG}, sha1"
        )
        wish.append(("Disposition-Notification-Options", options))
    if receipt.later:
        wish.append(("Receipt-Delivery-Option", url))
    return wish


def _entity(headers: Pairs, body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return lines.encode() + b"\r\n" + body


def _pairs(head: bytes) -> Pairs:
    lines = head.decode().split("\r\n")
    return [
        (name, value.strip()) for name, _, value in (x.partition(":") for x in lines)
    ]


def _read(entity: bytes) -> Message:
    return email.message_from_bytes(entity)


def _parts(message: Message, body: bytes) -> tuple[bytes, bytes]:
    """Cut a multipart/signed by hand: the first part byte for byte, the signature."""
    boundary = re.escape(str(message.get_boundary()).encode())
    parts = re.split(rb"(?:^|\r\n)--" + boundary + rb"(?:--)?\r\n", body)
    if len(parts) != 4:
        raise AssertionError(f"{len(parts) - 2} parts in a multipart/signed")
    signature = _read(parts[2]).get_payload(decode=True)
    if not isinstance(signature, bytes):
        raise TypeError("the signature is a multipart")
    return parts[1], signature


def _mic_of(data: bytes) -> str:
    digest = hashlib.sha256(data).digest()
    return f"{base64.b64encode(digest).decode()}, {MICALG}"
