"""pyas2lib as the partner: import this only where pyas2lib is installed."""

import copy
import re
from dataclasses import dataclass, field

from as2_builders import Person
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from partners.cells import Cell, Names, Pairs, Posted, Receipt, Taken, Verdict
from partners.oscrypto_shim import install

install()

from pyas2lib import Mdn, Message, Organization  # noqa: E402 - needs the shim
from pyas2lib import Partner as Other  # noqa: E402 - needs the shim

TEXT, BINARY = "application/edi-consent", "application/octet-stream"
ALGORITHMS = {"digest_alg": "sha256", "enc_alg": "aes_256_cbc"}
_MIC = re.compile(rb"^Received-content-MIC:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def private_pem(person: Person) -> bytes:
    return person.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(person: Person) -> bytes:
    return person.certificate.public_bytes(Encoding.PEM)


def raw(headers: Pairs, body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return lines.encode() + b"\r\n" + body


def pairs(made: Message | Mdn) -> Pairs:
    """Return the headers as HTTP has them: in one line each."""
    return [(name, " ".join(value.split())) for name, value in made.headers.items()]


@dataclass
class Pyas2:
    """The port Partner; *own* is the partner's pair, *us* brings our certificate."""

    own: Person
    us: Person
    names: Names = field(default_factory=Names)
    _sent: dict[str, Message] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pair = private_pem(self.own) + public_pem(self.own)
        self._organization = Organization(
            as2_name=self.names.partner, sign_key=pair, decrypt_key=pair
        )

    def message(self, cell: Cell, number: str, url: str) -> Posted:
        organization = copy.copy(self._organization)
        organization.mdn_url = url
        receipt = cell.receipt
        mode = None if receipt is Receipt.NONE else "ASYNC" if receipt.later else "SYNC"
        other = self._other(
            sign=cell.signed,
            encrypt=cell.encrypted,
            compress=cell.compression != "none",
            mdn_mode=mode,
            mdn_digest_alg="sha256" if receipt.signed else None,
        )
        message = Message(organization, other)
        # of any other type it turns each LF into CRLF
        kind = TEXT if cell.payload == "CRLF EDI" else BINARY
        message.build(cell.data, filename="order.edi", content_type=kind)
        self._sent[message.message_id] = message
        return Posted(pairs(message), message.content, self._mic(message))

    def verdict(self, posted: Posted, headers: Pairs, body: bytes) -> Verdict:
        mdn = Mdn()
        status, detail = mdn.parse(
            raw(headers, body), lambda number, _: self._sent.get(number)
        )
        found = _MIC.search(body)
        return Verdict(
            f"{status}: {detail}" if detail else status,
            found[1].decode() if found else "",
            mdn.digest_alg is not None,
        )

    def take(self, headers: Pairs, body: bytes) -> Taken:
        message = Message()
        status, (error, _), mdn = message.parse(
            raw(headers, body), lambda _: self._organization, lambda _: self._other()
        )
        if status != "processed":
            raise AssertionError(f"pyas2lib says {status}: {error!r}")
        answer = (pairs(mdn), mdn.content) if mdn else None
        url = (mdn.mdn_url or "") if mdn else ""
        return Taken(message.content, self._mic(message), answer, url)

    def _mic(self, message: Message) -> str:
        mic = message.mic
        return f"{mic.decode()}, {message.digest_alg}" if mic else ""

    def _other(self, **settings: object) -> Other:
        certificate = public_pem(self.us)
        return Other(
            as2_name=self.names.us,
            verify_cert=certificate,
            encrypt_cert=certificate,
            validate_certs=False,  # the tests' clock stands still
            **ALGORITHMS,
            **settings,
        )
