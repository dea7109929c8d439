"""The proof that exactly this rule content was executed: stateless, signed, 24 hours.

`base64url(claims) "." base64url(HMAC)`; the claims hold a digest of each part of the
content, so a refusal can name the parts that have changed since.
"""

import binascii
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.core.desk.rules import RuleDraft
from gateway.core.errors import Invalid
from gateway.core.model import BlobRef, MailboxId
from gateway.core.ports import Clock, Vault
from gateway.core.rules import Level

PURPOSE = "execute-token"
LIFE = timedelta(hours=24)
REQUIRED = "execute-required"


@dataclass(frozen=True, slots=True)
class KeptExample:
    """The example that the conversion succeeded with; None when it was generated."""

    name: str
    blob: BlobRef | None


class _Claims(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    mailbox: str
    parts: dict[str, str]
    name: str
    sha256: str
    size: int
    expires: float


@dataclass(frozen=True, slots=True)
class ExecuteTokens:
    """Makes and checks the tokens."""

    vault: Vault
    clock: Clock

    def make(self, mailbox: MailboxId, draft: RuleDraft, example: KeptExample) -> str:
        """Return the token for a draft that has just been executed."""
        claims = _Claims(
            mailbox=mailbox,
            parts=_digests(draft),
            name=example.name,
            sha256=example.blob.sha256 if example.blob else "",
            size=example.blob.size if example.blob else 0,
            expires=(self.clock() + LIFE).timestamp(),
        )
        payload = claims.model_dump_json().encode()
        mac = self.vault.sign(payload, PURPOSE)
        return f"{_encode(payload)}.{_encode(mac)}"

    def check(self, token: str, mailbox: MailboxId, draft: RuleDraft) -> KeptExample:
        """Return the example it was executed with.

        Invalid with the code "execute-required" if the token is missing, forged, too
        old, another mailbox's or of other content.
        """
        claims = self._claims(token)
        if draft.level is Level.MAILBOX and claims.mailbox != mailbox:
            raise _required("the execute token was made for another mailbox")
        if claims.expires < self.clock().timestamp():
            raise _required("the execute token is older than 24 hours")
        now = _digests(draft)
        changed = [key for key in now if claims.parts.get(key) != now[key]]
        if changed:
            raise _required(f"{', '.join(changed)} changed since", *changed)
        blob = BlobRef(claims.sha256, claims.size) if claims.sha256 else None
        return KeptExample(claims.name, blob)

    def _claims(self, token: str) -> _Claims:
        if not token:
            raise _required("executeToken is missing")
        payload, _, mac = token.partition(".")
        try:
            raw = _decode(payload)
            if hmac.compare_digest(_decode(mac), self.vault.sign(raw, PURPOSE)):
                return _Claims.model_validate_json(raw)
        except (binascii.Error, ValueError, ValidationError) as error:
            raise _required("executeToken is no token of this gateway") from error
        raise _required("executeToken is no token of this gateway")


def content_of(draft: RuleDraft) -> Mapping[str, object]:
    """Return everything that needs an Execute, as JSON values under the API's names."""
    return {
        "direction": draft.direction.value,
        "level": draft.level.value,
        "match": [draft.match.kind.value, draft.match.pattern] if draft.match else None,
        "templateUuid": draft.template,
        "templateVersion": draft.template_version,
        "multipleEnvelopes": draft.multiple_envelopes,
        "stylesheet": draft.stylesheet,
        "fileNamePattern": draft.file_name_pattern,
        "zip": draft.zip.value if draft.zip else None,
        "attributes": dict(draft.attributes),
        "validations": [asdict(one) for one in draft.validations],
    }


def _digests(draft: RuleDraft) -> dict[str, str]:
    return {
        key: hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
        for key, value in content_of(draft).items()
    }


def _required(why: str, *fields: str) -> Invalid:
    return Invalid(
        f"Execute the rule before saving it: {why}. POST /api/v1/rules/execute with "
        "the same content gives the executeToken.",
        REQUIRED,
        dict.fromkeys(fields, "changed since it was executed") or {"executeToken": why},
    )


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
