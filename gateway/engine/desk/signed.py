"""Claims that leave the gateway and come back: readable by all, made by us alone.

`base64url(claims) "." base64url(HMAC)`.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from gateway.core.ports import Vault


def sign(vault: Vault, claims: bytes, purpose: str) -> str:
    """Return the token; *purpose* keeps tokens of one kind from passing as another."""
    return f"{_encode(claims)}.{_encode(vault.sign(claims, purpose))}"


def claims_of(vault: Vault, token: str, purpose: str) -> bytes | None:
    """Return the claims; None if the token is not ours or for another purpose."""
    payload, _, mac = token.partition(".")
    try:
        claims, shown = _decode(payload), _decode(mac)
    except (binascii.Error, ValueError):
        return None
    return claims if hmac.compare_digest(shown, vault.sign(claims, purpose)) else None


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
