"""A partner behind its HTTP server."""

import asyncio
from dataclasses import dataclass, field

from as2_line import Pairs, Reply
from partners.cells import Partner, Taken


@dataclass
class Taking:
    """The partner behind its HTTP server: takes messages, answers with its MDNs."""

    partner: Partner
    taken: list[Taken] = field(default_factory=list)

    async def __call__(self, headers: Pairs, body: bytes) -> Reply:
        found = await asyncio.to_thread(self.partner.take, headers, body)
        self.taken.append(found)
        if found.mdn is None or found.url:
            return Reply(200, [], b"")
        return Reply(200, *found.mdn)
