"""What people write into blocks 2 and 3 (SFTP) of the integrations page, checked.

Each function returns the clean value; what is wrong goes into `wrong` under the name
of its field (`sftp.publicKeys.0`).
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from gateway.core.errors import N_

SMALLEST_RSA = 2048
MOST = 100  # keys or addresses of one mailbox
MOST_MAILS = 20
_KEY_TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
_MAIL = re.compile(r"[^\s@,;<>\"()\[\]\\:]{1,64}@(?=.{1,255}$)\w[\w-]*(\.\w[\w-]*)*")


def emails(text: str, wrong: dict[str, str], place: str = "notifyEmail") -> str:
    """Return the comma-separated addresses with one space after each comma."""
    found = [part.strip() for part in text.split(",")] if text.strip() else []
    for address in found:
        if not _MAIL.fullmatch(address) or not address.isprintable():
            wrong[place] = N_(
                "{address} is not an e-mail address; separate several by commas"
            ).format(address=repr(address))
    if len(found) > MOST_MAILS:
        wrong[place] = N_("holds more than {most} addresses").format(most=MOST_MAILS)
    return ", ".join(dict.fromkeys(found))


def public_keys(lines: Sequence[str], wrong: dict[str, str]) -> Sequence[str]:
    """Return the keys as `type base64 comment`, each once."""
    place = "sftp.publicKeys"
    if len(lines) > MOST:
        wrong[place] = N_("holds more than {most} keys").format(most=MOST)
        return ()
    clean: dict[str, str] = {}
    for index, line in enumerate(lines):
        words = line.split()
        trouble = _key_trouble(line, words)
        if trouble:
            wrong[f"{place}.{index}"] = trouble
        else:
            clean.setdefault(words[1], " ".join(words))
    return tuple(clean.values())


def _key_trouble(line: str, words: Sequence[str]) -> str:
    if "PRIVATE KEY" in line:
        return N_(
            "is a private key; nobody but its owner may have it: make a new pair and "
            "paste the .pub file"
        )
    if not words or not line.strip().isprintable():
        return N_("must be one line of a .pub file: type, key, comment")
    if words[0] == "ssh-dss":
        return N_("is a DSA key, which is too weak; make an Ed25519 key")
    if not words[0].startswith(_KEY_TYPES):
        return N_(
            "begins with {words}, which is no key type; options are not taken"
        ).format(words=repr(words[0]))
    return _unreadable_or_weak(" ".join(words))


def _unreadable_or_weak(line: str) -> str:
    try:
        key = load_ssh_public_key(line.encode())
    except (ValueError, UnsupportedAlgorithm):
        return N_("cannot be read as an OpenSSH public key; paste the whole .pub file")
    if isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA:
        return N_(
            "is an RSA key of {bits} bits; {least} are needed, or an Ed25519 key"
        ).format(bits=key.key_size, least=SMALLEST_RSA)
    return ""


def addresses(texts: Sequence[str], wrong: dict[str, str]) -> Sequence[str]:
    """Return addresses and networks (10.0.0.0/8, 2001:db8::/32), each once."""
    place = "sftp.allowedAddresses"
    if len(texts) > MOST:
        wrong[place] = N_("holds more than {most} addresses").format(most=MOST)
        return ()
    clean = []
    for index, text in enumerate(texts):
        bare = text.strip()
        try:
            clean.append(str(ip_network(bare) if "/" in bare else ip_address(bare)))
        except ValueError as error:
            wrong[f"{place}.{index}"] = N_(
                "{error}; write an address (192.0.2.7) or a network (192.0.2.0/24)"
            ).format(error=error)
    return tuple(dict.fromkeys(clean))
