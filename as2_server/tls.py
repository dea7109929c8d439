"""TLS towards a partner: its own certificate authorities, our client certificate."""

import hashlib
import ssl
import tempfile
from dataclasses import dataclass, field

from gateway.core.errors import N_, Invalid

REMEMBERED = 64
"""Contexts that are kept: reading the system's authorities takes 20 ms."""


@dataclass(frozen=True, slots=True)
class TlsContexts:
    """Makes the contexts and remembers them by what they are made of."""

    _made: dict[bytes, ssl.SSLContext] = field(default_factory=dict)

    def context(self, authorities: str, certificate: str, key: str) -> ssl.SSLContext:
        """Return a context that verifies the server; blocks for a moment.

        All three are PEM; without *authorities* the system's count, without
        *certificate* none is shown. Invalid if one of them is unusable.
        """
        parts = (authorities, certificate, key)
        digests = (hashlib.sha256(part.encode()).digest() for part in parts)
        name = b"".join(digests)
        found = self._made.get(name)
        if found is None:
            found = _context(authorities, certificate, key)
            if len(self._made) >= REMEMBERED:
                self._made.clear()
            self._made[name] = found
        return found


def _context(authorities: str, certificate: str, key: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=authorities or None)
    except ssl.SSLError as error:
        raise Invalid(
            N_(
                "The CA certificates in the AS2 settings cannot be read. Enter them as "
                "PEM."
            )
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities:  # the server's own certificate will do, without its issuer
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if certificate:
        _show(context, certificate, key)
    return context


def _show(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Load the client certificate; `ssl` takes it from a file only."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # mode 0600
        file.write(f"{certificate.strip()}\n{key.strip()}\n")
        file.flush()
        try:
            # without a password the library would ask for one on the terminal
            context.load_cert_chain(file.name, password="")
        except (ssl.SSLError, ValueError) as error:
            raise Invalid(
                N_(
                    "The client certificate and key in the AS2 settings do not fit "
                    "together or cannot be read. Enter both as PEM, the key "
                    "unencrypted."
                )
            ) from error
