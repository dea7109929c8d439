"""Give every order there is, by the API or at the desk, and look into the audit log."""

import re
from dataclasses import dataclass, field, fields, replace
from inspect import getmembers, isfunction, signature
from typing import get_type_hints

from admin_web.api.areas import operations
from gateway.core.desk.areas import Desk
from gateway.core.desk.audit import AuditQuery

JSON = "application/json"
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


def changing():
    """Return every operation of the API that may change something."""
    return {f"{o.method} {o.path}" for o in operations() if o.method in CHANGING}


def ordering():
    """Return every method of the desk that is told who orders it."""
    return {
        f"{area}.{name}"
        for area, port in get_type_hints(Desk).items()
        for name, method in getmembers(port, isfunction)
        if "actor" in signature(method).parameters
    }


class Spy:
    """One area of the desk; notes which of its methods were used."""

    def __init__(self, area, inner, seen):
        self._area, self._inner, self._seen = area, inner, seen

    def __getattr__(self, name):
        self._seen.add(f"{self._area}.{name}")
        return getattr(self._inner, name)


def watched(desk, seen):
    """Return the same desk, whose areas note in `seen` what is used."""
    areas = {
        each.name: Spy(each.name, getattr(desk, each.name), seen)
        for each in fields(desk)
    }
    return replace(desk, **areas)


@dataclass
class Walk:
    """Each order must leave its entry; *sides* says what that tells."""

    api: object
    desk: Desk
    clock: object
    done: set = field(default_factory=set)
    booked: set = field(default_factory=set)

    async def call(self, operation, action, sides="both", *, into=None, **options):
        """Call "METHOD /path/{name}"; what is in `into` fills the path."""
        method, path = operation.split(" ")
        self.done.add(operation)
        names = into or {}
        address = re.sub(r"{(\w+)}", lambda found: str(names[found[1]]), path)
        before = await self._newest()
        answer = await self.api.request(method, address, **options)
        assert answer.status < 300, (operation, answer.status, await answer.text())
        await self._look(before, operation, action, sides)
        return await answer.json() if answer.content_type == JSON else None

    async def order(self, awaitable, action, sides="both"):
        """Await what orders something at the desk."""
        before = await self._newest()
        result = await awaitable
        await self._look(before, action, action, sides)
        return result

    async def _newest(self):
        _, entries = await self.desk.audit.find(AuditQuery(limit=1))
        return entries[0].id if entries else 0

    async def _look(self, before, what, action, sides):
        _, entries = await self.desk.audit.find(AuditQuery(limit=20))
        fresh = [entry for entry in entries if entry.id > before]
        assert action in [entry.action for entry in fresh], (what, fresh)
        [entry] = [entry for entry in fresh if entry.action == action]
        self.booked.add(entry.action)
        assert entry.who, what
        assert entry.subject, what
        assert bool(entry.before) == (sides in {"both", "before"}), (what, entry)
        assert bool(entry.after) == (sides in {"both", "after"}), (what, entry)
        if sides == "both":
            assert entry.before != entry.after, (what, entry)
