"""The second factor of people: sealed secrets, the last code used, recovery codes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.tables import recovery_codes, users


async def secret(conn: AsyncConnection, login: str, *, confirmed: bool) -> bytes | None:
    """Return the sealed secret that is in use, or the one that waits for a code."""
    there = (
        users.c.totp_since.is_not(None) if confirmed else users.c.totp_since.is_(None)
    )
    found = select(users.c.totp_secret).where(users.c.login == login, there)
    sealed: bytes | None = (await conn.execute(found)).scalar_one_or_none()
    return sealed


async def begin(conn: AsyncConnection, login: str, sealed: bytes) -> bool:
    """Write a secret that waits for its first code; False if one is in use."""
    written = (
        update(users)
        .where(users.c.login == login, users.c.totp_since.is_(None))
        .values(totp_secret=sealed, totp_step=None)
    )
    return bool((await conn.execute(written)).rowcount)


async def confirm(conn: AsyncConnection, login: str, at: datetime) -> None:
    await conn.execute(
        update(users).where(users.c.login == login).values(totp_since=at)
    )


async def use_step(conn: AsyncConnection, login: str, step: int) -> bool:
    """Book the code of this step; False if it or a later one was used before."""
    unused = or_(users.c.totp_step.is_(None), users.c.totp_step < step)
    booked = update(users).where(users.c.login == login, unused).values(totp_step=step)
    return bool((await conn.execute(booked)).rowcount)


async def use_recovery(conn: AsyncConnection, login: str, sha256: str) -> bool:
    """Use up the recovery code; False if there is none such."""
    used = delete(recovery_codes).where(
        recovery_codes.c.login == login, recovery_codes.c.sha256 == sha256
    )
    return bool((await conn.execute(used)).rowcount)


async def replace_recovery(
    conn: AsyncConnection, login: str, digests: Sequence[str]
) -> None:
    await conn.execute(delete(recovery_codes).where(recovery_codes.c.login == login))
    if digests:
        rows = [{"login": login, "sha256": each} for each in digests]
        await conn.execute(insert(recovery_codes), rows)


async def remove(conn: AsyncConnection, login: str) -> bool:
    """Turn the second factor off; whether it was on."""
    was_on = await secret(conn, login, confirmed=True) is not None
    await conn.execute(
        update(users)
        .where(users.c.login == login)
        .values(totp_secret=None, totp_since=None, totp_step=None)
    )
    await replace_recovery(conn, login, ())
    return was_on
