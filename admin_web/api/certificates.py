"""Every certificate of the appliance, and a look into one before it is saved."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from admin_web.api.certificate_models import CertificateAnswer
from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.certificates import Listed, PairState, Purpose

PATH = "/api/v1/certificates"
TAGS = ("certificates",)
LONGEST = 2 << 20  # characters of base64


class ListedAnswer(Answer):
    """A certificate or host key; `mailbox` is null for the appliance's own.

    A host key has a fingerprint only. `state` is there for AS2_SELF.
    """

    purpose: Purpose
    mailbox: str | None
    mailbox_name: str
    state: PairState | None
    fingerprint: str
    subject: str
    issuer: str
    serial: str
    not_before: datetime | None
    not_after: datetime | None
    bits: int
    days_left: int | None
    warning: str


class ParseBody(Body):
    """A file's content: PEM as it is, DER or P7B in base64."""

    content: str = Field(min_length=1, max_length=LONGEST)


async def list_certificates(call: Call) -> Sequence[ListedAnswer]:
    return [_answer(each) for each in await call.desk.certificates.all()]


async def parse_certificate(call: Call) -> Sequence[CertificateAnswer]:
    content = call.body(ParseBody).content.strip().encode()
    found = call.desk.certificates.parse(content)
    return [CertificateAnswer.model_validate(each) for each in found]


def _answer(listed: Listed) -> ListedAnswer:
    known = listed.certificate
    return ListedAnswer(
        purpose=listed.purpose,
        mailbox=listed.mailbox,
        mailbox_name=listed.mailbox_name,
        state=listed.state,
        fingerprint=listed.fingerprint,
        subject=known.subject if known else "",
        issuer=known.issuer if known else "",
        serial=known.serial if known else "",
        not_before=known.not_before if known else None,
        not_after=known.not_after if known else None,
        bits=known.bits if known else 0,
        days_left=known.days_left if known else None,
        warning=known.warning if known else "",
    )


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_certificates,
        summary="List every certificate with its days left, the next to end first",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=list[ListedAnswer],
    ),
    Operation(
        method="POST",
        path=f"{PATH}/parse",
        handler=parse_certificate,
        summary="Show what a partner's certificate file holds; nothing is saved",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        body=ParseBody,
        answer=list[CertificateAnswer],
    ),
)
