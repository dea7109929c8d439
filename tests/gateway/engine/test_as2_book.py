from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import FakeClock

from certs.identity import load_identity, make_identity
from certs.partner import to_pem
from gateway.adapters.vault import FileVault
from gateway.core.as2 import As2Profile, MdnMode
from gateway.core.errors import StorageError
from gateway.core.integration import Integration, Mailbox, Settings
from gateway.core.model import Channel, MailboxId
from gateway.engine.as2_book import AS2_SECRETS, MailboxAs2Book
from gateway.store import as2_keys, integrations, mailboxes, settings
from gateway.store.as2_keys import KEY_PURPOSE, SealedKey

BOX = MailboxId("b0000000-0000-4000-8000-000000000001")
ON = Integration(mailbox=BOX, enabled=True, protocol=Channel.AS2)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def identity():
    return make_identity("Shop", FakeClock().now)


@pytest.fixture
def vault(tmp_path):
    return FileVault.create(tmp_path / "master.key")


@pytest.fixture
def book(db, vault, clock):
    return MailboxAs2Book(
        db=db, vault=vault, clock=clock, base_url=lambda: "https://edi.example"
    )


@pytest.fixture
def save(db, clock):
    async def put(integration):
        async with db.write() as conn:
            if await mailboxes.get(conn, BOX) is None:
                await mailboxes.add(conn, Mailbox(id=BOX, name="Shop"), clock())
            await integrations.put(conn, integration)

    return put


async def test_what_nobody_set_has_its_default(book, save):
    await save(ON)
    profile = await book.profile(BOX)
    assert (profile.self_id, profile.self_url) == (
        "Shop",
        f"https://edi.example/as2/{BOX}",
    )
    expected = As2Profile(
        mailbox=BOX,
        self_id="Shop",
        self_url=profile.self_url,
        recipient_id="",
        recipient_url="",
    )
    lists = {"partner_certificates": (), "headers": {}}
    assert replace(profile, **lists) == replace(expected, **lists)


async def test_what_was_set_is_there_and_secrets_are_opened(
    book, save, vault, identity
):
    sealed = {
        name: b64encode(vault.seal(name.encode(), purpose)).decode()
        for name, purpose in AS2_SECRETS.items()
    }
    pem = to_pem(identity.certificate)
    await save(
        replace(
            ON,
            as2={
                **sealed,
                "selfId": "Us",
                "recipientId": "Them",
                "recipientCertificates": [pem],
                "keyEncryption": "oaep-sha256",
                "signatureScheme": "pss",
                "mdn": "ASYNC",
                "mdnMinutes": 5,
                "retrySeconds": 7,
                "maxAttempts": 3,
                "caCertificates": [pem, pem],
            },
        )
    )
    profile = await book.profile(BOX)
    assert (profile.self_id, profile.recipient_id) == ("Us", "Them")
    assert profile.partner_certificates == [identity.der]
    assert (profile.oaep, profile.pss) == ("sha256", True)
    assert (profile.mdn, profile.mdn_deadline) == (MdnMode.ASYNC, timedelta(minutes=5))
    assert (profile.retry.first, profile.retry.max_attempts) == (
        timedelta(seconds=7),
        3,
    )
    assert profile.ca_certificates == pem * 2
    secrets = (profile.http_password, profile.proxy_password, profile.client_key)
    assert secrets == tuple(AS2_SECRETS)
    assert not any(secret in repr(profile) for secret in ("httpPassword", "clientKey"))


async def test_a_profile_is_made_anew_when_what_it_is_made_of_changes(book, save, db):
    await save(ON)
    first = await book.profile(BOX)
    assert await book.profile(BOX) is first
    await save(replace(ON, as2={"recipientId": "Them"}))
    assert (await book.profile(BOX)).recipient_id == "Them"
    async with db.write() as conn:
        await mailboxes.change(conn, Mailbox(id=BOX, name="Store"))
    assert (await book.profile(BOX)).self_id == "Store"


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"protocol": Channel.SFTP}], ids=["off", "sftp"]
)
async def test_who_may_not_exchange_by_as2_has_no_profile(book, save, change):
    await save(replace(ON, **change))
    assert await book.profile(BOX) is None


async def test_nobody_has_a_profile_while_the_appliance_is_off(book, save, db):
    await save(ON)
    async with db.write() as conn:
        await settings.put(conn, Settings(integrations_enabled=False))
    assert await book.profile(BOX) is None


async def test_an_unknown_mailbox_has_neither_profile_nor_keys(book):
    assert await book.profile(BOX) is None
    assert await book.own_keys(BOX) == []


async def test_own_pairs_come_opened_oldest_first_without_the_retired(
    book, save, db, vault, clock, identity
):
    await save(ON)

    def key(uuid, age, retired_at=None):
        return SealedKey(
            uuid=uuid,
            mailbox=BOX,
            private_key=vault.seal(identity.private_der, KEY_PURPOSE),
            certificate=identity.der,
            created_at=clock() - age * DAY,
            signs_from=clock(),
            retired_at=retired_at,
        )

    async with db.write() as conn:
        await as2_keys.add(conn, key("new", 0))
        await as2_keys.add(conn, key("old", 1, clock() + DAY))
        await as2_keys.add(conn, key("retired", 2, clock()))
    old, new = await book.own_keys(BOX)
    assert (old.uuid, new.uuid) == ("old", "new")
    assert (old.retired_at, new.signs_from) == (clock() + DAY, clock())
    kept = [key.uuid for key in await book.kept_keys(BOX)]
    assert kept == ["retired", "old", "new"]
    assert load_identity(old.private_der, old.certificate_der).der == identity.der
    assert identity.private_der.hex() not in repr(old)


async def test_a_key_sealed_for_another_purpose_is_not_opened(
    book, save, db, vault, clock, identity
):
    await save(ON)
    wrong = SealedKey(
        uuid="k1",
        mailbox=BOX,
        private_key=vault.seal(identity.private_der, "other"),
        certificate=identity.der,
        created_at=clock(),
    )
    async with db.write() as conn:
        await as2_keys.add(conn, wrong)
    with pytest.raises(StorageError):
        await book.own_keys(BOX)


@pytest.mark.parametrize(
    ("settings_", "ciphers", "digests"),
    [
        ({}, {"3des-cbc"}, {"sha1"}),
        ({"legacy": frozenset()}, set(), set()),
        ({"legacy": frozenset({"md5"})}, set(), {"md5"}),
        (
            {"legacy": frozenset(), "encryption": "3des-cbc", "signing": "md5"},
            {"3des-cbc"},
            {"md5"},
        ),
    ],
)
def test_legacy_algorithms_are_taken_only_where_the_settings_say_so(
    settings_, ciphers, digests
):
    profile = As2Profile(
        mailbox=BOX,
        self_id="a",
        self_url="",
        recipient_id="b",
        recipient_url="",
        **settings_,
    )
    sizes, modes = (128, 192, 256), ("cbc", "gcm")
    modern = {f"aes{size}-{mode}" for size in sizes for mode in modes}
    assert profile.ciphers == modern | ciphers
    assert profile.digests == {"sha256", "sha384", "sha512"} | digests
