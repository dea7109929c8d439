"""Generated secrets and the hashes of secrets people choose."""

import asyncio
import secrets
from collections.abc import Callable
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

NewSecret = Callable[[], str]

# no 0 O 1 l I: it is read out and typed; 32 of 57 are 186 bits
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 32

_MEMORY, _PASSES = 19 * 1024, 2  # OWASP's parameters for argon2id


def new_secret() -> str:
    """Return a random secret that is safe in a URL and on a command line."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def digest(token: str) -> str:
    """Return what is stored of a token; its bits are random, so one hash is enough.

    Strangers send what is no text as a token, too: that is nobody's.
    """
    return sha256(token.encode(errors="surrogatepass")).hexdigest()


class Passwords:
    """argon2id in threads, two at a time; *memory* in KiB."""

    def __init__(self, memory: int = _MEMORY, passes: int = _PASSES) -> None:
        self._hasher = PasswordHasher(
            time_cost=passes, memory_cost=memory, parallelism=1
        )
        # no password's hash; verified for a login that is not there: as slow as others
        self._nobody = f"$argon2id$v=19$m={memory},t={passes},p=1${'A' * 22}${'A' * 43}"
        self._turns = asyncio.Semaphore(2)

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one; None (nobody) takes as long as a no."""
        async with self._turns:
            try:
                await asyncio.to_thread(
                    self._hasher.verify, stored or self._nobody, password
                )
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None
