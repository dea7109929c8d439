"""Telling systemd how the service is (sd_notify(3)): a datagram to its socket."""

import logging
import socket
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Systemd:
    """*address* is NOTIFY_SOCKET, empty when systemd did not start us.

    A message that cannot be sent is logged: the service itself is well.
    """

    address: str = ""

    def ready(self) -> None:
        """Say that every listener is up."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """Say that the shutdown has begun."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """Keep the watchdog quiet: call it at half of WATCHDOG_USEC."""
        self._tell("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Show one line in `systemctl status`."""
        self._tell(f"STATUS={' '.join(text.split())}")

    def _tell(self, message: str) -> None:
        if not self.address:
            return
        # a leading @ stands for the abstract name space
        abstract = self.address.startswith("@")
        address = f"\0{self.address[1:]}" if abstract else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)  # noqa: FBT003 - the socket module's signature
                sock.connect(address)
                sock.sendall(message.encode())
        except OSError as error:
            log.warning("systemd did not take %s: %s", message, error.strerror)
