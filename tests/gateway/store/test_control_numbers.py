"""Control numbers: never twice for a relation, the same again for the same seed."""

import asyncio

from gateway.core.interchange import Reference, Relation
from gateway.core.model import MailboxId
from gateway.store import control_numbers, sent_interchanges

RELATION = Relation("EDIFACT", "A:14", "B:14")


async def take(db, clock, seed: str, relation: Relation = RELATION) -> int:
    async with db.write() as conn:
        return await control_numbers.take(conn, relation, seed, clock())


async def test_numbers_taken_at_once_are_all_different(db, clock):
    seeds = [f"job {n}" for n in range(40)]
    numbers = await asyncio.gather(*(take(db, clock, seed) for seed in seeds))
    assert sorted(numbers) == list(range(1, 41))
    again = await asyncio.gather(*(take(db, clock, seed) for seed in seeds))
    assert again == numbers


async def test_each_relation_counts_by_itself_and_a_look_takes_nothing(db, clock):
    assert await take(db, clock, "a") == 1
    for other in (
        Relation("X12", "A:14", "B:14"),
        Relation("EDIFACT", "B:14", "A:14"),
        Relation("EDIFACT", "A:14", "C:14"),
    ):
        assert await take(db, clock, "a", other) == 1
    async with db.read() as conn:
        for _ in range(2):
            assert await control_numbers.coming(conn, RELATION) == 2
        assert await control_numbers.coming(conn, Relation("EDIFACT", "", "")) == 1
    assert await take(db, clock, "b") == 2


async def test_a_number_that_is_rolled_back_is_given_again(db, clock):
    class Stop(Exception):
        pass

    try:
        async with db.write() as conn:
            assert await control_numbers.take(conn, RELATION, "a", clock()) == 1
            raise Stop
    except Stop:
        pass
    assert await take(db, clock, "b") == 1


async def test_an_answer_to_what_was_never_sent_finds_nothing(db, clock):
    reference = Reference("EDIFACT", "A", "B", "1")
    async with db.write() as conn:
        found = await sent_interchanges.answered(
            conn, MailboxId("m"), reference, clock(), accepted=True
        )
    assert found is None
