"""A QR code as the path of an SVG, drawn here: no other host sees the secret."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

import segno

QUIET = 4  # modules around the code, as readers need them
ISSUER = "Envelope Gateway"


@dataclass(frozen=True, slots=True)
class Qr:
    """*path* draws the dark modules in a square of *size*."""

    path: str
    size: int


def draw(text: str) -> Qr:
    """Return the code of the text."""
    code = segno.make_qr(text, error="m")
    rows = [bytes(row) for row in code.matrix]
    parts = [
        f"M{x + QUIET} {y + QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    ]
    return Qr("".join(parts), len(rows) + 2 * QUIET)


def key_uri(secret: str, login: str, host: str) -> str:
    """Return what authenticator apps read: the key, with the names they show."""
    issuer = f"{ISSUER} {host}"
    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?{query}"
