"""The form of a rule, tried on past documents: part by part, while somebody looks."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from admin_web.pages import rule_form
from admin_web.pages.outcomes import OUTCOMES, SIZES
from admin_web.pages.page import Page, Visit
from admin_web.pages.rule_form import RuleForm, draft_of, refused
from admin_web.pages.rule_page import MAX_BYTES, NEW, OLD, Opened, opened_rule
from admin_web.pages.rule_work import with_template
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.rehearsal import Past, Rehearsal
from gateway.core.desk.rules import RuleDraft
from gateway.core.errors import Invalid, Refusal
from gateway.core.model import RuleId

THIS, ALL = "this", "all"
CHANGED = N_("The rule was changed while it was tried. Begin again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is added to the list: some documents, and how to go on."""

    rehearsal: Rehearsal | None = None
    fault: str = ""
    mark: str = ""

    @property
    def lines(self) -> Sequence[Sequence[tuple[str, str]]]:
        """Return the differences, line by line with their marks."""
        documents = self.rehearsal.documents if self.rehearsal else ()
        return [[_marked(line) for line in one.difference] for one in documents]


async def rehearse(visit: Visit) -> web.StreamResponse:
    """Try the form as it stands on some documents; the answer asks for the next."""
    opened = await opened_rule(visit)
    form = rule_form.sent(visit.form, opened.rule)
    form, _chosen = await with_template(visit, form, fresh=False)
    part = await _part(visit, opened, form)
    return visit.render(
        "rule_rehearsal_part.html" if visit.by_script else "rule_rehearsal.html",
        mailbox=opened.mailbox,
        rule=opened.rule,
        here=opened.here,
        form=form,
        part=part,
        outcomes=OUTCOMES,
    )


async def _part(visit: Visit, opened: Opened, form: RuleForm) -> Part:
    if form.errors:
        return Part(fault=next(iter(form.errors.values())))
    rule = opened.rule
    after = visit.form.text("after")
    try:
        draft = draft_of(form)
        mark = _mark(draft)
        if after and visit.form.text("mark") != mark:
            return Part(fault=CHANGED)
        past = Past(of=_of(visit, opened), last=_last(visit), after=after)
        run = await visit.desk.rehearsals.run(
            opened.mailbox.id, draft, rule.id if rule else None, past
        )
    except Invalid as refusal:
        errors = refused(form, refusal).errors
        place, why = next(iter(errors.items()))
        return Part(fault=why if not place or why[0].isupper() else f"{place} {why}")
    except Refusal as refusal:
        return Part(fault=refusal.message)
    return Part(rehearsal=run, mark=mark)


def _marked(line: str) -> tuple[str, str]:
    return (line[0], line[1:]) if line[:1] in {"+", "-", " "} else ("", line)


def _of(visit: Visit, opened: Opened) -> Sequence[RuleId] | None:
    wanted = visit.form.text("of") or THIS
    if wanted == THIS:
        return [opened.rule.id] if opened.rule else None
    return None if wanted == ALL else [RuleId(wanted)]


def _last(visit: Visit) -> int:
    text = visit.form.text("last")
    return int(text) if text.isdecimal() and len(text) < 4 else SIZES[1]  # noqa: PLR2004  three digits


def _mark(draft: RuleDraft) -> str:
    """Return what changes whenever what the rule does changes."""
    content = repr(replace(draft, name="", enabled=True))
    return hashlib.sha256(content.encode()).hexdigest()


PAGES: Sequence[Page] = tuple(
    Page(
        method="POST",
        path=f"{path}/rehearse",
        handler=rehearse,
        role=PersonRole.INTEGRATOR,
        max_bytes=MAX_BYTES,
    )
    for path in (NEW, OLD)
)
