"""The appliance's switches, changed with an audit entry."""

from dataclasses import asdict, dataclass, replace

from gateway.core.desk.actor import Actor
from gateway.core.integration import Settings
from gateway.core.ports import Clock
from gateway.engine.desk.mailboxes import OnChange
from gateway.store import audit, integrations, settings
from gateway.store.database import Database


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
    ) -> Settings:
        wanted = {
            "integrations_enabled": integrations_enabled,
            "show_passwords_once": show_passwords_once,
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
