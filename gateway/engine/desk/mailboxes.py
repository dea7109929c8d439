"""Mailboxes: checked, made, changed, removed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.errors import N_, Conflict, Invalid, NotFound
from gateway.core.integration import Mailbox
from gateway.core.model import MailboxId
from gateway.core.ports import Clock, NewId
from gateway.store import audit, mailboxes
from gateway.store.database import Connection, Database

LONGEST = 255
MOST_ALIASES = 100
OnChange = Callable[[MailboxId], Awaitable[None]]
"""Told, after the commit, of a mailbox whose remote server may no longer connect as
it could before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailboxes:
    """The MailboxDesk."""

    db: Database
    clock: Clock
    new_id: NewId
    on_change: OnChange

    async def all(self) -> Sequence[Mailbox]:
        async with self.db.read() as conn:
            return await mailboxes.listing(conn)

    async def get(self, mailbox: MailboxId) -> Mailbox:
        async with self.db.read() as conn:
            return await known(conn, mailbox)

    async def create(
        self, actor: Actor, name: str, aliases: Sequence[str], uuid: str | None = None
    ) -> Mailbox:
        made = _checked(
            MailboxId(checked_uuid(uuid) if uuid else self.new_id()), name, aliases
        )
        now = self.clock()
        async with self.db.write() as conn:
            if await mailboxes.get(conn, made.id):
                raise Conflict(
                    N_("There is a mailbox {id} already.").format(id=made.id),
                    data={"uuid": N_("is taken")},
                )
            await _free(conn, made)
            await mailboxes.add(conn, made, now)
            await audit.add(
                conn, now, actor.login, "mailbox-created", made.id, after=_facts(made)
            )
        return made

    async def change(
        self,
        actor: Actor,
        mailbox: MailboxId,
        name: str | None,
        aliases: Sequence[str] | None,
    ) -> Mailbox:
        async with self.db.write() as conn:
            old = await known(conn, mailbox)
            new = _checked(
                mailbox,
                old.name if name is None else name,
                old.aliases if aliases is None else aliases,
            )
            await _free(conn, new)
            await mailboxes.change(conn, new)
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "mailbox-changed",
                mailbox,
                before=_facts(old),
                after=_facts(new),
            )
        return new

    async def remove(self, actor: Actor, mailbox: MailboxId) -> None:
        async with self.db.write() as conn:
            old = await known(conn, mailbox)
            kept = await mailboxes.in_use(conn, mailbox)
            if kept:
                raise Conflict(
                    N_(
                        'The mailbox "{name}" holds {listed} and cannot be deleted; '
                        "switch its integration off instead."
                    ).format(name=old.name, listed=", ".join(kept)),
                    "mailbox-in-use",
                )
            await mailboxes.remove(conn, mailbox)
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "mailbox-deleted",
                mailbox,
                before=_facts(old),
            )
        await self.on_change(mailbox)


async def known(conn: Connection, mailbox: MailboxId) -> Mailbox:
    """Return the mailbox; NotFound if there is none."""
    found = await mailboxes.get(conn, mailbox)
    if found is None:
        raise NotFound(sentences.NO_MAILBOX(id=mailbox))
    return found


def checked_uuid(text: str) -> str:
    """Return the uuid in its usual spelling; Invalid if it is none."""
    try:
        return str(UUID(text))
    except ValueError as error:
        raise Invalid(
            N_("{text} is not a uuid; leave it out to have one made.").format(
                text=repr(text)
            ),
            data={"uuid": N_("is not a uuid")},
        ) from error


def _checked(uuid: MailboxId, name: str, aliases: Sequence[str]) -> Mailbox:
    name = name.strip()
    names = [alias.strip() for alias in aliases]
    wrong = {}
    if not _printable(name):
        wrong["name"] = N_("needs 1 to 255 printable characters")
    if len(names) > MOST_ALIASES:
        wrong["aliases"] = N_("are more than {most}").format(most=MOST_ALIASES)
    for index, alias in enumerate(names):
        if not _printable(alias):
            wrong[f"aliases.{index}"] = N_("needs 1 to 255 printable characters")
        elif alias in names[:index]:
            wrong[f"aliases.{index}"] = N_("is there twice")
    if wrong:
        place, why = next(iter(wrong.items()))
        raise Invalid(f"{place} {why}.", data=wrong)
    return Mailbox(id=uuid, name=name, aliases=tuple(sorted(names)))


def _printable(text: str) -> bool:
    return text.isprintable() and 1 <= len(text) <= LONGEST


async def _free(conn: Connection, wanted: Mailbox) -> None:
    taken = {
        alias: owner
        for alias, owner in (await mailboxes.owners(conn, wanted.aliases)).items()
        if owner != wanted.id
    }
    if taken:
        alias, owner = next(iter(taken.items()))
        raise Conflict(
            N_(
                'The alias "{alias}" belongs to the mailbox {owner}; an alias '
                "is unique."
            ).format(alias=alias, owner=owner),
            "alias-taken",
            {
                "aliases": N_("{alias} belongs to the mailbox {owner}").format(
                    alias=alias, owner=owner
                )
            },
        )


def _facts(mailbox: Mailbox) -> dict[str, object]:
    return {"name": mailbox.name, "aliases": list(mailbox.aliases)}
