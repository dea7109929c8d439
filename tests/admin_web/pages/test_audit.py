"""The audit page: filters, differences, the export."""

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from admin_web.pages.differences import differences
from gateway.engine.desk import audit as engine_audit
from gateway.store import audit

PATH = "/admin/audit"
DAY = timedelta(days=1)


@pytest.fixture
def book(world):
    """Return what writes an entry so many days ago."""

    async def add(who="anna", action="rule-save", subject="r1", days=0, **detail):
        at = datetime(2026, 3, 10, 12, tzinfo=UTC) - days * DAY
        async with world.db.write() as conn:
            await audit.add(conn, at, who, action, subject, **detail)

    return add


def entries(text):
    """Return the words of each entry's first line."""
    found = re.findall(r'<li class="entry">.*?<b>(.*?)</b>', text, re.DOTALL)
    return [html.unescape(each) for each in found]


def rows(body):
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


async def test_a_change_is_shown_with_what_was_before_and_after(owner, book):
    before = {"name": "Orders", "as2": {"mdn": "SYNC"}, "same": 1, "password": "x"}
    after = {"name": "Orders", "as2": {"mdn": "ASYNC"}, "same": 1, "password": "y"}
    await book(before=before, after=after)
    await owner.get(f"{PATH}?who=anna")
    assert entries(owner.text) == ["Rule saved"]
    assert "<code>as2.mdn</code>" in owner.text
    assert "<del>SYNC</del>" in owner.text
    assert "<ins>ASYNC</ins>" in owner.text
    assert "<code>same</code>" not in owner.text


async def test_a_mailbox_is_called_by_its_name_and_linked(owner):
    await owner.post("/admin/mailboxes", {"name": "Alder & Finch"})
    box = re.search(r"mailbox=([\w-]{36})", owner.url)[1]
    await owner.get(PATH)
    link = f'<a href="/admin/integrations/list?mailbox={box}">Alder &amp; Finch</a>'
    assert link in owner.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=boris", 1),
        ("action=logged-in&who=anna", 1),
        ("subject=r2", 1),
        ("q=R2", 1),
        ("q=склад", 1),
        ("q=100%25", 0),
        ("from=2026-03-10&who=anna", 2),
        ("to=2026-03-09&from=2026-03-01", 1),
        ("from=nonsense&who=anna", 3),
        ("from=0001-01-01&to=9999-12-31&who=anna", 3),
    ],
)
async def test_filters_leave_what_was_asked_for(owner, book, query, found):
    await book(who="boris", days=100, subject="r0")
    await book(subject="r2", days=1, after={"name": "Склад"})
    await book(action="logged-in")
    await book(action="something-new")
    await owner.get(f"{PATH}?{query}")
    assert owner.status == 200
    assert len(entries(owner.text)) == found


async def test_an_action_without_a_word_of_its_own_is_still_shown(owner, book):
    await book(action="something-new")
    await owner.get(f"{PATH}?action=something-new")
    assert entries(owner.text) == ["Something new"]
    assert '<option value="something-new" selected>' in owner.text


async def test_the_days_are_those_of_the_reader(owner, book):
    await book()  # at noon UTC, the next day in Kiritimati
    there = {"zone": "Pacific/Kiritimati"}
    await owner.get(f"{PATH}?who=anna&from=2026-03-11&to=2026-03-11", cookies=there)
    assert len(entries(owner.text)) == 1
    await owner.get(f"{PATH}?who=anna&to=2026-03-10", cookies=there)
    assert entries(owner.text) == []


async def test_a_long_log_is_paged_with_its_filters(owner, book):
    for number in range(60):
        await book(subject=f"r{number:02}")
    await owner.get(f"{PATH}?who=anna")
    assert len(entries(owner.text)) == 50
    following = re.search(r'href="([^"]*page=2[^"]*)"', owner.text)[1]
    await owner.get(html.unescape(following))
    assert len(entries(owner.text)) == 10
    assert "51 to 60 of 60" in owner.text
    await owner.get(f"{PATH}?page=99&who=anna")
    assert "Nothing matches" in owner.text
    await owner.get(f"{PATH}?page=-1&who=anna")
    assert len(entries(owner.text)) == 50


async def test_what_matches_nothing_offers_a_way_on(owner):
    await owner.get(f"{PATH}?who=nobody")
    assert "Nothing matches" in owner.text
    assert f'href="{PATH}">Show all entries' in owner.text


async def test_the_export_holds_all_that_the_filters_leave(owner, book, monkeypatch):
    monkeypatch.setattr(engine_audit, "BATCH", 7)
    for number in range(30):
        await book(subject=f"r{number:02}", after={"name": f'Мій "№{number}"'})
    await book(who="boris")
    await owner.get(f"{PATH}?who=anna")
    link = re.search(r'href="(/admin/audit/export[^"]*)"', owner.text)[1]
    answer = await owner.client.get(html.unescape(link))
    assert answer.content_type == "text/csv"
    head, *lines = rows(await answer.read())
    assert head == ["at", "who", "action", "subject", "before", "after"]
    assert [line[3] for line in lines] == [f"r{n:02}" for n in range(29, -1, -1)]
    assert lines[0][5] == '{"name": "Мій \\"№29\\""}'


async def test_no_cell_of_the_export_is_a_formula(owner, book):
    await book(subject="=cmd|' /C calc'!A0")
    answer = await owner.client.get(f"{PATH}/export?who=anna")
    assert rows(await answer.read())[1][3] == "'=cmd|' /C calc'!A0"


async def test_what_html_would_take_for_a_tag_is_shown_as_text(owner, book):
    await book(subject="<script>x</script>", after={"<b>": "<i>y</i>"})
    await owner.get(f"{PATH}?who=anna")
    assert "<script>x" not in owner.text
    assert "<i>y" not in owner.text


def test_a_long_text_is_compared_line_by_line():
    old = "\n".join(str(n) for n in range(100))
    new = old.replace("50", "fifty")
    [only] = differences({"xsl": old}, {"xsl": new})
    assert ("-", "50") in only.lines
    assert ("+", "fifty") in only.lines
    assert len(only.lines) < 10


def test_lists_and_nested_values_have_their_place():
    pairs = [{"state": "NEXT"}, {"state": "OLD"}]
    found = differences(
        {}, {"a": {"b": [1, 2]}, "pairs": pairs, "on": True, "no": None}
    )
    assert [(each.place, each.after) for each in found] == [
        ("a.b", "1\n2"),
        ("pairs.1.state", "NEXT"),
        ("pairs.2.state", "OLD"),
        ("on", "true"),
        ("no", ""),
    ]


def test_huge_values_are_cut():
    [only] = differences({}, {"x": "y" * 10_000})
    assert len(only.after) == 2001
    assert len(differences({}, {str(n): n for n in range(1000)})) == 200
