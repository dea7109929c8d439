"""People and the bearer tokens of people and programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.actor import Actor, PersonRole
from gateway.core.desk.people import Token, User
from gateway.store.tables import tokens, users


@dataclass(frozen=True, slots=True)
class Person:
    """A user with the argon2id hash of the password."""

    user: User
    password_hash: str


async def person(conn: AsyncConnection, login: str) -> Person | None:
    found = await conn.execute(select(users).where(users.c.login == login))
    row = found.one_or_none()
    if row is None:
        return None
    return Person(
        User(
            login=row.login,
            role=PersonRole(row.role),
            created_at=row.created_at,
            password_changed_at=row.password_changed_at,
        ),
        row.password_hash,
    )


async def listing(conn: AsyncConnection) -> Sequence[User]:
    """Return everybody by login."""
    return [
        User(
            login=row.login,
            role=PersonRole(row.role),
            created_at=row.created_at,
            password_changed_at=row.password_changed_at,
        )
        for row in await conn.execute(select(users).order_by(users.c.login))
    ]


async def add(conn: AsyncConnection, user: User, password_hash: str) -> None:
    await conn.execute(
        insert(users).values(
            login=user.login,
            password_hash=password_hash,
            role=user.role.value,
            created_at=user.created_at,
            password_changed_at=user.password_changed_at,
        )
    )


async def set_password(
    conn: AsyncConnection, login: str, password_hash: str, at: datetime | None
) -> None:
    """Write the hash; `at` None leaves when it was changed as it is (a rehash)."""
    values = {"password_hash": password_hash}
    when = {"password_changed_at": at} if at else {}
    await conn.execute(
        update(users).where(users.c.login == login).values(**values, **when)
    )


async def remove(conn: AsyncConnection, login: str) -> None:
    """Delete the person and their tokens."""
    await conn.execute(delete(users).where(users.c.login == login))


async def owners(conn: AsyncConnection) -> int:
    """Return how many people have the role OWNER."""
    count = select(func.count()).where(users.c.role == PersonRole.OWNER.value)
    return (await conn.execute(count)).scalar_one()


# --- Tokens --------------------------------------------------------------------------


async def add_token(conn: AsyncConnection, token: Token, sha256: str) -> None:
    await conn.execute(
        insert(tokens).values(
            uuid=token.uuid,
            sha256=sha256,
            name=token.name,
            login=token.login,
            role=token.role.value,
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    )


async def bearer(conn: AsyncConnection, sha256: str, now: datetime) -> Actor | None:
    """Return who holds the token; a person's role is the one they have today."""
    found = (
        select(tokens, users.c.role.label("today"))
        .outerjoin_from(tokens, users)
        .where(tokens.c.sha256 == sha256)
        .where(or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now))
    )
    row = (await conn.execute(found)).one_or_none()
    if row is None:
        return None
    login = row.login or f"token:{row.name}"
    return Actor(login, PersonRole(row.today or row.role), row.uuid)


async def tokens_listing(conn: AsyncConnection, now: datetime) -> Sequence[Token]:
    """Return every token that still holds, the oldest first."""
    valid = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)
    order = (tokens.c.created_at, tokens.c.uuid)
    return [
        Token(
            uuid=row.uuid,
            name=row.name,
            login=row.login,
            role=PersonRole(row.role),
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in await conn.execute(select(tokens).where(valid).order_by(*order))
    ]


async def remove_token(conn: AsyncConnection, uuid: str) -> bool:
    """Delete the token; whether it was there."""
    gone = await conn.execute(delete(tokens).where(tokens.c.uuid == uuid))
    return bool(gone.rowcount)


async def remove_expired(conn: AsyncConnection, now: datetime) -> None:
    await conn.execute(delete(tokens).where(tokens.c.expires_at <= now))


async def end_sessions(conn: AsyncConnection, login: str, but: str) -> None:
    """Delete the tokens that `login` got by logging in, but for the token `but`."""
    await conn.execute(
        delete(tokens).where(
            tokens.c.login == login,
            tokens.c.expires_at.is_not(None),
            tokens.c.uuid != but,
        )
    )
