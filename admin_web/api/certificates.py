"""Every certificate of the appliance, and a look into one before it is saved."""

from collections.abc import Sequence
from datetime import datetime

from aiohttp import web
from pydantic import Field

from admin_web.api.certificate_models import CertificateAnswer
from admin_web.api.download import download
from admin_web.api.models import Answer, Body, Query
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.certificates import CertificateForm, Listed, PairState, Purpose

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


class FileQuery(Query):
    """How the certificate is wanted."""

    format: CertificateForm = CertificateForm.PEM


class ParseBody(Body):
    """A file's content: PEM as it is, DER or P7B in base64."""

    content: str = Field(min_length=1, max_length=LONGEST)


async def list_certificates(call: Call) -> Sequence[ListedAnswer]:
    return [_answer(each) for each in await call.desk.certificates.all()]


async def get_file(call: Call) -> web.StreamResponse:
    form = call.query(FileQuery).format
    desk = call.desk.certificates
    return await download(call, await desk.download(call.path("fingerprint"), form))


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
        method="GET",
        path=f"{PATH}/{{fingerprint}}/file",
        handler=get_file,
        summary="Download a certificate of the list as PEM, DER or P7B",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=FileQuery,
        produces="application/octet-stream",
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
