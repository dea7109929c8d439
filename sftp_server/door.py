"""One SSH connection: who it is, and whether it may come in."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import asyncssh
from asyncssh.constants import DISC_NO_MORE_AUTH_METHODS_AVAILABLE as NO_MORE_AUTH
from asyncssh.constants import DISC_TOO_MANY_CONNECTIONS as TOO_MANY
from typing_extensions import override

from gateway.core.model import MailboxId
from gateway.core.ports import Gate, SftpAccount
from sftp_server.handler import ServerChannel, SftpChannel
from sftp_server.house import House
from sftp_server.session import Session, Visit

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Crowd:
    """Everybody who is connected."""

    doors: "set[Door]" = field(default_factory=set)
    closings: int = (
        0  # how often sessions were closed: who logs in meanwhile, asks again
    )

    def full(self, newcomer: "Door") -> str:
        """Return why there is no room for another connection, or an empty text."""
        limits = newcomer.house.options
        others = self.doors - {newcomer}
        if len(others) >= limits.max_connections:
            return "too many connections"
        waiting = [door for door in others if not door.mailbox]
        if len(waiting) >= limits.max_unauthenticated:
            return self._make_room(newcomer, waiting)
        same = sum(door.address == newcomer.address for door in others)
        if same >= limits.max_per_address:
            return f"too many connections from {newcomer.address}"
        return ""

    def _make_room(self, newcomer: "Door", waiting: "list[Door]") -> str:
        """Drop the oldest who has not logged in, of the address that has the most.

        So nobody keeps everybody else out by connections that say nothing.
        """
        count = Counter(door.address for door in waiting)
        greedy, most = count.most_common(1)[0]
        if count[newcomer.address] >= most:
            return "too many connections that have not logged in"
        oldest = min(
            (door for door in waiting if door.address == greedy),
            key=lambda door: door.since,
        )
        log.warning("SFTP connection from %s dropped to let others in", greedy)
        oldest.drop()
        return ""

    def crowded(self, newcomer: "Door", mailbox: MailboxId) -> bool:
        """Whether the login has as many connections as it may have."""
        same = sum(door.mailbox == mailbox for door in self.doors)
        return same >= newcomer.house.options.max_per_login


class Door(asyncssh.SSHServer):
    """Authenticates one connection; opens nothing but SFTP sessions.

    An unknown login, a closed integration, a forbidden address and a wrong password
    get the same answer after the same time.
    """

    def __init__(self, house: House, gate: Gate, crowd: Crowd) -> None:
        self.house = house
        self.address = ""
        self.since = asyncio.get_running_loop().time()
        self._gate = gate
        self._crowd = crowd
        self._account: SftpAccount | None = None
        self._proved: dict[str, SftpAccount] = {}
        self._closings = 0
        self._tries: set[object] = set()
        self._sessions = 0
        self._seen = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._conn: asyncssh.SSHServerConnection | None = None

    @property
    def mailbox(self) -> str:
        return self._account.mailbox if self._account else ""

    # --- The connection --------------------------------------------------------------

    @override
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        peer = conn.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        if why := "stopping" if self.house.stopping else self._crowd.full(self):
            log.warning("SFTP connection from %s refused: %s", self.address, why)
            conn.abort()
            return
        self._crowd.doors.add(self)
        self.touch()
        self._watch()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.doors.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def close(self, reason: str, code: int = asyncssh.DISC_BY_APPLICATION) -> None:
        if self._conn is not None:
            self._conn.disconnect(code, reason)

    def drop(self) -> None:
        if self._conn is not None:
            self._conn.abort()

    async def abort(self) -> None:
        if self._conn is not None:
            self._conn.abort()
            await self._conn.wait_closed()

    def touch(self) -> None:
        """Note that the client does something."""
        self._seen = asyncio.get_running_loop().time()

    def _watch(self) -> None:
        """Close the connection when nothing happened for the idle time."""
        loop = asyncio.get_running_loop()
        due = self._seen + self.house.options.idle_timeout
        if loop.time() >= due:
            self.close("idle for too long")
        else:
            self._timer = loop.call_at(due, self._watch)

    # --- Who it is -------------------------------------------------------------------

    @override
    def begin_auth(self, username: str) -> bool:
        return True

    @override
    def password_auth_supported(self) -> bool:
        return True

    @override
    def public_key_auth_supported(self) -> bool:
        return True

    @override
    async def validate_password(self, username: str, password: str) -> bool:
        loop = asyncio.get_running_loop()
        started = loop.time()
        if not self._try(object()):
            return False
        account = await self._find(username)
        if account is not None and await self._gate.password_ok(
            account.mailbox, password
        ):
            return self._welcome(username, account)
        log.warning("SFTP login %r from %s failed", username, self.address)
        delay = self.house.options.failed_login_delay
        await asyncio.sleep(max(started + delay - loop.time(), 0))
        return False

    @override
    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Asked once without and once with a signature, which asyncssh verifies."""
        if not self._try(key.public_data):
            return False
        account = await self._find(username)
        lines = account.public_keys if account else ()
        if account is None or key.public_data not in map(_public_data, lines):
            return False
        return self._welcome(username, account)

    async def _find(self, username: str) -> SftpAccount | None:
        """Return who this is; asked anew each time, for a client may change names."""
        self._closings = self._crowd.closings
        account = await self._gate.account(username)
        if account is not None and not _allowed(self.address, account):
            log.warning("SFTP login %s is not allowed from %s", username, self.address)
            return None
        return account

    def _try(self, what: object) -> bool:
        """Count an attempt; the same key twice is one. RFC 4252 section 4."""
        self._tries.add(what)
        if len(self._tries) <= self.house.options.max_auth_tries:
            return True
        self.close("too many failed logins", NO_MORE_AUTH)
        return False

    def _welcome(self, username: str, account: SftpAccount) -> bool:
        if self._crowd.crowded(self, account.mailbox):
            log.warning("SFTP login %s has too many connections", account.mailbox)
            self.close("too many connections of this login", TOO_MANY)
            return False
        self._proved[username] = account
        return True

    @override
    def auth_completed(self) -> None:
        """Take the account of the name that asyncssh let in, and of no other."""
        username = self._conn.get_extra_info("username") if self._conn else ""
        self._account = self._proved.get(username)
        self.touch()
        if self._account is None or self._closings != self._crowd.closings:
            self.close("the integration was switched off")
            return
        log.info("SFTP login %s from %s", self.mailbox, self.address)

    # --- What it may open ------------------------------------------------------------

    @override
    def session_requested(self) -> SftpChannel | bool:
        account = self._account
        if account is None or self._sessions >= self.house.options.max_sessions:
            return False
        self._sessions += 1
        return SftpChannel(lambda channel: self._session(channel, account), self._left)

    def _session(self, channel: ServerChannel, account: SftpAccount) -> Session:
        version = channel.get_extra_info("client_version", "")
        attributes = {
            "login": account.mailbox,
            "remoteAddress": self.address,
            "clientVersion": str(version),
        }
        visit = Visit(
            mailbox=account.mailbox,
            attributes=attributes,
            touch=self.touch,
        )
        return Session(channel, self.house, visit)

    def _left(self) -> None:
        self._sessions -= 1


def _allowed(address: str, account: SftpAccount) -> bool:
    """Whether the list is empty or has the address, or a network (CIDR) with it."""
    if not account.allowed_addresses:
        return True
    try:
        peer = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if peer.version == 6 and peer.ipv4_mapped:  # noqa: PLR2004 (IPv6)
        peer = peer.ipv4_mapped
    return any(_inside(peer, text) for text in account.allowed_addresses)


def _inside(peer: object, text: str) -> bool:
    try:
        return peer in ip_network(text.strip(), strict=False)
    except ValueError:
        log.exception("an allowed address cannot be read, so it allows nobody")
        return False


def _public_data(line: str) -> bytes | None:
    try:
        return asyncssh.import_public_key(line).public_data
    except (asyncssh.KeyImportError, ValueError):
        log.exception("a public key cannot be read, so it opens nothing")
        return None
