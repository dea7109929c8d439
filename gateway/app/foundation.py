"""What every command stands on: the data folder, the database, keys, people."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from certs.files import write_private
from certs.ssh_keys import HostKey, host_keys
from gateway.adapters.blobs import FolderBlobs
from gateway.adapters.vault import FileVault
from gateway.config import Config
from gateway.core.errors import ConfigError
from gateway.engine.desk.attempts import Attempts
from gateway.engine.desk.credentials import Credentials
from gateway.engine.desk.people import ADMIN, People
from gateway.engine.desk.secret import new_secret
from gateway.store.database import Database
from gateway.store.migrations import upgrade


def utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the real clock


def new_id() -> str:
    return str(uuid.uuid4())  # noqa: TID251 - the real ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """Opened once for each process, shared by everything."""

    config: Config
    db: Database
    blobs: FolderBlobs
    vault: FileVault
    keys: tuple[HostKey, ...]
    credentials: Credentials
    people: People


@asynccontextmanager
async def foundation(config: Config) -> AsyncIterator[Foundation]:
    """Make what is missing in the data folder, open it, and close it at the end.

    ConfigError says what cannot be used, StorageError what a newer version made.
    """
    layout = config.layout
    vault = await asyncio.to_thread(_vault, config)
    await asyncio.to_thread(_make_folders, config)
    keys = await asyncio.to_thread(host_keys, layout.keys)
    db = Database.open(config.database_url)
    try:
        await _migrate(db)
        credentials = Credentials(
            db=db,
            clock=utc_now,
            new_id=new_id,
            new_secret=new_secret,
            vault=vault,
            attempts=Attempts(utc_now),
            password_changed=_forget_first_password(layout.admin_password),
        )
        yield Foundation(
            config=config,
            db=db,
            blobs=FolderBlobs(layout.blobs, new_id),
            vault=vault,
            keys=tuple(keys),
            credentials=credentials,
            people=People(credentials),
        )
    finally:
        await db.close()


async def _migrate(db: Database) -> None:
    try:
        await upgrade(db)
    except OSError as error:
        raise ConfigError(
            f"database.url: the database cannot be reached: {error}"
        ) from error


def _vault(config: Config) -> FileVault:
    """Make the master key at the first start only: a new one opens no old secret."""
    layout = config.layout
    first = not layout.keys.exists()
    return (FileVault.create if first else FileVault.load)(layout.master_key)


def _make_folders(config: Config) -> None:
    layout = config.layout
    for folder in (layout.root, layout.blobs, layout.spool, layout.keys, layout.run):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"server.data_dir: {folder} cannot be made: {error.strerror}"
            ) from error


@dataclass(frozen=True, slots=True)
class _Forget:
    file: Path

    def __call__(self, login: str) -> None:
        if login == ADMIN:
            self.file.unlink(missing_ok=True)


def _forget_first_password(file: Path) -> _Forget:
    """Remove the file with the generated password once the administrator has one."""
    return _Forget(file)


async def first_start(base: Foundation) -> str | None:
    """Make the administrator; return the generated password the first time only.

    The password file is written before the user is: a crash between the two leaves a
    file that the next start writes over, never a password that nobody knows.
    """
    file = base.config.layout.admin_password

    def keep(password: str) -> None:
        file.unlink(missing_ok=True)
        write_private(file, f"{password}\n".encode())

    return await base.people.ensure_admin(keep)
