import pytest

from gateway.core.integration import Integration, Mailbox, Settings
from gateway.core.model import MailboxId
from gateway.store import integrations, mailboxes, settings
from gateway.store.logins import Logins

BOX = MailboxId("b0000000-0000-4000-8000-000000000001")


async def test_settings_have_defaults_until_they_are_put(db):
    async with db.read() as conn:
        assert await settings.get(conn) == Settings()
    changed = Settings(integrations_enabled=False, show_passwords_once=True)
    async with db.write() as conn:
        await settings.put(conn, changed)
        await settings.put(conn, changed)
    async with db.read() as conn:
        assert await settings.get(conn) == changed


@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
async def test_the_appliance_s_switch_decides_over_every_login(db, clock, on):
    async with db.write() as conn:
        await mailboxes.add(conn, Mailbox(id=BOX, name="Shop"), clock())
        await integrations.put(conn, Integration(mailbox=BOX, enabled=True))
        await integrations.set_password(conn, BOX, b"sealed")
        await settings.put(conn, Settings(integrations_enabled=on))
    assert (await Logins(db).find(BOX) is not None) is on
