"""The bearer tokens of programs, and of people: their sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.actor import Actor, PersonRole
from gateway.core.desk.people import Token, TokenQuery
from gateway.store.listing import contains, page
from gateway.store.tables import tokens, users


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who holds a token, and when it was last seen."""

    actor: Actor
    last_used_at: datetime | None


async def add(conn: AsyncConnection, token: Token, sha256: str) -> None:
    await conn.execute(
        insert(tokens).values(
            uuid=token.uuid,
            sha256=sha256,
            name=token.name,
            login=token.login,
            role=token.role.value,
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            address=token.address[:64],
            agent=token.agent[:255],
        )
    )


async def bearer(conn: AsyncConnection, sha256: str, now: datetime) -> Bearer | None:
    """Return who holds the token; a person's role is the one they have today."""
    found = (
        select(
            tokens,
            users.c.role.label("today"),
            users.c.must_change,
            users.c.password_changed_at,
        )
        .outerjoin_from(tokens, users)
        .where(tokens.c.sha256 == sha256)
        .where(_holds(now))
    )
    row = (await conn.execute(found)).one_or_none()
    if row is None:
        return None
    actor = Actor(
        login=row.login or f"token:{row.name}",
        role=PersonRole(row.today or row.role),
        token=row.uuid,
        generated_password=row.login is not None and row.password_changed_at is None,
        must_change=bool(row.must_change),
    )
    return Bearer(actor, row.last_used_at)


async def used(conn: AsyncConnection, uuid: str, at: datetime) -> None:
    await conn.execute(
        update(tokens).where(tokens.c.uuid == uuid).values(last_used_at=at)
    )


async def renew(conn: AsyncConnection, uuid: str, sha256: str) -> bool:
    """Give the token a new text, the old one ends; whether it was there."""
    renewed = update(tokens).where(tokens.c.uuid == uuid).values(sha256=sha256)
    return bool((await conn.execute(renewed)).rowcount)


async def listing(conn: AsyncConnection, now: datetime) -> Sequence[Token]:
    """Return every token that still holds, the oldest first."""
    order = (tokens.c.created_at, tokens.c.uuid)
    found = select(tokens).where(_holds(now)).order_by(*order)
    return [_token(row) for row in await conn.execute(found)]


async def find(
    conn: AsyncConnection, query: TokenQuery, now: datetime
) -> tuple[int, Sequence[Token]]:
    """Return how many programs' tokens hold, and one page, the newest first."""
    found = select(tokens).where(tokens.c.login.is_(None), _holds(now))
    if query.text:
        found = found.where(contains(query.text, tokens.c.name))
    order = found.order_by(tokens.c.created_at.desc(), tokens.c.uuid)
    total, rows = await page(conn, order, query.limit, query.offset)
    return total, [_token(row) for row in rows]


async def sessions(conn: AsyncConnection, login: str, now: datetime) -> Sequence[Token]:
    """Return the person's tokens that hold, the newest first."""
    found = select(tokens).where(tokens.c.login == login, _holds(now))
    order = found.order_by(tokens.c.created_at.desc(), tokens.c.uuid)
    return [_token(row) for row in await conn.execute(order)]


def _holds(now: datetime) -> ColumnElement[bool]:
    return or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)


def _token(row: Row[Any]) -> Token:
    return Token(
        uuid=row.uuid,
        name=row.name,
        login=row.login,
        role=PersonRole(row.role),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        address=row.address or "",
        agent=row.agent or "",
    )


async def remove(conn: AsyncConnection, uuid: str, login: str = "") -> bool:
    """Delete the token (of that person, if a login is given); whether it was there."""
    gone = delete(tokens).where(tokens.c.uuid == uuid)
    if login:
        gone = gone.where(tokens.c.login == login)
    return bool((await conn.execute(gone)).rowcount)


async def remove_expired(conn: AsyncConnection, now: datetime) -> None:
    await conn.execute(delete(tokens).where(tokens.c.expires_at <= now))


async def end_sessions(conn: AsyncConnection, login: str, but: str = "") -> int:
    """Delete the person's tokens, but for the token `but`; return how many."""
    gone = delete(tokens).where(tokens.c.login == login, tokens.c.uuid != but)
    return (await conn.execute(gone)).rowcount
