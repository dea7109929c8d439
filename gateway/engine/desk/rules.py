"""The desk of rules: checked, executed, then saved, with the audit entry."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.desk.rules import (
    Example,
    Executed,
    Looked,
    Preview,
    RuleDay,
    RuleDraft,
)
from gateway.core.errors import N_, Conflict, Invalid, NotFound
from gateway.core.model import MailboxId, RuleId
from gateway.core.ports import Blobs, Clock, NewId
from gateway.core.rules import Level, Rule, RuleDirection
from gateway.engine.desk.execute_token import ExecuteTokens, KeptExample, content_of
from gateway.engine.desk.rule_checks import NAME_MAX, check_reading, completed
from gateway.engine.desk.rule_runs import RuleRuns, rule_of
from gateway.store import audit, conversions, mailboxes, rules
from gateway.store.database import Connection, Database

COPY_OF = "Copy of "


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules as people order them; the pipeline reads them from the store itself."""

    db: Database
    blobs: Blobs
    runs: RuleRuns
    tokens: ExecuteTokens
    clock: Clock
    new_id: NewId

    async def listing(self, mailbox: MailboxId) -> Sequence[Rule]:
        async with self.db.read() as conn:
            await _must_exist(conn, mailbox)
            return await rules.listing(conn, mailbox)

    async def get(self, rule: RuleId) -> Rule:
        async with self.db.read() as conn:
            return await _rule(conn, rule)

    async def days(self, rule: RuleId, count: int) -> Sequence[RuleDay]:
        midnight = self.clock().replace(hour=0, minute=0, second=0, microsecond=0)
        begins = [midnight - timedelta(days=back) for back in range(count)]
        async with self.db.read() as conn:
            await _rule(conn, rule)
            return await conversions.days(conn, rule, begins)

    async def example(self, rule: RuleId) -> Content:
        kept = await self.get(rule)
        if kept.example is None:
            raise NotFound(
                N_("The rule {name} has no example file.").format(name=kept.name)
            )
        return Content(
            name=kept.example_name,
            content_type="application/octet-stream",
            size=kept.example.size,
            chunks=self.blobs.read(kept.example),
        )

    async def look(
        self, example: Example, attributes: Mapping[str, str] | None = None
    ) -> Looked:
        said = attributes or {}
        check_reading(said)
        blob, source_xml = await self.runs.look(example, said)
        token = self.tokens.remember(KeptExample(example.name, blob))
        return Looked(token=token, source_xml=source_xml)

    async def looked(self, token: str) -> Example:
        kept = self.tokens.remembered(token)
        return Example(kept.name, await self._bytes(kept))

    async def preview(
        self, mailbox: MailboxId, draft: RuleDraft, example: Example | None
    ) -> Preview:
        async with self.db.read() as conn:
            await _must_exist(conn, mailbox)
        draft = await completed(self.db, draft)
        return await self.runs.preview(mailbox, draft, example)

    async def add(
        self, actor: Actor, mailbox: MailboxId, draft: RuleDraft, token: str
    ) -> Rule:
        async with self.db.read() as conn:
            await _must_exist(conn, mailbox)
        draft = await completed(self.db, draft)
        kept = self.tokens.check(token, mailbox, draft)
        rule = rule_of(RuleId(self.new_id()), mailbox, draft, kept)
        return await self._insert(actor, rule, "rule-add")

    async def save(
        self, actor: Actor, rule: RuleId, draft: RuleDraft, token: str
    ) -> Rule:
        old = await self.get(rule)
        draft = await completed(self.db, draft)
        new = replace(
            rule_of(rule, old.mailbox, draft),
            example_name=old.example_name,
            example=old.example,
        )
        if content_of(draft) != content_of(RuleDraft.of(old)):
            kept = self.tokens.check(token, old.mailbox, draft)
            new = replace(new, example_name=kept.name, example=kept.blob)
        now = self.clock()
        async with self.db.write() as conn:
            if RuleDraft.of(await _rule(conn, rule)) != RuleDraft.of(old):
                raise Conflict(
                    N_("The rule has changed meanwhile; read it again, then save."),
                    "rule-changed",
                )
            await rules.save(conn, new, now)
            await audit.add(
                conn,
                now,
                actor.login,
                "rule-save",
                rule,
                before=_summary(old),
                after=_summary(new),
            )
            return await _rule(conn, rule)

    async def execute(
        self,
        mailbox: MailboxId,
        draft: RuleDraft,
        example: Example | None,
        rule: RuleId | None,
    ) -> Executed:
        async with self.db.read() as conn:
            await _must_exist(conn, mailbox)
        draft = await completed(self.db, draft)
        if draft.direction is RuleDirection.IN:
            run = await self.runs.into(mailbox, draft, example)
        else:
            example = example or await self._kept(rule)
            run = await self.runs.out(mailbox, draft, example)
        return Executed(
            execute_token=self.tokens.make(mailbox, draft, run.kept),
            source_xml=run.source_xml,
            file_name=run.file_name,
            result=run.result,
            warnings=run.warnings,
            explanation=run.explanation,
        )

    async def clone(self, actor: Actor, rule: RuleId) -> Rule:
        old = await self.get(rule)
        copy = replace(
            old,
            id=RuleId(self.new_id()),
            name=(COPY_OF + old.name)[:NAME_MAX],
            enabled=False,
        )
        return await self._insert(actor, copy, "rule-clone")

    async def switch(self, actor: Actor, rule: RuleId, *, enabled: bool) -> Rule:
        now = self.clock()
        async with self.db.write() as conn:
            old = await _rule(conn, rule)
            if old.enabled is not enabled:
                await rules.switch(conn, rule, now, enabled=enabled)
                action = "rule-enable" if enabled else "rule-disable"
                await audit.add(
                    conn,
                    now,
                    actor.login,
                    action,
                    rule,
                    before={"name": old.name, "enabled": old.enabled},
                    after={"name": old.name, "enabled": enabled},
                )
            return replace(old, enabled=enabled)

    async def order(
        self, actor: Actor, mailbox: MailboxId, order: Sequence[RuleId]
    ) -> Sequence[Rule]:
        now = self.clock()
        async with self.db.write() as conn:
            await _must_exist(conn, mailbox)
            listed = await rules.listing(conn, mailbox)
            _check_order(listed, order)
            await rules.reorder(conn, order)
            await audit.add(
                conn,
                now,
                actor.login,
                "rule-order",
                mailbox,
                before={"order": [rule.id for rule in listed]},
                after={"order": list(order)},
            )
            return await rules.listing(conn, mailbox)

    async def remove(self, actor: Actor, rule: RuleId) -> None:
        now = self.clock()
        async with self.db.write() as conn:
            old = await _rule(conn, rule)
            await rules.remove(conn, rule)
            await audit.add(
                conn, now, actor.login, "rule-remove", rule, before=_summary(old)
            )

    async def _kept(self, rule: RuleId | None) -> Example:
        kept = await self.get(rule) if rule else None
        if kept is None or kept.example is None:
            why = N_("is needed: the file to try the rule on, as base64")
            raise Invalid(f"exampleContent {why}.", data={"exampleContent": why})
        kept_example = KeptExample(kept.example_name, kept.example)
        return Example(kept.example_name, await self._bytes(kept_example))

    async def _bytes(self, kept: KeptExample) -> bytes:
        if kept.blob is None:
            return b""
        return b"".join([chunk async for chunk in self.blobs.read(kept.blob)])

    async def _insert(self, actor: Actor, rule: Rule, action: str) -> Rule:
        now = self.clock()
        async with self.db.write() as conn:
            await _must_exist(conn, rule.mailbox)
            await rules.add(conn, rule, now)
            await audit.add(
                conn, now, actor.login, action, rule.id, after=_summary(rule)
            )
            return await _rule(conn, rule.id)


def _check_order(listed: Sequence[Rule], order: Sequence[RuleId]) -> None:
    level_of = {rule.id: rule.level for rule in listed}
    unknown = [rule for rule in order if rule not in level_of]
    if unknown:
        why = N_("{unknown} is no rule of this list").format(unknown=unknown[0])
        raise Invalid(
            N_("The order cannot be saved: {why}.").format(why=why), data={"order": why}
        )
    if len(set(order)) != len(order):
        raise Invalid(N_("The order cannot be saved: a rule stands in it twice."))
    levels = [level_of[rule] for rule in order]
    mine = [rule for rule, level in level_of.items() if level is Level.MAILBOX]
    wanted = set(level_of) if Level.ACCOUNT in levels else set(mine)
    if set(order) != wanted:
        raise Conflict(
            N_(
                "The list of rules has changed meanwhile; read it again, then order it."
            ),
            "rules-changed",
        )
    if Level.ACCOUNT in levels[: len(mine)]:
        raise Invalid(
            N_(
                "The order cannot be saved: the account's rules come after the "
                "mailbox's."
            )
        )


def _summary(rule: Rule) -> dict[str, object]:
    """Return what the audit log keeps: the content, long texts only as their mark."""
    content = dict(content_of(RuleDraft.of(rule)))
    content["stylesheet"] = _mark(rule.stylesheet)
    content["validations"] = [
        f"{one.name}: {_mark(one.content)}" for one in rule.validations
    ]
    return {"name": rule.name, "enabled": rule.enabled, **content}


def _mark(text: str) -> str:
    """Return what tells one long text from another."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{len(text)} characters, SHA-256 {digest[:16]}"


async def _must_exist(conn: Connection, mailbox: MailboxId) -> None:
    if await mailboxes.get(conn, mailbox) is None:
        raise NotFound(sentences.NO_MAILBOX(id=mailbox))


async def _rule(conn: Connection, rule: RuleId) -> Rule:
    found = await rules.get(conn, rule)
    if found is None:
        raise NotFound(sentences.NO_SUCH_RULE(id=rule))
    return found
