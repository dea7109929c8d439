"""The dry run: documents of the past through a changed rule, some at a time.

Nothing is kept between two parts: the caller comes again with where the last one
ended, so that no work goes on for somebody who has left.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.convert import envelope_xml
from gateway.core.desk import sentences
from gateway.core.desk.rehearsal import (
    LAST_MAX,
    Past,
    Rehearsal,
    Rehearsed,
)
from gateway.core.desk.rules import RuleDraft
from gateway.core.envelope import Draft, Envelope
from gateway.core.errors import N_, Invalid, NotFound
from gateway.core.matching import CONTENT_LIMIT, first_match, miss, miss_in
from gateway.core.model import BlobRef, EnvelopeId, MailboxId, Problem, RuleId
from gateway.core.ports import Blobs, Clock, NewId
from gateway.core.rules import Level, Rule, RuleDirection
from gateway.engine.conversion import Incoming, SourceFile
from gateway.engine.desk.rehearsal_outcomes import Found, Play, judged
from gateway.engine.desk.rule_bench import RANDOM_NUMBER, said
from gateway.engine.desk.rule_checks import completed
from gateway.engine.desk.rule_runs import rule_of
from gateway.engine.desk.trials import Trial, Trials
from gateway.engine.past_numbers import PastNumbers
from gateway.store import envelopes, history, mailboxes, rules, transfers
from gateway.store.database import Database
from gateway.store.history import Handled

_PLACE = 18  # characters of two numbers that a database takes
SECONDS = 2.0
"""How long one part goes on; the document that is then in work is finished."""


@dataclass(frozen=True, slots=True)
class Rehearsals:
    """Runs changed rules; nothing is written."""

    db: Database
    blobs: Blobs
    trials: Trials
    clock: Clock
    new_id: NewId

    async def run(
        self, mailbox: MailboxId, draft: RuleDraft, rule: RuleId | None, past: Past
    ) -> Rehearsal:
        draft = await completed(self.db, draft)
        if draft.zip is not None:
            why = N_(
                "An archive is packed, not converted: there is nothing to compare."
            )
            raise Invalid(why, data={"zip": why})
        if not 1 <= past.last <= LAST_MAX:
            why = f"must be 1 to {LAST_MAX}"
            raise Invalid(f"last: {why}.", data={"last": why})
        upto, done = _place(past.after)
        play = await self._play(mailbox, draft, rule, past)
        way = (mailbox, draft.direction, play.of)
        async with self.db.read() as conn:
            upto = upto or await history.newest(conn, *way)
            known = await history.handled(conn, *way, upto, past.last)
        loop = asyncio.get_running_loop()
        ends = loop.time() + SECONDS
        found: list[Rehearsed] = []
        for one in known[done:]:
            if found and loop.time() >= ends:
                break
            found.append(await self._rehearse(play, one))
        done = min(done, len(known)) + len(found)
        following = f"{upto}.{done}" if done < len(known) else ""
        return Rehearsal(total=len(known), done=done, documents=found, next=following)

    async def _play(
        self, mailbox: MailboxId, draft: RuleDraft, rule: RuleId | None, past: Past
    ) -> Play:
        """Put the changed rule, switched on, into its place in the list."""
        changed = rule_of(rule or RuleId(self.new_id()), mailbox, draft)
        changed = replace(changed, enabled=True)
        async with self.db.read() as conn:
            if await mailboxes.get(conn, mailbox) is None:
                raise NotFound(sentences.NO_MAILBOX(id=mailbox))
            listed = await rules.listing(conn, mailbox)
            known = [await rules.get(conn, each) for each in past.of or ()]
        lost = [
            each for each, at in zip(past.of or (), known, strict=True) if at is None
        ]
        if lost:
            raise NotFound(sentences.NO_SUCH_RULE(id=lost[0]))
        placed = _placed(changed, listed)
        return Play(mailbox=mailbox, rule=changed, listed=placed, of=past.of)

    async def _rehearse(self, play: Play, one: Handled) -> Rehearsed:
        loop = asyncio.get_running_loop()
        began = loop.time()
        out = play.rule.direction is RuleDirection.OUT
        try:
            found = await (self._out(play, one) if out else self._into(play, one))
        except FileNotFoundError:  # retention was there meanwhile
            found = Found(gone=True)
        outcome, lines, cut = await asyncio.to_thread(judged, play, one, found)
        trial = found.trial or Trial()
        return Rehearsed(
            at=one.at,
            transfer=one.transfer,
            envelope=one.envelope,
            file_name=one.file_name,
            rule=one.rule,
            rule_name=one.rule_name,
            outcome=outcome,
            problem=trial.problem,
            warnings=trial.warnings,
            note=found.note,
            name_then=found.name_then,
            name_now="" if out else trial.file_name,
            difference=lines,
            cut=cut,
            milliseconds=(loop.time() - began) * 1000,
        )

    # --- OUT ---------------------------------------------------------------------

    async def _out(self, play: Play, one: Handled) -> Found:
        async with self.db.read() as conn:
            transfer = one.transfer and await transfers.received(conn, one.transfer)
            made = await history.made_of(conn, one.transfer) if one.transfer else []
        if not transfer:
            return Found(gone=True)
        upload = transfer.upload
        path = self.blobs.path(upload.blob)
        head = await asyncio.to_thread(_head, path)
        given = {"folder": upload.folder.text, **upload.attributes}
        name = upload.name.text
        found = await asyncio.to_thread(miss, play.rule, name, head, given)
        if found is not None:
            note = said(play.rule, found, name, given)
            return Found(note=note, taken=False)
        first = await asyncio.to_thread(first_match, play.listed, name, head, given)
        above = first if first and first.id != play.rule.id else None
        source = SourceFile(
            seed=transfer.id,
            mailbox=upload.mailbox,
            name=upload.name,
            blob=upload.blob,
            content_type=upload.attributes.get("contentType", ""),
            attributes=upload.attributes,
        )
        trial = await self.trials.out(play.rule, source, [uuid for uuid, _ in made])
        uuids = [uuid for uuid, _ in made]
        then = [await self._bytes(blob) for _, blob in made]
        now = await asyncio.to_thread(self._posted, upload.mailbox, trial.drafts, uuids)
        return Found(
            trial=trial,
            then=b"\n".join(then) if made else None,
            now=b"\n".join(now),
            note=sentences.ABOVE(rule=above.name) if above else "",
            taken=above is None,
        )

    def _posted(
        self, sender: MailboxId, drafts: Sequence[Draft], uuids: Sequence[EnvelopeId]
    ) -> Sequence[bytes]:
        """Return the envelopes as they would be posted, under the uuids of then."""
        return [
            envelope_xml.write(
                Envelope(
                    id=draft.uuid
                    or (uuids[n] if n < len(uuids) else EnvelopeId(self.new_id())),
                    sender=sender,
                    draft=draft,
                    created_at=self.clock(),
                )
            )
            for n, draft in enumerate(drafts)
        ]

    # --- IN ----------------------------------------------------------------------

    async def _into(self, play: Play, one: Handled) -> Found:
        if one.envelope is None:
            return Found(gone=True)
        async with self.db.read() as conn:
            entry = await envelopes.inbox_entry(conn, one.envelope, play.mailbox)
            sent = await history.sent_as(conn, one.transfer) if one.transfer else None
        if entry is None:
            return Found(gone=True)
        draft = await asyncio.to_thread(
            lambda: envelope_xml.parse(self.blobs.path(entry.xml).read_bytes())
        )
        if isinstance(draft, Problem):
            return Found(trial=Trial(problem=draft))
        missed = miss_in(play.rule, draft.template, draft.template_version)
        if missed is not None:
            return Found(note=said(play.rule, missed, "", {}), taken=False)
        above = next(
            each
            for each in play.listed
            if miss_in(each, draft.template, draft.template_version) is None
        )
        first = above.id == play.rule.id
        seed = f"{entry.envelope}|{entry.mailbox}|{sent.before if sent else 0}"
        incoming = Incoming(
            mailbox=play.mailbox,
            envelope=Envelope(
                id=entry.envelope,
                sender=entry.sender,
                draft=draft,
                created_at=entry.received_at,
            ),
            xml=entry.xml,
            received_at=entry.received_at,
            seed=seed,
        )
        conversions = self.trials.conversions
        numbers = PastNumbers(self.db, conversions.lookups)
        trials = replace(self.trials, conversions=replace(conversions, lookups=numbers))
        trial = await trials.into(play.rule, incoming, RANDOM_NUMBER)
        kept = sent is not None and one.ok and one.rule is not None
        return Found(
            trial=trial,
            then=await self._bytes(sent.blob) if sent and kept else None,
            now=trial.result,
            name_then=sent.name if sent and kept else "",
            note="" if first else sentences.ABOVE(rule=above.name),
            taken=first,
        )

    async def _bytes(self, blob: BlobRef) -> bytes:
        return await asyncio.to_thread(self.blobs.path(blob).read_bytes)


def _place(after: str) -> tuple[int, int]:
    """Return up to which line of the log to look, and how many are done; Invalid."""
    if not after:
        return 0, 0
    upto, _, done = after.partition(".")
    if not (upto.isdecimal() and done.isdecimal() and len(after) <= _PLACE):
        why = N_("is no `next` of a dry run; begin anew without it")
        raise Invalid(f"after {why}.", data={"after": why})
    return int(upto), int(done)


def _placed(changed: Rule, listed: Sequence[Rule]) -> Sequence[Rule]:
    """Return the rules of its direction with the changed one at its place.

    A new one, or one that changes its level, stands at the end of its level.
    """
    same = [each for each in listed if each.direction is changed.direction]
    if any(each.id == changed.id and each.level is changed.level for each in same):
        return [changed if each.id == changed.id else each for each in same]
    others = [each for each in same if each.id != changed.id]
    mine = [each for each in others if each.level is Level.MAILBOX]
    rest = [each for each in others if each.level is Level.ACCOUNT]
    if changed.level is Level.MAILBOX:
        return [*mine, changed, *rest]
    return [*mine, *rest, changed]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(CONTENT_LIMIT)
