"""Single records of dictionaries: found, added, changed, removed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.core.desk.actor import Actor
from gateway.core.desk.dictionaries import PageQuery, RecordPage
from gateway.core.dictionary import Dictionary, Record
from gateway.core.errors import N_, Conflict, Invalid, NotFound
from gateway.core.ports import Clock, NewId
from gateway.engine.desk.dictionaries import known
from gateway.engine.desk.dictionary_rows import LONGEST_VALUE, check_size, faulty_value
from gateway.store import audit, dictionaries, dictionary_records
from gateway.store.database import Connection, Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The RecordDesk."""

    db: Database
    clock: Clock
    new_id: NewId

    async def search(self, uuid: str, query: PageQuery) -> RecordPage:
        async with self.db.read() as conn:
            found = await known(conn, uuid)
            total, rows = await dictionary_records.search(
                conn, uuid, query.text, query.limit, query.offset
            )
        return RecordPage(found, total, rows)

    async def get(self, uuid: str, record: str) -> Record:
        async with self.db.read() as conn:
            return (await _known(conn, uuid, record))[1]

    async def add(self, actor: Actor, uuid: str, values: Sequence[str]) -> Record:
        async with self.db.write() as conn:
            dictionary = await known(conn, uuid)
            made = Record(self.new_id(), _checked(dictionary, values))
            check_size(dictionary.record_count + 1, len(dictionary.columns))
            await dictionary_records.append(conn, uuid, [made])
            await self._book(
                conn, actor, "dictionary-record-added", dictionary, None, made
            )
        return made

    async def change(
        self,
        actor: Actor,
        uuid: str,
        record: str,
        values: Sequence[str],
        seen: str | None,
    ) -> Record:
        async with self.db.write() as conn:
            dictionary = await known(conn, uuid)
            number, old = await _known(conn, uuid, record)
            if seen not in {None, old.mark}:
                raise Conflict(
                    N_("Somebody has changed this record meanwhile; look at it again."),
                    "changed-meanwhile",
                )
            new = replace(old, values=_checked(dictionary, values))
            if new == old:
                return old
            await dictionary_records.change(conn, uuid, number, old.values, new.values)
            await self._book(
                conn, actor, "dictionary-record-changed", dictionary, old, new
            )
        return new

    async def remove(self, actor: Actor, uuid: str, records: Sequence[str]) -> int:
        removed = 0
        async with self.db.write() as conn:
            dictionary = await known(conn, uuid)
            for record in dict.fromkeys(records):
                found = await dictionary_records.get(conn, uuid, record)
                if found is None:
                    continue
                number, old = found
                await dictionary_records.remove(conn, uuid, number, old.values)
                await self._book(
                    conn, actor, "dictionary-record-removed", dictionary, old, None
                )
                removed += 1
        return removed

    async def _book(
        self,
        conn: Connection,
        actor: Actor,
        action: str,
        dictionary: Dictionary,
        old: Record | None,
        new: Record | None,
    ) -> None:
        now = self.clock()
        await dictionaries.touch(conn, dictionary.id, now)
        await audit.add(
            conn,
            now,
            actor.login,
            action,
            dictionary.id,
            before=_facts(dictionary, old),
            after=_facts(dictionary, new),
        )


async def _known(conn: Connection, uuid: str, record: str) -> tuple[int, Record]:
    found = await dictionary_records.get(conn, uuid, record)
    if found is None:
        raise NotFound(
            N_("There is no record {record} in the dictionary {uuid}.").format(
                record=record, uuid=uuid
            )
        )
    return found


def _checked(dictionary: Dictionary, values: Sequence[str]) -> tuple[str, ...]:
    if len(values) != len(dictionary.columns):
        raise Invalid(
            N_(
                "The record has {count} values; the dictionary has {columns} columns."
            ).format(count=len(values), columns=len(dictionary.columns)),
            data={
                "values": N_("needs {columns} values").format(
                    columns=len(dictionary.columns)
                )
            },
        )
    if (place := faulty_value(values)) is not None:
        name = dictionary.columns[place].name
        raise Invalid(
            N_(
                "{name} is longer than {most} characters or holds the character NUL."
            ).format(name=name, most=LONGEST_VALUE),
            data={
                f"values.{place}": N_("needs at most {most} characters").format(
                    most=LONGEST_VALUE
                )
            },
        )
    return tuple(values)


def _facts(dictionary: Dictionary, record: Record | None) -> dict[str, object]:
    if record is None:
        return {}
    names = [column.name for column in dictionary.columns]
    return {
        "dictionary": dictionary.name,
        "record": record.uuid,
        "values": dict(zip(names, record.values, strict=True)),
    }
