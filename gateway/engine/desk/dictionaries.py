"""Dictionaries: made, changed, filled, removed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.desk.dictionaries import (
    ColumnDraft,
    DictionaryDraft,
    PageQuery,
    WholeDictionary,
)
from gateway.core.desk.dictionary_files import CsvFile
from gateway.core.desk.uses import Uses
from gateway.core.dictionary import Column, Dictionary, Record
from gateway.core.errors import N_, Conflict, Invalid, NotFound
from gateway.core.model import DictionaryId
from gateway.core.ports import Clock, NewId
from gateway.engine.desk import dictionary_csv
from gateway.engine.desk.dictionary_rows import check_size, checked_rows, matched, mover
from gateway.engine.desk.mailboxes import checked_uuid
from gateway.store import audit, dictionaries, dictionary_records, uses
from gateway.store.database import Connection, Database

LONGEST = 255
MOST_COLUMNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionaries:
    """The DictionaryDesk."""

    db: Database
    clock: Clock
    new_id: NewId

    async def all(self) -> Sequence[Dictionary]:
        async with self.db.read() as conn:
            return await dictionaries.listing(conn)

    async def search(self, query: PageQuery) -> tuple[int, Sequence[Dictionary]]:
        async with self.db.read() as conn:
            return await dictionaries.search(
                conn, query.text, query.limit, query.offset
            )

    async def info(self, uuid: str) -> Dictionary:
        async with self.db.read() as conn:
            return await known(conn, uuid)

    async def get(self, uuid: str) -> WholeDictionary:
        async with self.db.read() as conn:
            return await _whole(conn, await known(conn, uuid))

    async def create(self, actor: Actor, draft: DictionaryDraft) -> WholeDictionary:
        uuid = checked_uuid(draft.uuid) if draft.uuid else self.new_id()
        made = Dictionary(
            id=DictionaryId(uuid),
            name=_name(draft.name or ""),
            columns=self._columns(draft.columns or (), ()),
        )
        records = await self._matched(made, (), draft.records or ())
        now = self.clock()
        made = replace(made, record_count=len(records), changed_at=now)
        async with self.db.write() as conn:
            if await dictionaries.get(conn, uuid):
                raise Conflict(
                    N_("There is a dictionary {uuid} already.").format(uuid=uuid),
                    data={"uuid": N_("is taken")},
                )
            await _free(conn, [column.uuid for column in made.columns])
            await dictionaries.add(conn, made, now)
            await dictionary_records.append(conn, uuid, records)
            after = facts(made)
            await audit.add(
                conn, now, actor.login, "dictionary-created", uuid, after=after
            )
        return WholeDictionary(made, records)

    async def change(
        self, actor: Actor, uuid: str, draft: DictionaryDraft
    ) -> WholeDictionary:
        async with self.db.write() as conn:
            old = await known(conn, uuid)
            if draft.columns_seen not in {None, old.columns_mark}:
                raise Conflict(
                    N_("The columns have changed meanwhile; look at them again."),
                    "changed-meanwhile",
                )
            new = replace(
                old, name=old.name if draft.name is None else _name(draft.name)
            )
            if draft.columns is not None:
                columns = self._columns(draft.columns, old.columns)
                new = replace(new, columns=columns)
            check_size(new.record_count, len(new.columns))
            there = {column.uuid for column in old.columns}
            fresh = [c.uuid for c in new.columns if c.uuid not in there]
            await _free(conn, fresh)
            await dictionaries.change(conn, new)
            if move := mover(old.columns, new.columns):
                await dictionary_records.rewrite(
                    conn, uuid, len(old.columns), move, fresh
                )
            whole = await _whole(conn, new)
            if draft.records is not None:
                records = await self._matched(new, whole.records, draft.records)
                await dictionary_records.put_all(conn, uuid, records)
                filled = replace(new, record_count=len(records))
                whole = WholeDictionary(filled, records)
            after = await self.book(
                conn, actor, "dictionary-changed", old, whole.dictionary
            )
        return WholeDictionary(after, whole.records)

    async def rename(self, actor: Actor, uuid: str, name: str) -> Dictionary:
        name = _name(name)
        async with self.db.write() as conn:
            old = await known(conn, uuid)
            await dictionaries.change(conn, replace(old, name=name))
            new = replace(old, name=name)
            return await self.book(conn, actor, "dictionary-changed", old, new)

    async def load_csv(self, actor: Actor, uuid: str, data: bytes) -> WholeDictionary:
        async with self.db.read() as conn:
            columns = (await known(conn, uuid)).columns
        read = await asyncio.to_thread(dictionary_csv.read, CsvFile(data=data), columns)
        rows = dictionary_csv.rows_of(read)
        async with self.db.write() as conn:
            old = await known(conn, uuid)
            if old.columns != columns:
                raise Conflict(N_("The columns have changed meanwhile; send it again."))
            return await self.fill(conn, actor, old, rows)

    async def fill(
        self,
        conn: Connection,
        actor: Actor,
        old: Dictionary,
        rows: Sequence[Sequence[str]],
    ) -> WholeDictionary:
        """Replace the records."""
        whole = await _whole(conn, old)
        records = await self._matched(old, whole.records, rows)
        await dictionary_records.put_all(conn, old.id, records)
        new = replace(old, record_count=len(records))
        new = await self.book(conn, actor, "dictionary-filled", old, new)
        return WholeDictionary(new, records)

    async def extend(
        self,
        conn: Connection,
        actor: Actor,
        old: Dictionary,
        rows: Sequence[Sequence[str]],
    ) -> Dictionary:
        """Add records behind those that are there."""
        check_size(old.record_count + len(rows), len(old.columns))
        records = await self._matched(old, (), rows)
        await dictionary_records.append(conn, old.id, records)
        new = replace(old, record_count=old.record_count + len(records))
        return await self.book(conn, actor, "dictionary-extended", old, new)

    async def remove(self, actor: Actor, uuid: str) -> None:
        async with self.db.write() as conn:
            old = await known(conn, uuid)
            await dictionaries.remove(conn, uuid)
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "dictionary-deleted",
                uuid,
                before=facts(old),
            )

    async def uses(self, uuid: str) -> Uses:
        async with self.db.read() as conn:
            await known(conn, uuid)
            return Uses(
                rules=await uses.rules_naming(conn, uuid),
                templates=await uses.templates_naming(conn, uuid),
            )

    async def book(
        self,
        conn: Connection,
        actor: Actor,
        action: str,
        old: Dictionary,
        new: Dictionary,
    ) -> Dictionary:
        """Write the audit entry; return the dictionary with its next revision."""
        now = self.clock()
        await dictionaries.touch(conn, old.id, now)
        changed = replace(new, revision=old.revision + 1, changed_at=now)
        before, after = facts(old), facts(changed)
        await audit.add(
            conn, now, actor.login, action, old.id, before=before, after=after
        )
        return changed

    async def _matched(
        self,
        dictionary: Dictionary,
        old: Sequence[Record],
        rows: Sequence[Sequence[str]],
    ) -> Sequence[Record]:
        clean = await asyncio.to_thread(checked_rows, rows, dictionary.columns)
        return await asyncio.to_thread(matched, old, clean, self.new_id)

    def _columns(
        self, wanted: Sequence[ColumnDraft], old: Sequence[Column]
    ) -> Sequence[Column]:
        """Return the columns with their uuids; Invalid names the faulty one."""
        known_names = {column.name: column.uuid for column in old}
        claimed = {column.uuid for column in wanted if column.uuid}
        columns: list[Column] = []
        wrong = {}
        if not 1 <= len(wanted) <= MOST_COLUMNS:
            wrong["columns"] = N_("are needed: 1 to {most}").format(most=MOST_COLUMNS)
        for index, draft in enumerate(wanted):
            name = draft.name.strip()
            mine = known_names.get(name)
            kept = mine if mine not in claimed else None
            uuid = checked_uuid(draft.uuid) if draft.uuid else kept or self.new_id()
            if not name.isprintable() or not 1 <= len(name) <= LONGEST:
                wrong[f"columns.{index}.name"] = N_(
                    "needs 1 to 255 printable characters"
                )
            if any(name == column.name or uuid == column.uuid for column in columns):
                wrong[f"columns.{index}"] = N_("is there twice")
            columns.append(Column(uuid, name))
        if wrong:
            place, why = next(iter(wrong.items()))
            raise Invalid(f"{place} {why}.", data=wrong)
        return tuple(columns)


async def known(conn: Connection, uuid: str) -> Dictionary:
    """Return the dictionary; NotFound."""
    found = await dictionaries.get(conn, uuid)
    if found is None:
        raise NotFound(sentences.NO_DICTIONARY(id=uuid))
    return found


async def _whole(conn: Connection, found: Dictionary) -> WholeDictionary:
    records = await dictionary_records.every(conn, found.id, len(found.columns))
    return WholeDictionary(found, records)


async def _free(conn: Connection, uuids: Sequence[str]) -> None:
    taken = await dictionaries.taken_columns(conn, uuids)
    if taken:
        raise Conflict(
            N_("There is a column {taken} already.").format(taken=taken[0]),
            data={"columns": N_("{taken} is taken").format(taken=taken[0])},
        )


def _name(text: str) -> str:
    name = text.strip()
    if not name.isprintable() or not 1 <= len(name) <= LONGEST:
        raise Invalid(
            N_("A dictionary needs a name of 1 to 255 printable characters."),
            data={"name": N_("needs 1 to 255 printable characters")},
        )
    return name


def facts(dictionary: Dictionary) -> dict[str, object]:
    """Return what the audit log tells of a dictionary."""
    return {
        "name": dictionary.name,
        "columns": [column.name for column in dictionary.columns],
        "revision": dictionary.revision,  # as many records may hold other values
        "records": dictionary.record_count,
    }
