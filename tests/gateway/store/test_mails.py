from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import insert, select, update

from gateway.core.model import MailboxId, RuleId
from gateway.store import mails
from gateway.store.mails import LISTED, Addressee, Mails, MailState
from gateway.store.tables import integrations, jobs, mailboxes, rules
from gateway.store.tables import mails as table

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ACME = MailboxId("acme")


@pytest.fixture
async def acme(db, clock):
    async with db.write() as conn:
        await conn.execute(
            insert(mailboxes).values(uuid=ACME, name="Acme", created_at=clock())
        )
        await conn.execute(
            insert(integrations).values(
                mailbox=ACME,
                enabled=True,
                protocol="SFTP",
                notify_email=" a@acme.example, b@acme.example ",
                default_rule="COPY",
                reject_reason="",
                public_keys=[],
                allowed_addresses=[],
                as2={},
            )
        )


async def add(db, at, *, key="k", number=1, kind="failure"):
    async with db.write() as conn:
        await mails.add(
            conn,
            mailbox=None,
            to="a@x.example",
            kind=kind,
            data={"file": f"{number}.edi"},
            digest_key=key,
            at=at,
        )


async def outbox(db):
    async with db.read() as conn:
        return (await conn.execute(select(table).order_by(table.c.id))).all()


async def due(db):
    async with db.read() as conn:
        found = await conn.execute(select(jobs).order_by(jobs.c.run_at))
        return [(row.kind, row.subject, row.run_at) for row in found]


async def test_a_mail_and_its_job_are_there_together_or_not_at_all(db, clock):
    await add(db, clock())
    [mail] = await outbox(db)
    assert await due(db) == [("mail", str(mail.id), clock())]
    with pytest.raises(RuntimeError):
        async with db.write() as conn:
            await mails.add(
                conn,
                mailbox=None,
                to="a@x.example",
                kind="test",
                data={},
                digest_key=None,
                at=clock(),
            )
            raise RuntimeError
    assert len(await outbox(db)) == len(await due(db)) == 1


async def test_what_follows_within_the_hour_is_one_digest_at_its_end(db, clock):
    start = clock()
    for number in range(1, 31):
        await add(db, start + number * MINUTE, number=number)
    first, digest = await outbox(db)
    assert (first.kind, digest.kind) == ("failure", "digest")
    assert digest.data["about"] == "failure"
    assert digest.data["count"] == 29
    listed = [item["file"] for item in digest.data["items"]]
    assert listed == [f"{number}.edi" for number in range(2, 2 + LISTED)]
    end = start + MINUTE + HOUR
    assert await due(db) == [
        ("mail", str(first.id), start + MINUTE),
        ("mail", str(digest.id), end),
    ]


async def test_a_digest_about_to_be_sent_takes_no_more(db, clock):
    start = clock()
    await add(db, start)
    await add(db, start + MINUTE)
    for late in (
        HOUR - MINUTE,
        HOUR - timedelta(seconds=1),
        HOUR,
        2 * HOUR - 2 * MINUTE,
    ):
        await add(db, start + late)
    kinds = [
        (row.kind, row.due_at - start, row.data.get("count"))
        for row in await outbox(db)
    ]
    assert kinds == [
        ("failure", timedelta(0), None),
        ("digest", HOUR, 1),
        ("digest", 2 * HOUR, 4),
    ]


async def test_never_more_than_one_mail_an_hour_however_long_it_goes_on(db, clock):
    start = clock()
    for number in range(60):
        await add(db, start + number * 7 * MINUTE, number=number)
    times = [row.due_at for row in await outbox(db)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= HOUR
    counted = sum(row.data.get("count", 1) for row in await outbox(db))
    assert counted == 60


async def test_after_a_quiet_hour_the_next_mail_goes_at_once(db, clock):
    await add(db, clock())
    await add(db, clock() + HOUR)
    assert [row.kind for row in await outbox(db)] == ["failure", "failure"]


async def test_other_keys_and_mails_without_a_key_are_not_gathered(db, clock):
    for key in ("a", "b", None, None):
        await add(db, clock(), key=key)
    assert [row.kind for row in await outbox(db)] == ["failure"] * 4


async def test_who_is_told_comes_from_the_integration(db, acme):
    async with db.read() as conn:
        found = await mails.addressee(conn, ACME)
        assert found == Addressee("Acme", " a@acme.example, b@acme.example ")
        assert await mails.addressee(conn, MailboxId("other")) is None
    async with db.write() as conn:
        await conn.execute(update(integrations).values(notify_email=" "))
    async with db.read() as conn:
        assert await mails.addressee(conn, ACME) is None


async def test_names_fall_back_to_the_uuid_of_what_is_gone(db, acme, clock):
    async with db.write() as conn:
        await conn.execute(
            insert(rules).values(
                uuid="r1", mailbox=ACME, level="MAILBOX", direction="OUT",
                name="Orders", enabled=True, position=0, template="t",
                multiple_envelopes=False, stylesheet="", file_name_pattern="",
                attributes={}, validations=[], example_name="",
                succeeded=0, failed=0, created_at=clock(), updated_at=clock(),
            )
        )  # fmt: skip
    async with db.read() as conn:
        assert await mails.rule_name(conn, RuleId("r1")) == "Orders"
        assert await mails.rule_name(conn, RuleId("r2")) == "r2"
        assert await mails.rule_name(conn, None) == ""
        assert await mails.mailbox_name(conn, ACME) == "Acme"
        assert await mails.mailbox_name(conn, MailboxId("gone")) == "gone"


async def test_a_mail_waits_until_it_is_settled(db, clock):
    await add(db, clock())
    [row] = await outbox(db)
    async with db.read() as conn:
        mail = await mails.waiting(conn, row.id)
    assert mail.letter.to == ["a@x.example"]
    assert mail.letter.data == {"file": "1.edi"}
    assert mail.letter.at == clock()
    async with db.write() as conn:
        await mails.postponed(conn, mail, "451 later", [])
        again = await mails.waiting(conn, row.id)
        assert (again.attempts, again.letter) == (1, mail.letter)
        await mails.postponed(conn, again, "451 later", ["c@x.example"])
        again = await mails.waiting(conn, row.id)
        assert (again.attempts, again.letter.to) == (2, ["c@x.example"])
        await mails.sent(conn, row.id, "", clock())
        assert await mails.waiting(conn, row.id) is None
    [row] = await outbox(db)
    assert (row.state, row.sent_at, row.error) == ("SENT", clock(), "")


async def test_the_outbox_is_counted_by_state(db, clock):
    for number in range(3):
        await add(db, clock(), key=None, number=number)
    async with db.write() as conn:
        await mails.failed(conn, await mails.waiting(conn, 1), "x" * 5000)
    assert await Mails(db).counts() == {
        MailState.WAITING: 2,
        MailState.SENT: 0,
        MailState.FAILED: 1,
    }
    row = (await outbox(db))[0]
    assert (row.attempts, len(row.error)) == (1, 2000)
