"""The proof that exactly this rule content was executed: stateless, signed, 24 hours.

Another token stands for an example that was read, so that it is not sent again.

The claims hold a digest of each part of the content, so a refusal can name the parts
that have changed since.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.core.desk.rules import RuleDraft
from gateway.core.errors import N_, Invalid
from gateway.core.model import BlobRef, MailboxId
from gateway.core.ports import Clock, Vault
from gateway.core.rules import Level
from gateway.engine.desk.signed import claims_of, sign

PURPOSE = "execute-token"
EXAMPLE = "example-token"
LIFE = timedelta(hours=24)
REQUIRED = "execute-required"


@dataclass(frozen=True, slots=True)
class KeptExample:
    """The example that the conversion succeeded with; None when it was generated."""

    name: str
    blob: BlobRef | None


class _ExampleClaims(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    sha256: str
    size: int
    expires: float


class _Claims(_ExampleClaims):
    mailbox: str
    parts: dict[str, str]


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
        return sign(self.vault, claims.model_dump_json().encode(), PURPOSE)

    def check(self, token: str, mailbox: MailboxId, draft: RuleDraft) -> KeptExample:
        """Return the example it was executed with.

        Invalid with the code "execute-required" if the token is missing, forged, too
        old, another mailbox's or of other content.
        """
        claims = self._claims(token)
        if draft.level is Level.MAILBOX and claims.mailbox != mailbox:
            raise _required(N_("the execute token was made for another mailbox"))
        if claims.expires < self.clock().timestamp():
            raise _required(N_("the execute token is older than 24 hours"))
        now = _digests(draft)
        changed = [key for key in now if claims.parts.get(key) != now[key]]
        if changed:
            raise _required(
                N_("{listed} changed since").format(listed=", ".join(changed)), *changed
            )
        return KeptExample(claims.name, _blob(claims))

    def remember(self, example: KeptExample) -> str:
        """Return a token that stands for the example."""
        claims = _ExampleClaims(
            name=example.name,
            sha256=example.blob.sha256 if example.blob else "",
            size=example.blob.size if example.blob else 0,
            expires=(self.clock() + LIFE).timestamp(),
        )
        return sign(self.vault, claims.model_dump_json().encode(), EXAMPLE)

    def remembered(self, token: str) -> KeptExample:
        """Return the example; Invalid (field `exampleToken`) if the token ended."""
        raw = claims_of(self.vault, token, EXAMPLE)
        try:
            claims = _ExampleClaims.model_validate_json(raw or b"")
        except ValidationError as error:
            raise _ended(N_("is no token of this gateway")) from error
        if claims.expires < self.clock().timestamp():
            raise _ended(N_("is older than 24 hours"))
        return KeptExample(claims.name, _blob(claims))

    def _claims(self, token: str) -> _Claims:
        if not token:
            raise _required(N_("executeToken is missing"))
        raw = claims_of(self.vault, token, PURPOSE)
        if raw is None:
            raise _required(N_("executeToken is no token of this gateway"))
        try:
            return _Claims.model_validate_json(raw)
        except ValidationError as error:  # of a version with other claims
            raise _required(N_("executeToken is of another version")) from error


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


def _blob(claims: _ExampleClaims) -> BlobRef | None:
    return BlobRef(claims.sha256, claims.size) if claims.sha256 else None


def _digests(draft: RuleDraft) -> dict[str, str]:
    return {
        key: hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
        for key, value in content_of(draft).items()
    }


def _ended(why: str) -> Invalid:
    return Invalid(
        N_(
            "The example is not there any more: its token {why}. Choose the file again."
        ).format(why=why),
        "example-ended",
        {"exampleToken": why},
    )


def _required(why: str, *fields: str) -> Invalid:
    return Invalid(
        N_(
            "Execute the rule before saving it: {why}. POST /api/v1/rules/execute "
            "with the same content gives the executeToken."
        ).format(why=why),
        REQUIRED,
        dict.fromkeys(fields, "changed since it was executed") or {"executeToken": why},
    )
