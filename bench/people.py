"""The keys of a run: made by one process, read by its children."""

from pathlib import Path

from as2_builders import Person, a_person
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


def make(folder: Path) -> tuple[Person, Person]:
    """Write the pairs of us and of our partner, and return them."""
    people = a_person("us"), a_person("them")
    for person in people:
        key = person.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        pem = key + person.certificate.public_bytes(Encoding.PEM)
        (folder / f"{person.name}.pem").write_bytes(pem)
    return people


def load(folder: Path) -> tuple[Person, Person]:
    """Return us and our partner."""
    us, them = (_person(folder / f"{name}.pem") for name in ("us", "them"))
    return us, them


def _person(file: Path) -> Person:
    pem = file.read_bytes()
    key = load_pem_private_key(pem, None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{file} holds no RSA key")
    return Person(file.stem, key, x509.load_pem_x509_certificate(pem))
