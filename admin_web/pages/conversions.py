"""The conversion log: what each rule made of each document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from admin_web.pages.filter_values import mailbox_of
from admin_web.pages.page import Page, Visit
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.conversions import ConversionQuery, ConversionStatus
from gateway.core.errors import Invalid, NotFound
from gateway.core.model import MailboxId, RuleId

LIST = "/admin/conversions"
SIZE = 50
LAST_PAGE = 100_000
LONGEST = 255
NO_RULE = "none"  # as a rule: what no rule matched
STATES: Mapping[ConversionStatus, tuple[str, str]] = {
    ConversionStatus.SUCCEED: (N_("Succeeded"), "ok"),
    ConversionStatus.FAILED: (N_("Failed"), "err"),
    ConversionStatus.PROCESSED: (N_("Went on without a rule"), "info"),
    ConversionStatus.REPROCESSED: (N_("Failed, run again later"), "idle"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for."""

    mailbox: str = ""
    rule: str = ""
    status: str = ""
    q: str = ""
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filters":
        """Return the filters; Invalid names the word that is none."""
        words = {
            name: query.get(name, "").strip()[:LONGEST]
            for name in ("mailbox", "rule", "status", "q")
        }
        number = query.get("page", "") or "1"
        if not number.isascii() or not number.isdecimal():
            raise Invalid(
                N_("There is no page {number}; pages count from 1.").format(
                    number=repr(number)
                )
            )
        known = {status.value for status in ConversionStatus}
        if words["status"] and words["status"] not in known:
            raise Invalid(
                N_("There is no status {words}; there are {listed}.").format(
                    words=repr(words["status"]), listed=", ".join(sorted(known))
                )
            )
        if any("\0" in word for word in words.values()):
            raise Invalid(N_("The address holds the character NUL; remove it."))
        return cls(**words, page=min(max(int(number[:9]), 1), LAST_PAGE))

    @property
    def narrowed(self) -> bool:
        return bool(mailbox_of(self.mailbox) or self.rule or self.status or self.q)

    def address(self, page: int = 1) -> str:
        """Return where that page of the same list is."""
        words = {
            "mailbox": self.mailbox,
            "rule": self.rule,
            "status": self.status,
            "q": self.q,
            "page": str(page) if page > 1 else "",
        }
        query = urlencode({name: word for name, word in words.items() if word})
        return f"{LIST}?{query}" if query else LIST

    def query(self) -> ConversionQuery:
        """Return the same for the desk."""
        named = self.rule and self.rule != NO_RULE
        return ConversionQuery(
            mailbox=mailbox_of(self.mailbox),
            rule=RuleId(self.rule.lower()) if named else None,
            status=ConversionStatus(self.status) if self.status else None,
            keyword=self.q,
            no_rule=self.rule == NO_RULE,
            limit=SIZE,
            offset=(self.page - 1) * SIZE,
        )


async def show_log(visit: Visit) -> web.StreamResponse:
    """Show one page of the log, newest first."""
    filters = Filters.read(visit.query)
    total, lines = await visit.desk.conversions.search(filters.query())
    boxes = {each.id: each.name for each in await visit.desk.mailboxes.all()}
    return visit.render(
        "conversions.html",
        filters=filters,
        total=total,
        lines=lines,
        states={status.value: told for status, told in STATES.items()},
        mailboxes=boxes,
        rules=await _rules(visit, filters, boxes),
        first=filters.query().offset + 1,
        last=filters.query().offset + len(lines),
    )


async def _rules(
    visit: Visit, filters: Filters, boxes: Mapping[MailboxId, str]
) -> Sequence[tuple[str, str]]:
    """Return the rules to choose from: those of the mailbox, and the chosen one."""
    box = MailboxId(filters.mailbox.lower())
    listed = await visit.desk.rules.listing(box) if box in boxes else []
    found = [(str(rule.id), rule.name) for rule in listed]
    chosen = filters.rule.lower()
    if chosen and chosen != NO_RULE and chosen not in dict(found):
        try:
            rule = await visit.desk.rules.get(RuleId(chosen))
        except NotFound:
            found.append((chosen, chosen))  # deleted; its lines are still there
        else:
            found.append((chosen, rule.name))
    return found


PAGES: Sequence[Page] = (
    Page(method="GET", path=LIST, handler=show_log, role=PersonRole.AUDITOR),
)
