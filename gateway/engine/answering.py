"""CONTRL and 997 that partners send: held against what was sent to them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from gateway.convert.acknowledgement import suspected
from gateway.core.desk import sentences
from gateway.core.errors import N_
from gateway.core.interchange import ANSWERS, Answer, Survey
from gateway.core.model import Problem, Upload
from gateway.core.ports import Blobs
from gateway.engine import notices
from gateway.engine.conversion import Conversions
from gateway.store import deliveries, sent_interchanges, transfers
from gateway.store.database import Connection
from gateway.store.transfers import Transfer

_HEAD = 1024
_STEP = "acknowledge"
_NOTED = 100  # lines in the trace of one file


async def received(
    upload: Upload, blobs: Blobs, conversions: Conversions
) -> Survey | Problem | None:
    """Return what an acknowledgement says; None if the file is none."""
    if not await asyncio.to_thread(_suspect, upload, blobs):
        return None
    survey = await conversions.survey(upload.blob)
    if not isinstance(survey, Survey):
        return survey
    if not survey.acknowledges:
        return None
    if len(survey.answers) > ANSWERS:
        return _many(upload)
    return _torn(upload) if survey.fault else survey


def _torn(upload: Upload) -> Problem:
    return Problem(
        "acknowledgement-syntax",
        sentences.TORN_ANSWER(file=upload.name.text),
        "read",
        remedy=N_("Ask the sender for the whole file, or repair it and resend it."),
    )


def _many(upload: Upload) -> Problem:
    return Problem(
        "acknowledgement-too-large",
        sentences.MANY_ANSWERS(file=upload.name.text, allowed=ANSWERS),
        "read",
        remedy=N_("Ask the sender to send it in parts."),
    )


def _suspect(upload: Upload, blobs: Blobs) -> bool:
    with blobs.path(upload.blob).open("rb") as file:
        return suspected(file.read(_HEAD))


async def settle(
    conn: Connection, transfer: Transfer, survey: Survey, now: datetime
) -> Sequence[str]:
    """Write each answer to the trace of what it answers; return lines for its own."""
    lines = [await _answer(conn, transfer, each, now) for each in survey.answers]
    return lines[:_NOTED] or [sentences.ANSWERS_NONE]


async def _answer(
    conn: Connection, transfer: Transfer, answer: Answer, now: datetime
) -> str:
    reference, upload = answer.reference, transfer.upload
    sent = await sent_interchanges.answered(
        conn, upload.mailbox, reference, now, accepted=answer.accepted
    )
    names = {
        "number": reference.number,
        "sender": reference.sender,
        "receiver": reference.receiver,
    }
    if sent is None:
        return sentences.ANSWERS_NOTHING(**names)
    file = upload.name.text
    if answer.accepted:
        said = sentences.ANSWERED_YES(number=reference.number, file=file)
    else:
        said = sentences.ANSWERED_NO(file=file, what=answer.why or reference.number)
        problem = Problem(
            "rejected-by-partner",
            said,
            "deliver",
            remedy=N_(
                "Ask the partner what is wrong with the document, correct it or the"
                " conversion rule, then send it again."
            ),
        )
        delivery = await deliveries.delivery(conn, sent)
        name = delivery.parcel.name.text if delivery else file
        await notices.delivery_failed(conn, upload.mailbox, problem, name, sent, now)
    await transfers.note(conn, sent, now, _STEP, said)
    return sentences.ANSWERS(transfer=sent, **names)
