"""The list of conversion rules: switch, order, clone, delete."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.pages.integrations import ONE, address_of, rule_rows
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import Conflict
from gateway.core.model import MailboxId, RuleId

RULE = f"{ONE}/rules/{{rule}}"
STEPS = {"up": -1, "down": 1}


async def switch_rule(visit: Visit) -> web.StreamResponse:
    """Switch the rule on or off."""
    rule = await visit.desk.rules.switch(
        visit.actor, _rule(visit), enabled=visit.form.has("enabled")
    )
    state = "on" if rule.enabled else "off"
    return await _list(visit, f"{rule.name} is {state}.")


async def move_rule(visit: Visit) -> web.StreamResponse:
    """Move the rule one place up or down among those of its level."""
    rules = await visit.desk.rules.listing(visit.mailbox)
    order = [rule.id for rule in rules]
    moved = _rule(visit)
    step = STEPS.get(visit.form.text("to"), 0)
    if moved not in order:
        raise Conflict(N_("The list of rules has changed meanwhile; reload the page."))
    place = order.index(moved)
    other = place + step
    if not 0 <= other < len(order) or rules[other].level is not rules[place].level:
        return await _list(
            visit, N_("{name} stays where it is.").format(name=rules[place].name)
        )
    order[place], order[other] = order[other], order[place]
    await visit.desk.rules.order(visit.actor, visit.mailbox, order)
    said = N_("{name} moved to position {value} of {count}.").format(
        name=rules[place].name, value=other + 1, count=len(order)
    )
    return await _list(visit, said)


async def order_rules(visit: Visit) -> web.StreamResponse:
    """Put the rules into the order in which they were dragged."""
    sent = [RuleId(each.lower()) for each in visit.form.texts("rule")]
    rules = await visit.desk.rules.order(visit.actor, visit.mailbox, sent)
    moved = visit.form.text("moved").lower()
    told = [
        N_("{name} moved to position {place} of {count}.").format(
            name=rule.name, place=place, count=len(rules)
        )
        for place, rule in enumerate(rules, 1)
        if rule.id == moved
    ]
    return await _list(visit, "".join(told))


async def clone_rule(visit: Visit) -> web.StreamResponse:
    """Add a copy at the end; the form goes on with the copy."""
    rule = await visit.desk.rules.clone(visit.actor, _rule(visit))
    if visit.form.has("then"):
        return see(f"{ONE.format(mailbox=visit.mailbox)}/rules/{rule.id}")
    return await _list(
        visit, N_("{name} was added at the end. It is off.").format(name=rule.name)
    )


async def remove_rule(visit: Visit) -> web.StreamResponse:
    """Delete the rule."""
    rule = await visit.desk.rules.get(_rule(visit))
    await visit.desk.rules.remove(visit.actor, rule.id)
    return await _list(visit, N_("{name} was deleted.").format(name=rule.name))


async def _list(visit: Visit, said: str) -> web.StreamResponse:
    """Return the list anew, or without script the page."""
    if not visit.by_script:
        return see(address_of(visit.mailbox))
    return visit.render(
        "rules.html",
        mailbox=await visit.desk.mailboxes.get(visit.mailbox),
        view=await visit.desk.integrations.get(MailboxId(visit.mailbox)),
        rules=await rule_rows(visit, visit.mailbox),
        may_edit=True,
        said=said,
    )


def _rule(visit: Visit) -> RuleId:
    return RuleId(visit.path("rule"))


PAGES: Sequence[Page] = (
    Page(
        method="POST",
        path=f"{ONE}/rules/order",
        handler=order_rules,
        role=PersonRole.INTEGRATOR,
    ),
    *(
        Page(
            method="POST",
            path=f"{RULE}/{name}",
            handler=handler,
            role=PersonRole.INTEGRATOR,
        )
        for name, handler in (
            ("switch", switch_rule),
            ("move", move_rule),
            ("clone", clone_rule),
            ("delete", remove_rule),
        )
    ),
)
