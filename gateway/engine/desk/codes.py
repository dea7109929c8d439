"""One-time codes: by time (RFC 6238: SHA-1, six digits, 30 s), and for recovery."""

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from gateway.engine.desk.secret import digest

DIGITS, SECONDS = 6, 30
SECRET_BYTES = 20  # RFC 4226, section 4: 160 bits
DRIFT = (0, -1, 1)  # steps that a phone's clock may be off
RECOVERY_CODES = 10
# no 0 O 1 l I: it is written down and typed; 15 of 31 are 74 bits
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_PARTS, _PART = 3, 5


def new_key() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def base32(key: bytes) -> str:
    """Return the key as people type it into their phones."""
    return base64.b32encode(key).decode().rstrip("=")


def unbase32(text: str) -> bytes:
    """Return the key that was typed."""
    return base64.b32decode(text + "=" * (-len(text) % 8))


def code_at(key: bytes, step: int) -> str:
    """Return what a phone shows in this step."""
    totp = TOTP(key, DIGITS, SHA1(), SECONDS)  # noqa: S303 - all phones can; HMAC
    return totp.generate(step * SECONDS).decode()


def step_of(key: bytes, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is; None if it is that of none near now."""
    today = int(now.timestamp()) // SECONDS
    sent = code.encode(errors="replace")
    for drift in DRIFT:
        if hmac.compare_digest(code_at(key, today + drift).encode(), sent):
            return today + drift
    return None


def looks_timed(code: str) -> bool:
    """Whether it is a code by time, else one for recovery."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def new_recovery_codes() -> Sequence[str]:
    return [
        "-".join(
            "".join(secrets.choice(_ALPHABET) for _ in range(_PART))
            for _ in range(_PARTS)
        )
        for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str) -> str:
    """Return what is stored of the code, however it was typed."""
    return digest("".join(code.lower().replace("-", " ").split()))


def typed(code: str) -> str:
    """Return a code by time without the space that apps show in it."""
    return "".join(code.split())
