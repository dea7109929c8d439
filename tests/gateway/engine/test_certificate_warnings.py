from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select

from certs.identity import make_identity
from certs.partner import to_pem
from gateway.core.integration import Integration, Mailbox
from gateway.core.model import Channel, MailboxId
from gateway.engine.certificate_warnings import CertificateWarnings
from gateway.store import as2_keys, integrations, mailboxes, tables
from gateway.store.as2_keys import SealedKey

BOX = MailboxId("b0000000-0000-4000-8000-000000000001")
DAY = timedelta(days=1)
INTEGRATION = Integration(
    mailbox=BOX,
    enabled=True,
    protocol=Channel.AS2,
    notify_email="owner@shop.example",
)


@pytest.fixture(scope="module")
def identities():
    """Return what makes an identity that ends after so many days, each once."""
    made = {}

    def make(now, days):
        if days not in made:
            made[days] = make_identity(f"for {days} days", now, days=days)
        return made[days]

    return make


@pytest.fixture
def settle(db, clock):
    """Return what gives the mailbox its settings and its own pairs."""

    async def put(integration=INTEGRATION, keys=()):
        async with db.write() as conn:
            if await mailboxes.get(conn, BOX) is None:
                await mailboxes.add(conn, Mailbox(id=BOX, name="Shop"), clock())
            await integrations.put(conn, integration)
            for key in keys:
                await as2_keys.add(conn, key)

    return put


@pytest.fixture
def pair(clock, identities):
    def make(days, uuid="k1", **more):
        return SealedKey(
            uuid=uuid,
            mailbox=BOX,
            private_key=b"sealed",
            certificate=identities(clock(), days).der,
            created_at=clock() + timedelta(seconds=days),
            **{"signs_from": clock(), **more},
        )

    return make


@pytest.fixture
def told(db, clock):
    """Run the warnings and return what was told of anew: what and days left."""
    seen = []

    async def run():
        await CertificateWarnings(db, clock).run()
        async with db.read() as conn:
            rows = (await conn.execute(select(tables.mails).order_by("id"))).all()
        new = [(row.data["what"], row.data["days"]) for row in rows[len(seen) :]]
        seen.extend(new)
        return new

    return run


def with_partner(*certificates, **more):
    pems = [to_pem(each) for each in certificates]
    return replace(INTEGRATION, as2={"recipientCertificates": pems, **more})


async def test_the_owner_is_told_30_14_7_and_1_days_before_the_end_once(
    settle, pair, told, clock
):
    await settle(keys=[pair(40)])
    days_told = []
    for _day in range(45):
        days_told += [days for _what, days in await told()]
        assert await told() == []
        clock.tick(DAY)
    assert days_told == [29, 13, 6, 0]


async def test_a_downtime_costs_only_the_warnings_it_slept_through(
    settle, pair, told, clock
):
    await settle(keys=[pair(40)])
    clock.tick(38 * DAY)
    assert await told() == [("the self certificate", 2)]
    clock.tick(5 * DAY)
    assert await told() == [("the self certificate", -3)]


async def test_a_partner_s_certificate_is_told_of_until_a_newer_one_is_there(
    settle, identities, told, clock
):
    old = identities(clock(), 10).certificate
    await settle(with_partner(old))
    assert await told() == [("the partner's certificate", 10)]
    clock.tick(4 * DAY)
    await settle(with_partner(old, identities(clock(), 60).certificate))
    assert await told() == []


async def test_client_and_ca_certificates_are_told_of_too(
    settle, identities, told, clock
):
    pem = to_pem(identities(clock(), 10).certificate)
    await settle(with_partner(clientCertificate=pem))
    assert await told() == [("the TLS client certificate", 10)]
    pem = to_pem(identities(clock(), 5).certificate)
    await settle(with_partner(caCertificates=[pem]))
    assert await told() == [("a CA certificate of the partner's server", 5)]


async def test_a_successor_without_a_day_silences_nothing(settle, pair, told, clock):
    await settle(keys=[pair(10), pair(60, "k2", signs_from=None)])
    assert await told() == [("the self certificate", 10)]


async def test_nothing_is_told_of_a_pair_whose_successor_has_its_day(
    settle, pair, told, clock
):
    await settle(keys=[pair(10), pair(60, "k2", signs_from=clock() + DAY)])
    assert await told() == []


async def test_who_names_an_address_later_is_told_then(settle, pair, told):
    await settle(replace(INTEGRATION, notify_email=""), [pair(10)])
    assert await told() == []
    await settle()
    assert await told() == [("the self certificate", 10)]


@pytest.mark.parametrize("change", [{"enabled": False}, {"protocol": Channel.SFTP}])
async def test_what_is_not_in_use_is_not_told_of(settle, pair, told, change):
    await settle(replace(INTEGRATION, **change), [pair(10)])
    assert await told() == []


async def test_a_pair_whose_overlap_is_over_is_deleted(settle, pair, told, db, clock):
    await settle(keys=[pair(60), pair(10, "k2", retired_at=clock() + DAY)])
    clock.tick(DAY)
    await told()
    async with db.read() as conn:
        left = (await conn.execute(select(tables.as2_keys.c.uuid))).scalars().all()
    assert left == ["k1"]


@pytest.fixture
def message(db, clock):
    """Return what records an AS2 message that came some time after now."""

    async def add(uuid, after, **columns):
        values = {
            "message_id": uuid,
            "sender": "them",
            "receiver": "us",
            "accepted_key": uuid,
            "headers": [],
            "sha256": "0" * 64,
            "size": 1,
            "disposition": "processed",
            "mic": "",
            "cipher": "aes256-cbc",
            "remark": "",
            "mdn_url": "",
            "mdn_attempts": 0,
            "mdn_error": "",
            **columns,
        }
        at = clock() + after
        async with db.write() as conn:
            await conn.execute(
                insert(tables.as2_messages).values(
                    uuid=uuid, mailbox=BOX, received_at=at, **values
                )
            )

    return add


async def test_a_retired_pair_stays_as_long_as_messages_that_it_opens(
    settle, pair, told, db, clock, message
):
    async def left():
        async with db.read() as conn:
            found = await conn.execute(select(tables.as2_keys.c.uuid))
            return set(found.scalars())

    await settle(keys=[pair(60), pair(10, "k2", retired_at=clock() + DAY)])
    await message("needed", DAY / 2)
    await message("in clear", DAY / 2, cipher="")
    await message("for the next pair", 2 * DAY)
    clock.tick(3 * DAY)
    await told()
    assert await left() == {"k1", "k2"}
    async with db.read() as conn:  # it opens nothing that comes now
        assert [k.uuid for k in await as2_keys.of(conn, BOX, clock())] == ["k1"]
    async with db.write() as conn:  # as retention does
        gone = tables.as2_messages.c.uuid == "needed"
        await conn.execute(delete(tables.as2_messages).where(gone))
    await told()
    assert await left() == {"k1"}
