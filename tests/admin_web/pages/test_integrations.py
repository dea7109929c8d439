import html
import re
from io import BytesIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    load_der_pkcs7_certificates,
)
from integration_browser import FRONT, form_of
from sqlalchemy import select

from gateway.core.desk.actor import COMMAND_LINE as OWNER
from gateway.core.model import Channel
from gateway.store.tables import mails

KEY = (
    Ed25519PrivateKey.from_private_bytes(b"1" * 32)
    .public_key()
    .public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    .decode()
    + " erp"
)


async def test_without_a_mailbox_the_page_offers_to_make_one(owner):
    await owner.get(FRONT)
    assert "No mailbox yet" in owner.text
    await owner.post("/admin/mailboxes", {"name": "Alder & Finch"})
    assert owner.url.startswith(f"{FRONT}?mailbox=")
    assert "Alder &amp; Finch" in owner.text


async def test_a_mailbox_without_a_name_is_told_beside_the_field(owner, shop):
    await owner.post("/admin/mailboxes", {"name": "  "})
    assert (owner.status, 'aria-invalid="true"' in owner.text) == (422, True)
    await owner.post("/admin/mailboxes", {"name": "  ", "mailbox": shop})
    assert owner.status == 422
    assert "data-open" in owner.text


async def test_the_page_opens_with_the_first_mailbox_by_name(owner, shop):
    await owner.post("/admin/mailboxes", {"name": "Another"})
    await owner.get(FRONT)
    assert "Integration of Another" in owner.text
    await owner.get(f"{FRONT}?mailbox={shop.upper()}")
    assert "Integration of Shop" in owner.text


async def test_a_mailbox_that_is_not_there_is_404(owner):
    await owner.get(f"{FRONT}?mailbox=00000000-0000-4000-8000-000000000000")
    assert owner.status == 404


async def test_the_password_is_generated_when_save_is_first_pressed(
    owner, shop, save, desk
):
    assert "Generated when you press Save" in owner.text
    await save(enabled="on")
    assert owner.status == 200
    password = re.search(r"<code>(\w{32})</code>", owner.text)[1]
    assert (await desk.integrations.get(shop)).integration.enabled
    await save(enabled="on")
    assert "Saved" in owner.text
    assert password not in owner.text
    await owner.post(f"/admin/mailboxes/{shop}/password")
    assert password in owner.text


async def test_blocks_2_to_4_are_saved_at_once(save, shop, desk):
    await save(
        notifyEmail="a@b.example,c@d.example",
        defaultRule="REJECT",
        rejectReason="Not by this way",
        newPublicKeys=KEY,
        allowedAddresses="192.0.2.0/28\n2001:db8::1",
    )
    saved = (await desk.integrations.get(shop)).integration
    assert saved.notify_email == "a@b.example, c@d.example"
    assert (saved.default_rule.value, saved.reject_reason) == (
        "REJECT",
        "Not by this way",
    )
    assert saved.public_keys == (KEY,)
    assert saved.allowed_addresses == ("192.0.2.0/28", "2001:db8::1")


async def test_a_page_saved_as_it_stands_changes_nothing(save, shop, desk, owner):
    await save(newPublicKeys=KEY, allowedAddresses="192.0.2.1", enabled="on")
    before = (await desk.integrations.get(shop)).integration
    await save()
    assert owner.status == 200
    assert (await desk.integrations.get(shop)).integration == before
    await save(protocol="AS2", recipientUrl="https://x.example/", headers="X-A: b")
    assert owner.status == 200, owner.text
    before = (await desk.integrations.get(shop)).integration
    await save(protocol="AS2")
    assert (await desk.integrations.get(shop)).integration == before


async def test_a_key_that_is_taken_off_the_page_is_gone_after_save(
    save, shop, desk, owner
):
    await save(newPublicKeys=KEY)
    assert "SHA256:" in owner.text
    await save(without=["publicKeys"])
    assert (await desk.integrations.get(shop)).integration.public_keys == ()


async def test_nothing_is_saved_while_a_field_is_wrong(save, shop, desk, owner):
    await save(
        notifyEmail="",
        defaultRule="NOTIFY",
        newPublicKeys=f"{KEY}\nssh-dss AAAA",
        allowedAddresses="192.0.2.300",
    )
    assert owner.status == 422
    told = html.unescape(owner.text)
    assert "Notify by e-mail is needed by the default rule NOTIFY." in told
    assert "Key (2) is a DSA key" in told
    assert "(1) '192.0.2.300' does not appear" in told
    assert "Nothing was saved." in told
    assert '<a href="#f-allowedAddresses">' in told
    assert "192.0.2.300</textarea>" in told
    assert (await desk.integrations.get(shop)).integration.notify_email == ""


async def test_each_protocol_keeps_its_own_settings(save, shop, desk, owner):
    await save(allowedAddresses="192.0.2.1")
    await save(
        protocol="AS2", recipientUrl="https://x.example/in", allowedAddresses="bad"
    )
    assert owner.status == 200
    view = await desk.integrations.get(shop)
    assert view.integration.protocol is Channel.AS2
    assert view.integration.allowed_addresses == ("192.0.2.1",)
    await save(protocol="SFTP", recipientUrl="ftp://not-looked-at")
    view = await desk.integrations.get(shop)
    assert view.as2["recipientUrl"] == "https://x.example/in"


async def test_as2_settings_are_saved_with_their_types(save, shop, desk):
    await save(
        protocol="AS2",
        selfId="SHOP 1",
        recipientId="P",
        mdn="ASYNC",
        mdnMinutes="90",
        chunked="on",
        httpUser="u",
        httpPassword=" secret ",
        headers="X-One: 1\nX-Two: a: b",
        without=["requireSigned", "legacyAlgorithms"],
    )
    as2 = (await desk.integrations.get(shop)).as2
    assert (as2["selfId"], as2["mdn"], as2["mdnMinutes"]) == ("SHOP 1", "ASYNC", 90)
    assert (as2["chunked"], as2["requireSigned"]) == (True, False)
    assert (as2["httpPasswordSet"], as2["legacyAlgorithms"]) == (True, [])
    assert as2["headers"] == {"X-One": "1", "X-Two": "a: b"}
    await save(("httpPassword.clear", "on"), protocol="AS2")
    assert not (await desk.integrations.get(shop)).as2["httpPasswordSet"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("recipientUrl", "ftp://x", "Recipient URL must begin with http"),
        ("timeoutSeconds", "soon", "Input should be a valid integer"),
        ("timeoutSeconds", "9" * 5000, "Input should be a valid integer"),
        ("maxAttempts", "0", "greater than or equal to 1"),
        ("headers", "Host: x", "Extra headers hold Host"),
        ("newCertificates", "nonsense", "certificate 1:"),
    ],
)
async def test_a_wrong_as2_setting_is_told_at_its_field(save, owner, name, value, told):
    await save(**{"protocol": "AS2", name: value})
    assert owner.status == 422
    assert told in html.unescape(owner.text)


async def test_a_self_id_that_is_taken_is_told_at_its_field(save, owner, desk):
    await save(protocol="AS2", selfId="ONE")
    await owner.post("/admin/mailboxes", {"name": "Second"})
    second = re.search(r"mailbox=([\w-]{36})", owner.url)[1]
    values = {"protocol": "AS2", **dict(form_of(owner.text, "AS2")), "selfId": "ONE"}
    await owner.post(f"/admin/mailboxes/{second}/integration", values)
    assert owner.status == 422
    assert "Self ID belongs to the mailbox Shop." in owner.text


async def test_a_certificate_is_shown_before_it_is_saved(save, shop, owner, desk, bob):
    await save(protocol="AS2")
    where = f"/admin/mailboxes/{shop}/certificates"
    pem = bob.certificate.public_bytes(Encoding.PEM).decode()
    der = bob.certificate.public_bytes(Encoding.DER)
    for fields in ({"newCertificates": pem}, {"certificateFile": BytesIO(der)}):
        await owner.post(where, fields)
        assert "New, not saved yet" in owner.text
        assert "CN=bob" in owner.text
    shown = html.unescape(
        re.search(r'name="recipientCertificates" value="([^"]+)"', owner.text)[1]
    )
    assert (await desk.integrations.get(shop)).recipients == []
    await save(("recipientCertificates", shown), protocol="AS2")
    saved = (await desk.integrations.get(shop)).recipients
    assert [each.subject for each in saved] == ["CN=bob"]
    await owner.post(where, {"recipientCertificates": shown, "newCertificates": "no"})
    assert 'id="e-recipientCertificates"' in owner.text
    assert "CN=bob" in owner.text


def from_p7b(data):
    [certificate] = load_der_pkcs7_certificates(data)
    return certificate


@pytest.mark.parametrize(
    ("form", "read"),
    [
        ("pem", x509.load_pem_x509_certificate),
        ("der", x509.load_der_x509_certificate),
        ("p7b", from_p7b),
    ],
)
async def test_the_self_certificate_is_downloaded(save, shop, owner, desk, form, read):
    await save(protocol="AS2")
    assert f"certificate?form={form}" in owner.text
    where = f"/admin/mailboxes/{shop}/certificate?form={form}"
    answer = await owner.client.get(where)
    assert answer.status == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    own = (await desk.integrations.get(shop)).self_certificate
    assert read(await answer.read()) == x509.load_pem_x509_certificate(own.encode())


async def test_a_certificate_in_no_known_form_is_404(save, shop, owner):
    await save(protocol="AS2")
    await owner.get(f"/admin/mailboxes/{shop}/certificate?form=jks")
    assert owner.status == 404


async def test_a_reset_makes_a_new_password_and_both_are_audited(
    save, shop, owner, desk
):
    await save()
    row = f"/admin/mailboxes/{shop}/password"
    csrf = {"X-CSRF-Token": owner.csrf}
    await owner.post(row, headers=csrf)
    old = re.search(r"<code>(\w{32})</code>", owner.text)[1]
    assert "delay:30s" in owner.text
    await owner.post(f"{row}/reset", headers=csrf)
    new = re.search(r"<code>(\w{32})</code>", owner.text)[1]
    assert new != old
    assert await desk.integrations.reveal_password(OWNER, shop) == new
    await owner.get(row)
    assert new not in owner.text


async def test_where_passwords_show_once_there_is_no_reveal(save, shop, owner, desk):
    await desk.settings.change(
        OWNER, integrations_enabled=None, show_passwords_once=True
    )
    await save()
    assert re.search(r"<code>\w{32}</code>", owner.text)
    assert "Shown this once" in owner.text
    assert "delay:30s" not in owner.text
    await owner.get(f"/admin/mailboxes/{shop}/password")
    assert "Reveal" not in owner.text
    assert "data-copy-from" not in owner.text


async def test_a_test_mail_goes_to_addresses_not_saved_yet(shop, owner, db):
    csrf = {"X-CSRF-Token": owner.csrf}
    where = f"/admin/mailboxes/{shop}/test-mail"
    await owner.post(where, {"notifyEmail": "a@b.example"}, headers=csrf)
    assert "on its way to a@b.example" in owner.text
    async with db.read() as conn:
        [mail] = await conn.execute(select(mails))
    assert (mail.kind, mail.to, mail.mailbox) == ("test", "a@b.example", shop)
    await owner.post(where, {"notifyEmail": ""}, headers={**csrf, "HX-Request": "true"})
    assert owner.status == 422
    assert "notifyEmail is empty" in owner.text


async def test_an_owner_switches_every_integration_off_and_on(shop, owner, desk):
    await owner.post("/admin/integrations/switch", {"mailbox": shop})
    assert not (await desk.settings.get()).integrations_enabled
    assert "All integrations of this appliance are off." in owner.text
    fields = {"mailbox": "", "integrationsEnabled": "on"}
    await owner.post("/admin/integrations/switch", fields)
    assert (await desk.settings.get()).integrations_enabled


async def test_who_may_only_look_gets_no_buttons(stranger, people, desk):
    made = await desk.mailboxes.create(OWNER, "Shop", ())
    await stranger.sign_in("auditor")
    await stranger.get(FRONT)
    assert f"mailbox={made.id}" in stranger.url
    assert 'id="save"' not in stranger.text
    assert "Switch all off" not in stranger.text
    assert "Reveal password" not in stranger.text


async def test_a_page_saved_without_certificates_it_cannot_read_leaves_them_out(
    shop, owner, save
):
    await save(protocol="AS2")
    fields = {"recipientCertificates": "nonsense"}
    await owner.post(f"/admin/mailboxes/{shop}/certificates", fields)
    assert owner.status == 200
    assert "nonsense" not in owner.text


async def test_the_first_pair_has_the_size_and_validity_chosen(owner, save, shop, desk):
    await save(protocol="AS2", selfKeyBits="3072", selfValidityDays="30")
    assert owner.status == 200
    [pair] = (await desk.integrations.get(shop)).pairs
    assert (pair.certificate.bits, pair.certificate.days_left) == (3072, 30)
    assert 'name="selfKeyBits"' not in owner.text
    assert f'href="/admin/mailboxes/{shop}/certificates"' in owner.text
    await save(protocol="AS2")
    assert owner.status == 200


async def test_a_validity_that_is_none_is_told_beside_the_field(
    owner, save, shop, desk
):
    await save(protocol="AS2", selfValidityDays="9999")
    assert owner.status == 422
    assert 'aria-describedby="e-selfValidityDays"' in owner.text
    assert not (await desk.integrations.get(shop)).pairs
