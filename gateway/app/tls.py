"""The TLS of the listeners: from files or self-signed, taken anew at SIGHUP."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from certs.tls import self_signed, server_context
from gateway.app.foundation import utc_now
from gateway.config import Config

Files = Callable[[], tuple[Path, Path | None]]
"""Returns certificate and key (None: both in one file), made if need be."""


@dataclass(frozen=True, slots=True)
class ListenerTls:
    """A listener's live context and where its certificate comes from."""

    context: ssl.SSLContext
    files: Files

    @classmethod
    def of(cls, files: Files) -> "ListenerTls":
        """ConfigError names the files that cannot be used."""
        return cls(server_context(*files()), files)

    def reload(self) -> None:
        """Use the files as they are now for new connections.

        ConfigError if they cannot be used; then the old certificate stays.
        """
        cert, key = self.files()
        server_context(cert, key)
        self.context.load_cert_chain(cert, key)


def admin_tls(config: Config) -> ListenerTls | None:
    """Return the admin listener's TLS, None if it is off."""
    admin = config.admin
    if admin.tls == "off":
        return None
    if admin.tls == "files":
        cert, key = Path(admin.tls_cert), Path(admin.tls_key or admin.tls_cert)
        return ListenerTls.of(lambda: (cert, key))
    return ListenerTls.of(_made(config, config.layout.tls_certificate))


def as2_tls(config: Config) -> ListenerTls | None:
    """Return the AS2 listener's TLS, None without a TLS port."""
    as2 = config.as2
    if not as2.tls_port:
        return None
    if as2.tls_cert:
        cert, key = Path(as2.tls_cert), Path(as2.tls_key or as2.tls_cert)
        return ListenerTls.of(lambda: (cert, key))
    return ListenerTls.of(_made(config, config.layout.as2_tls_certificate))


def _made(config: Config, file: Path) -> Files:
    host = config.server.public_host
    return lambda: (self_signed(file, host, utc_now()), None)
