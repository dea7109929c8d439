"""What goes into receive() and what comes out of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from as2_server.protocol.cms.algorithms import CIPHERS
from as2_server.protocol.digests import STRONGEST_FIRST, Mic
from as2_server.protocol.dispositions import Disposition
from as2_server.protocol.keys import Certificate, KeyPair
from as2_server.protocol.reader import Sink
from gateway.core.model import FileName


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a mailbox accepts; *max_payload* in bytes, all payloads together.

    *max_ratio*: how many bytes one compressed byte may become in a large message.
    """

    require_signed: bool = True
    require_encrypted: bool = True
    digests: frozenset[str] = frozenset(STRONGEST_FIRST) - {"md5"}
    ciphers: frozenset[str] = frozenset(CIPHERS)
    max_payload: int = 2 << 30
    max_attachments: int = 100
    max_ratio: int = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Our keys, and the certificates that the partner may sign with now."""

    keys: Sequence[KeyPair]
    partner: Sequence[Certificate]


@dataclass(frozen=True, slots=True)
class Payload:
    """One document: its name if it brought one, its content type, size in bytes."""

    name: FileName | None
    content_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A good message; payload i was written to the i-th sink.

    *signer* None: not signed; *cipher* empty: not encrypted; *remark* says in which
    unusual way the signature was made.
    """

    payloads: Sequence[Payload]
    mic: Mic
    signer: Certificate | None
    cipher: str
    compressed: bool
    remark: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A bad message: what the MDN says; detail and cause are for the owner only.

    *cause* differs from what the MDN says where that would tell a stranger too much.
    """

    disposition: Disposition
    detail: str
    cause: Disposition | None = None


class Body(Protocol):
    """The body of the POST, spooled: it may be read a second time."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> object: ...


OpenPayload = Callable[[int], Sink]
"""Opens the (empty) place of the payload of this index; may come twice."""
