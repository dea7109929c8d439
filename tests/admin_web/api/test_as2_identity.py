from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from sqlalchemy import select

from certs.identity import load_identity
from gateway.engine.as2_book import MailboxAs2Book
from gateway.engine.desk import as2_identity
from gateway.store.tables import as2_keys

DAY = timedelta(days=1)


@pytest.fixture
def path(mailbox):
    return f"/api/v1/mailboxes/{mailbox}/integration"


@pytest.fixture
def book(world):
    return MailboxAs2Book(
        db=world.db, vault=world.vault, clock=world.clock, base_url=lambda: "http://x"
    )


@pytest.fixture
async def first(api, path):
    """Save AS2 the first time; return its certificate's fingerprint."""
    answer = await api.put(path, json={"enabled": True, "protocol": "AS2"})
    saved = await answer.json()
    (pair,) = saved["as2"]["selfCertificates"]
    return pair["certificate"]["fingerprint"]


@pytest.fixture
def pairs(api, path):
    """Return what tells each pair's state, in order."""

    async def states():
        shown = await (await api.get(path)).json()
        return [pair["state"] for pair in shown["as2"]["selfCertificates"]]

    return states


@pytest.fixture
def roll_over(api, path, world):
    """Return what begins a roll-over: the status and the answer."""

    async def begin(**body):
        world.clock.tick(timedelta(seconds=1))
        answer = await api.post(f"{path}/rollover", json=body)
        return answer.status, await answer.json()

    return begin


async def signing(api, path):
    shown = await (await api.get(path)).json()
    return shown["as2"]["selfCertificate"]


async def test_the_first_save_of_as2_makes_a_pair_whose_key_is_sealed(
    api, path, mailbox, world, book
):
    await api.put(path, json={"enabled": True})
    async with world.db.read() as conn:
        assert (await conn.execute(select(as2_keys))).all() == []
    answer = await api.put(path, json={"protocol": "AS2"})
    as2 = (await answer.json())["as2"]
    certificate = x509.load_pem_x509_certificate(as2["selfCertificate"].encode())
    assert certificate.subject.rfc4514_string() == "CN=Shop"
    (pair,) = as2["selfCertificates"]
    assert (pair["state"], pair["retiredAt"]) == ("SIGNING", None)
    assert (pair["certificate"]["bits"], pair["certificate"]["daysLeft"]) == (
        2048,
        1825,
    )
    (record,) = await book.own_keys(mailbox)
    assert load_identity(record.private_der, record.certificate_der).certificate == (
        certificate
    )
    async with world.db.read() as conn:
        (row,) = (await conn.execute(select(as2_keys))).all()
    assert record.private_der[30:60] not in row.private_key


async def test_later_saves_keep_the_pair(api, path, first):
    await api.put(path, json={"protocol": "SFTP"})
    answer = await api.put(path, json={"protocol": "AS2", "as2": {"subject": "x"}})
    (pair,) = (await answer.json())["as2"]["selfCertificates"]
    assert pair["certificate"]["fingerprint"] == first


async def test_key_size_and_validity_are_the_owner_s_choice(api, path):
    as2 = {"selfKeyBits": 3072, "selfValidityDays": 10}
    answer = await api.put(path, json={"protocol": "AS2", "as2": as2})
    shown = (await answer.json())["as2"]
    (pair,) = shown["selfCertificates"]
    assert (pair["certificate"]["bits"], pair["certificate"]["daysLeft"]) == (3072, 10)
    assert any("It ends on" in warning for warning in shown["warnings"])


@pytest.mark.parametrize(
    ("as2", "field"),
    [
        ({"selfKeyBits": 1024}, "as2.selfKeyBits"),
        ({"selfValidityDays": 0}, "as2.selfValidityDays"),
        ({"selfValidityDays": 7301}, "as2.selfValidityDays"),
    ],
)
async def test_a_wrong_size_or_validity_is_refused(api, path, as2, field):
    answer = await api.put(path, json={"protocol": "AS2", "as2": as2})
    assert (answer.status, list((await answer.json())["data"])) == (422, [field])


async def test_a_save_that_is_refused_makes_no_pair(api, path, monkeypatch):
    def forbidden(*_args, **_more):
        raise AssertionError("a pair is made")

    monkeypatch.setattr(as2_identity, "make_identity", forbidden)
    body = {"protocol": "AS2", "as2": {"recipientUrl": "nowhere"}}
    assert (await api.put(path, json=body)).status == 422


async def test_a_switch_of_protocol_meanwhile_is_told(
    api, desk, path, monkeypatch, world
):
    """The pair was not made because another save had one made, which is gone."""
    original = type(desk.integrations)._first_pair

    async def nothing(self, mailbox, change):
        await original(self, mailbox, change)

    monkeypatch.setattr(type(desk.integrations), "_first_pair", nothing)
    answer = await api.put(path, json={"protocol": "AS2"})
    assert answer.status == 409
    assert "save again" in (await answer.json())["message"]


# --- Download ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "load", "kind", "ending"),
    [
        ("pem", x509.load_pem_x509_certificate, "application/x-pem-file", "pem"),
        ("der", x509.load_der_x509_certificate, "application/pkix-cert", "cer"),
        (
            "p7b",
            lambda data: pkcs7.load_der_pkcs7_certificates(data)[0],
            "application/x-pkcs7-certificates",
            "p7b",
        ),
    ],
)
@pytest.mark.usefixtures("first")
async def test_the_certificate_comes_in_every_form(api, path, form, load, kind, ending):
    answer = await api.get(f"{path}/certificate", params={"format": form})
    assert (answer.status, answer.content_type) == (200, kind)
    assert f'filename="Shop.{ending}"' in answer.headers["Content-Disposition"]
    wanted = x509.load_pem_x509_certificate((await signing(api, path)).encode())
    assert load(await answer.read()) == wanted


async def test_the_next_pair_s_certificate_is_downloaded_by_its_uuid(
    api, path, first, roll_over
):
    _status, (_old, new) = await roll_over()
    answer = await api.get(f"{path}/certificate", params={"pair": new["uuid"]})
    assert (await answer.text()) == new["certificate"]["pem"]
    now = await (await api.get(f"{path}/certificate")).text()
    assert now == await signing(api, path)
    assert now != new["certificate"]["pem"]
    assert (await api.get(f"{path}/certificate", params={"pair": "x"})).status == 404


async def test_before_as2_was_saved_there_is_no_certificate(api, path, roll_over):
    answer = await api.get(f"{path}/certificate")
    assert (answer.status, (await answer.json())["code"]) == (404, "no-certificate")
    assert (await roll_over())[0] == 404
    assert (await api.post(f"{path}/rollover/activate", json={})).status == 404


async def test_an_unknown_form_is_refused(api, path):
    answer = await api.get(f"{path}/certificate", params={"format": "p12"})
    assert answer.status == 422


# --- Roll-over -----------------------------------------------------------------------


@pytest.mark.usefixtures("first")
async def test_a_new_pair_decrypts_at_once_and_signs_when_activated(
    api, path, mailbox, roll_over, book, world
):
    status, (old, new) = await roll_over()
    assert (status, old["state"], new["state"]) == (200, "SIGNING", "NEXT")
    assert (new["signsFrom"], old["retiredAt"]) == (None, None)
    assert len(await book.own_keys(mailbox)) == 2
    world.clock.tick(DAY)
    answer = await api.post(f"{path}/rollover/activate", json={"overlapDays": 7})
    old, new = await answer.json()
    assert (old["state"], new["state"]) == ("OLD", "SIGNING")
    assert old["retiredAt"] == (world.clock() + 7 * DAY).isoformat().replace(
        "+00:00", "Z"
    )
    assert await signing(api, path) == new["certificate"]["pem"]
    world.clock.tick(7 * DAY)
    assert [key.uuid for key in await book.own_keys(mailbox)] == [new["uuid"]]


async def test_a_new_pair_signs_from_its_day(api, path, first, roll_over, pairs, world):
    status, (old, new) = await roll_over(signFrom="2026-01-11")
    assert (status, new["signsFrom"]) == (200, "2026-01-11T00:00:00Z")
    assert old["retiredAt"] == "2026-02-10T00:00:00Z"
    assert await pairs() == ["SIGNING", "NEXT"]
    world.clock.tick(10 * DAY)
    assert await pairs() == ["OLD", "SIGNING"]
    world.clock.tick(30 * DAY)
    assert await pairs() == ["SIGNING"]


async def test_an_instant_with_its_zone_is_a_day_too(first, roll_over):
    _status, (_old, new) = await roll_over(signFrom="2026-01-11T06:00:00+02:00")
    assert new["signsFrom"] == "2026-01-11T04:00:00Z"


async def test_today_means_now(first, roll_over, world):
    world.clock.tick(timedelta(hours=9))
    _status, (old, new) = await roll_over(signFrom="2026-01-01")
    assert (old["state"], new["state"]) == ("OLD", "SIGNING")


async def test_a_pair_that_has_its_day_is_activated_before_it(
    api, path, first, roll_over, world
):
    await roll_over(signFrom="2026-01-11")
    old, new = await (await api.post(f"{path}/rollover/activate", json={})).json()
    assert (old["state"], new["state"]) == ("OLD", "SIGNING")
    assert old["retiredAt"] == "2026-01-31T00:00:01Z"


async def test_a_cancelled_pair_is_gone_and_the_old_one_stays(
    api, path, first, roll_over, pairs, audited
):
    await roll_over(signFrom="2026-01-11")
    (left,) = await (await api.delete(f"{path}/rollover")).json()
    assert (left["state"], left["retiredAt"]) == ("SIGNING", None)
    assert left["certificate"]["fingerprint"] == first
    assert await pairs() == ["SIGNING"]
    answer = await api.delete(f"{path}/rollover")
    assert (answer.status, (await answer.json())["code"]) == (409, "no-rollover")
    assert (await audited())[:2] == ["as2-rollover-cancelled", "as2-rollover-begun"]


async def test_pairs_that_are_old_already_retire_when_they_were_to(
    api, path, first, roll_over, world
):
    await roll_over(signFrom="2026-01-01")
    _status, three = await roll_over(signFrom="2026-01-01", overlapDays=90)
    assert [pair["retiredAt"] for pair in three] == [
        "2026-01-31T00:00:01Z",
        "2026-04-01T00:00:02Z",
        None,
    ]


async def test_one_roll_over_at_a_time(first, roll_over):
    await roll_over()
    status, answer = await roll_over()
    assert (status, answer["code"]) == (409, "rollover-pending")


@pytest.mark.parametrize(
    "day", ["2025-12-31", "2031-01-01", "soon", "2026-01-11T06:00:00", 5]
)
async def test_a_day_that_cannot_be_is_refused(first, roll_over, day):
    status, answer = await roll_over(signFrom=day)
    assert status == 422
    assert all(place.startswith("signFrom") for place in answer["data"])


async def test_a_day_after_the_new_certificate_s_own_end_is_refused(
    api, path, first, roll_over, world, monkeypatch
):
    await api.put(path, json={"as2": {"selfValidityDays": 5}})
    status, answer = await roll_over(signFrom="2026-01-20")
    assert (status, answer["data"]) == (
        422,
        {"signFrom": "lies after the new certificate's own end"},
    )


async def test_an_expired_pair_signs_no_more_and_is_replaced(
    api, path, first, roll_over, pairs, world
):
    world.clock.tick(2000 * DAY)
    shown = (await (await api.get(path)).json())["as2"]
    assert any("No self certificate may sign" in text for text in shown["warnings"])
    assert await pairs() == ["OLD"]
    _status, (_old, new) = await roll_over(signFrom=f"{world.clock():%Y-%m-%d}")
    assert new["state"] == "SIGNING"


@pytest.mark.parametrize(
    ("method", "end"),
    [
        ("GET", "/certificate"),
        ("POST", "/rollover"),
        ("POST", "/rollover/activate"),
        ("DELETE", "/rollover"),
    ],
)
async def test_an_unknown_mailbox_has_no_pairs(api, method, end):
    path = f"/api/v1/mailboxes/00000000-0000-4000-8000-000000000000/integration{end}"
    body = {} if method == "POST" else None
    assert (await api.request(method, path, json=body)).status == 404


async def test_size_validity_and_the_moment_are_those_of_the_roll_over(
    first, roll_over, pairs
):
    _status, (_old, new) = await roll_over(
        keyBits=3072, validityDays=100, signNow=True, overlapDays=3
    )
    assert (new["certificate"]["bits"], new["certificate"]["daysLeft"]) == (3072, 100)
    assert await pairs() == ["OLD", "SIGNING"]
    status, answer = await roll_over(signNow=True, signFrom="2026-01-11")
    assert (status, list(answer["data"])) == (422, ["signFrom"])
    assert (await roll_over(keyBits=1024))[0] == 422


async def test_an_old_pair_is_retired_before_its_time(
    api, path, first, roll_over, pairs, audited
):
    _status, (old, new) = await roll_over(signNow=True)
    answer = await api.post(f"{path}/rollover/retire", json={"pair": new["uuid"]})
    assert (answer.status, (await answer.json())["code"]) == (409, "pair-in-use")
    answer = await api.post(f"{path}/rollover/retire", json={"pair": old["uuid"]})
    assert [pair["uuid"] for pair in await answer.json()] == [new["uuid"]]
    assert await pairs() == ["SIGNING"]
    answer = await api.post(f"{path}/rollover/retire", json={"pair": old["uuid"]})
    assert answer.status == 404
    assert (await audited())[0] == "as2-pair-retired"


async def test_the_audit_log_tells_the_pairs_before_and_after(api, first, roll_over):
    await roll_over(signNow=True)
    page = await (await api.get("/api/v1/audit", params={"limit": 1})).json()
    entry = page["data"][0]
    assert [c["state"] for c in entry["before"]["certificates"]] == ["SIGNING"]
    assert [c["state"] for c in entry["after"]["certificates"]] == ["OLD", "SIGNING"]
