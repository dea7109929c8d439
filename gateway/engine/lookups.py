"""What stylesheets may ask while they run (SPEC section 4, WdExtensions)."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.model import MailboxId
from gateway.core.ports import Resolver
from gateway.store import dictionary_lookups, lookups, mailboxes
from gateway.store.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Lookups:
    """Answers for the stylesheets of one mailbox: only what that mailbox may see."""

    db: Database

    def of(self, mailbox: MailboxId) -> Resolver:
        async def resolve(
            wanted: Sequence[tuple[str, Sequence[str]]],
        ) -> Sequence[str | None]:
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
