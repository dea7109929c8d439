"""What the demo's partners need on their side: a key, and settings for OpenSSH."""

import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from gateway.core.desk.integrations import Addresses

SSH_CONFIG = "ssh_config"
KNOWN_HOSTS = "known_hosts"


def make_key(path: Path) -> str:
    """Make an SSH key of 0600, or keep the one there; return its public line."""
    if path.exists():
        key = load_ssh_private_key(path.read_bytes(), None)
    else:
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        temp = path.with_suffix(".new")
        temp.unlink(missing_ok=True)
        with os.fdopen(os.open(temp, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(private)
        temp.replace(path)
    public = key.public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def write_ssh_config(
    folder: Path, addresses: Addresses, partners: Iterable[tuple[str, str]]
) -> None:
    """Let `sftp -F FOLDER/ssh_config NAME` log in; partners are (name, login).

    Written at each start: the port may be another one.
    """
    (folder / KNOWN_HOSTS).write_text(addresses.known_hosts.rstrip("\n") + "\n")
    sections = [_section(folder, addresses, *each) for each in partners]
    (folder / SSH_CONFIG).write_text("\n".join(sections))


def _section(folder: Path, addresses: Addresses, name: str, login: str) -> str:
    lines = {
        "HostName": addresses.host,
        "Port": str(addresses.sftp_port),
        "User": login,
        "IdentityFile": f'"{folder / name}.key"',
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": f'"{folder / KNOWN_HOSTS}"',
        "StrictHostKeyChecking": "yes",
        "LogLevel": "ERROR",
    }
    body = "".join(f"    {key} {value}\n" for key, value in lines.items())
    return f"Host {name}\n{body}"
