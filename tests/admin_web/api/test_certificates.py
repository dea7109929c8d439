import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from fakes import FakeClock

from certs.identity import make_identity
from certs.partner import to_pem
from certs.tls import self_signed
from gateway.core.desk.certificates import Purpose

PATH = "/api/v1/certificates"
DAY = timedelta(days=1)
OLD = """\
-----BEGIN CERTIFICATE-----
MIIB+jCCAWOgAwIBAgIUPIsRAXmK2Qqo1YTxvKxFoK8hJq8wDQYJKoZIhvcNAQEF
BQAwDjEMMAoGA1UEAwwDT2xkMCAXDTI2MTEyMzE2NTYzOVoYDzIwODEwODI2MTY1
NjM5WjAOMQwwCgYDVQQDDANPbGQwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGB
ALKkQHgWnucSFwgbGye5vROkmnC2MkGoiWGw8OqQ1WcO+xWO/EnUbhJWg3Vsjin4
BP4vDHb0F3/F6dy+mSFAGLABvuIwEhgz7e8w4a4QVmFvjkY8llC/8BP4KXSe0v+5
mkZOs+7BVvVQF/q6jiqzjsXizcEfTghRgsfzGdZ+msorAgMBAAGjUzBRMB0GA1Ud
DgQWBBRnuWUduAkwS/5Xgw4pqp6aab+RiTAfBgNVHSMEGDAWgBRnuWUduAkwS/5X
gw4pqp6aab+RiTAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBBQUAA4GBACpj
pZNRdRZg965LftrDrOHStuO3ixGBff4RC2RoC56bl1dWLCLYojSnAEP4NfghM2Ii
R6rw1fvr/KK8CFR0WEE8dLdYXjz6YoYvQwmkUS917KGZx2FeESl/N7+nTczBqwHR
MFIEAbKONz2MUAr98qIbJeyIH8iDSZvCtKdbB14Z
-----END CERTIFICATE-----
"""
"""A key of 1024 bits, signed with SHA-1."""


@pytest.fixture
def path(mailbox):
    return f"/api/v1/mailboxes/{mailbox}/integration"


@pytest.fixture(scope="module")
def partner():
    return make_identity("Partner", FakeClock().now, days=20)


@pytest.fixture(scope="module")
def successor():
    return make_identity("Partner", FakeClock().now, days=400)


@pytest.fixture
def save(api, path):
    """Return what saves AS2 settings: the status and the answer."""

    async def put(**as2):
        answer = await api.put(path, json={"protocol": "AS2", "as2": as2})
        return answer.status, await answer.json()

    return put


def key_of(identity):
    form = PrivateFormat.TraditionalOpenSSL
    return identity.private_key.private_bytes(
        Encoding.PEM, form, NoEncryption()
    ).decode()


@pytest.fixture
def tls_files(world, tmp_path):
    """Give the appliance a certificate for the API, and one that is missing."""
    file = self_signed(tmp_path / "tls.pem", "edi.example", world.clock())
    world.files[Purpose.ADMIN_TLS] = file
    world.files[Purpose.AS2_TLS] = tmp_path / "not-there.pem"


# --- The list ------------------------------------------------------------------------


@pytest.mark.usefixtures("tls_files")
async def test_every_certificate_is_listed_the_next_to_end_first(
    api, save, partner, successor, mailbox
):
    pem = to_pem(successor.certificate)
    status, _ = await save(
        recipientCertificates=[to_pem(partner.certificate)],
        caCertificates=[pem],
        clientCertificate=pem,
        clientKey=key_of(successor),
    )
    assert status == 200
    listed = await (await api.get(PATH)).json()
    assert [(each["purpose"], each["daysLeft"]) for each in listed] == [
        ("AS2_PARTNER", 20),
        ("AS2_CA", 400),
        ("AS2_CLIENT", 400),
        ("ADMIN_TLS", 824),
        ("AS2_SELF", 1825),
        ("SSH_HOST_KEY", None),
    ]
    first, tls, key = listed[0], listed[3], listed[5]
    assert (first["mailbox"], first["mailboxName"]) == (mailbox, "Shop")
    assert first["subject"] == "CN=Partner"
    assert first["warning"] == "It ends on 2026-01-21, in 20 days."
    assert (tls["mailbox"], tls["warning"], tls["bits"]) == (None, "", 0)
    assert key["fingerprint"].startswith("SHA256:")


async def test_metrics_name_the_days_left_of_each(desk, save, partner, world):
    await save(recipientCertificates=[to_pem(partner.certificate)])
    world.clock.tick(22 * DAY)
    samples = await desk.certificates.samples()
    days = {each.labels["purpose"]: each.value for each in samples}
    assert days == {"AS2_PARTNER": -2, "AS2_SELF": 1803}


# --- Parsing before saving -----------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        lambda identity: identity.pem.decode(),
        lambda identity: base64.b64encode(identity.der).decode(),
        lambda identity: base64.encodebytes(identity.p7b).decode(),
    ],
    ids=["pem", "der", "p7b"],
)
async def test_a_file_is_shown_before_it_is_saved(api, partner, form):
    answer = await api.post(f"{PATH}/parse", json={"content": form(partner)})
    (shown,) = await answer.json()
    assert shown["pem"] == partner.pem.decode()
    assert (shown["subject"], shown["daysLeft"]) == ("CN=Partner", 20)


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN CERTIFICATE-----"])
async def test_what_is_no_certificate_is_refused(api, content):
    answer = await api.post(f"{PATH}/parse", json={"content": content})
    assert answer.status == 422


async def test_a_private_key_is_refused_unread(api, partner):
    content = partner.pem.decode() + key_of(partner)
    answer = await api.post(f"{PATH}/parse", json={"content": content})
    assert answer.status == 422
    assert "private key" in (await answer.json())["message"]


# --- The partner's and the client's certificates in the settings ---------------------


async def test_several_partner_certificates_are_shown_with_their_dates(
    save, partner, successor
):
    der = base64.b64encode(successor.der).decode()
    pem = to_pem(partner.certificate)
    status, saved = await save(recipientCertificates=[pem, der, pem])
    shown = saved["as2"]["recipientCertificateFacts"]
    assert (status, [each["daysLeft"] for each in shown]) == (200, [20, 400])
    kept = saved["as2"]["recipientCertificates"]
    assert kept == [each["pem"] for each in shown]
    assert any(
        "Recipient certificate CN=Partner" in w for w in saved["as2"]["warnings"]
    )


async def test_a_client_certificate_needs_its_key(save, partner, successor):
    certificate, wrong = to_pem(partner.certificate), key_of(successor)
    for as2, told in (
        ({"clientCertificate": certificate}, "needs both"),
        ({"clientKey": wrong}, "needs both"),
        ({"clientCertificate": certificate, "clientKey": wrong}, "does not belong"),
    ):
        status, answer = await save(**as2)
        assert status == 422
        assert told in answer["data"]["as2.clientCertificate"]
    status, saved = await save(clientCertificate=certificate, clientKey=key_of(partner))
    assert (status, saved["as2"]["clientKeySet"]) == (200, True)
    assert saved["as2"]["clientCertificate"] == certificate
    status, answer = await save(clientCertificate=to_pem(successor.certificate))
    assert status == 422
    status, saved = await save(clientCertificate="", clientKey="")
    assert (status, saved["as2"]["clientKeySet"]) == (200, False)


async def test_secrets_are_neither_shown_nor_booked(api, save, partner, world):
    key = key_of(partner)
    await save(
        clientCertificate=to_pem(partner.certificate),
        clientKey=key,
        proxy="http://proxy.example:3128/",
        proxyUser="me",
        proxyPassword="proxy secret",
    )
    log = await (await api.get("/api/v1/audit")).text()
    assert "proxy secret" not in log
    assert '"clientKey":true' in log.replace(" ", "")
    assert key.splitlines()[3] not in log


@pytest.mark.parametrize(
    ("as2", "field"),
    [
        ({"clientKey": "nonsense"}, "clientKey"),
        ({"clientCertificate": "nonsense"}, "clientCertificate"),
        ({"caCertificates": ["nonsense"]}, "caCertificates"),
        ({"caCertificates": ["-----BEGIN PRIVATE KEY-----"]}, "caCertificates"),
        ({"proxy": "socks://x"}, "proxy"),
        ({"proxy": "http://x/path"}, "proxy"),
        ({"proxy": "http://a:b@x"}, "proxy"),
        ({"proxyUser": "a:b"}, "proxyUser"),
        ({"legacyAlgorithms": ["rc2"]}, "legacyAlgorithms.0"),
        ({"keyEncryption": "oaep"}, "keyEncryption"),
        ({"signatureScheme": "dsa"}, "signatureScheme"),
        ({"mdnMinutes": 0}, "mdnMinutes"),
        ({"timeoutSeconds": 4000}, "timeoutSeconds"),
        ({"maxAttempts": 0}, "maxAttempts"),
    ],
)
async def test_a_wrong_setting_is_refused_by_its_name(save, as2, field):
    status, answer = await save(**as2)
    assert (status, list(answer["data"])) == (422, [f"as2.{field}"])


# --- Warnings ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as2", "told"),
    [
        ({"encryptionAlgorithm": "3des-cbc"}, "3des-cbc is a legacy algorithm"),
        ({"signingAlgorithm": "md5"}, "md5 is a legacy algorithm"),
        ({"legacyAlgorithms": ["md5"]}, "Signatures with MD5 are accepted"),
        ({"signingAlgorithm": "none"}, "Messages are not signed"),
        (
            {"encryptionAlgorithm": "none", "recipientUrl": "http://x/"},
            "travel unencrypted",
        ),
        ({"httpUser": "me", "recipientUrl": "http://x/"}, "The HTTP password travels"),
        ({"requireSigned": False}, "Unsigned messages are accepted"),
        ({"requireSigned": False}, "An unsigned message in CBC can be changed"),
        ({"mdn": "NONE"}, "No MDN is asked for"),
        ({"mdnSigned": False}, "MDNs need not be signed"),
        ({"recipientCertificates": [OLD]}, "CN=Old: its key has only 1024 bits"),
        ({"recipientCertificates": [OLD]}, "CN=Old: it is signed with sha1"),
        ({"recipientId": "them"}, "fill in Recipient URL, Recipient certificate."),
    ],
)
async def test_what_should_not_stay_so_is_told(save, as2, told):
    status, saved = await save(**as2)
    assert status == 200
    assert any(told in warning for warning in saved["as2"]["warnings"])


async def test_gcm_without_signatures_cannot_be_changed_on_its_way(save):
    _, saved = await save(requireSigned=False, encryptionAlgorithm="aes256-gcm")
    assert not any("changed on its way" in told for told in saved["as2"]["warnings"])


async def test_a_warning_is_logged_when_it_is_new(save, caplog):
    for _ in range(2):
        await save(signingAlgorithm="md5")
    told = [r for r in caplog.records if "md5 is a legacy" in r.getMessage()]
    assert [record.levelname for record in told] == ["WARNING"]


async def test_a_sound_partner_gives_no_warning(save, successor):
    _status, saved = await save(
        recipientCertificates=[to_pem(successor.certificate)],
        recipientUrl="https://partner.example/as2",
        recipientId="them",
    )
    assert saved["as2"]["warnings"] == []


async def test_what_is_shown_may_be_sent_back_whole(api, save, path, partner):
    await save(recipientCertificates=[to_pem(partner.certificate)])
    shown = await (await api.get(path)).json()
    answer = await api.put(path, json=shown)
    assert (answer.status, await answer.json()) == (200, shown)


# --- The test mail -------------------------------------------------------------------


async def test_a_test_mail_goes_to_the_saved_or_to_new_addresses(api, path, audited):
    await api.put(path, json={"notifyEmail": "a@shop.example"})
    sent = await api.post(f"{path}/test-mail", json={})
    assert await sent.json() == {"notifyEmail": "a@shop.example"}
    sent = await api.post(f"{path}/test-mail", json={"notifyEmail": "b@x.example"})
    assert await sent.json() == {"notifyEmail": "b@x.example"}
    assert (await audited())[:2] == ["test-mail-sent"] * 2


@pytest.mark.parametrize("body", [{}, {"notifyEmail": ""}, {"notifyEmail": "nobody"}])
async def test_a_test_mail_needs_an_address(api, path, body):
    answer = await api.post(f"{path}/test-mail", json=body)
    assert (answer.status, list((await answer.json())["data"])) == (
        422,
        ["notifyEmail"],
    )


@pytest.mark.parametrize("form", ["pem", "der", "p7b"])
async def test_each_certificate_is_downloaded_by_its_fingerprint(
    api, save, partner, form
):
    await save(recipientCertificates=[to_pem(partner.certificate)])
    listed = await (await api.get(PATH)).json()
    [found] = [each for each in listed if each["purpose"] == "AS2_PARTNER"]
    fingerprint = found["fingerprint"].replace(":", "").lower()
    answer = await api.get(f"{PATH}/{fingerprint}/file", params={"format": form})
    wanted = {"pem": partner.pem, "der": partner.der, "p7b": partner.p7b}[form]
    assert await answer.read() == wanted
    name = answer.headers["Content-Disposition"]
    assert f"Shop-{fingerprint[:8]}" in name
    assert (await api.get(f"{PATH}/abcd/file")).status == 404
