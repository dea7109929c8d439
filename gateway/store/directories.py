"""Directories of messages that an operator uploaded: a name and a blob each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.model import BlobRef
from gateway.store.tables import message_directories


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDirectory:
    """One uploaded directory; *blob* is its table as JSON."""

    name: str
    syntax: str
    messages: Sequence[str]
    file_name: str
    blob: BlobRef
    uploaded_by: str
    uploaded_at: datetime


_FILES = select(
    message_directories.c.name,
    message_directories.c.sha256,
    message_directories.c.size,
)


async def every(conn: AsyncConnection) -> Sequence[StoredDirectory]:
    """Return all of them by name."""
    by_name = select(message_directories).order_by(message_directories.c.name)
    return [_stored(row) for row in await conn.execute(by_name)]


async def get(conn: AsyncConnection, name: str) -> StoredDirectory | None:
    found = select(message_directories).where(message_directories.c.name == name)
    row = (await conn.execute(found)).one_or_none()
    return _stored(row) if row else None


async def files(conn: AsyncConnection) -> Mapping[str, BlobRef]:
    """Return where the table of each is."""
    return {
        row.name: BlobRef(row.sha256, row.size) for row in await conn.execute(_FILES)
    }


async def count(conn: AsyncConnection) -> int:
    total = select(func.count()).select_from(message_directories)
    return int((await conn.execute(total)).scalar_one())


async def put(conn: AsyncConnection, directory: StoredDirectory) -> None:
    """Insert it in place of the one so named."""
    await remove(conn, directory.name)
    await conn.execute(
        insert(message_directories).values(
            name=directory.name,
            syntax=directory.syntax,
            messages=list(directory.messages),
            file_name=directory.file_name,
            sha256=directory.blob.sha256,
            size=directory.blob.size,
            uploaded_by=directory.uploaded_by,
            uploaded_at=directory.uploaded_at,
        )
    )


async def remove(conn: AsyncConnection, name: str) -> None:
    await conn.execute(
        delete(message_directories).where(message_directories.c.name == name)
    )


def _stored(row: Row[Any]) -> StoredDirectory:
    return StoredDirectory(
        name=row.name,
        syntax=row.syntax,
        messages=row.messages,
        file_name=row.file_name,
        blob=BlobRef(row.sha256, row.size),
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
    )
