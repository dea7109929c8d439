"""What an operator can set about the SFTP server."""

from collections.abc import Sequence
from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpOptions:
    """Limits and the address; times in seconds, sizes in bytes.

    *host_keys* are private keys in PEM or OpenSSH form, without a passphrase;
    *port* 0 takes any free one. *linger* is how long a file that was just consumed
    still answers a stat of the session that sent it.
    """

    host: str
    port: int
    host_keys: Sequence[bytes]
    max_file_bytes: int = 1024 * MIB
    keep_free: int = 128 * MIB  # of the disk: what the database needs to go on
    max_connections: int = 200
    max_unauthenticated: int = 100
    max_per_address: int = 20
    max_per_login: int = 20
    max_sessions: int = 4  # of one connection
    max_handles: int = 64  # of one session
    max_auth_tries: int = 6
    failed_login_delay: float = 1
    login_grace: float = 30
    idle_timeout: float = 15 * 60
    keepalive: float = 60
    linger: float = 60
    unsent_bytes: int = MIB  # answers waiting for a slow client


KEX = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
)
CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
SIGNATURES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""Nothing with SHA-1, CBC or a group below 2048 bits; strict key exchange is
asyncssh's own and always on (Terrapin, CVE-2023-48795)."""
