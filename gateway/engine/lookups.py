"""What stylesheets may ask while they run (SPEC section 4, WdExtensions)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.interchange import CONTROL_NUMBER, Relation
from gateway.core.model import MailboxId
from gateway.core.ports import Clock, Resolver
from gateway.store import control_numbers, dictionary_lookups, lookups, mailboxes
from gateway.store.database import Connection, Database


class Answers(Protocol):
    """Gives what answers the look-ups of a mailbox's stylesheets."""

    def of(self, mailbox: MailboxId, seed: str = "") -> Resolver: ...


@dataclass(frozen=True, slots=True)
class Lookups:
    """Answers for the stylesheets of one mailbox: only what that mailbox may see."""

    db: Database
    clock: Clock

    def of(self, mailbox: MailboxId, seed: str = "") -> Resolver:
        """Return who answers; the same *seed* gets the same control numbers.

        Without one it is a trial: it sees the number that would come, and takes none.
        """

        async def number(arguments: list[str]) -> str:
            kind, sender, receiver, place = arguments
            relation = Relation(kind, sender, receiver)
            if not seed:
                async with self.db.read() as conn:
                    coming = await control_numbers.coming(conn, relation)
                return str(coming + int(place) - 1)
            async with self.db.write() as conn:
                return str(
                    await control_numbers.take(
                        conn, relation, f"{seed}#{place}", self.clock()
                    )
                )

        async def resolve(
            wanted: Sequence[tuple[str, Sequence[str]]],
        ) -> Sequence[str | None]:
            if [name for name, _ in wanted] == [CONTROL_NUMBER]:  # asked one by one
                return [await number(list(wanted[0][1]))]
            async with self.db.read() as conn:
                return [
                    await _answer(conn, mailbox, function, list(arguments))
                    for function, arguments in wanted
                ]

        return resolve


async def _answer(
    conn: Connection, mailbox: MailboxId, function: str, arguments: list[str]
) -> str | None:
    match function, arguments:
        case "getValueFromDictionary", [dictionary, by, value, wanted]:
            return await dictionary_lookups.value(conn, dictionary, by, value, wanted)
        case "getRecordUuidByValueFromDictionary", [dictionary, column, value]:
            return await dictionary_lookups.record_uuid(conn, dictionary, column, value)
        case "getMailboxUuidByAlias", [alias]:
            return await mailboxes.by_alias(conn, alias)
        case "findEnvelopeUuidByField", [template, name, value]:
            found = await lookups.by_field(conn, mailbox, template, name, value)
            return found[0] if len(found) == 1 else None
        case "chainEnvelope", [envelope]:
            return await lookups.chain_of(conn, mailbox, envelope)
        case _:
            return None
