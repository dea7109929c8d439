"""The doctor's checks of the database: readable, whole, known, opened by our key."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway.adapters.vault import FileVault
from gateway.commands.as2_checks import certificates
from gateway.commands.findings import Finding, fail, ok, warn
from gateway.config import Config
from gateway.core.errors import GatewayError, StorageError
from gateway.store.database import Database
from gateway.store.diagnosis import Diagnosis, diagnose

SKEW = timedelta(minutes=5)
MailHost = tuple[str, int]
NOWHERE: MailHost = ("", 0)


async def database(config: Config, now: datetime) -> tuple[list[Finding], MailHost]:
    """Check the database, and return the mail server that the settings page set.

    Nothing in it is changed, and none is made.
    """
    if not config.database.url and not config.layout.database.exists():
        missing = f"{config.layout.database} is missing; restore it from the backup"
        return [fail("database", missing)], NOWHERE
    db = Database.open(config.database_url)
    try:
        found = await diagnose(db)
        findings = list(_judge(found, config, now))
        if not found.damage and found.schema == found.known_schema:
            findings.append(await certificates(db, now))
    except StorageError as error:
        return [fail("database", f"{error}; restore it from the backup")], NOWHERE
    finally:
        await db.close()
    return findings, found.mail_server


def _judge(found: Diagnosis, config: Config, now: datetime) -> Iterator[Finding]:
    if found.damage:
        yield fail(
            "database",
            f"damaged ({'; '.join(found.damage)}); stop and restore it from the backup",
        )
        return
    if found.schema != found.known_schema:
        yield fail(
            "database",
            f"has schema {found.schema or 'none'}, this version needs "
            f"{found.known_schema}; start the version that fits (`serve` and `init` "
            "bring an older schema up to date)",
        )
        return
    yield ok("database", f"whole, schema {found.schema}")
    yield _secrets(found, config)
    yield _clock(found, now)
    if found.dead:
        yield warn(
            "jobs",
            f"{found.dead} were given up; mend what the log tells of them, then "
            "restart: they run again",
        )
    else:
        yield ok("jobs", "none was given up")


def _secrets(found: Diagnosis, config: Config) -> Finding:
    if found.sealed is None:
        return ok("secrets", "none stored yet")
    try:
        FileVault.load(config.layout.master_key).open(found.sealed, "sftp-password")
    except GatewayError as error:
        return fail("secrets", str(error))
    return ok("secrets", "the master key opens them")


def _clock(found: Diagnosis, now: datetime) -> Finding:
    if found.newest and now < found.newest - SKEW:
        return fail(
            "clock",
            f"it is {now:%Y-%m-%d %H:%M} UTC here, but the database knows of "
            f"{found.newest:%Y-%m-%d %H:%M}; set the clock (time synchronisation)",
        )
    return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")
