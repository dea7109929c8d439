"""Every setting that the integrations page offers is saved by its own field."""

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from integration_browser import form_of

from gateway.core.integration import AS2_DEFAULTS

TEXTS = {
    "selfId": ["SHOP-1"],
    "recipientUrl": ["https://as2.partner.example:4080/in"],
    "recipientId": ["PARTNER 1"],
    "recipientEmail": ["edi@partner.example"],
    "encryptionAlgorithm": [
        "aes192-cbc",
        "aes128-cbc",
        "aes256-gcm",
        "aes128-gcm",
        "3des-cbc",
        "none",
        "aes256-cbc",
    ],
    "signingAlgorithm": ["sha384", "sha512", "sha1", "md5", "none", "sha256"],
    "compression": ["before-signing", "after-signing", "none"],
    "mdn": ["ASYNC", "NONE", "SYNC"],
    "subject": ["Orders of the shop"],
    "contentType": ["application/edifact"],
    "httpUser": ["shop"],
    "keyEncryption": [
        "oaep-sha1",
        "oaep-sha256",
        "oaep-sha384",
        "oaep-sha512",
        "pkcs1",
    ],
    "signatureScheme": ["pss", "pkcs1"],
    "proxy": ["http://proxy.example:3128"],
    "proxyUser": ["proxied"],
}
NUMBERS = {
    "mdnMinutes": 90,
    "timeoutSeconds": 61,
    "retrySeconds": 120,
    "maxAttempts": 7,
}
FLAGS = ("mdnSigned", "requireSigned", "requireEncrypted", "chunked")
SECRETS = ("httpPassword", "proxyPassword")
# each of the two is no setting without the other
PAIR = {"clientCertificate", "clientKey"}
# saved by tests of their own
ELSEWHERE = {"selfKeyBits", "selfValidityDays", "recipientCertificates"}


@pytest.fixture
async def changed(save, shop, desk):
    """Return what saves one field by the form and tells which settings changed."""
    await save(protocol="AS2")

    async def by(*more, without=(), **fields):
        before = (await desk.integrations.get(shop)).as2
        await save(*more, without=without, protocol="AS2", **fields)
        after = (await desk.integrations.get(shop)).as2
        return {name: value for name, value in after.items() if value != before[name]}

    return by


@pytest.fixture
def shown(owner):
    """Return what reads the fields of the page as it came back."""
    return lambda: form_of(owner.text, "AS2")


def test_no_setting_is_left_out_here():
    tested = {*TEXTS, *NUMBERS, *FLAGS, *SECRETS, *PAIR, *ELSEWHERE}
    assert {*AS2_DEFAULTS} == tested | {"headers", "legacyAlgorithms", "caCertificates"}


async def test_every_text_and_choice_is_saved_alone(changed, shown):
    for name, values in TEXTS.items():
        for value in values:
            found = await changed(**{name: value})
            found.pop("warnings", None)
            assert found == {name: value}
            assert (name, value) in shown()


async def test_every_number_is_saved_alone(changed, shown):
    for name, value in NUMBERS.items():
        assert await changed(**{name: str(value)}) == {name: value}
        assert (name, str(value)) in shown()


async def test_every_switch_is_saved_alone(changed, shown):
    for name in FLAGS:
        for on in (not AS2_DEFAULTS[name], AS2_DEFAULTS[name]):
            way = changed((name, "on")) if on else changed(without=[name])
            assert await way == {name: on}
            assert ((name, "on") in shown()) is on


async def test_every_weak_algorithm_is_allowed_alone(changed):
    for name in ("md5", "sha1", "3des-cbc"):
        field = ("legacyAlgorithms", name)
        found = await changed(field, without=["legacyAlgorithms"])
        assert found["legacyAlgorithms"] == [name]


async def test_every_password_is_kept_and_forgotten(changed):
    for name in SECRETS:
        assert await changed(**{name: "secret"}) == {f"{name}Set": True}
        assert await changed() == {}
        assert await changed((f"{name}.clear", "on")) == {f"{name}Set": False}


async def test_the_headers_are_saved_and_emptied(changed):
    assert await changed(headers="X-A: 1") == {"headers": {"X-A": "1"}}
    assert await changed(headers="") == {"headers": {}}


async def test_the_client_certificate_comes_and_goes_with_its_key(changed, bob):
    pem = bob.certificate.public_bytes(Encoding.PEM).decode()
    key = bob.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    found = await changed(clientCertificate=pem, clientKey=key.decode())
    assert found["clientKeySet"]
    assert found["clientCertificate"].split() == pem.split()
    found = await changed(("clientKey.clear", "on"), clientCertificate="")
    assert found == {"clientKeySet": False, "clientCertificate": ""}


async def test_certificates_in_place_of_the_systems_are_saved(changed, bob):
    pem = bob.certificate.public_bytes(Encoding.PEM).decode()
    found = await changed(caCertificates=pem)
    assert [each.split() for each in found["caCertificates"]] == [pem.split()]
    assert await changed(caCertificates="") == {"caCertificates": []}


@pytest.mark.parametrize("rule", ["NOTIFY", "REJECT", "COPY"])
async def test_every_default_rule_is_saved(save, shop, desk, rule):
    await save(defaultRule=rule, notifyEmail="a@b.example", rejectReason="No")
    saved = (await desk.integrations.get(shop)).integration
    assert saved.default_rule.value == rule


async def test_a_certificate_taken_off_the_page_is_gone_after_save(
    save, shop, desk, bob
):
    pem = bob.certificate.public_bytes(Encoding.PEM).decode()
    await save(newCertificates=pem, protocol="AS2")
    assert len((await desk.integrations.get(shop)).recipients) == 1
    await save(protocol="AS2", without=["recipientCertificates"])
    assert (await desk.integrations.get(shop)).recipients == []
