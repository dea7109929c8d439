"""Dictionaries from CSV files and to them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.desk.dictionaries import ColumnDraft, DictionaryDraft
from gateway.core.desk.dictionary_files import CsvFile, CsvPreview
from gateway.core.dictionary import Dictionary, Record
from gateway.core.errors import N_, Conflict, StorageError
from gateway.engine.desk import dictionary_csv
from gateway.engine.desk.dictionaries import Dictionaries, known
from gateway.engine.desk.dictionary_rows import check_size
from gateway.store import dictionaries, dictionary_records
from gateway.store.database import Database

SHOWN = 10  # rows of a preview
BOM = b"\xef\xbb\xbf"
CSV = "text/csv"


@dataclass(frozen=True, slots=True)
class DictionaryFiles:
    """The DictionaryFileDesk."""

    db: Database
    dictionaries: Dictionaries

    async def preview(self, uuid: str, file: CsvFile) -> CsvPreview:
        async with self.db.read() as conn:
            found = await known(conn, uuid)
        read = await asyncio.to_thread(dictionary_csv.read, file, found.columns)
        return CsvPreview(
            delimiter=read.delimiter,
            encoding=read.encoding,
            rows=read.rows[:SHOWN],
            total=len(read.rows),
            faults=read.faults,
            fault_count=read.fault_count,
            mark=await asyncio.to_thread(_mark, found, file),
        )

    async def load(
        self,
        actor: Actor,
        uuid: str,
        file: CsvFile,
        *,
        append: bool = False,
        seen: str | None = None,
    ) -> Dictionary:
        async with self.db.read() as conn:
            before = await known(conn, uuid)
        mark = await asyncio.to_thread(_mark, before, file)
        read = await asyncio.to_thread(dictionary_csv.read, file, before.columns)
        rows = dictionary_csv.rows_of(read)
        async with self.db.write() as conn:
            old = await known(conn, uuid)
            if seen not in {None, mark} or old.revision != before.revision:
                raise Conflict(
                    N_(
                        "The file or the dictionary has changed since the preview; "
                        "look at the preview again."
                    ),
                    "changed-meanwhile",
                )
            if not append:
                filled = await self.dictionaries.fill(conn, actor, old, rows)
                return filled.dictionary
            return await self.dictionaries.extend(conn, actor, old, rows)

    async def create(self, actor: Actor, name: str, file: CsvFile) -> Dictionary:
        read = await asyncio.to_thread(dictionary_csv.read, file, None)
        header, *rows = dictionary_csv.rows_of(read)
        check_size(len(rows), len(header))
        columns = [ColumnDraft(column) for column in header]
        draft = DictionaryDraft(name=name, columns=columns, records=rows)
        return (await self.dictionaries.create(actor, draft)).dictionary

    async def export(self, uuid: str, *, spreadsheet: bool) -> Content:
        async with self.db.read() as conn:
            found = await known(conn, uuid)
        return Content(
            name=f"{found.name}.csv",
            content_type=f"{CSV}; charset=utf-8",
            size=None,
            chunks=self._lines(found, spreadsheet=spreadsheet),
        )

    async def _lines(
        self, found: Dictionary, *, spreadsheet: bool
    ) -> AsyncIterator[bytes]:
        """Yield the file, each part read by itself: a slow reader holds nothing."""
        head = [[column.name for column in found.columns]]
        mark = BOM if spreadsheet else b""
        yield mark + dictionary_csv.written(head, spreadsheet=spreadsheet)
        last = 0
        size = dictionary_records.batch_size(len(found.columns))
        while True:
            async with self.db.read() as conn:
                if await dictionaries.revision(conn, found.id) != found.revision:
                    # one file must not hold half of the old and half of the new
                    raise StorageError(f"{found.name} was changed while it was read")
                some = await dictionary_records.after(conn, found.id, last, size)
            if not some:
                return
            last = some[-1][0]
            rows: Sequence[Record] = [record for _id, record in some]
            yield dictionary_csv.written(
                [record.values for record in rows], spreadsheet=spreadsheet
            )


def _mark(dictionary: Dictionary, file: CsvFile) -> str:
    """Return what stands for this file, read so, for the dictionary as it is."""
    made = hashlib.sha256(file.data)
    how = (file.delimiter, file.encoding, file.header, dictionary.revision)
    made.update(repr(how).encode())
    return made.hexdigest()
