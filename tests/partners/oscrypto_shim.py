"""Stands in for oscrypto, which pyas2lib needs and which no newer OpenSSL loads.

Only what pyas2lib calls, on `cryptography`: `install()` before the first import of
pyas2lib. Its names are oscrypto's.
"""

import secrets
import sys
from collections.abc import Callable
from types import ModuleType

from asn1crypto.x509 import Certificate as Asn1Certificate
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7

HASHES = {
    "md5": hashes.MD5(),  # noqa: S303 - old partners use it
    "sha1": hashes.SHA1(),  # noqa: S303 - old partners use it
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class Certificate:
    """What oscrypto.asymmetric.load_certificate returns: `asn1` and a key."""

    def __init__(self, loaded: x509.Certificate) -> None:
        self.key = loaded.public_key()
        der = loaded.public_bytes(serialization.Encoding.DER)
        self.asn1 = Asn1Certificate.load(der)


def load_certificate(source: bytes | Certificate) -> Certificate:
    if isinstance(source, Certificate):
        return source
    if source.lstrip().startswith(b"-----"):
        return Certificate(x509.load_pem_x509_certificate(source))
    return Certificate(x509.load_der_x509_certificate(source))


def load_private_key(source: bytes, password: str | None = None) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(
        source, password.encode() if password else None
    )
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def load_pkcs12(source: bytes, password: str | None = None) -> None:
    """Refuse: the tests give keys as PEM, which pyas2lib tries next."""
    raise ValueError("not PKCS #12")


def oaep() -> padding.OAEP:
    digest = hashes.SHA1()  # noqa: S303 - OAEP's default
    return padding.OAEP(padding.MGF1(digest), digest, None)


def pss(digest: hashes.HashAlgorithm) -> padding.PSS:
    return padding.PSS(padding.MGF1(digest), digest.digest_size)


def encrypts(kind: Callable[..., AES | TripleDES], bits: int) -> Callable[..., object]:
    def encrypt(key: bytes, data: bytes, iv: bytes | None) -> tuple[bytes, bytes]:
        iv = iv or secrets.token_bytes(bits // 8)
        padder = PKCS7(bits).padder()
        work = Cipher(kind(key), modes.CBC(iv)).encryptor()
        padded = padder.update(data) + padder.finalize()
        return iv, work.update(padded) + work.finalize()

    return encrypt


def decrypts(kind: Callable[..., AES | TripleDES], bits: int) -> Callable[..., object]:
    def decrypt(key: bytes, data: bytes, iv: bytes) -> bytes:
        work = Cipher(kind(key), modes.CBC(iv)).decryptor()
        unpadder = PKCS7(bits).unpadder()
        plain = unpadder.update(work.update(data) + work.finalize())
        return plain + unpadder.finalize()

    return decrypt


ASYMMETRIC = {
    "load_certificate": load_certificate,
    "load_private_key": load_private_key,
    "load_pkcs12": load_pkcs12,
    "rsa_pkcs1v15_encrypt": lambda c, data: c.key.encrypt(data, padding.PKCS1v15()),
    "rsa_pkcs1v15_decrypt": lambda k, data: k.decrypt(data, padding.PKCS1v15()),
    "rsa_oaep_encrypt": lambda c, data: c.key.encrypt(data, oaep()),
    "rsa_oaep_decrypt": lambda k, data: k.decrypt(data, oaep()),
    "rsa_pkcs1v15_sign": lambda k, data, name: k.sign(
        data, padding.PKCS1v15(), HASHES[name]
    ),
    "rsa_pkcs1v15_verify": lambda c, signature, data, name: c.key.verify(
        signature, data, padding.PKCS1v15(), HASHES[name]
    ),
    "rsa_pss_sign": lambda k, data, name: k.sign(data, pss(HASHES[name]), HASHES[name]),
    "rsa_pss_verify": lambda c, signature, data, name: c.key.verify(
        signature, data, pss(HASHES[name]), HASHES[name]
    ),
}
SYMMETRIC = {
    "aes_cbc_pkcs7_encrypt": encrypts(AES, 128),
    "aes_cbc_pkcs7_decrypt": decrypts(AES, 128),
    "tripledes_cbc_pkcs5_encrypt": encrypts(TripleDES, 64),
    "tripledes_cbc_pkcs5_decrypt": decrypts(TripleDES, 64),
}


def install() -> None:
    """Put the stand-in where `import oscrypto` finds it; again is no harm."""
    root = ModuleType("oscrypto")
    root.__path__ = []
    members = {
        "asymmetric": ASYMMETRIC,
        "symmetric": SYMMETRIC,
        "util": {"rand_bytes": secrets.token_bytes},
    }
    for name, functions in members.items():
        module = ModuleType(f"oscrypto.{name}")
        vars(module).update(functions)
        setattr(root, name, module)
        sys.modules.setdefault(module.__name__, module)
    sys.modules.setdefault("oscrypto", root)
