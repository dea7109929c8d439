"""A mailbox's own AS2 certificate: download, roll-over."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Literal

from aiohttp import web
from pydantic import AwareDatetime, Field

from admin_web.api.certificate_models import PairAnswer
from admin_web.api.download import download
from admin_web.api.integrations import PATH, TAGS
from admin_web.api.mailboxes import mailbox_of
from admin_web.api.models import Body, Query
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.certificates import CertificateForm, PairView, RollOver

MOST_OVERLAP = 365
OVERLAP = 30


class CertificateQuery(Query):
    """`pair` is a uuid of `selfCertificates`; left out: the one that signs."""

    format: CertificateForm = CertificateForm.PEM
    pair: str | None = None


class ActivateBody(Body):
    """For how many days the old pair still decrypts."""

    overlap_days: int = Field(default=OVERLAP, ge=0, le=MOST_OVERLAP)


class RolloverBody(ActivateBody):
    """`signFrom` is a day (its first moment, UTC) or an instant with its zone.

    Left out or null: the new pair signs at once with `signNow`, else when it is
    activated. `keyBits` and `validityDays` left out are those of the integration.
    """

    sign_from: AwareDatetime | date | None = None
    sign_now: bool = False
    key_bits: Literal[2048, 3072, 4096] | None = None
    validity_days: int | None = Field(default=None, ge=1, le=7300)


class RetireBody(Body):
    """`pair` is the uuid of an old one of `selfCertificates`."""

    pair: str = Field(max_length=36)


async def get_certificate(call: Call) -> web.StreamResponse:
    query = call.query(CertificateQuery)
    desk = call.desk.as2_identities
    return await download(
        call, await desk.download(mailbox_of(call), query.format, query.pair)
    )


async def roll_over(call: Call) -> Sequence[PairAnswer]:
    body = call.body(RolloverBody)
    pairs = await call.desk.as2_identities.roll_over(
        call.actor,
        mailbox_of(call),
        RollOver(
            sign_from=_instant(body.sign_from),
            now=body.sign_now,
            overlap_days=body.overlap_days,
            bits=body.key_bits,
            days=body.validity_days,
        ),
    )
    return _answers(pairs)


async def activate(call: Call) -> Sequence[PairAnswer]:
    overlap = call.body(ActivateBody).overlap_days
    desk = call.desk.as2_identities
    return _answers(await desk.activate(call.actor, mailbox_of(call), overlap))


async def cancel(call: Call) -> Sequence[PairAnswer]:
    desk = call.desk.as2_identities
    return _answers(await desk.cancel(call.actor, mailbox_of(call)))


async def retire(call: Call) -> Sequence[PairAnswer]:
    pair = call.body(RetireBody).pair.lower()
    desk = call.desk.as2_identities
    return _answers(await desk.retire(call.actor, mailbox_of(call), pair))


def _instant(day: datetime | date | None) -> datetime | None:
    if day is None:
        return None
    if isinstance(day, datetime):
        return day.astimezone(UTC)
    return datetime.combine(day, time(), UTC)


def _answers(pairs: Sequence[PairView]) -> Sequence[PairAnswer]:
    return [PairAnswer.model_validate(pair) for pair in pairs]


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=f"{PATH}/certificate",
        handler=get_certificate,
        summary="Download the self certificate as PEM, DER or P7B",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=CertificateQuery,
        produces="application/octet-stream",
    ),
    Operation(
        method="POST",
        path=f"{PATH}/rollover",
        handler=roll_over,
        summary="Make the next pair: it decrypts at once and signs later",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=RolloverBody,
        answer=list[PairAnswer],
    ),
    Operation(
        method="POST",
        path=f"{PATH}/rollover/activate",
        handler=activate,
        summary="Have the next pair sign from now on",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=ActivateBody,
        answer=list[PairAnswer],
    ),
    Operation(
        method="POST",
        path=f"{PATH}/rollover/retire",
        handler=retire,
        summary="Delete an old pair before its overlap is over",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=RetireBody,
        answer=list[PairAnswer],
    ),
    Operation(
        method="DELETE",
        path=f"{PATH}/rollover",
        handler=cancel,
        summary="Delete the next pair",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        answer=list[PairAnswer],
    ),
)
