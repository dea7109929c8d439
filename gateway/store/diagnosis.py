"""What a look at the database says about its health; nothing here changes it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.core.errors import StorageError
from gateway.store import settings
from gateway.store.database import Database
from gateway.store.migrations import newest, present
from gateway.store.tables import audit, integrations, jobs

MOST_FINDINGS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found.

    *schema* is "" in an empty database; *damage* is what SQLite's own check complains
    of; *sealed* is one stored secret, to try the master key on; *dead* counts jobs that
    were given up; *newest* is the youngest audit entry; *mail_server* is what the
    settings page set, an empty host if nothing.
    """

    schema: str
    known_schema: str
    damage: tuple[str, ...] = ()
    sealed: bytes | None = None
    dead: int = 0
    newest: datetime | None = None
    mail_server: tuple[str, int] = ("", 0)


async def diagnose(db: Database) -> Diagnosis:
    """Look at the database; StorageError if it cannot be read at all."""
    try:
        async with db.read() as conn:
            schema, known = await present(conn), newest()
            damage: tuple[str, ...] = ()
            if db.embedded:
                rows = await conn.execute(text("PRAGMA integrity_check"))
                damage = tuple(row[0] for row in rows if row[0] != "ok")
            if schema != known or damage:
                return Diagnosis(
                    schema=schema, known_schema=known, damage=damage[:MOST_FINDINGS]
                )
            dead = select(func.count()).select_from(jobs).where(jobs.c.dead.is_(True))
            sealed = select(integrations.c.sftp_password).where(
                integrations.c.sftp_password.is_not(None)
            )
            mail = await settings.value(conn, settings.MAIL_SERVER)
            return Diagnosis(
                schema=schema,
                known_schema=known,
                mail_server=(str(mail.get("host", "")), int(str(mail.get("port", 0)))),
                dead=int((await conn.execute(dead)).scalar_one()),
                sealed=(await conn.execute(sealed.limit(1))).scalar(),
                newest=(await conn.execute(select(func.max(audit.c.at)))).scalar(),
            )
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(f"the database cannot be read: {error}") from error
