"""The SFTP listener: start, close sessions, stop without losing a commit."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import asyncssh

from gateway.core.errors import ConfigError, GatewayError
from gateway.core.model import MailboxId
from gateway.core.ports import Blobs, Clock, Folders, Gate, Uploads
from sftp_server.door import Crowd, Door
from sftp_server.house import House
from sftp_server.options import CIPHERS, KEX, MACS, SIGNATURES, SftpOptions

log = logging.getLogger(__name__)

WINDOW = 1 << 20  # bytes a client may send ahead, for each session
PARTING = 2  # seconds that aborted connections get to end


class SftpServer:
    """One listener with the sessions of all mailboxes."""

    def __init__(
        self,
        gate: Gate,
        folders: Folders,
        uploads: Uploads,
        blobs: Blobs,
        clock: Clock,
        options: SftpOptions,
    ) -> None:
        self._gate = gate
        self._options = options
        self._crowd = Crowd()
        self._house = House(
            folders=folders,
            uploads=uploads,
            blobs=blobs,
            clock=clock,
            options=options,
        )
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def start(self) -> None:
        """Listen; ConfigError if a key or the address cannot be used."""
        options = self._options
        keys = _host_keys(options.host_keys)
        try:
            self._acceptor = await asyncssh.listen(
                options.host,
                options.port,
                server_factory=partial(Door, self._house, self._gate, self._crowd),
                server_host_keys=keys,
                server_version="EnvelopeGateway",
                kex_algs=KEX,
                encryption_algs=CIPHERS,
                mac_algs=MACS,
                signature_algs=SIGNATURES,
                compression_algs=["none"],  # a small packet must not become a large one
                login_timeout=options.login_grace,
                keepalive_interval=options.keepalive,
                window=WINDOW,
                encoding=None,
                gss_host=None,
                host_based_auth=False,
                allow_pty=False,
                agent_forwarding=False,
                x11_forwarding=False,
                line_editor=False,
            )
        except OSError as error:
            raise ConfigError(
                f"SFTP cannot listen on {options.host}:{options.port} "
                f"({error.strerror or error}); change sftp.host or sftp.port"
            ) from error

    @property
    def port(self) -> int:
        """The port in use."""
        if self._acceptor is None:
            raise GatewayError("the SFTP server is not running")
        return int(self._acceptor.get_port())

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._crowd.doors)

    def limit(self, options: SftpOptions) -> None:
        """Take these limits from now on; address and keys stay as they are."""
        self._house.options = options

    async def close_sessions(self, mailbox: MailboxId | None = None) -> None:
        """Close the connections of a mailbox, or all; what is committing goes on."""
        self._crowd.closings += 1
        for door in list(self._crowd.doors):
            if mailbox is None or door.mailbox == mailbox:
                door.close("the integration was switched off")

    async def stop(self, grace_seconds: float) -> None:
        """Accept nobody more, let commits end, then drop the connections."""
        self._house.stopping = True
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
        try:
            async with asyncio.timeout(grace_seconds):
                await self._house.commits.none.wait()
        except TimeoutError:
            log.warning("SFTP stops while uploads are being committed")
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING), asyncio.TaskGroup() as group:
                for door in list(self._crowd.doors):
                    group.create_task(door.abort())


def _host_keys(keys: Sequence[bytes]) -> list[asyncssh.SSHKey]:
    try:
        # our own keys, made and kept by us: the tests of RSA cost a fifth of a second
        return [
            asyncssh.import_private_key(key, unsafe_skip_rsa_key_validation=True)
            for key in keys
        ]
    except asyncssh.KeyImportError as error:
        raise ConfigError(
            f"an SSH host key cannot be used ({error}); restore it from the backup, or "
            "remove it and have a new one made, which every partner must then accept"
        ) from error
