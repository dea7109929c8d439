"""Blocks 2 to 4 of the integrations page: what is shown, what a browser sent.

Values have the names of the API; `newPublicKeys` and `newCertificates` are what was
typed or pasted, not saved yet.
"""

import hashlib
import json
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from admin_web.api.integration_models import IntegrationBody
from admin_web.api.integrations import change_of
from admin_web.api.parse import json_body
from admin_web.pages.page import Form
from gateway.core.desk.integrations import IntegrationChange, IntegrationView
from gateway.core.model import Channel

TEXTS = (
    "selfId",
    "recipientUrl",
    "recipientId",
    "recipientEmail",
    "encryptionAlgorithm",
    "signingAlgorithm",
    "compression",
    "mdn",
    "subject",
    "contentType",
    "httpUser",
    "keyEncryption",
    "signatureScheme",
    "proxy",
    "proxyUser",
    "clientCertificate",
)
FLAGS = ("mdnSigned", "requireSigned", "requireEncrypted", "chunked")
PAIR = ("selfKeyBits", "selfValidityDays")  # sent until the first pair is made
NUMBERS = ("mdnMinutes", "timeoutSeconds", "retrySeconds", "maxAttempts")
SECRETS = ("httpPassword", "proxyPassword", "clientKey")
_NUMBER = re.compile(r"[0-9]{1,9}")
Value = str | bool | Sequence[str]


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A public key as people know it again."""

    line: str
    kind: str
    comment: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class IntegrationForm:
    """What the form shows; *errors* say what is wrong by the name of the field."""

    values: Mapping[str, Value]
    errors: Mapping[str, str] = field(default_factory=dict)

    def error(self, name: str) -> str:
        """Return what is wrong with the field or with a part of it."""
        for place, why in self.errors.items():
            if place == name:
                return why
            if place.startswith(f"{name}."):
                part = place.removeprefix(f"{name}.")
                number = int(part) + 1 if part.isdecimal() else part
                return f"({number}) {why}"
        return ""

    @property
    def keys(self) -> Sequence[KeyFacts]:
        lines = self.values["publicKeys"]
        return [_key(line) for line in lines] if isinstance(lines, Sequence) else ()


def shown(view: IntegrationView) -> IntegrationForm:
    """Return the form as it is saved."""
    saved = view.integration
    as2 = view.as2
    texts: dict[str, Value] = {
        name: str(as2[name]) for name in (*TEXTS, *NUMBERS, *PAIR)
    }
    headers = as2["headers"]
    pairs = headers.items() if isinstance(headers, Mapping) else ()
    return IntegrationForm(
        {
            "enabled": saved.enabled,
            "protocol": saved.protocol.value,
            "notifyEmail": saved.notify_email,
            "defaultRule": saved.default_rule.value,
            "rejectReason": saved.reject_reason,
            "publicKeys": saved.public_keys,
            "newPublicKeys": "",
            "allowedAddresses": "\n".join(saved.allowed_addresses),
            **texts,
            **{name: bool(as2[name]) for name in FLAGS},
            "headers": "\n".join(f"{name}: {value}" for name, value in pairs),
            "legacyAlgorithms": _list(as2["legacyAlgorithms"]),
            "caCertificates": "".join(_list(as2["caCertificates"])),
            "recipientCertificates": _list(as2["recipientCertificates"]),
            "newCertificates": "",
        }
    )


def sent(form: Form, saved: IntegrationForm) -> IntegrationForm:
    """Return the form as the browser sent it.

    The block of the other protocol stays as it is saved: nobody sees it.
    """
    names = ["protocol", "notifyEmail", "defaultRule", "rejectReason"]
    flags: Sequence[str] = ["enabled"]
    lists: Sequence[str] = []
    if form.text("protocol") == Channel.AS2.value:
        names += [*TEXTS, *NUMBERS, "headers", "caCertificates", "newCertificates"]
        names += [name for name in PAIR if form.has(name)]
        flags = ["enabled", *FLAGS]
        lists = ["recipientCertificates", "legacyAlgorithms"]
    else:
        names += ["newPublicKeys", "allowedAddresses"]
        lists = ["publicKeys"]
    return IntegrationForm(
        {
            **saved.values,
            **{name: form.text(name) for name in names},
            **{name: form.has(name) for name in flags},
            **{name: form.texts(name) for name in lists},
        }
    )


def change(form: Form, values: Mapping[str, Value]) -> IntegrationChange:
    """Return what is to be saved; Invalid names every field that cannot be read."""
    body: dict[str, object] = {
        name: values[name]
        for name in ("enabled", "protocol", "notifyEmail", "defaultRule")
    }
    body["rejectReason"] = values["rejectReason"]
    if values["protocol"] == Channel.AS2.value:
        body["as2"] = _as2(form, values)
    else:
        body["sftp"] = {
            "publicKeys": [
                *_list(values["publicKeys"]),
                *_lines(values, "newPublicKeys"),
            ],
            "allowedAddresses": _lines(values, "allowedAddresses"),
        }
    return change_of(json_body(json.dumps(body).encode(), IntegrationBody))


def _as2(form: Form, values: Mapping[str, Value]) -> Mapping[str, object]:
    as2: dict[str, object] = {name: values[name] for name in (*TEXTS, *FLAGS)}
    for name in (*NUMBERS, *PAIR):
        text = str(values[name])
        as2[name] = int(text) if _NUMBER.fullmatch(text) else text
    for name in SECRETS:
        if form.raw(name):
            as2[name] = form.raw(name)
        elif form.has(f"{name}.clear"):
            as2[name] = ""
    as2["headers"] = _headers(_lines(values, "headers"))
    as2["legacyAlgorithms"] = _list(values["legacyAlgorithms"])
    as2["caCertificates"] = _given(values["caCertificates"])
    as2["recipientCertificates"] = [
        *_list(values["recipientCertificates"]),
        *_given(values["newCertificates"]),
    ]
    return as2


def _headers(lines: Sequence[str]) -> Mapping[str, str]:
    pairs = [line.partition(":") for line in lines]
    return {name.strip(): value.strip() for name, _colon, value in pairs}


def _given(value: Value) -> Sequence[str]:
    return [str(value)] if value else []


def _lines(values: Mapping[str, Value], name: str) -> Sequence[str]:
    return [line for line in str(values[name]).splitlines() if line.strip()]


def _list(value: object) -> Sequence[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else ()


def _key(line: str) -> KeyFacts:
    kind, blob, comment = [*line.split(maxsplit=2), "", "", ""][:3]
    try:
        digest = hashlib.sha256(b64decode(blob)).digest()
    except (Error, ValueError):
        return KeyFacts(line, kind, comment, "")
    text = b64encode(digest).decode().rstrip("=")
    return KeyFacts(line, kind, comment, f"SHA256:{text}")
