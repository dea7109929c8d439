"""CONTRL and 997 for received interchanges: made once, delivered like anything else."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.convert.acknowledgement import acknowledge, acknowledgeable, relations
from gateway.core.desk import sentences
from gateway.core.interchange import GROUPS, Acknowledgement, Survey
from gateway.core.model import (
    FileName,
    Folder,
    Parcel,
    Problem,
    Top,
    TransferId,
    TransferState,
)
from gateway.core.ports import Blobs, Clock, NewId
from gateway.core.rules import ACKNOWLEDGE, Rule
from gateway.engine.conversion import Conversions
from gateway.engine.parking import active
from gateway.store import control_numbers, deliveries, jobs, transfers
from gateway.store.database import Connection, Database
from gateway.store.jobs import Job
from gateway.store.transfers import Transfer

KIND = "acknowledge"
WIDTHS = {"EDIFACT": 14, "X12": 9, "X12-GROUP": 9}
"""Digits of the control numbers."""


async def plan(
    conn: Connection, rule: Rule | None, transfer: TransferId, now: datetime
) -> None:
    """Have the outcome of a received transfer acknowledged, if its rule says so.

    A transfer that runs again is acknowledged again: its outcome may be another.
    """
    if rule is None or rule.attributes.get(ACKNOWLEDGE) != "yes":
        return
    number = 0
    while await deliveries.is_answered(conn, _key(f"{transfer}|{number}")):
        number += 1
    await jobs.add(conn, KIND, f"{transfer}|{number}", now)


def _key(subject: str) -> str:
    return f"{KIND}|{subject}"


@dataclass(frozen=True, slots=True)
class Acknowledger:
    """Handles `acknowledge` jobs; the subject is `transfer|number`."""

    db: Database
    blobs: Blobs
    conversions: Conversions
    clock: Clock
    new_id: NewId

    async def run(self, job: Job) -> None:
        async with self.db.read() as conn:
            transfer = await transfers.received(conn, _transfer(job))
            there = await deliveries.is_answered(conn, _key(job.subject))
        ended = {TransferState.PROCESSED, TransferState.FAILED}
        if transfer is None or there or transfer.state not in ended:
            # what runs again plans again when it ends
            async with self.db.write() as conn:
                await jobs.finish(conn, job)
            return
        made = await self._made(job, transfer)
        if isinstance(made, str):
            await self._without(job, made)
        else:
            await self._send(job, transfer, made)

    async def give_up(self, job: Job, problem: Problem) -> None:
        await self._without(job, problem.message)

    async def _made(self, job: Job, transfer: Transfer) -> Acknowledgement | str:
        """Return the acknowledgement, or why there is none."""
        survey = await self.conversions.survey(transfer.upload.blob)
        if isinstance(survey, Problem):
            return survey.message
        if survey is None:
            return sentences.NO_INTERCHANGE
        if len(survey.groups) > GROUPS:
            return sentences.MANY_GROUPS(allowed=GROUPS)
        if not acknowledgeable(survey):
            return sentences.NOTHING_TO_ACKNOWLEDGE
        numbers = await self._numbers(job, survey)
        if numbers is None:
            return sentences.NUMBERS_USED_UP
        accepted = transfer.state is TransferState.PROCESSED
        made = await asyncio.to_thread(
            acknowledge, survey, numbers, self.clock(), accepted=accepted
        )
        return made or sentences.NOTHING_TO_ACKNOWLEDGE

    async def _numbers(self, job: Job, survey: Survey) -> Sequence[str] | None:
        """Return the control numbers, the same whenever the job runs."""
        async with self.db.write() as conn:
            taken = [
                (
                    relation.kind,
                    await control_numbers.take(
                        conn, relation, f"{_key(job.subject)}#{place}", self.clock()
                    ),
                )
                for place, relation in enumerate(relations(survey))
            ]
        numbers = [(str(number), WIDTHS[kind]) for kind, number in taken]
        if any(len(number) > width for number, width in numbers):
            return None
        return [number for number, _ in numbers]

    async def _send(self, job: Job, transfer: Transfer, made: Acknowledgement) -> None:
        upload, now = transfer.upload, self.clock()
        parcel = Parcel(
            transfer=TransferId(self.new_id()),
            envelope=None,
            mailbox=upload.mailbox,
            name=FileName(made.name),
            folder=Folder(Top.CINBOX),
            blob=await self.blobs.put(made.data),
            content_type=made.content_type,
        )
        async with self.db.write() as conn:
            remote = await active(conn, upload.mailbox)
            channel = remote.protocol if remote else upload.channel
            await deliveries.answer(conn, parcel, channel, _key(job.subject), now)
            own = sentences.ACKNOWLEDGES(
                file=upload.name.text, transfer=transfer.id, says=made.says
            )
            await transfers.note(conn, parcel.transfer, now, KIND, own)
            theirs = sentences.ACKNOWLEDGED(
                file=made.name, transfer=parcel.transfer, says=made.says
            )
            await transfers.note(conn, transfer.id, now, KIND, theirs)
            await jobs.finish(conn, job)

    async def _without(self, job: Job, why: str) -> None:
        """Say in the trace that there will be none."""
        said = sentences.UNACKNOWLEDGED(why=why)
        async with self.db.write() as conn:
            await transfers.note(conn, _transfer(job), self.clock(), KIND, said)
            await jobs.finish(conn, job)


def _transfer(job: Job) -> TransferId:
    return TransferId(job.subject.partition("|")[0])
