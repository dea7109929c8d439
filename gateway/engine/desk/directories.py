"""The desk of message directories: those built in, and those an operator uploads."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.convert.pool import Converter
from gateway.convert.source.directory import builtin_tables
from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.desk.directories import (
    DirectoryView,
    Uploaded,
    UploadedDirectory,
)
from gateway.core.errors import N_, Conflict, Invalid, NotFound, QuotaExceeded
from gateway.core.model import BlobRef, FileName, Problem
from gateway.core.ports import Blobs, Clock
from gateway.engine.desk.refusals import refusal
from gateway.store import audit, directories
from gateway.store.database import Database
from gateway.store.directories import StoredDirectory

JSON = "application/json"
MOST = 200


@dataclass(frozen=True, slots=True)
class Directories:
    """The DirectoryDesk; an uploaded file may have *max_bytes*."""

    db: Database
    blobs: Blobs
    converter: Converter
    clock: Clock
    max_bytes: int = 16 << 20

    async def search(
        self, text: str, limit: int, offset: int
    ) -> tuple[int, Sequence[DirectoryView]]:
        ours = await asyncio.to_thread(builtin_tables)
        async with self.db.read() as conn:
            own = {each.name: each for each in await directories.every(conn)}
        word = text.strip().upper()
        found = [
            view
            for name in sorted({*ours, *own})
            if _has(view := _view(name, ours.get(name), own.get(name)), word)
        ]
        return len(found), found[offset : offset + limit]

    async def table(self, name: str) -> Content:
        async with self.db.read() as conn:
            own = await directories.get(conn, name)
        if own is not None:
            return _content(name, own.blob.size, self.blobs.read(own.blob))
        ours = await asyncio.to_thread(builtin_tables)
        if name not in ours:
            raise _unknown(name)
        text = await asyncio.to_thread(json.dumps, ours[name])
        return _content(name, len(text.encode()), _once(text.encode()))

    async def add(
        self, actor: Actor, file_name: str, chunks: AsyncIterator[bytes]
    ) -> Uploaded:
        name = _file_name(file_name)
        raw = await self._stored(chunks)
        made = await self.converter.table(self.blobs.path(raw), name)
        if isinstance(made, Problem):
            raise refusal(made)
        said = await asyncio.to_thread(json.loads, made.output)
        directory = StoredDirectory(
            name=said["directory"],
            syntax=said["syntax"],
            messages=sorted(said["messages"]),
            file_name=name,
            blob=await self.blobs.put(made.output),
            uploaded_by=actor.login,
            uploaded_at=self.clock(),
        )
        async with self.db.write() as conn:
            before = await directories.get(conn, directory.name)
            if before is None and await directories.count(conn) >= MOST:
                raise Conflict(
                    N_(
                        "There are {most} uploaded directories already; delete one "
                        "that no partner uses any more."
                    ).format(most=MOST),
                    "too-many-directories",
                )
            await directories.put(conn, directory)
            await audit.add(
                conn,
                directory.uploaded_at,
                actor.login,
                "directory-upload",
                directory.name,
                before=_told(before) if before else None,
                after=_told(directory),
            )
        ours = (await asyncio.to_thread(builtin_tables)).get(directory.name)
        return Uploaded(_view(directory.name, ours, directory), made.warnings)

    async def remove(self, actor: Actor, name: str) -> None:
        ours = await asyncio.to_thread(builtin_tables)
        async with self.db.write() as conn:
            before = await directories.get(conn, name)
            if before is None and name in ours:
                raise Conflict(
                    N_(
                        "A directory that is built in cannot be deleted; an uploaded "
                        "one of its name goes before it."
                    ),
                    "directory-builtin",
                )
            if before is None:
                raise _unknown(name)
            await directories.remove(conn, name)
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "directory-delete",
                name,
                before=_told(before),
            )

    async def _stored(self, chunks: AsyncIterator[bytes]) -> BlobRef:
        """Keep the file for the worker; nothing refers to it, so it goes some day."""
        size = 0
        async with self.blobs.writer() as writer:
            async for chunk in chunks:
                size += len(chunk)
                if size > self.max_bytes:
                    raise QuotaExceeded(
                        N_(
                            "The file of a directory may have {most} bytes; this "
                            "one has more."
                        ).format(most=self.max_bytes),
                        "directory-too-large",
                    )
                await writer.write(chunk)
            return await writer.commit()


def _view(
    name: str, ours: Mapping[str, Any] | None, own: StoredDirectory | None
) -> DirectoryView:
    kinds = {*(ours["messages"] if ours else ()), *(own.messages if own else ())}
    return DirectoryView(
        name=name,
        syntax=own.syntax if own else _syntax(ours),
        messages=sorted(kinds),
        built_in=ours is not None,
        uploaded=_uploaded(own) if own else None,
    )


def _uploaded(own: StoredDirectory) -> UploadedDirectory:
    return UploadedDirectory(
        file_name=own.file_name,
        size=own.blob.size,
        by=own.uploaded_by,
        at=own.uploaded_at,
    )


def _syntax(ours: Mapping[str, Any] | None) -> str:
    return str((ours or {}).get("syntax", "EDIFACT"))


def _has(view: DirectoryView, word: str) -> bool:
    return word in view.name or any(word in kind for kind in view.messages)


def _told(directory: StoredDirectory) -> Mapping[str, object]:
    return {
        "file": directory.file_name,
        "messages": len(directory.messages),
        "sha256": directory.blob.sha256,
    }


def _unknown(name: str) -> NotFound:
    return NotFound(sentences.NO_DIRECTORY(id=name))


def _file_name(name: str) -> str:
    try:
        return FileName(name).text
    except ValueError as error:
        why = N_("The upload needs a file name: {error}.").format(error=error)
        raise Invalid(why, data={"name": str(error)}) from error


def _content(name: str, size: int, chunks: AsyncIterator[bytes]) -> Content:
    return Content(name=f"{name}.json", content_type=JSON, size=size, chunks=chunks)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
