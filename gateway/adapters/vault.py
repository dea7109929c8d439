"""Secrets at rest: sealed and signed under the appliance's master key."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.core.errors import ConfigError, StorageError

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_VERSION = 1


@dataclass(frozen=True, slots=True)
class FileVault:
    """The Vault whose master key is a file of 32 bytes that only its owner may read.

    Sealed: a byte of key version, a random nonce of 12 bytes, AES-256-GCM's answer. The
    purpose is authenticated with it, so a secret cannot be moved to another use.
    """

    _master: bytes = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> "FileVault":
        """Read the master key; ConfigError says what is wrong with the file."""
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                master = file.read(KEY_BYTES + 1)
        except FileNotFoundError as error:
            raise ConfigError(
                f"the master key {path} is missing; restore it from the backup: without"
                " it no stored secret can be opened"
            ) from error
        except OSError as error:
            raise ConfigError(f"the master key {path}: {error.strerror}") from error
        if status.st_mode & _forbidden(status.st_uid):
            raise ConfigError(
                f"the master key {path} may be read by others (mode "
                f"{stat.S_IMODE(status.st_mode):04o}); run: chmod 600 {path}"
            )
        if len(master) != KEY_BYTES:
            raise ConfigError(
                f"the master key {path} must have exactly {KEY_BYTES} bytes; restore "
                "it from the backup"
            )
        return cls(master)

    @classmethod
    def create(cls, path: Path) -> "FileVault":
        """Make a master key, durably; one that is there already is loaded."""
        temp = path.with_name(f".{path.name}.new")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temp.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(temp, flags, 0o600), "wb") as file:
                file.write(os.urandom(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            _name(temp, path)
        except OSError as error:
            raise ConfigError(
                f"the master key {path} could not be made: {error.strerror}"
            ) from error
        return cls.load(path)

    def seal(self, secret: bytes, purpose: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        version = bytes([KEY_VERSION])
        box = AESGCM(self._key("seal", ""))
        return version + nonce + box.encrypt(nonce, secret, _bound(version, purpose))

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Return the secret; StorageError if it was sealed otherwise."""
        version, nonce = sealed[:1], sealed[1 : 1 + NONCE_BYTES]
        if version != bytes([KEY_VERSION]):
            raise StorageError(
                f"a secret ({purpose}) is sealed with a key of another version; restore"
                " database and master key from the same backup"
            )
        box = AESGCM(self._key("seal", ""))
        try:
            rest = sealed[1 + NONCE_BYTES :]
            return box.decrypt(nonce, rest, _bound(version, purpose))
        except (InvalidTag, ValueError) as error:
            raise StorageError(
                f"a secret ({purpose}) does not open with this master key; restore "
                "database and master key from the same backup"
            ) from error

    def sign(self, message: bytes, purpose: str) -> bytes:
        """Return HMAC-SHA256 (32 bytes) under the purpose's own key."""
        mac = HMAC(self._key("sign", purpose), SHA256())
        mac.update(message)
        return mac.finalize()

    def _key(self, use: str, purpose: str) -> bytes:
        """Derive by HKDF (RFC 5869): no two uses share a key."""
        info = f"envelope-gateway {use} {KEY_VERSION} {purpose}".encode()
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self._master)


def _forbidden(owner: int) -> int:
    """Return the mode bits a key file may not have.

    A systemd credential belongs to root; its group bits are the mask of the access list
    that lets this service read it.
    """
    credential = owner == 0 != os.geteuid()
    return stat.S_IRWXO | (stat.S_IWGRP if credential else stat.S_IRWXG)


def _bound(version: bytes, purpose: str) -> bytes:
    return version + purpose.encode()


def _name(temp: Path, path: Path) -> None:
    """Give the new key its name, unless there is one: that one stays."""
    try:
        path.hardlink_to(temp)
    except FileExistsError:
        return
    finally:
        temp.unlink()
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
