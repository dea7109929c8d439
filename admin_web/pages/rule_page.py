"""The form of a rule: new, opened, tried, saved."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from admin_web.api.download import OCTETS, download
from admin_web.pages import rule_form
from admin_web.pages.integrations import ONE
from admin_web.pages.outcomes import OUTCOMES, SIZES
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.rule_bench import STEPS
from admin_web.pages.rule_form import RuleForm, draft_of, refused
from admin_web.pages.rule_work import (
    EXAMPLE_MAX,
    Outcome,
    example_of,
    execute,
    kept_example,
    run,
    with_files,
    with_template,
)
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.content import Content
from gateway.core.desk.rules import Preview, RuleDay
from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.integration import Mailbox
from gateway.core.model import RuleId
from gateway.core.rules import Level, Rule, RuleDirection

NEW = f"{ONE}/rules/new"
OLD = f"{ONE}/rules/{{rule}}"
DAYS = 30
MAX_BYTES = EXAMPLE_MAX + (24 << 20)
CHANGED = N_(
    "Somebody has saved this rule since you opened it. Save again to replace what they "
    "saved, or reload the page to see it."
)
NOT_EXECUTED = N_(
    "Nothing was saved: press Execute first. Save needs a successful Execute of "
    "exactly this rule."
)


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose list the rule stands in; *rule* is None while it is new."""

    mailbox: Mailbox
    rule: Rule | None

    @property
    def here(self) -> str:
        return address_of(self.mailbox.id, self.rule.id if self.rule else "new")


async def show_rule(visit: Visit) -> web.StreamResponse:
    """Show the form as the rule is saved, or that of a new rule.

    The query may choose direction, level and template of a new one.
    """
    opened = await opened_rule(visit)
    if opened.rule is None:
        return await _show(visit, opened, _blank(visit.request.query), fresh=True)
    form = rule_form.shown(opened.rule)
    if visit.actor.role.covers(PersonRole.INTEGRATOR):
        form = await kept_example(visit, form, opened.rule)
    return await _show(visit, opened, form)


def _blank(query: Mapping[str, str]) -> RuleForm:
    into = query.get("direction") == RuleDirection.IN.value
    account = query.get("level") == Level.ACCOUNT.value
    form = rule_form.blank(
        RuleDirection.IN if into else RuleDirection.OUT,
        Level.ACCOUNT if account else Level.MAILBOX,
    )
    return form.having(templateUuid=query.get("template", "").strip())


async def work(visit: Visit) -> web.StreamResponse:
    """Do what the pressed button says, and show the form again; nothing is saved."""
    opened = await opened_rule(visit)
    form = await with_files(visit, rule_form.sent(visit.form, opened.rule))
    outcome = None
    wanted = visit.form.text("do")
    anew = wanted == "skeleton"
    if wanted == "execute":
        form, _chosen = await with_template(visit, form, fresh=False)
        if not form.errors:
            form, outcome = await execute(visit, form, opened.mailbox.id, opened.rule)
    return await _show(
        visit, opened, form, outcome, fresh=wanted == "template", anew=anew
    )


async def save(visit: Visit) -> web.StreamResponse:
    """Save the rule, whole or not at all."""
    opened = await opened_rule(visit)
    old = opened.rule
    form = await with_files(visit, rule_form.sent(visit.form, old))
    form, _chosen = await with_template(visit, form, fresh=False)
    if old and form.text("seen") != rule_form.digest_of(old):
        form = form.having(seen=rule_form.digest_of(old)).wrong(save=CHANGED)
    if form.errors:
        return await _show(visit, opened, form)
    rules, token = visit.desk.rules, form.text("executeToken")
    try:
        draft = draft_of(form)
        if old:
            rule = await rules.save(visit.actor, old.id, draft, token)
        else:
            rule = await rules.add(visit.actor, opened.mailbox.id, draft, token)
    except Conflict:
        return await _show(visit, opened, form.wrong(save=CHANGED))
    except Invalid as refusal:
        unproved = refusal.code == "execute-required"
        if unproved:
            form = form.having(executeToken="").wrong(save=NOT_EXECUTED)
        else:
            form = refused(form, refusal)
        return await _show(visit, opened, form)
    # no rule of the account any more: it is its own mailbox's again
    here = rule.mailbox if rule.level is Level.MAILBOX else opened.mailbox.id
    return see(f"{address_of(here, rule.id)}?saved")


async def preview(visit: Visit) -> web.StreamResponse:
    """Tell what the pattern gives, while it is being typed."""
    opened = await opened_rule(visit)
    form = rule_form.sent(visit.form, opened.rule)
    form, told = await _previewed(visit, opened, form)
    return visit.render("rule_preview.html", form=form, preview=told)


async def result(visit: Visit) -> web.StreamResponse:
    """Execute again and give the result as a file."""
    opened = await opened_rule(visit)
    form = await with_files(visit, rule_form.sent(visit.form, opened.rule))
    form, _chosen = await with_template(visit, form, fresh=False)
    if form.errors:
        return await _show(visit, opened, form)
    try:
        done = await run(visit, form, opened.mailbox.id, opened.rule)
    except Invalid:
        form, outcome = await execute(visit, form, opened.mailbox.id, opened.rule)
        return await _show(visit, opened, form, outcome)
    name = done.file_name if form.direction is RuleDirection.IN else "envelope.xml"
    file = Content(
        name=name,
        content_type=OCTETS,
        size=len(done.result),
        chunks=_whole(done.result),
    )
    return await download(visit.call, file)


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def opened_rule(visit: Visit) -> Opened:
    """Return whose rule is asked for; NotFound if it is another mailbox's."""
    mailbox = await visit.desk.mailboxes.get(visit.mailbox)
    if "rule" not in visit.request.match_info:
        return Opened(mailbox, None)
    rule = await visit.desk.rules.get(RuleId(visit.path("rule")))
    if rule.level is Level.MAILBOX and rule.mailbox != mailbox.id:
        raise NotFound(N_("The rule {id} is of another mailbox.").format(id=rule.id))
    return Opened(mailbox, rule)


async def _previewed(
    visit: Visit, opened: Opened, form: RuleForm
) -> tuple[RuleForm, Preview]:
    if form.error("templateUuid") or not form.template:
        return form, Preview()
    rules, token = visit.desk.rules, form.text("exampleToken")
    if not form.text("pattern") and form.direction is RuleDirection.OUT:
        return form, Preview()
    try:
        example = await rules.looked(token) if token else None
    except Invalid:
        example = None  # told where the example is shown
    try:
        draft = draft_of(form)
        return form, await rules.preview(opened.mailbox.id, draft, example)
    except Invalid as refusal:
        wrong = refused(form, refusal).errors
        mine = {
            name: why
            for name, why in wrong.items()
            if name in {"pattern", "fileNamePattern"}
        }
        return form.wrong(**mine), Preview()


async def _show(
    visit: Visit,
    opened: Opened,
    form: RuleForm,
    outcome: Outcome | None = None,
    *,
    fresh: bool = False,
    anew: bool = False,
) -> web.StreamResponse:
    form, chosen = await with_template(visit, form, fresh=fresh, anew=anew)
    form, told = await _previewed(visit, opened, form)
    form, example = await example_of(visit, form)
    refused_now = visit.request.method == "POST" and not visit.by_script
    rules = await visit.desk.rules.listing(opened.mailbox.id)
    places = {rule.id: place for place, rule in enumerate(rules, 1)}
    return visit.render(
        "rule.html",
        422 if form.errors and refused_now else 200,
        mailbox=opened.mailbox,
        rule=opened.rule,
        here=opened.here,
        place=places.get(opened.rule.id, 0) if opened.rule else 0,
        count=len(rules),
        others=[x for x in rules if x.direction is form.direction and x != opened.rule],
        sizes=SIZES,
        outcomes=OUTCOMES,
        steps=STEPS,
        form=form,
        chosen=chosen,
        preview=told,
        example=example,
        outcome=outcome,
        templates=await visit.desk.templates.latest(),
        saved="saved" in visit.request.query,
        days=await _days(visit, opened),
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
    )


async def _days(visit: Visit, opened: Opened) -> Sequence[RuleDay]:
    """Return the days on which the rule did something."""
    if opened.rule is None or visit.by_script:
        return []
    found = await visit.desk.rules.days(opened.rule.id, DAYS)
    return [each for each in found if each.succeeded or each.failed]


def address_of(mailbox: str, rule: str) -> str:
    """Return where the form of the rule is."""
    return f"/admin/mailboxes/{mailbox}/rules/{rule}"


def _of(path: str) -> Sequence[Page]:
    return [
        Page(
            method="POST",
            path=f"{path}{end}",
            handler=handler,
            role=PersonRole.INTEGRATOR,
            max_bytes=MAX_BYTES,
        )
        for end, handler in (
            ("", save),
            ("/form", work),
            ("/preview", preview),
            ("/result", result),
        )
    ]


PAGES: Sequence[Page] = (
    Page(method="GET", path=NEW, handler=show_rule, role=PersonRole.INTEGRATOR),
    *_of(NEW),
    Page(method="GET", path=OLD, handler=show_rule, role=PersonRole.AUDITOR),
    *_of(OLD),
)
