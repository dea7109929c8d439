"""What people write into block 3 (AS2) of the integrations page, checked.

Enumerations and types are the API's; here is what only a look inside can tell.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    load_pem_pkcs7_certificates,
)

from gateway.engine.desk.sftp_checks import emails

MOST_CERTIFICATES = 10
MOST_HEADERS = 50
LONGEST_URL = 2000
LONGEST_TEXT = 1000
_NAME = re.compile(r"[ !#-\[\]-~]{1,128}")  # RFC 4130 section 6.2, without " and \
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_MEDIA_TYPE = re.compile(rf"{_TOKEN.pattern}/{_TOKEN.pattern}(\s*;[ -~]*)?")
_OURS = re.compile(
    "(as2-|content-|disposition-notification-|mime-|proxy-|sec-).*"
    "|host|connection|transfer-encoding|te|trailer|upgrade|expect|date|message-id"
    "|subject|from|authorization|receipt-delivery-option|ediint-features",
    re.IGNORECASE,
)

Check = Callable[[object], object]
"""Returns the clean value; ValueError says what is wrong with it."""


def checked(given: Mapping[str, object], wrong: dict[str, str]) -> dict[str, object]:
    """Return the clean settings; faults go into `wrong` as `as2.recipientUrl`."""
    clean: dict[str, object] = {}
    for key, value in given.items():
        try:
            clean[key] = _CHECKS.get(key, _as_it_is)(value)
        except ValueError as error:
            wrong[f"as2.{key}"] = str(error)
    return clean


def as2_name(value: object) -> str:
    """Return the AS2 name; ValueError if it is none (empty is allowed)."""
    name = str(value).strip()
    if name and not _NAME.fullmatch(name):
        raise ValueError('needs 1 to 128 printable ASCII characters without " and \\')
    return name


def _as_it_is(value: object) -> object:
    return value


def _url(value: object) -> str:
    url = str(value).strip()
    if not url:
        return url
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError(f"is no URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_ok:
        raise ValueError("must begin with http:// or https:// and name a host")
    if parts.username is not None or parts.fragment:
        raise ValueError("holds a login or a #fragment; use httpUser and httpPassword")
    if len(url) > LONGEST_URL or not (url.isascii() and url.isprintable()):
        raise ValueError(f"needs printable ASCII, at most {LONGEST_URL} characters")
    if " " in url:
        raise ValueError("holds a blank")
    return url


def _email(value: object) -> str:
    wrong: dict[str, str] = {}
    clean = emails(str(value), wrong, "it")
    if wrong:
        raise ValueError(wrong["it"])
    return clean


def _certificates(value: object) -> Sequence[str]:
    texts = value if isinstance(value, list | tuple) else ()
    found: dict[str, None] = {}
    for number, text in enumerate(texts, 1):
        for certificate in _parsed(str(text).strip(), number):
            found[certificate.public_bytes(Encoding.PEM).decode()] = None
    if len(found) > MOST_CERTIFICATES:
        raise ValueError(f"hold more than {MOST_CERTIFICATES} certificates")
    return list(found)


def _parsed(text: str, number: int) -> Sequence[x509.Certificate]:
    if "PRIVATE KEY" in text:
        raise ValueError(
            f"certificate {number} comes with a private key; never send that: paste "
            "the certificate alone"
        )
    try:
        if "BEGIN PKCS7" in text:
            return load_pem_pkcs7_certificates(text.encode())
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise ValueError(
            f"certificate {number} cannot be read; it must be PEM, from "
            "-----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----"
        ) from error


def _line(value: object) -> str:
    text = str(value).strip()
    if not text.isprintable() or len(text) > LONGEST_TEXT:
        raise ValueError(f"needs one line of at most {LONGEST_TEXT} characters")
    return text


def _media_type(value: object) -> str:
    text = str(value).strip()
    if text and not _MEDIA_TYPE.fullmatch(text):
        raise ValueError("must look like application/edifact")
    return text


def _http_user(value: object) -> str:
    if ":" in str(value):
        raise ValueError("holds a colon, which basic authentication cannot carry")
    return _line(value)


def _headers(value: object) -> Mapping[str, str]:
    given = dict(value) if isinstance(value, Mapping) else {}
    if len(given) > MOST_HEADERS:
        raise ValueError(f"are more than {MOST_HEADERS}")
    clean = {}
    for name, text in given.items():
        if not _TOKEN.fullmatch(str(name)):
            raise ValueError(f"hold the name {name!r}, which no header can have")
        if _OURS.fullmatch(str(name)):
            raise ValueError(f"hold {name}, which the gateway sets itself")
        if not str(text).isascii():
            raise ValueError(f"hold a value of {name} that is not ASCII")
        clean[str(name)] = _line(text)
    return clean


_CHECKS: Mapping[str, Check] = {
    "selfId": as2_name,
    "recipientId": as2_name,
    "recipientUrl": _url,
    "recipientEmail": _email,
    "recipientCertificates": _certificates,
    "subject": _line,
    "contentType": _media_type,
    "httpUser": _http_user,
    "httpPassword": _line,
    "headers": _headers,
}
