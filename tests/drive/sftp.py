"""SFTP as partners do it: OpenSSH's own client, and paramiko."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paramiko.sftp import CMD_CLOSE

needs_openssh = pytest.mark.skipif(
    shutil.which("sftp") is None,
    reason="no sftp client here (Debian: openssh-client)",
)


@dataclass(frozen=True)
class Partner:
    """What a partner's client needs to know."""

    login: str
    password: str
    host: str
    port: int
    known_hosts: Path
    key: Path

    @property
    def options(self) -> list[str]:
        """OpenSSH's options: our key, this one host key, nothing of the user's."""
        settings = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "ConnectTimeout": "20",
        }
        words = [f"-o{name}={value}" for name, value in settings.items()]
        return ["-F", "/dev/null", *words, "-i", str(self.key), "-P", str(self.port)]

    def start(self, *lines: str, options: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start OpenSSH's sftp on a batch of commands."""
        child = subprocess.Popen(
            [
                *("sftp", "-q", "-b", "-", *options, *self.options),
                f"{self.login}@{self.host}",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if child.stdin is None:
            raise AssertionError("no pipe to sftp")
        child.stdin.write("\n".join(lines) + "\n")
        child.stdin.close()
        child.stdin = None
        return child

    def openssh(self, *lines: str) -> str:
        """Run a batch to its end; an AssertionError with what it printed if it fails.

        A line that begins with - may fail.
        """
        child = self.start(*lines)
        output, _ = child.communicate(timeout=60)
        if child.returncode != 0:
            raise AssertionError(f"sftp ended with {child.returncode}: {output}")
        return output

    @contextmanager
    def paramiko(self) -> Iterator[paramiko.SFTPClient]:
        """Log in by password."""
        client = paramiko.SSHClient()
        client.load_host_keys(str(self.known_hosts))
        try:
            client.connect(
                self.host,
                self.port,
                self.login,
                self.password,
                allow_agent=False,
                look_for_keys=False,
                timeout=20,
                banner_timeout=20,
                auth_timeout=20,
            )
            with client.open_sftp() as sftp:
                yield sftp
        finally:
            client.close()

    def listing(self, folder: str) -> list[str]:
        with self.paramiko() as sftp:
            return sorted(sftp.listdir(folder))

    def read(self, path: str) -> bytes:
        with self.paramiko() as sftp, sftp.open(path) as file:
            return file.read()

    def write(self, path: str, data: bytes) -> None:
        with self.paramiko() as sftp:
            upload(sftp, path, data)


def upload(sftp: paramiko.SFTPClient, path: str, data: bytes) -> None:
    """Write a file; returns only when the server answered CLOSE with OK."""
    file = sftp.open(path, "wb")
    file.set_pipelined(pipelined=False)
    file.write(data)
    file.flush()
    close(sftp, file)


def close(sftp: paramiko.SFTPClient, file: paramiko.SFTPFile) -> None:
    """Close by a request of our own: paramiko's close() hides what was answered."""
    try:
        sftp._request(CMD_CLOSE, file.handle)
    finally:
        file._closed = True


def make_key(file: Path) -> str:
    """Write a new OpenSSH private key and return its public line."""
    key = Ed25519PrivateKey.generate()
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return public.decode()
