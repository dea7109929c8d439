"""What people write into block 3 (AS2) of the integrations page, checked.

Enumerations and types are the API's; here is what only a look inside can tell.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from certs.partner import parse_certificates, to_pem
from gateway.core.errors import N_, Invalid
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
        raise ValueError(
            N_('needs 1 to 128 printable ASCII characters without " and \\')
        )
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
        raise ValueError(N_("is no URL: {error}").format(error=error)) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_ok:
        raise ValueError(N_("must begin with http:// or https:// and name a host"))
    if parts.username is not None or parts.fragment:
        raise ValueError(
            N_(
                "holds a login or a #fragment; user and password have settings of "
                "their own"
            )
        )
    if len(url) > LONGEST_URL or not (url.isascii() and url.isprintable()):
        raise ValueError(
            N_("needs printable ASCII, at most {most} characters").format(
                most=LONGEST_URL
            )
        )
    if " " in url:
        raise ValueError(N_("holds a blank"))
    return url


def _email(value: object) -> str:
    wrong: dict[str, str] = {}
    clean = emails(str(value), wrong, "it")
    if wrong:
        raise ValueError(wrong["it"])
    return clean


def _certificates(value: object) -> Sequence[str]:
    return _unique(value, _partner_certificates)


def _ca_certificates(value: object) -> Sequence[str]:
    return _unique(value, _pem_certificates)


def _unique(value: object, parse: Callable[[str], Sequence[str]]) -> Sequence[str]:
    texts = value if isinstance(value, list | tuple) else ()
    found: dict[str, None] = {}
    for number, text in enumerate(texts, 1):
        try:
            found.update(dict.fromkeys(parse(str(text).strip())))
        except ValueError as error:
            raise ValueError(f"certificate {number}: {error}") from error
    if len(found) > MOST_CERTIFICATES:
        raise ValueError(
            N_("hold more than {most} certificates").format(most=MOST_CERTIFICATES)
        )
    return list(found)


def _partner_certificates(text: str) -> Sequence[str]:
    """Read PEM, or DER or P7B in base64."""
    try:
        return [to_pem(each) for each in parse_certificates(text.encode())]
    except Invalid as error:
        raise ValueError(error.message) from error


def _pem_certificates(text: str) -> Sequence[str]:
    """Read certificates of any kind of key."""
    if "PRIVATE KEY" in text:
        raise ValueError(
            N_("it comes with a private key; paste the certificates alone, here")
        )
    try:
        return [to_pem(c) for c in x509.load_pem_x509_certificates(text.encode())]
    except ValueError as error:
        raise ValueError(
            N_(
                "it cannot be read; it must be PEM, from -----BEGIN CERTIFICATE----- "
                "to -----END CERTIFICATE-----"
            )
        ) from error


def _client_certificate(value: object) -> str:
    text = str(value).strip()
    return "".join(_pem_certificates(text)) if text else ""


def _client_key(value: object) -> str:
    text = str(value).strip()
    if not text:
        return ""
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(
            N_("cannot be read; it must be a private key in PEM without a password")
        ) from error
    form = PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def client_pair(certificate: str, key: str) -> str:
    """Return what is wrong with the client's certificate and key; empty if nothing."""
    if bool(certificate) != bool(key):
        return N_("needs both: the certificate and its private key (clientKey)")
    if not certificate:
        return ""
    public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    private = load_pem_private_key(key.encode(), password=None)
    if private.public_key() != public:
        return N_("does not belong to the private key (clientKey)")
    return ""


def _proxy(value: object) -> str:
    url = _url(value)
    if url and urlsplit(url).path.strip("/"):
        raise ValueError(N_("holds a path; a proxy is a host and a port"))
    return url.rstrip("/")


def _no_repeats(value: object) -> Sequence[str]:
    return sorted(set(value)) if isinstance(value, list | tuple) else []


def _line(value: object) -> str:
    text = str(value).strip()
    if not text.isprintable() or len(text) > LONGEST_TEXT:
        raise ValueError(
            N_("needs one line of at most {most} characters").format(most=LONGEST_TEXT)
        )
    return text


def _media_type(value: object) -> str:
    text = str(value).strip()
    if text and not _MEDIA_TYPE.fullmatch(text):
        raise ValueError(N_("must look like application/edifact"))
    return text


def _http_user(value: object) -> str:
    if ":" in str(value):
        raise ValueError(N_("holds a colon, which basic authentication cannot carry"))
    return _line(value)


def _headers(value: object) -> Mapping[str, str]:
    given = dict(value) if isinstance(value, Mapping) else {}
    if len(given) > MOST_HEADERS:
        raise ValueError(N_("are more than {most}").format(most=MOST_HEADERS))
    clean = {}
    for name, text in given.items():
        if not _TOKEN.fullmatch(str(name)):
            raise ValueError(
                N_("hold the name {name}, which no header can have").format(
                    name=repr(name)
                )
            )
        if _OURS.fullmatch(str(name)):
            raise ValueError(
                N_("hold {name}, which the gateway sets itself").format(name=name)
            )
        if not str(text).isascii():
            raise ValueError(
                N_("hold a value of {name} that is not ASCII").format(name=name)
            )
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
    "proxy": _proxy,
    "proxyUser": _http_user,
    "proxyPassword": _line,
    "caCertificates": _ca_certificates,
    "clientCertificate": _client_certificate,
    "clientKey": _client_key,
    "legacyAlgorithms": _no_repeats,
    "headers": _headers,
}
