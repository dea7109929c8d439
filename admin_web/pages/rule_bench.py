"""Test a file: what the rules of a mailbox would do with it, and why."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from admin_web.pages.code_lines import Lines, lines_of
from admin_web.pages.integrations import ONE
from admin_web.pages.page import Page, Visit
from admin_web.pages.rule_work import EXAMPLE_MAX, NOTHING, TOO_LARGE
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.bench import Tested
from gateway.core.desk.rules import Example
from gateway.core.errors import Invalid
from gateway.core.integration import DefaultRule
from gateway.core.rules import RuleDirection

PATH = f"{ONE}/rules/test"
STEPS: Mapping[str, str] = {
    "read": N_("Read"),
    "validate": N_("Validate"),
    "convert": N_("Convert"),
    "write": N_("Write"),
    "print": N_("Print"),
    "template": N_("Check against the template"),
    "handover": N_("Wait and hand over"),
}
"""What the steps of a conversion are called."""
DEFAULTS: Mapping[DefaultRule, str] = {
    DefaultRule.COPY: N_("The default rule applies: a copy for the remote server."),
    DefaultRule.NOTIFY: N_("The default rule applies: a notification e-mail."),
    DefaultRule.REJECT: N_("The default rule applies: the envelope is rejected."),
}
NO_FILE = N_("Choose the file to test.")
NO_PAIR = N_("Write each attribute on a line of its own: NAME=value.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the form holds, and what became of the file."""

    attributes: str = ""
    direction: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    tested: Tested | None = None
    source: Lines = NOTHING
    result: Lines = NOTHING

    def error(self, name: str) -> str:
        """Return what is wrong with the field."""
        return self.errors.get(name, "")


async def show(visit: Visit) -> web.StreamResponse:
    """Show the empty form."""
    return await _render(visit, Shown())


async def test(visit: Visit) -> web.StreamResponse:
    """Try the file that was sent; nothing happens with it."""
    shown = Shown(
        attributes=visit.form.raw("attributes"), direction=visit.form.text("direction")
    )
    file = next((x for x in visit.form.uploads("file") if x.filename), None)
    pairs = _pairs(shown.attributes)
    errors = {} if file else {"file": NO_FILE}
    if pairs is None:
        errors["attributes"] = NO_PAIR
    if file is None or pairs is None:
        return await _render(visit, _with(shown, errors))
    data = await asyncio.to_thread(file.file.read, EXAMPLE_MAX + 1)
    if len(data) > EXAMPLE_MAX:
        return await _render(visit, _with(shown, {"file": TOO_LARGE}))
    known = {each.value: each for each in RuleDirection}
    try:
        tested = await visit.desk.bench.test(
            visit.mailbox,
            Example(file.filename, data),
            pairs,
            known.get(shown.direction),
        )
    except Invalid as refusal:
        place = "attributes" if "attributes.folder" in refusal.data else "file"
        return await _render(visit, _with(shown, {place: refusal.message}))
    return await _render(
        visit,
        Shown(
            attributes=shown.attributes,
            direction=shown.direction,
            name=file.filename,
            tested=tested,
            source=await asyncio.to_thread(lines_of, tested.source_xml),
            result=await asyncio.to_thread(lines_of, tested.result),
        ),
    )


def _with(shown: Shown, errors: Mapping[str, str]) -> Shown:
    return Shown(attributes=shown.attributes, direction=shown.direction, errors=errors)


def _pairs(text: str) -> Mapping[str, str] | None:
    """Return the attributes, one on each line; None if a line is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    pairs = [line.partition("=") for line in lines]
    if any(not mark or not name.strip() for name, mark, _ in pairs):
        return None
    return {name.strip(): value.strip() for name, _, value in pairs}


async def _render(visit: Visit, shown: Shown) -> web.StreamResponse:
    return visit.render(
        "rule_bench.html",
        422 if shown.errors else 200,
        mailbox=await visit.desk.mailboxes.get(visit.mailbox),
        here=PATH.format(mailbox=visit.mailbox),
        shown_form=shown,
        tested=shown.tested,
        steps=STEPS,
        defaults=DEFAULTS,
    )


PAGES: Sequence[Page] = (
    Page(method="GET", path=PATH, handler=show, role=PersonRole.INTEGRATOR),
    Page(
        method="POST",
        path=PATH,
        handler=test,
        role=PersonRole.INTEGRATOR,
        max_bytes=EXAMPLE_MAX + (1 << 20),
    ),
)
