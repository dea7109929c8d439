"""One SFTP session: what a client asks, done to the folders of its mailbox."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import asyncssh
from asyncssh.constants import (
    FXF_APPEND,
    FXF_CREAT,
    FXF_EXCL,
    FXF_TRUNC,
    FXF_WRITE,
)
from typing_extensions import override

from gateway.core.errors import NotFound
from gateway.core.model import Folder, MailboxId, Top
from gateway.core.ports import Spool
from sftp_server import attributes
from sftp_server.access import changeable, item_of, partner_writes
from sftp_server.errors import told
from sftp_server.files import Reading, Writing
from sftp_server.house import House
from sftp_server.lingering import Lingering
from sftp_server.nothing import NoLocalFiles
from sftp_server.paths import Five, Item, Nowhere, Place, Root, normal_path, parse_path

PAUSE = 0.02  # seconds between two looks at a client that does not fetch its answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Whose session it is; *attributes* are the transport's (login, address ...)."""

    mailbox: MailboxId
    attributes: Mapping[str, str]
    touch: Callable[[], None] = field(default=lambda: None)


class Session(NoLocalFiles):
    """Every operation of asyncssh's server is overridden: none reaches local files."""

    def __init__(
        self,
        channel: asyncssh.SSHServerChannel[bytes],
        house: House,
        visit: Visit,
    ) -> None:
        super().__init__(channel)
        self._house = house
        self._visit = visit
        self._mailbox = visit.mailbox
        self._closing = False
        self._writes: dict[int, Item] = {}
        self._lingering = Lingering(house.options.linger)
        self.open_handles: Callable[[], int] = lambda: 0  # the loop knows

    # --- Around each request ---------------------------------------------------------

    async def begin_request(self, *, is_close: bool) -> None:
        """Wait until the client has fetched its answers; note a CLOSE of its own."""
        self._visit.touch()
        # no event tells when both buffers have room
        while self._unsent() > self._house.options.unsent_bytes:  # noqa: ASYNC110
            await asyncio.sleep(PAUSE)
        self._closing = is_close

    def end_request(self) -> None:
        self._closing = False
        self._visit.touch()

    def _one_more(self) -> None:
        if self.open_handles() >= self._house.options.max_handles:
            raise asyncssh.SFTPFailure("too many open files; close some first")

    def _unsent(self) -> int:
        """Return the bytes that wait for the client's window or for its socket."""
        if self.channel.is_closing():
            return 0
        # asyncssh ignores the transport's own wish to pause, so look at its buffer
        transport: asyncio.WriteTransport | None
        transport = getattr(self.connection, "_transport", None)
        waiting = transport.get_write_buffer_size() if transport else 0
        return self.channel.get_write_buffer_size() + waiting

    # --- Files -----------------------------------------------------------------------

    @override
    async def open(
        self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs
    ) -> Reading | Writing:
        item = item_of(parse_path(path))
        self._one_more()
        with told():
            if not pflags & FXF_WRITE:
                return await self._open_to_read(item)
            return await self._open_to_write(item, pflags)

    async def _open_to_read(self, item: Item) -> Reading:
        entry = await self._house.folders.stat(self._mailbox, item.folder, item.name)
        if entry.is_folder:
            raise asyncssh.SFTPFailure(f"{item.name.text} is a folder")
        if entry.blob is None:
            raise asyncssh.SFTPFailure(f"{item.name.text} is not complete yet")
        return await Reading.open(entry, self._house.blobs.path(entry.blob))

    async def _open_to_write(self, item: Item, pflags: int) -> Writing:
        house = self._house
        partner_writes(item.folder.top)
        if house.stopping:
            raise asyncssh.SFTPFailure("the gateway is stopping; try again later")
        begin = partial(
            house.uploads.begin,
            self._mailbox,
            item.folder,
            item.name,
            create=bool(pflags & FXF_CREAT),
            truncate=bool(pflags & FXF_TRUNC),
            exclusive=bool(pflags & FXF_CREAT and pflags & FXF_EXCL),
        )
        make = partial(
            Writing,
            append=bool(pflags & FXF_APPEND),
            max_bytes=house.options.max_file_bytes,
            room_left=self._room_left,
            keep_free=house.options.keep_free,
        )
        writing = await house.writers.open(begin, lambda spool: make(spool=spool))
        self._writes[writing.spool.entry] = item
        return writing

    async def _room_left(self) -> int | None:
        used, allowed = await self._house.folders.usage(self._mailbox)
        return allowed - used if allowed else None

    @override
    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        with told():
            return await _handle(file_obj).read(offset, size)

    @override
    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        with told():
            await _writing(file_obj).write(offset, data)
        return len(data)

    @override
    async def close(self, file_obj: object) -> None:
        """Commit what the client closes; keep as partial what a lost connection left.

        The loop sets `_closing` while a CLOSE of the client runs, and only then.
        """
        if isinstance(file_obj, Reading):
            file_obj.close()
            return
        writing = _writing(file_obj)
        try:
            if self._closing:
                async with self._house.commits.one():
                    with told():
                        await writing.finish(partial(self._commit, writing))
            else:
                await writing.leave()
        finally:
            self._house.writers.release(writing)

    async def _commit(self, writing: Writing, spool: Spool) -> None:
        item = self._writes[spool.entry]
        receipt = await self._house.uploads.finish(
            spool, self._visit.attributes, writing.modified_at
        )
        if receipt is not None:
            at = writing.modified_at or receipt.received_at
            self._lingering.add(item, attributes.of_file(writing.final_size, at))

    @override
    async def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        with told():
            if isinstance(file_obj, Reading):
                return attributes.of_entry(file_obj.entry)
            writing = _writing(file_obj)
            at = writing.modified_at or self._house.clock()
            return attributes.of_file(await writing.size(), at)

    @override
    async def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        if isinstance(file_obj, Writing):
            with told():
                if attrs.size is not None:
                    await file_obj.resize(attrs.size)
                if attrs.mtime is not None:
                    file_obj.modified_at = _instant(attrs.mtime)

    @override
    async def fsync(self, file_obj: object) -> None:
        if isinstance(file_obj, Writing):
            with told():
                await file_obj.sync()

    # --- Attributes ------------------------------------------------------------------

    @override
    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        with told():
            return await self._attributes(parse_path(path))

    lstat = stat

    async def _attributes(self, place: Place) -> asyncssh.SFTPAttrs:
        if isinstance(place, Root | Five):
            return attributes.of_folder(self._house.clock())
        item = item_of(place)
        try:
            entry = await self._house.folders.stat(
                self._mailbox, item.folder, item.name
            )
        except NotFound:
            # some clients look after the close and fail if the file is gone
            if (kept := self._lingering.get(item)) is not None:
                return kept
            raise
        return attributes.of_entry(entry)

    @override
    async def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Keep the time; modes and owners are accepted and mean nothing here."""
        place = parse_path(path)
        with told():
            await self._attributes(place)
            if attrs.size is not None:
                raise asyncssh.SFTPOpUnsupported("open the file to change its size")
            if attrs.mtime is None or not isinstance(place, Item):
                return
            try:
                await self._house.folders.touch(
                    self._mailbox, place.folder, place.name, _instant(attrs.mtime)
                )
            except NotFound:
                if self._lingering.get(place) is None:
                    raise

    lsetstat = setstat

    @override
    async def statvfs(self, path: bytes) -> asyncssh.SFTPVFSAttrs:
        with told():
            await self._attributes(parse_path(path))
            return attributes.of_quota(*await self._house.folders.usage(self._mailbox))

    @override
    async def fstatvfs(self, file_obj: object) -> asyncssh.SFTPVFSAttrs:
        return await self.statvfs(b"/")

    # --- Folders ---------------------------------------------------------------------

    @override
    def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        self._one_more()
        return self._names(parse_path(path))

    async def _names(self, place: Place) -> AsyncIterator[asyncssh.SFTPName]:
        here = attributes.of_folder(self._house.clock())
        if isinstance(place, Root):
            for name in (".", "..", *(top.value for top in Top)):
                yield asyncssh.SFTPName(name.encode(), attrs=here)
            return
        folder = Folder(place.top) if isinstance(place, Five) else item_of(place).inside
        last = None
        with told():
            page = await self._house.folders.entries(self._mailbox, folder)
        for name in (".", ".."):
            yield asyncssh.SFTPName(name.encode(), attrs=here)
        while page:
            for entry in page:
                last = entry.name
                yield asyncssh.SFTPName(
                    last.text.encode(), attrs=attributes.of_entry(entry)
                )
            with told():
                page = await self._house.folders.entries(self._mailbox, folder, last)

    @override
    async def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        item = changeable(parse_path(path))
        with told():
            await self._house.folders.make_folder(self._mailbox, item.folder, item.name)

    @override
    async def rmdir(self, path: bytes) -> None:
        await self._remove(path, is_folder=True)

    @override
    async def remove(self, path: bytes) -> None:
        await self._remove(path, is_folder=False)

    async def _remove(self, path: bytes, *, is_folder: bool) -> None:
        item = changeable(parse_path(path))
        with told():
            await self._house.folders.remove(
                self._mailbox, item.folder, item.name, is_folder=is_folder
            )

    @override
    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._rename(oldpath, newpath, replace=False)

    @override
    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._rename(oldpath, newpath, replace=True)

    async def _rename(self, oldpath: bytes, newpath: bytes, *, replace: bool) -> None:
        old = changeable(parse_path(oldpath))
        new = changeable(parse_path(newpath))
        with told():
            before = await self._house.folders.stat(self._mailbox, old.folder, old.name)
            receipt = await self._house.folders.rename(
                self._mailbox,
                (old.folder, old.name),
                (new.folder, new.name),
                replace=replace,
                attributes=self._visit.attributes,
            )
        if receipt is not None:
            self._lingering.add(new, attributes.of_entry(before))

    @override
    def realpath(self, path: bytes) -> bytes:
        found = normal_path(path)
        if isinstance(found, Nowhere):
            raise asyncssh.SFTPNoSuchFile(found.reason)
        return found


def _handle(file_obj: object) -> Reading | Writing:
    return file_obj if isinstance(file_obj, Reading) else _writing(file_obj)


def _writing(file_obj: object) -> Writing:
    if not isinstance(file_obj, Writing):
        raise asyncssh.SFTPPermissionDenied("the file is open for reading only")
    return file_obj


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
