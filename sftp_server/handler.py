"""The SFTP protocol loop: asyncssh's own, with what it lacks.

asyncssh calls `SFTPServer.close` for a client's CLOSE and for every handle that a lost
connection leaves. Only the first may commit, so the loop says which request runs. It
also answers READs without looking at how much the client still has to fetch.
"""

import asyncio
from collections.abc import Callable
from typing import cast

import asyncssh
from asyncssh.constants import FXP_CLOSE
from asyncssh.packet import SSHPacket
from asyncssh.sftp import SFTPLimits, SFTPServerHandler
from asyncssh.stream import SSHServerStreamSession
from typing_extensions import override

from sftp_server.session import Session

ServerChannel = asyncssh.SSHServerChannel[bytes]

VERSION = 3  # what every client speaks
MAX_DATA = 255 << 10  # as OpenSSH's server says
MAX_PACKET = 256 << 10
EXTENSIONS = (
    (b"posix-rename@openssh.com", b"1"),
    (b"statvfs@openssh.com", b"2"),
    (b"fstatvfs@openssh.com", b"2"),
    (b"fsync@openssh.com", b"1"),
    (b"lsetstat@openssh.com", b"1"),
    (b"limits@openssh.com", b"1"),
    (b"copy-data", b"1"),
)
# hard links do not exist here; asyncssh's ranges looks at local files
UNKNOWN = {b"hardlink@openssh.com", b"ranges@asyncssh.com"}


class Writer(asyncssh.SSHWriter[bytes]):
    """Ends the channel with a status, without which scp says that it failed.

    RFC 4254 section 6.10; asyncssh sends none for a subsystem.
    """

    status = 0

    @override
    def close(self) -> None:
        cast("ServerChannel", self.channel).exit(self.status)


class Handler(SFTPServerHandler):
    """One SFTP session's loop; requests are answered one after the other."""

    def __init__(
        self, session: Session, reader: asyncssh.SSHReader[bytes], writer: Writer
    ) -> None:
        super().__init__(session, reader, writer, VERSION)
        self._session = session
        self._answers = writer
        session.open_handles = self._count
        self._extensions = list(EXTENSIONS)
        self._packet_handlers = {
            **{
                kind: handle
                for kind, handle in self._packet_handlers.items()
                if kind not in UNKNOWN
            },
            b"limits@openssh.com": _limits,
        }

    @override
    async def _process_packet(
        self, pkttype: int, pktid: int, packet: SSHPacket
    ) -> None:
        await self._session.begin_request(is_close=pkttype == FXP_CLOSE)
        try:
            await super()._process_packet(pkttype, pktid, packet)
        finally:
            self._session.end_request()

    @override
    async def _cleanup(self, exc: Exception | None) -> None:
        self._answers.status = 0 if exc is None else 1
        await super()._cleanup(exc)

    def _count(self) -> int:
        return len(self._file_handles) + len(self._dir_handles)


async def _limits(_handler: SFTPServerHandler, packet: SSHPacket) -> SFTPLimits:
    """Answer limits@openssh.com; 0 means that the number of handles is not told."""
    packet.check_end()
    return SFTPLimits(MAX_PACKET, MAX_DATA, MAX_DATA, 0)


class SftpChannel(SSHServerStreamSession[bytes]):
    """A channel on which nothing but the sftp subsystem can be started."""

    def __init__(
        self, start: Callable[[ServerChannel], Session], end: Callable[[], None]
    ) -> None:
        super().__init__(None)
        self._start = start
        self._end = end
        self._task: asyncio.Task[None] | None = None

    @override
    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    @override
    def session_started(self) -> None:
        channel = cast("ServerChannel", self._chan)
        channel.set_encoding(None)
        self._encoding = None
        reader = asyncssh.SSHReader[bytes](self, channel)
        writer = Writer(self, channel)
        handler = Handler(self._start(channel), reader, writer)
        self._task = channel.get_connection().create_task(handler.run())
