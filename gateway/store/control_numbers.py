"""Control numbers: counted for each relation, given once for each seed."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.interchange import Relation
from gateway.store.inserting import inserting
from gateway.store.tables import control_numbers, given_numbers


async def take(
    conn: AsyncConnection, relation: Relation, seed: str, at: datetime
) -> int:
    """Return the number of this seed; the relation's next one at the first time.

    No number is given for two seeds, and none again that was given once.
    """
    key = _key(relation)
    known = await given(conn, relation, seed)
    if known is not None:
        return known
    add = inserting(conn.dialect.name, control_numbers).values(**key, last=1)
    taken = add.on_conflict_do_update(
        index_elements=list(key), set_={"last": control_numbers.c.last + 1}
    ).returning(control_numbers.c.last)
    number: int = (await conn.execute(taken)).scalar_one()
    await conn.execute(
        insert(given_numbers).values(**key, seed=seed, number=number, given_at=at)
    )
    return number


async def coming(conn: AsyncConnection, relation: Relation) -> int:
    """Return the number that would be given next; none is taken."""
    last = select(control_numbers.c.last).filter_by(**_key(relation))
    return ((await conn.execute(last)).scalar_one_or_none() or 0) + 1


async def given(conn: AsyncConnection, relation: Relation, seed: str) -> int | None:
    """Return the number that the seed has; None if it has none yet."""
    known = select(given_numbers.c.number).filter_by(**_key(relation), seed=seed)
    number: int | None = (await conn.execute(known)).scalar_one_or_none()
    return number


def _key(relation: Relation) -> dict[str, str]:
    return {
        "kind": relation.kind,
        "sender": relation.sender,
        "receiver": relation.receiver,
    }
