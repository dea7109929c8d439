"""Digests by their AS2 names (micalg) and the MIC itself."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from as2_server.protocol.dispositions import ProtocolError

STRONGEST_FIRST = ("sha512", "sha384", "sha256", "sha1", "md5")
DEFAULT = "sha256"
_CRLF = b"\r\n"


class Digester(Protocol):
    """A digest in the making."""

    def update(self, data: bytes | memoryview, /) -> object: ...
    def digest(self) -> bytes: ...
    def copy(self) -> "Digester": ...


def new(name: str) -> Digester:
    """Start a digest; *name* is one of STRONGEST_FIRST."""
    made: Digester = getattr(hashlib, name)()  # hashlib.new() looks it up each time
    return made


@lru_cache(maxsize=64)
def digest_name(text: str) -> str:
    """Return our name of a micalg in any spelling; empty when it is none of ours.

    `sha1 sha-1 SHA1 rsa-sha1 sha256 sha-256 sha2-256` are all in use.
    """
    plain = re.sub(r"[^a-z0-9]", "", text.lower()).removeprefix("rsa")
    if plain.startswith("sha2") and plain[4:] in {"256", "384", "512"}:
        plain = "sha" + plain[4:]
    return plain if plain in STRONGEST_FIRST else ""


@dataclass(frozen=True, slots=True)
class MicName:
    """A digest and the way the peer spells it."""

    digest: str
    spelling: str


def mic_names(spellings: Iterable[str]) -> tuple[MicName, ...]:
    """Return those that we know, in their order."""
    names = [MicName(digest_name(text), text.strip()) for text in spellings]
    return tuple(name for name in names if name.digest)


def strongest(
    names: Iterable[MicName], allowed: frozenset[str] = frozenset(STRONGEST_FIRST)
) -> MicName | None:
    """Return the strongest that is allowed."""
    usable = [name for name in names if name.digest in allowed]
    return min(usable, key=lambda n: STRONGEST_FIRST.index(n.digest), default=None)


@dataclass(frozen=True, slots=True)
class Mic:
    """A message integrity check: our digest's name, its bytes, the name to write."""

    digest: str
    value: bytes
    spelling: str = ""

    @property
    def text(self) -> str:
        """The value of Received-Content-MIC (RFC 4130 section 7.4.3)."""
        encoded = base64.b64encode(self.value).decode()
        return f"{encoded}, {self.spelling or self.digest}"

    def same(self, other: "Mic") -> bool:
        """Whether algorithm and value are equal; the spelling does not matter."""
        return (self.digest, self.value) == (other.digest, other.value)

    @classmethod
    def parse(cls, text: str) -> "Mic":
        """Read `value, algorithm` with any spacing; ProtocolError if it is not."""
        encoded, _, spelling = text.partition(",")
        digest = digest_name(spelling)
        if not digest:
            raise ProtocolError(f"The MIC {text[:120]!r} names no digest we know.")
        try:
            value = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProtocolError(f"The MIC {text[:120]!r} is not base64.") from error
        return cls(digest, value, spelling.strip())


class Tally:
    """Digests of a stream, also of the stream with one CRLF less or more.

    Some products sign without the last CRLF, some with the boundary's.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._digests = {name: new(name) for name in names}
        self._held = b""

    def update(self, data: bytes) -> None:
        if len(data) < len(_CRLF):
            data, self._held = self._held + data, b""
        for digest in self._digests.values():
            digest.update(self._held)
            digest.update(memoryview(data)[:-2])
        self._held = data[-2:]

    def stop(self) -> None:
        """Digest nothing any more; the digests are not wanted."""
        self._digests = {}

    def mic(self, name: MicName) -> Mic:
        """Return the MIC of the stream as it was, by a digest of this tally."""
        return Mic(name.digest, self.variants()[0][name.digest], name.spelling)

    def variants(self) -> list[Mapping[str, bytes]]:
        """Return the digests of the stream, without its last CRLF, with one more."""
        whole = self._with(self._held)
        less = self._with(b"") if self._held == _CRLF else whole
        return [whole, less, self._with(self._held + _CRLF)]

    def _with(self, last: bytes) -> dict[str, bytes]:
        found = {}
        for name, digest in self._digests.items():
            ended = digest.copy()
            ended.update(last)
            found[name] = ended.digest()
        return found
