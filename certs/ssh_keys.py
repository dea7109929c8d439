"""The SFTP server's host keys: made once, then the appliance's identity."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from certs.files import read_private, write_private
from gateway.core.errors import ConfigError

KINDS = ("ed25519", "rsa")
RSA_BITS = 3072
DEFAULT_PORT = 22


@dataclass(frozen=True, slots=True)
class HostKey:
    """*private* is a PEM in OpenSSH's format, *public* reads `ssh-ed25519 AAAA...`."""

    path: Path
    private: bytes = field(repr=False)
    public: str


def host_keys(folder: Path) -> Sequence[HostKey]:
    """Load the host keys of `folder`, Ed25519 first; make those that are missing.

    Raises ConfigError naming the file that is damaged or readable by others.
    """
    return [_host_key(folder / f"ssh_host_{kind}_key", kind) for kind in KINDS]


def fingerprint(public: str) -> str:
    """Return `SHA256:...` as `ssh-keygen -l` shows it; ValueError if it is no key."""
    digest = hashlib.sha256(_blob(public)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def known_hosts_line(host: str, port: int, public: str) -> str:
    """Return the line for OpenSSH's known_hosts; another port than 22 is bracketed."""
    name = host.lower()
    if port != DEFAULT_PORT:
        name = f"[{name}]:{port}"
    return f"{name} {' '.join(public.split()[:2])}"


def _host_key(path: Path, kind: str) -> HostKey:
    private = read_private(path)
    if private is None:
        private = _new(kind)
        write_private(path, private)
    try:
        key = load_ssh_private_key(private, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(
            f"{path} is no SSH private key without a password; restore it from the "
            "backup, or remove it to have a new one made (partners must then accept "
            "the new fingerprint)"
        ) from error
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return HostKey(path, private, public.decode())


def _new(kind: str) -> bytes:
    key: Ed25519PrivateKey | RSAPrivateKey = (
        Ed25519PrivateKey.generate()
        if kind == "ed25519"
        else generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _blob(public: str) -> bytes:
    """Return the key's bytes (RFC 4253 section 6.6); they repeat the algorithm."""
    algorithm, _, rest = public.strip().partition(" ")
    try:
        blob = base64.b64decode(rest.split(" ")[0], validate=True)
    except binascii.Error as error:
        raise ValueError("the key's middle part is not Base64") from error
    named = len(algorithm).to_bytes(4, "big") + algorithm.encode()
    if not rest or not blob.startswith(named):
        raise ValueError("a public key reads: algorithm, Base64, comment")
    return blob
