"""For how long things are kept: set by the configuration, else on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.config import Config
from gateway.config.sections import Retention as Section
from gateway.core.desk.actor import Actor
from gateway.core.desk.settings import Kept
from gateway.core.errors import N_, Conflict
from gateway.core.ports import Clock
from gateway.engine.desk.integration_merge import raise_if
from gateway.engine.retention import KeepDays
from gateway.store import audit, retention, settings
from gateway.store.database import Connection, Database

KINDS = ("transfers", "envelopes", "mails", "audit")
MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Keeping:
    """The RetentionDesk, and what the housekeeping asks."""

    db: Database
    clock: Clock
    config: Config

    async def days(self) -> KeepDays:
        """Return for how long each kind is kept now."""
        async with self.db.read() as conn:
            return KeepDays(**await self._days(conn))

    async def get(self) -> Sequence[Kept]:
        async with self.db.read() as conn:
            days = await self._days(conn)
        return [Kept(kind, days[kind], self._origin(kind)) for kind in KINDS]

    async def save(self, actor: Actor, days: Mapping[str, int]) -> Sequence[Kept]:
        _check(days)
        async with self.db.write() as conn:
            old = await self._days(conn)
            for kind, wanted in days.items():
                if self._origin(kind) and wanted != old[kind]:
                    raise Conflict(
                        N_(
                            "How long {kind} are kept is set by {origin}, which wins; "
                            "change it there, or take it out there."
                        ).format(kind=kind, origin=self._origin(kind)),
                        "configured-elsewhere",
                        {
                            kind: N_("is set by {origin}").format(
                                origin=self._origin(kind)
                            )
                        },
                    )
            ours = {kind: n for kind, n in days.items() if not self._origin(kind)}
            kept = await settings.value(conn, settings.RETENTION)
            await settings.set_value(conn, settings.RETENTION, {**kept, **ours})
            new = await self._days(conn)
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "retention-changed",
                "appliance",
                before=old,
                after=new,
            )
        return [Kept(kind, new[kind], self._origin(kind)) for kind in KINDS]

    async def over(self, days: Mapping[str, int]) -> Mapping[str, int]:
        _check(days)
        now = self.clock()
        before = {k: now - timedelta(days=n) for k, n in days.items() if n}
        async with self.db.read() as conn:
            counted = await retention.over(conn, before)
        return {kind: counted.get(kind, 0) for kind in days}

    def _origin(self, kind: str) -> str:
        return self.config.origin(f"retention.{kind}_days")

    async def _days(self, conn: Connection) -> dict[str, int]:
        kept = await settings.value(conn, settings.RETENTION)
        configured: Section = self.config.retention
        days = {}
        for kind in KINDS:
            fixed: int = getattr(configured, f"{kind}_days")
            chosen = kept.get(kind)
            free = isinstance(chosen, int) and not self._origin(kind)
            days[kind] = int(str(chosen)) if free else fixed
        return days


def _check(days: Mapping[str, int]) -> None:
    wrong = {}
    for kind, number in days.items():
        if kind not in KINDS:
            wrong[kind] = N_("is not known; known: {listed}").format(
                listed=", ".join(KINDS)
            )
        elif not 0 <= number <= MOST_DAYS:
            wrong[kind] = N_("must be 0 (keep for ever) to {most} days").format(
                most=MOST_DAYS
            )
    raise_if(wrong)
