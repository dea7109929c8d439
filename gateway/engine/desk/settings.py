"""The appliance's switches and whose it is, changed with an audit entry."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.errors import Invalid
from gateway.core.integration import Settings
from gateway.core.ports import Clock
from gateway.engine.desk.mailboxes import OnChange
from gateway.store import audit, integrations, settings
from gateway.store.database import Database

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSettings:
    """The SettingsDesk; *on_change* hears of every mailbox the switch concerns."""

    db: Database
    clock: Clock
    on_change: OnChange

    async def get(self) -> Settings:
        async with self.db.read() as conn:
            return await settings.get(conn)

    async def change(
        self,
        actor: Actor,
        integrations_enabled: bool | None,  # noqa: FBT001 - the port says so
        show_passwords_once: bool | None,  # noqa: FBT001 - the port says so
        account_name: str | None = None,
    ) -> Settings:
        wanted: dict[str, Any] = {
            "integrations_enabled": integrations_enabled,
            "show_passwords_once": show_passwords_once,
            "account_name": None if account_name is None else _name(account_name),
        }
        async with self.db.write() as conn:
            old = await settings.get(conn)
            new = replace(old, **{k: v for k, v in wanted.items() if v is not None})
            await settings.put(conn, new)
            concerned = [i.mailbox for i in await integrations.saved(conn) if i.enabled]
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "settings-changed",
                "appliance",
                before=asdict(old),
                after=asdict(new),
            )
        if old.integrations_enabled != new.integrations_enabled:
            for mailbox in concerned:
                await self.on_change(mailbox)
        return new


def _name(text: str) -> str:
    """Return the account's name as it is shown; Invalid if it cannot be."""
    name = text.strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        why = sentences.NAME_OF_ACCOUNT(most=LONGEST_NAME)
        raise Invalid(f"accountName {why}.", data={"accountName": why})
    return name
