"""The settings page: what is pressed is looked for in the store and in the mail."""

import html
import re
from datetime import UTC, datetime

import pytest
from multidict import MultiDict, MultiDictProxy
from smtp_desk import Postbox, mail_server
from sqlalchemy import select, update

from admin_web.pages import limit_fields
from admin_web.pages.page import Form
from gateway.adapters.vault import FileVault
from gateway.config import load
from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.audit import AuditQuery
from gateway.core.desk.settings import MailServerChange
from gateway.core.ports import Letter
from gateway.engine.desk.limits import chosen
from gateway.engine.mail_servers import CurrentMailer
from gateway.engine.parking import PARKED
from gateway.store import settings
from gateway.store.tables import audit, jobs

PATH = "/admin/settings"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
MAIL = {"host": "", "port": "25", "username": "", "starttls": "never", "sender": ""}


@pytest.fixture
def config(request, world, tmp_path):
    """Build the desk on a configuration of the variables that are the parameter."""
    world.config = load(data=tmp_path, environ=request.param)
    return world.config


FIXED = {"GATEWAY_SMTP_HOST": "smtp.fixed", "GATEWAY_RETENTION_MAILS_DAYS": "7"}


async def last(desk):
    _, entries = await desk.audit.find(AuditQuery(limit=1))
    return entries[0]


async def test_the_switches_are_saved_and_audited(owner, desk):
    await owner.get(PATH)
    assert owner.status == 200
    await owner.post(f"{PATH}/switches", {"showPasswordsOnce": "on"})
    assert owner.url == f"{PATH}?saved=switches"
    assert "Saved" in owner.text
    saved = await desk.settings.get()
    assert (saved.integrations_enabled, saved.show_passwords_once) == (False, True)
    entry = await last(desk)
    assert (entry.action, entry.who) == ("settings-changed", "owner")
    assert entry.before["integrations_enabled"] is True
    assert entry.after["integrations_enabled"] is False


async def test_the_mail_server_is_kept_with_its_password_sealed(owner, desk, world):
    await owner.get(PATH)
    mail = {"host": "smtp.example", "port": "587", "username": "gw"}
    secret = {
        "password": "s3cret phrase",
        "starttls": "always",
        "sender": "a@b.example",
    }
    await owner.post(f"{PATH}/mail-server", {**MAIL, **mail, **secret})
    assert owner.url == f"{PATH}?saved=mail-server", owner.text
    assert "s3cret" not in owner.text
    assert "Saved; write to replace it" in owner.text
    view = await desk.mail_server.get()
    assert (view.host, view.port, view.username) == ("smtp.example", 587, "gw")
    assert (view.starttls, view.sender, view.password_set) == (
        "always",
        "a@b.example",
        True,
    )
    async with world.db.read() as conn:
        kept = await settings.value(conn, "mail-server")
    assert "s3cret" not in str(kept)
    entry = await last(desk)
    assert entry.action == "mail-server-changed"
    assert entry.before["host"] == ""
    assert entry.after["host"] == "smtp.example"
    assert "s3cret" not in str(entry)


async def test_the_saved_password_stays_until_it_is_replaced_or_forgotten(owner, desk):
    await owner.get(PATH)
    mail = {**MAIL, "host": "smtp.example", "username": "gw"}
    await owner.post(f"{PATH}/mail-server", {**mail, "password": "one"})
    await owner.post(f"{PATH}/mail-server", {**mail, "port": "26"})
    options = (await desk.mail_server.servers.now()).options
    assert (options.password, options.port) == ("one", 26)
    await owner.post(f"{PATH}/mail-server", {**mail, "password": "two"})
    assert (await desk.mail_server.servers.now()).options.password == "two"
    assert (await last(desk)).after["passwordReplaced"] is True
    await owner.post(f"{PATH}/mail-server", {**mail, "password.clear": "on"})
    assert owner.status == 422  # a user name needs one
    await owner.post(
        f"{PATH}/mail-server", {**mail, "username": "", "password.clear": "on"}
    )
    assert (await desk.mail_server.servers.now()).options.password == ""


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("host", "no host", "Host must be a host name or an IP address"),
        ("port", "0", "Port must be a port, 1 to 65535"),
        ("port", "99999999", "Port must be a whole number"),
        ("username", "gw", "Password is needed with a user name"),
        ("sender", "nobody", "From must be an e-mail address"),
        ("starttls", "maybe", 'must be "auto", "always" or "never"'),
    ],
)
async def test_what_is_wrong_with_the_mail_server_is_told_beside_the_field(
    owner, desk, field, value, told
):
    await owner.get(PATH)
    await owner.post(
        f"{PATH}/mail-server", {**MAIL, "host": "smtp.example", field: value}
    )
    assert owner.status == 422
    assert told in html.unescape(owner.text)
    assert "Nothing was saved." in owner.text
    assert (await desk.mail_server.get()).host == ""


async def test_a_test_mail_is_sent_at_once_by_what_the_form_says(owner, desk):
    await owner.get(PATH)
    async with mail_server() as postbox:
        form = {**MAIL, "host": "127.0.0.1", "port": str(postbox.port)}
        await owner.post(f"{PATH}/mail-server/test", {**form, "to": "anna@x.example"})
    [mail] = postbox.mails
    assert mail["To"] == "anna@x.example"
    assert "asked for by owner" in mail.get_body(("plain",)).get_content()
    assert "took the mail: 2.0.0 queued as 4711" in owner.text
    assert (await desk.mail_server.get()).host == ""  # nothing was saved
    assert (await last(desk)).action == "test-mail-sent"


async def test_a_test_that_fails_tells_what_the_mail_server_said(owner):
    await owner.get(PATH)
    async with mail_server(Postbox("554 5.7.1 not from you")) as postbox:
        form = {**MAIL, "host": "127.0.0.1", "port": str(postbox.port)}
        await owner.post(f"{PATH}/mail-server/test", {**form, "to": "anna@x.example"})
    assert "554 5.7.1 not from you" in owner.text
    async with mail_server() as postbox:
        wrong = {**form, "port": str(postbox.port), "username": "gw", "password": "no"}
        await owner.post(f"{PATH}/mail-server/test", {**wrong, "to": "a@x.example"})
    assert set(postbox.logins) == {("gw", "no")}
    assert "refused user name or password" in owner.text
    await owner.post(f"{PATH}/mail-server/test", {**form, "to": "nobody"})
    assert owner.status == 422
    assert "is not an e-mail address" in owner.text
    await owner.post(f"{PATH}/mail-server/test", {**MAIL, "to": "a@x.example"})
    assert "No mail server is set" in owner.text


async def test_the_saved_password_goes_to_no_other_server(owner):
    await owner.get(PATH)
    async with mail_server() as postbox:
        mail = {**MAIL, "host": "127.0.0.1", "port": str(postbox.port)}
        mail |= {"username": "gw", "to": "anna@x.example"}
        await owner.post(f"{PATH}/mail-server", {**mail, "password": "s3cret"})
        await owner.post(f"{PATH}/mail-server/test", mail)
        assert postbox.logins == [("gw", "s3cret")]
        await owner.post(f"{PATH}/mail-server/test", {**mail, "host": "localhost"})
    assert owner.status == 422
    assert len(postbox.logins) == 1


async def test_without_script_a_test_goes_by_what_is_saved(owner):
    await owner.get(PATH)
    async with mail_server() as postbox:
        mail = {**MAIL, "host": "127.0.0.1", "port": str(postbox.port)}
        await owner.post(f"{PATH}/mail-server", mail)
        await owner.post(f"{PATH}/mail-server/test", {"to": "anna@x.example"})
    assert len(postbox.mails) == 1
    assert 'value="127.0.0.1"' in owner.text


async def test_enter_beside_the_address_of_a_test_sends_the_test(owner):
    """A browser presses the first button of the form that the field stands in."""
    await owner.get(PATH)
    [form] = [
        each
        for each in re.findall(r"<form.*?</form>", owner.text, re.DOTALL)
        if 'name="to"' in each
    ]
    assert re.findall(r"<button[^>]*>([^<]+)", form) == ["Send test"]
    assert f'action="{PATH}/mail-server/test"' in form
    assert 'hx-include="#mail-form"' in form


async def test_a_password_that_the_master_key_does_not_open_is_explained(
    owner, desk, world, tmp_path
):
    await owner.get(PATH)
    mail = {**MAIL, "host": "smtp.example", "username": "gw"}
    await owner.post(f"{PATH}/mail-server", {**mail, "password": "one"})
    object.__setattr__(
        desk.mail_server.servers, "vault", FileVault.create(tmp_path / "other.key")
    )
    await owner.get(PATH)
    assert owner.status == 200
    assert "cannot be opened with this master key" in owner.text
    await owner.post(f"{PATH}/mail-server/test", {"to": "anna@x.example"})
    assert owner.status == 422
    letter = Letter(id="1", to=["a@x.example"], kind="server-test", data={}, at=NOW)
    refused = await CurrentMailer(desk.mail_server.servers).send(letter)
    assert "cannot be opened" in refused.reason
    await owner.post(f"{PATH}/mail-server", mail)
    assert owner.status == 422  # a user name needs its password
    await owner.post(f"{PATH}/mail-server", {**mail, "password": "two"})
    assert "cannot be opened" not in owner.text
    assert (await desk.mail_server.servers.now()).options.password == "two"


@pytest.mark.parametrize("config", [FIXED], indirect=True, ids=["environment"])
async def test_what_the_configuration_sets_wins_and_is_not_edited(config, owner, desk):
    assert config.origin("smtp.host") == "GATEWAY_SMTP_HOST"
    await owner.get(PATH)
    assert "Set by GATEWAY_SMTP_HOST" in owner.text
    assert "Set by GATEWAY_RETENTION_MAILS_DAYS" in owner.text
    assert 'name="host"' not in owner.text
    await owner.post(f"{PATH}/mail-server", {**MAIL, "host": "other.example"})
    assert owner.status == 422
    assert (await desk.mail_server.get()).host == "smtp.fixed"
    await owner.post(f"{PATH}/retention", {"mails": "9"})
    assert owner.status == 422
    await owner.post(f"{PATH}/retention", {"transfers": "9"})
    assert {k.kind: k.days for k in await desk.retention.get()} == {
        "transfers": 9,
        "envelopes": 0,
        "mails": 7,
        "audit": 0,
    }


async def test_retention_is_saved_counted_and_used(owner, desk, world):
    async with world.db.write() as conn:
        await conn.execute(update(audit).values(at=datetime(2000, 1, 1, tzinfo=UTC)))
    await owner.get(PATH)
    days = {"transfers": "0", "envelopes": "0", "mails": "0", "audit": "30"}
    await owner.post(f"{PATH}/retention/over", days)
    assert "would be removed now" in owner.text
    assert (await desk.retention.days()).audit == 0  # nothing was saved
    await owner.post(f"{PATH}/retention", days)
    assert owner.url == f"{PATH}?saved=retention"
    assert (await desk.retention.days()).audit == 30
    entry = await last(desk)
    assert (entry.before["audit"], entry.after["audit"]) == (0, 30)


@pytest.mark.parametrize("days", ["-1", "x", "99999", "1.5", "²"])
async def test_days_that_are_none_are_told_beside_the_field(owner, desk, days):
    await owner.get(PATH)
    for way in ("retention", "retention/over"):
        await owner.post(f"{PATH}/{way}", {"audit": days})
        assert owner.status == 422
        assert "Audit log must be" in owner.text
    assert (await desk.retention.days()).audit == 0


IDLE = {"GATEWAY_LIMITS_IDLE_SECONDS": "60"}


@pytest.mark.parametrize("config", [IDLE], indirect=True, ids=["idle"])
async def test_limits_are_set_where_the_configuration_does_not(
    config, owner, desk, world
):
    await owner.get(PATH)
    assert "Set by GATEWAY_LIMITS_IDLE_SECONDS" in owner.text
    for each in await desk.configuration.limits():
        assert f"[{each.section}] {each.key}" in owner.text
    form = {
        "limits.max_file_bytes": "1,5 ГБ",
        "limits.conversion_workers": "3",
        "defender.enabled": "False",
        "limits.idle_seconds": "61",  # a field that a browser would not send
    }
    await owner.post(f"{PATH}/limits", form)
    assert owner.url == f"{PATH}?saved=limits", owner.text
    assert 'value="1500 MB"' in owner.text
    assert "In use now: 2." in html.unescape(owner.text)
    [applied] = world.applied  # at once
    assert applied.limits.max_file_bytes == 1_500_000_000
    assert (applied.defender.enabled, applied.limits.idle_seconds) == (False, 60)
    at_start = await chosen(world.db, config)
    assert (at_start.limits.conversion_workers, at_start.limits.idle_seconds) == (3, 60)
    entry = await last(desk)
    assert entry.action == "limits-changed"
    assert entry.before["limits.conversion_workers"] == 2
    assert entry.after["limits.conversion_workers"] == 3
    await owner.post(f"{PATH}/limits", {**form, "limits.conversion_workers": ""})
    assert (await chosen(world.db, config)).limits.conversion_workers == 2


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("limits.max_file_bytes", "much", "SFTP must be a size, such as 500 MB"),
        ("limits.max_file_bytes", "0 GB", "SFTP must be a number of bytes, from 1."),
        ("limits.conversion_workers", "65", "must be a number of processes, 1 to 64"),
        ("limits.idle_seconds", "1.5", "must be a whole number"),
    ],
)
async def test_a_limit_that_cannot_be_is_told_beside_its_field(
    owner, desk, name, value, told
):
    await owner.get(PATH)
    await owner.post(f"{PATH}/limits", {name: value, "limits.shutdown_grace": "9"})
    assert owner.status == 422
    assert told in html.unescape(owner.text)
    assert 'value="9"' in owner.text
    assert not any(each.chosen for each in await desk.configuration.limits())


@pytest.mark.parametrize("value", [1, 999, 1024, 100_000, 5 << 30, 10**12, 1023])
async def test_a_size_is_read_as_it_is_shown(desk, value):
    [size, *_] = await desk.configuration.limits()
    form = Form(MultiDictProxy(MultiDict({size.name: limit_fields.shown(size, value)})))
    assert limit_fields.read(form, [size]) == {size.name: value}


@pytest.mark.usefixtures("people")
async def test_whoever_may_not_change_them_sees_them_only(stranger, desk):
    await stranger.sign_in("integrator")
    await stranger.get(PATH)
    assert stranger.status == 200
    assert "Save switches" not in stranger.text
    await stranger.post(f"{PATH}/switches", {})
    assert stranger.status == 403
    assert (await desk.settings.get()).integrations_enabled


async def test_mails_that_waited_are_due_once_a_server_is_set(owner, desk, world):
    await owner.post("/admin/mailboxes", {"name": "Shop"})
    box = (await desk.mailboxes.all())[0].id
    await desk.integrations.send_test(COMMAND_LINE, box, "a@x.example")
    async with world.db.write() as conn:
        await conn.execute(update(jobs).values(run_at=PARKED))
    await owner.get(PATH)
    assert "1 mail waits" in owner.text
    change = MailServerChange(
        host="smtp.example", port=25, username="", starttls="auto", sender=""
    )
    await desk.mail_server.save(COMMAND_LINE, change)
    async with world.db.read() as conn:
        assert await conn.scalar(select(jobs.c.run_at)) == world.clock()
