"""Where each thing lies in the data folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below the data folder."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "gateway.db"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def as2_spool(self) -> Path:
        """AS2 messages while they are received; emptied at each start."""
        return self.root / "as2-spool"

    @property
    def keys(self) -> Path:
        """Host keys, TLS certificate and key."""
        return self.root / "keys"

    @property
    def tls_certificate(self) -> Path:
        """The admin listener's own certificate and its key, one PEM file."""
        return self.keys / "admin-tls.pem"

    @property
    def as2_tls_certificate(self) -> Path:
        """The same of the AS2 listener."""
        return self.keys / "as2-tls.pem"

    @property
    def master_key(self) -> Path:
        return self.root / "master.key"

    @property
    def admin_password(self) -> Path:
        return self.root / "admin-password"

    @property
    def demo(self) -> Path:
        """What `serve --demo` leaves for its reader to try."""
        return self.root / "demo"

    @property
    def run(self) -> Path:
        """What is there only while the process runs."""
        return self.root / "run"

    @property
    def lock(self) -> Path:
        return self.run / "lock"

    @property
    def endpoints(self) -> Path:
        return self.run / "endpoints.json"
