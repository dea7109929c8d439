"""The test bench without the servers: for the command line."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.app.engine import build, converter
from gateway.app.foundation import Foundation, new_id, utc_now
from gateway.core.desk.bench import RuleBenchDesk
from gateway.core.integration import Mailbox
from gateway.engine.desk.rule_bench import RuleBench
from gateway.engine.desk.trials import Trials
from gateway.store import mailboxes


@dataclass(frozen=True, slots=True)
class Bench:
    """What tries rules, and the mailboxes that there are, by name."""

    rules: RuleBenchDesk
    mailboxes: Sequence[Mailbox]


@asynccontextmanager
async def bench(base: Foundation) -> AsyncIterator[Bench]:
    """Open the bench; its conversion worker ends with it. Nothing else is started."""
    async with base.db.read() as conn:
        known = await mailboxes.listing(conn)
    async with converter(base) as pool:
        engine = build(base, pool)
        trials = Trials(
            base.db,
            engine.conversions,
            engine.archives,
            engine.drafts,
            utc_now,
            new_id,
        )
        yield Bench(RuleBench(base.db, base.blobs, trials, utc_now, new_id), known)
