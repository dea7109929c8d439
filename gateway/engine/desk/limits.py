"""The limits: set by the configuration, else on the page, else as they come."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from gateway.config import Config
from gateway.config.sections import Section
from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.desk.settings import Configured, Limit
from gateway.core.errors import N_, Conflict
from gateway.core.ports import Clock
from gateway.engine.desk.integration_merge import raise_if
from gateway.store import audit, settings
from gateway.store.database import Connection, Database

log = logging.getLogger(__name__)

SECTIONS = ("limits", "defender")
AT_START = frozenset({"limits.conversion_workers", "limits.shutdown_grace"})
"""What only the next start changes; the others work at once."""


def nothing(_config: Config) -> None:
    """Apply limits to nothing: there is nobody to limit."""


async def chosen(db: Database, config: Config) -> Config:
    """Return the configuration with the limits that were set on the page."""
    async with db.read() as conn:
        return _with(config, await settings.value(conn, settings.LIMITS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The ConfigurationDesk; *apply* puts new limits to work.

    *config* is as it was at the start, the page's limits included.
    """

    config: Config
    db: Database
    clock: Clock
    apply: Callable[[Config], None] = nothing

    async def limits(self) -> Sequence[Configured]:
        async with self.db.read() as conn:
            return self._shown(await settings.value(conn, settings.LIMITS))

    async def save(
        self, actor: Actor, values: Mapping[str, Limit | None]
    ) -> Sequence[Configured]:
        async with self.db.write() as conn:
            kept = await self._kept(conn)
            before = {each.name: each for each in self._shown(kept)}
            self._check(values, before)
            for name, value in values.items():
                kept.pop(name, None)
                if value is not None and not before[name].origin:
                    kept[name] = value
            after = self._shown(kept)
            await settings.set_value(conn, settings.LIMITS, kept)
            changed = [e for e in after if e.value != before[e.name].value]
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "limits-changed",
                "appliance",
                before={each.name: before[each.name].value for each in changed},
                after={each.name: each.value for each in changed},
            )
        self.apply(_with(self.config, kept))
        return after

    async def _kept(self, conn: Connection) -> dict[str, object]:
        return dict(await settings.value(conn, settings.LIMITS))

    def _check(
        self, values: Mapping[str, Limit | None], now: Mapping[str, Configured]
    ) -> None:
        """Refuse what is no limit, or set elsewhere; what stays as it is may come."""
        wrong = {name: N_("is no limit") for name in values if name not in now}
        fixed = {}
        for name, value in values.items():
            if value is None or name in wrong:
                continue
            if now[name].origin and value != now[name].value:
                fixed[name] = sentences.SET_BY(origin=now[name].origin)
            if why := _wrong(self.config, name, value):
                wrong[name] = why
        raise_if(wrong)
        if fixed:
            name, why = next(iter(fixed.items()))
            raise Conflict(f"{name} {why}.", "configured-elsewhere", fixed)

    def _shown(self, kept: Mapping[str, object]) -> Sequence[Configured]:
        now = _with(self.config, kept)
        found = []
        for name, section, key in _every(self.config):
            field = type(section).model_fields[key]
            origin = self.config.origin(name)
            live = name not in AT_START
            value = getattr(getattr(now, name.split(".")[0]), key)
            made = Configured(
                section=name.split(".")[0],
                key=key,
                value=value,
                default=field.default,
                origin=origin,
                chosen=name in kept and not origin,
                live=live,
                in_use=value if live else getattr(section, key),
            )
            found.append(made)
        return found


def _every(config: Config) -> Iterator[tuple[str, Section, str]]:
    for word in SECTIONS:
        section = getattr(config, word)
        for key in type(section).model_fields:
            yield f"{word}.{key}", section, key


def _with(config: Config, kept: Mapping[str, object]) -> Config:
    """Return it with what is kept; without, a limit has its default again."""
    new: dict[str, dict[str, object]] = {word: {} for word in SECTIONS}
    for name, section, key in _every(config):
        if config.origin(name):
            continue
        value = kept.get(name, type(section).model_fields[key].default)
        if _wrong(config, name, value):  # another version knew other limits
            log.warning("the limit %s = %r is not allowed; its default is", name, value)
            value = type(section).model_fields[key].default
        new[name.split(".")[0]][key] = value
    sections = {
        word: getattr(config, word).model_copy(update=values)
        for word, values in new.items()
    }
    return config.model_copy(update=sections)


def _wrong(config: Config, name: str, value: object) -> str:
    """Return what is wrong with the value; an empty text if nothing is."""
    word, _, key = name.partition(".")
    kind = type(getattr(config, word))
    try:
        kind.model_validate({key: value}, strict=True)
    except ValidationError:
        return sentences.MUST_BE(why=kind.model_fields[key].description)
    return ""
