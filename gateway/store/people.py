"""People: logins, roles, password hashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.actor import PersonRole
from gateway.core.desk.people import User, UserQuery
from gateway.store.listing import contains, page
from gateway.store.tables import recovery_codes, users


@dataclass(frozen=True, slots=True)
class Person:
    """A user with the argon2id hash of the password."""

    user: User
    password_hash: str


async def person(conn: AsyncConnection, login: str) -> Person | None:
    found = await conn.execute(_everybody().where(users.c.login == login))
    row = found.one_or_none()
    return Person(_user(row), row.password_hash) if row else None


async def listing(conn: AsyncConnection) -> Sequence[User]:
    """Return everybody by login."""
    return [
        _user(row) for row in await conn.execute(_everybody().order_by(users.c.login))
    ]


async def find(conn: AsyncConnection, query: UserQuery) -> tuple[int, Sequence[User]]:
    """Return how many people there are, and one page, by login."""
    found = _everybody().order_by(users.c.login)
    if query.text:
        found = found.where(contains(query.text, users.c.login, users.c.role))
    total, rows = await page(conn, found, query.limit, query.offset)
    return total, [_user(row) for row in rows]


def _everybody() -> Select[Any]:
    left = (
        select(func.count())
        .where(recovery_codes.c.login == users.c.login)
        .scalar_subquery()
    )
    return select(users, left.label("recovery_codes"))


def _user(row: Row[Any]) -> User:
    return User(
        login=row.login,
        role=PersonRole(row.role),
        created_at=row.created_at,
        password_changed_at=row.password_changed_at,
        must_change=row.must_change,
        last_login_at=row.last_login_at,
        second_factor=row.totp_since is not None,
        recovery_codes=row.recovery_codes,
    )


async def add(conn: AsyncConnection, user: User, password_hash: str) -> None:
    await conn.execute(
        insert(users).values(
            login=user.login,
            password_hash=password_hash,
            role=user.role.value,
            created_at=user.created_at,
            password_changed_at=user.password_changed_at,
            must_change=user.must_change,
        )
    )


async def set_password(
    conn: AsyncConnection, login: str, password_hash: str, at: datetime | None
) -> None:
    """Write the hash; `at` None: a generated one, that must be changed."""
    await conn.execute(
        update(users)
        .where(users.c.login == login)
        .values(
            password_hash=password_hash, password_changed_at=at, must_change=at is None
        )
    )


async def set_role(conn: AsyncConnection, login: str, role: PersonRole) -> None:
    await conn.execute(
        update(users).where(users.c.login == login).values(role=role.value)
    )


async def logged_in(conn: AsyncConnection, login: str, at: datetime) -> None:
    await conn.execute(
        update(users).where(users.c.login == login).values(last_login_at=at)
    )


async def remove(conn: AsyncConnection, login: str) -> None:
    """Delete the person and their tokens."""
    await conn.execute(delete(users).where(users.c.login == login))


async def owners(conn: AsyncConnection) -> int:
    """Return how many people have the role OWNER; they stay so in this transaction."""
    found = select(users.c.login).where(users.c.role == PersonRole.OWNER.value)
    return len((await conn.execute(found.with_for_update())).all())
