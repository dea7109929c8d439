"""The doctor's checks of what lies on the disk: folders, keys, certificate, space."""

import shutil
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from certs.expiry import days_left, threshold
from certs.files import read_private
from certs.ssh_keys import KINDS
from certs.tls import certificate
from gateway.adapters.vault import FileVault
from gateway.commands.findings import Finding, fail, ok, warn
from gateway.config import Config
from gateway.core.errors import ConfigError

MIB = 1 << 20
LEAST_FREE = 256 * MIB
LITTLE_FREE = 0.05


def files(config: Config, now: datetime) -> Iterator[Finding]:
    """Check everything that is a file; changes nothing."""
    yield _folder(config.data_dir)
    yield _master_key(config)
    yield _host_keys(config.layout.keys)
    yield _tls(config, now)
    yield _first_password(config.layout.admin_password)
    yield _smtp_password(config)
    yield _disk(config.data_dir)


def _folder(folder: Path) -> Finding:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warn(
            "data folder",
            f"{folder} is open to others (mode {mode:04o}); run: chmod 700 {folder}",
        )
    return ok("data folder", str(folder))


def _master_key(config: Config) -> Finding:
    try:
        FileVault.load(config.layout.master_key)
    except ConfigError as error:
        return fail("master key", str(error))
    return ok("master key", "there, and its owner's alone")


def _host_keys(folder: Path) -> Finding:
    missing = []
    for kind in KINDS:
        path = folder / f"ssh_host_{kind}_key"
        try:
            if read_private(path) is None:
                missing.append(str(path))
        except ConfigError as error:
            return fail("SSH host keys", str(error))
    if missing:
        return fail(
            "SSH host keys",
            f"{', '.join(missing)} missing; restore from the backup, or run `init` to "
            "have new ones made (partners must then accept the new fingerprints)",
        )
    return ok("SSH host keys", ", ".join(KINDS))


def _tls(config: Config, now: datetime) -> Finding:
    name = "admin certificate"
    own = config.admin.tls == "self-signed"
    if config.admin.tls == "off":
        return warn(
            name, 'TLS is off ([admin] tls = "off"); passwords cross the network bare'
        )
    path = config.layout.tls_certificate if own else Path(config.admin.tls_cert)
    try:
        end = certificate(path).not_valid_after_utc
    except ConfigError as error:
        remedy = "`init` makes a new one" if own else "set [admin] tls_cert and tls_key"
        return fail(name, f"{error}; {remedy}")
    left = days_left(end, now)
    if left < 0:
        return fail(name, f"{path} ended {-left} days ago; {_renew(own)}")
    if threshold(end, now) is not None:
        return warn(name, f"{path} ends in {left} days; {_renew(own)}")
    return ok(name, f"good for {left} days")


def _renew(own: bool) -> str:  # noqa: FBT001 - one word of a sentence
    return "a restart makes a new one" if own else "get a new one and reload"


def _first_password(file: Path) -> Finding:
    if file.exists():
        return warn(
            "administrator",
            f"the generated password still holds and lies in {file}; change it: "
            "envelope-gateway user password admin",
        )
    return ok("administrator", "has a password of their own")


def _smtp_password(config: Config) -> Finding:
    if not config.smtp.password_file:
        return ok("mail password", "none is needed")
    path = Path(config.smtp.password_file)
    try:
        path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return fail("mail password", f"[smtp] password_file {path}: {error}")
    return ok("mail password", f"read from {path}")


def _disk(folder: Path) -> Finding:
    usage = shutil.disk_usage(folder)
    text = f"{usage.free // MIB} MiB free of {usage.total // MIB}"
    if usage.free < LEAST_FREE:
        return fail("disk", f"{text}; nothing can be received; make room")
    if usage.free < usage.total * LITTLE_FREE:
        return warn("disk", f"{text}; make room soon, or set [retention]")
    return ok("disk", text)
