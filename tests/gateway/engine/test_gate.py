import pytest
from sftp_world import BOX, World
from sqlalchemy import insert, update

from gateway.core.ports import SftpAccount
from gateway.engine.gate import PURPOSE, MailboxGate
from gateway.store.logins import SWITCH, Logins
from gateway.store.tables import integrations, settings


class PlainVault:
    def seal(self, secret: bytes, purpose: str) -> bytes:
        return purpose.encode() + b":" + secret

    def open(self, sealed: bytes, purpose: str) -> bytes:
        assert sealed.startswith(purpose.encode() + b":")
        return sealed[len(purpose) + 1 :]

    def sign(self, message: bytes, purpose: str) -> bytes:
        return message


@pytest.fixture
async def gate(db, clock, tmp_path):
    await World(db, tmp_path, clock).add_mailbox()
    vault = PlainVault()
    async with db.write() as conn:
        await conn.execute(
            insert(integrations).values(
                mailbox=BOX,
                enabled=True,
                protocol="SFTP",
                notify_email="",
                default_rule="COPY",
                reject_reason="",
                sftp_password=vault.seal(b"secret", PURPOSE),
                public_keys=["ssh-ed25519 AAAA"],
                allowed_addresses=["10.0.0.0/8"],
                as2={},
            )
        )
    return MailboxGate(Logins(db), vault)


async def change(db, **values):
    async with db.write() as conn:
        await conn.execute(update(integrations).values(**values))


@pytest.mark.parametrize("login", [BOX, BOX.upper()])
async def test_a_login_is_the_mailbox_uuid_in_any_case(gate, login):
    assert await gate.account(login) == SftpAccount(
        mailbox=BOX,
        public_keys=["ssh-ed25519 AAAA"],
        allowed_addresses=["10.0.0.0/8"],
    )


async def test_only_the_password_opens(gate):
    assert await gate.password_ok(BOX, "secret")
    for wrong in ("", "secret ", "Secret", "sécret"):
        assert not await gate.password_ok(BOX, wrong)


async def test_before_a_password_is_made_none_opens(gate, db):
    await change(db, sftp_password=None)
    assert not await gate.password_ok(BOX, "")


@pytest.mark.parametrize("off", [{"enabled": False}, {"protocol": "AS2"}])
async def test_an_integration_that_is_off_lets_nobody_in(gate, db, off):
    await change(db, **off)
    assert await gate.account(BOX) is None
    assert not await gate.password_ok(BOX, "secret")


async def test_nobody_knows_an_unknown_login(gate):
    assert await gate.account("root") is None


async def test_the_switch_of_the_appliance_closes_every_gate(gate, db):
    async with db.write() as conn:
        await conn.execute(insert(settings).values(key=SWITCH, value=False))
    assert await gate.account(BOX) is None
    async with db.write() as conn:
        await conn.execute(update(settings).values(value=True))
    assert await gate.account(BOX) is not None
