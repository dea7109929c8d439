from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from gateway.adapters.mail_texts import MailTexts
from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import (
    BlobRef,
    EnvelopeId,
    MailboxId,
    Problem,
    RuleId,
    TransferId,
)
from gateway.core.ports import (
    Letter,
    MailRefused,
    MailResult,
    MailSent,
    NoMailServer,
)
from gateway.core.retry import RetryPolicy
from gateway.engine import notices
from gateway.engine.notices import Notices
from gateway.engine.parking import PARKED
from gateway.store.envelopes import InboxEntry
from gateway.store.jobs import Jobs
from gateway.store.tables import integrations, mailboxes, mails

ACME, BETA, MUTE = MailboxId("acme"), MailboxId("beta"), MailboxId("mute")
LEASE = timedelta(minutes=5)
PROBLEM = Problem(
    "stylesheet-error", "XTDE0640: no end", "convert", RuleId("r1"), 7, "Mend the rule."
)


@dataclass
class FakeMailer:
    """Answers what the test says and keeps what it was given."""

    answers: list[MailResult] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> MailResult:
        MailTexts().render(letter.kind, letter.data)  # every name is there
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else MailSent()


@pytest.fixture
def mailer():
    return FakeMailer()


@pytest.fixture
def sending(db, mailer, clock):
    policy = RetryPolicy(max_attempts=3, jitter=0)
    return Notices(db, mailer, clock, policy)


@pytest.fixture(autouse=True)
async def boxes(db, clock):
    async with db.write() as conn:
        for box, to in ((ACME, "a@acme.example"), (BETA, "b@beta.example"), (MUTE, "")):
            await conn.execute(
                insert(mailboxes).values(uuid=box, name=box.title(), created_at=clock())
            )
            await conn.execute(
                insert(integrations).values(
                    mailbox=box, enabled=True, protocol="SFTP", notify_email=to,
                    default_rule="NOTIFY", reject_reason="", public_keys=[],
                    allowed_addresses=[], as2={},
                )
            )  # fmt: skip


def an_entry(clock, *, recipient=BETA, sender=ACME):
    return InboxEntry(
        envelope=EnvelopeId("e1"),
        mailbox=recipient,
        status=EnvelopeStatus.WAITING,
        sender=sender,
        subject="Order 4711",
        xml=BlobRef("0" * 64, 1),
        received_at=clock(),
    )


async def work(db, sending, clock):
    """Do every mail job that is due; return how many there were."""
    held = await Jobs(db).claim("w", clock(), LEASE, 100)
    for job in held:
        await sending.run(job)
    return len(held)


async def states(db):
    async with db.read() as conn:
        found = await conn.execute(select(mails).order_by(mails.c.id))
        return [(row.kind, row.state, row.error) for row in found]


async def test_a_failure_tells_the_owner_rule_step_line_and_remedy(
    db, sending, mailer, clock
):
    async with db.write() as conn:
        await notices.failure(conn, ACME, PROBLEM, "o.edi", TransferId("t1"), clock())
    assert await work(db, sending, clock) == 1
    [letter] = mailer.letters
    assert (letter.kind, letter.to) == ("failure", ["a@acme.example"])
    told = {"rule": "r1", "step": "convert", "line": 7, "remedy": "Mend the rule."}
    assert letter.data.items() >= {**told, "file": "o.edi", "reference": "t1"}.items()
    assert await states(db) == [("failure", "SENT", "")]
    assert await Jobs(db).next_due() is None


async def test_many_failures_of_one_rule_and_error_make_two_mails(
    db, sending, mailer, clock
):
    for number in range(100):
        async with db.write() as conn:
            await notices.failure(
                conn, ACME, PROBLEM, f"{number}.edi", TransferId("t"), clock()
            )
    await work(db, sending, clock)
    clock.tick(timedelta(hours=1))
    await work(db, sending, clock)
    assert [letter.kind for letter in mailer.letters] == ["failure", "digest"]
    assert mailer.letters[1].data["count"] == 99


async def test_each_mailbox_rule_error_and_kind_is_told_by_itself(
    db, sending, mailer, clock
):
    other = Problem("unreadable", "no UNB", "read")
    async with db.write() as conn:
        for box in (ACME, BETA):
            for problem in (PROBLEM, other):
                await notices.failure(
                    conn, box, problem, "o.edi", TransferId("t"), clock()
                )
                await notices.delivery_failed(
                    conn, box, problem, "o.edi", TransferId("t"), clock()
                )
    assert await work(db, sending, clock) == 8
    assert {letter.kind for letter in mailer.letters} == {"failure", "delivery-failed"}


async def test_an_arrival_is_told_to_the_recipient_and_a_rejection_to_the_sender(
    db, sending, mailer, clock
):
    async with db.write() as conn:
        await notices.arrived(conn, an_entry(clock), clock())
        await notices.rejected(conn, an_entry(clock), "not ordered", clock())
    await work(db, sending, clock)
    arrived, rejected = sorted(mailer.letters, key=lambda letter: letter.kind)
    assert (arrived.kind, arrived.to) == ("envelope-arrived", ["b@beta.example"])
    assert arrived.data["sender"] == "Acme"
    assert (rejected.kind, rejected.to) == ("envelope-rejected", ["a@acme.example"])
    assert rejected.data["recipient"] == "Beta"
    assert rejected.data["reason"] == "not ordered"


async def test_a_mailbox_that_names_nobody_gets_no_mail(db, clock):
    entry = an_entry(clock, recipient=MUTE, sender=MUTE)
    async with db.write() as conn:
        await notices.arrived(conn, entry, clock())
        await notices.rejected(conn, entry, "", clock())
        await notices.failure(conn, MUTE, PROBLEM, "o", TransferId("t"), clock())
    assert await states(db) == []


async def test_a_test_mail_goes_to_the_addresses_being_tried(
    db, sending, mailer, clock
):
    async with db.write() as conn:
        await notices.test(conn, MUTE, "new@acme.example, x@acme.example", clock())
    await work(db, sending, clock)
    assert mailer.letters[0].to == ["new@acme.example", "x@acme.example"]


async def ask_for_a_mail(db, clock):
    async with db.write() as conn:
        await notices.test(conn, ACME, "a@acme.example", clock())


async def test_without_a_mail_server_mails_wait_and_lose_no_attempt(
    db, sending, mailer, clock
):
    mailer.answers = [NoMailServer()] * 50
    await ask_for_a_mail(db, clock)
    for _ in range(50):
        assert await work(db, sending, clock) == 1
        clock.tick(timedelta(days=1))
        assert await work(db, sending, clock) == 0
        await Jobs(db).unpark(PARKED, clock())  # as each start does
    assert await states(db) == [("test", "WAITING", "")]
    await work(db, sending, clock)
    assert await states(db) == [("test", "SENT", "")]


async def test_a_mail_server_set_while_a_mail_found_none_gets_it_at_once(
    db, mailer, clock
):
    async def there(_conn):
        return True

    mailer.answers = [NoMailServer()]
    sending = Notices(db, mailer, clock, RetryPolicy(), there)
    await ask_for_a_mail(db, clock)
    assert await work(db, sending, clock) == 1
    assert await work(db, sending, clock) == 1
    assert await states(db) == [("test", "SENT", "")]


async def test_a_temporary_refusal_is_tried_again_under_the_same_id_then_given_up(
    db, sending, mailer, clock
):
    mailer.answers = [MailRefused(f"451 try {n}", permanent=False) for n in range(3)]
    await ask_for_a_mail(db, clock)
    for delay in (1, 2):
        assert await work(db, sending, clock) == 1
        assert (await states(db))[0][1] == "WAITING"
        clock.tick(timedelta(minutes=delay))
    assert await work(db, sending, clock) == 1
    assert await states(db) == [("test", "FAILED", "451 try 2")]
    assert len({letter.id for letter in mailer.letters}) == 1
    assert await Jobs(db).next_due() is None


async def test_only_those_who_have_not_got_it_are_tried_again(
    db, sending, mailer, clock
):
    mailer.answers = [MailRefused("451", permanent=False, left=["x@acme.example"])]
    async with db.write() as conn:
        await notices.test(conn, ACME, "a@acme.example,x@acme.example", clock())
    await work(db, sending, clock)
    clock.tick(timedelta(minutes=1))
    await work(db, sending, clock)
    assert mailer.letters[1].to == ["x@acme.example"]


async def test_a_permanent_refusal_ends_the_mail(db, sending, mailer, clock):
    mailer.answers = [MailRefused("550 no such user", permanent=True)]
    await ask_for_a_mail(db, clock)
    await work(db, sending, clock)
    assert await states(db) == [("test", "FAILED", "550 no such user")]
    assert await Jobs(db).next_due() is None


async def test_a_mail_already_sent_or_removed_is_not_sent_again(
    db, sending, mailer, clock
):
    await ask_for_a_mail(db, clock)
    [job] = await Jobs(db).claim("w", clock(), LEASE, 1)
    async with db.write() as conn:
        await conn.execute(mails.delete())
    await sending.run(job)
    assert mailer.letters == []
    assert await Jobs(db).next_due() is None


async def test_a_mail_that_breaks_the_program_is_given_up_in_words(
    db, sending, mailer, clock
):
    await ask_for_a_mail(db, clock)
    [job] = await Jobs(db).claim("w", clock(), LEASE, 1)
    await sending.give_up(job, Problem("internal-error", "failed 5 times", "deliver"))
    assert await states(db) == [("test", "FAILED", "failed 5 times")]
    await ask_for_a_mail(db, clock)
    [job] = await Jobs(db).claim("w", clock(), LEASE, 1)
    async with db.write() as conn:
        await conn.execute(mails.delete())
    await sending.give_up(job, PROBLEM)
    assert await Jobs(db).next_due() is None
