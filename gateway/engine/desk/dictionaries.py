"""Dictionaries: made, changed, filled, removed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.core.desk.actor import Actor
from gateway.core.desk.dictionaries import (
    ColumnDraft,
    DictionaryDraft,
    WholeDictionary,
)
from gateway.core.dictionary import Column, Dictionary
from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.model import DictionaryId
from gateway.core.ports import Clock, NewId
from gateway.engine.desk.dictionary_rows import checked_rows, from_csv, matched, moved
from gateway.engine.desk.mailboxes import checked_uuid
from gateway.store import audit, dictionaries
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

    async def get(self, uuid: str) -> WholeDictionary:
        async with self.db.read() as conn:
            return await _whole(conn, uuid)

    async def create(self, actor: Actor, draft: DictionaryDraft) -> WholeDictionary:
        uuid = checked_uuid(draft.uuid) if draft.uuid else self.new_id()
        made = Dictionary(
            id=DictionaryId(uuid),
            name=_name(draft.name or ""),
            columns=self._columns(draft.columns or (), ()),
        )
        now = self.clock()
        async with self.db.write() as conn:
            if await dictionaries.get(conn, uuid):
                raise Conflict(
                    f"There is a dictionary {uuid} already.", data={"uuid": "is taken"}
                )
            await _free(conn, [column.uuid for column in made.columns])
            await dictionaries.add(conn, made, now)
            whole = await self._fill(
                conn, WholeDictionary(made, ()), draft.records or ()
            )
            facts = _facts(whole.dictionary)
            await audit.add(
                conn, now, actor.login, "dictionary-created", uuid, after=facts
            )
        return whole

    async def change(
        self, actor: Actor, uuid: str, draft: DictionaryDraft
    ) -> WholeDictionary:
        async with self.db.write() as conn:
            whole = await _whole(conn, uuid)
            old = whole.dictionary
            new = Dictionary(
                id=old.id,
                name=old.name if draft.name is None else _name(draft.name),
                columns=old.columns
                if draft.columns is None
                else self._columns(draft.columns, old.columns),
                record_count=old.record_count,
            )
            there = {column.uuid for column in old.columns}
            await _free(conn, [c.uuid for c in new.columns if c.uuid not in there])
            await dictionaries.change(conn, new)
            whole = WholeDictionary(new, moved(whole.records, old.columns, new.columns))
            if draft.records is not None or new.columns != old.columns:
                rows = draft.records
                if rows is None:
                    rows = [record.values for record in whole.records]
                whole = await self._fill(conn, whole, rows)
            await self._book(conn, actor, "dictionary-changed", old, whole.dictionary)
        return whole

    async def load_csv(self, actor: Actor, uuid: str, data: bytes) -> WholeDictionary:
        async with self.db.read() as conn:
            columns = (await _known(conn, uuid)).columns
        rows = await asyncio.to_thread(from_csv, data, columns)
        async with self.db.write() as conn:
            old = await _whole(conn, uuid)
            if old.dictionary.columns != columns:
                raise Conflict("The columns have changed meanwhile; send it again.")
            whole = await self._fill(conn, old, rows)
            await self._book(
                conn, actor, "dictionary-filled", old.dictionary, whole.dictionary
            )
        return whole

    async def remove(self, actor: Actor, uuid: str) -> None:
        async with self.db.write() as conn:
            old = await _known(conn, uuid)
            await dictionaries.remove(conn, uuid)
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "dictionary-deleted",
                uuid,
                before=_facts(old),
            )

    async def _fill(
        self, conn: Connection, old: WholeDictionary, rows: Sequence[Sequence[str]]
    ) -> WholeDictionary:
        clean = checked_rows(rows, old.dictionary.columns)
        records = await asyncio.to_thread(matched, old.records, clean, self.new_id)
        await dictionaries.put_records(conn, old.dictionary, records)
        filled = replace(old.dictionary, record_count=len(records))
        return WholeDictionary(filled, records)

    async def _book(
        self,
        conn: Connection,
        actor: Actor,
        action: str,
        old: Dictionary,
        new: Dictionary,
    ) -> None:
        await audit.add(
            conn,
            self.clock(),
            actor.login,
            action,
            old.id,
            before=_facts(old),
            after=_facts(new),
        )

    def _columns(
        self, wanted: Sequence[ColumnDraft], old: Sequence[Column]
    ) -> Sequence[Column]:
        """Return the columns with their uuids; Invalid names the faulty one."""
        known = {column.name: column.uuid for column in old}
        claimed = {column.uuid for column in wanted if column.uuid}
        columns: list[Column] = []
        wrong = {}
        if not 1 <= len(wanted) <= MOST_COLUMNS:
            wrong["columns"] = f"are needed: 1 to {MOST_COLUMNS}"
        for index, draft in enumerate(wanted):
            name = draft.name.strip()
            mine = known.get(name)
            kept = mine if mine not in claimed else None
            uuid = checked_uuid(draft.uuid) if draft.uuid else kept or self.new_id()
            if not name.isprintable() or not 1 <= len(name) <= LONGEST:
                wrong[f"columns.{index}.name"] = "needs 1 to 255 printable characters"
            if any(name == column.name or uuid == column.uuid for column in columns):
                wrong[f"columns.{index}"] = "is there twice"
            columns.append(Column(uuid, name))
        if wrong:
            place, why = next(iter(wrong.items()))
            raise Invalid(f"{place} {why}.", data=wrong)
        return tuple(columns)


async def _known(conn: Connection, uuid: str) -> Dictionary:
    found = await dictionaries.get(conn, uuid)
    if found is None:
        raise NotFound(f"There is no dictionary {uuid}.")
    return found


async def _whole(conn: Connection, uuid: str) -> WholeDictionary:
    found = await _known(conn, uuid)
    return WholeDictionary(found, await dictionaries.records(conn, found))


async def _free(conn: Connection, uuids: Sequence[str]) -> None:
    taken = await dictionaries.taken_columns(conn, uuids)
    if taken:
        raise Conflict(
            f"There is a column {taken[0]} already.",
            data={"columns": f"{taken[0]} is taken"},
        )


def _name(text: str) -> str:
    name = text.strip()
    if not name.isprintable() or not 1 <= len(name) <= LONGEST:
        raise Invalid(
            "A dictionary needs a name of 1 to 255 printable characters.",
            data={"name": "needs 1 to 255 printable characters"},
        )
    return name


def _facts(dictionary: Dictionary) -> dict[str, object]:
    return {
        "name": dictionary.name,
        "columns": [column.name for column in dictionary.columns],
        "records": dictionary.record_count,
    }
