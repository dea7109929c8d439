import pytest

from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import MailboxId
from gateway.store import mailboxes
from gateway.store.tables import entries, envelopes, rules

PATH = "/api/v1/mailboxes"
NOTHING = "00000000-0000-4000-8000-000000000000"


async def test_a_mailbox_is_made_shown_changed_and_deleted(api, world):
    made = await api.post(PATH, json={"name": " Shop ", "aliases": ["DUNS::1", "A"]})
    assert made.status == 201
    shop = await made.json()
    assert (shop["name"], shop["aliases"]) == ("Shop", ["A", "DUNS::1"])
    one = f"{PATH}/{shop['uuid']}"
    assert await (await api.get(one)).json() == shop
    assert await (await api.get(PATH)).json() == [shop]
    changed = await api.patch(one, json={"aliases": ["B"]})
    assert await changed.json() == {**shop, "aliases": ["B"]}
    assert await (await api.patch(one, json={"name": "Store"})).json() == {
        **shop,
        "name": "Store",
        "aliases": ["B"],
    }
    assert (await api.delete(one)).status == 204
    assert (await api.get(one)).status == 404
    assert world.changed == [shop["uuid"]]


async def test_a_uuid_of_one_s_own_is_kept_and_unique(api):
    uuid = "A0000000-0000-4000-8000-00000000000A"
    made = await api.post(PATH, json={"name": "Shop", "uuid": uuid})
    assert (await made.json())["uuid"] == uuid.lower()
    assert (await api.get(f"{PATH}/{uuid}")).status == 200
    assert (await api.post(PATH, json={"name": "S", "uuid": uuid})).status == 409
    assert (await api.post(PATH, json={"name": "S", "uuid": "x"})).status == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"name": "x", "aliases": [""]}, "aliases.0"),
        ({"name": "x", "aliases": ["a", "a "]}, "aliases.1"),
        ({"name": "x", "aliases": [str(n) for n in range(101)]}, "aliases"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_wrong_mailbox_is_refused_by_field(api, body, field):
    answer = await api.post(PATH, json=body)
    assert answer.status == 422
    assert field in (await answer.json())["data"]


async def test_an_alias_belongs_to_one_mailbox(api, world):
    first = await (await api.post(PATH, json={"name": "A", "aliases": ["x"]})).json()
    answer = await api.post(PATH, json={"name": "B", "aliases": ["x"]})
    assert answer.status == 409
    assert first["uuid"] in (await answer.json())["message"]
    one = f"{PATH}/{first['uuid']}"
    assert (await api.patch(one, json={"aliases": ["x", "y"]})).status == 200
    async with world.db.read() as conn:
        assert await mailboxes.by_alias(conn, "y") == first["uuid"]
        assert await mailboxes.by_alias(conn, "z") is None


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_unknown_mailbox_is_404(api, method):
    answer = await api.request(method, f"{PATH}/{NOTHING}", json={})
    assert answer.status == 404
    assert NOTHING in (await answer.json())["message"]


async def an_envelope(conn, mailbox, now):
    await conn.execute(
        envelopes.insert().values(
            uuid="e1",
            template="t",
            template_version="v",
            subject="",
            message="",
            sender=mailbox,
            status=EnvelopeStatus.WAITING.value,
            sha256="0" * 64,
            size=1,
            scenario="",
            reject_reason="",
            source_index=0,
            created_at=now,
        )
    )


async def a_file(conn, mailbox, now):
    await conn.execute(
        entries.insert().values(
            mailbox=mailbox,
            folder="inbox",
            name="a.xml",
            is_folder=False,
            sha256="0" * 64,
            size=1,
            modified_at=now,
        )
    )


async def an_account_rule(conn, mailbox, now):
    await conn.execute(
        rules.insert().values(
            uuid="r1",
            mailbox=mailbox,
            level="ACCOUNT",
            direction="IN",
            name="r",
            enabled=True,
            position=0,
            template="t",
            multiple_envelopes=False,
            stylesheet="",
            file_name_pattern="",
            attributes={},
            validations=[],
            example_name="",
            succeeded=0,
            failed=0,
            created_at=now,
            updated_at=now,
        )
    )


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (an_envelope, "envelopes"),
        (a_file, "files in its folders"),
        (an_account_rule, "rules of the account"),
    ],
)
async def test_a_mailbox_that_holds_something_is_not_deleted(
    api, world, mailbox, make, told
):
    async with world.db.write() as conn:
        await make(conn, mailbox, world.clock())
    answer = await api.delete(f"{PATH}/{mailbox}")
    assert (answer.status, (await answer.json())["code"]) == (409, "mailbox-in-use")
    assert told in (await answer.json())["message"]
    async with world.db.read() as conn:
        assert await mailboxes.get(conn, MailboxId(mailbox))


async def test_empty_folders_go_with_the_mailbox(api, world, mailbox):
    async with world.db.write() as conn:
        await conn.execute(
            entries.insert().values(
                mailbox=mailbox,
                folder="inbox",
                name="sub",
                is_folder=True,
                size=0,
                modified_at=world.clock(),
            )
        )
    assert (await api.delete(f"{PATH}/{mailbox}")).status == 204
