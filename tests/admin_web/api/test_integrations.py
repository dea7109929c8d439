import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

from gateway.core.desk.actor import PersonRole
from gateway.core.model import MailboxId
from gateway.engine.as2_book import AS2_SECRETS
from gateway.engine.desk.integrations import SFTP_PASSWORD
from gateway.store import integrations

WEAK = 1024  # bits


@pytest.fixture
def path(mailbox):
    return f"/api/v1/mailboxes/{mailbox}/integration"


@pytest.fixture(scope="module")
def pair():
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "partner")])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + timedelta(days=365))
        .sign(key, SHA256())
    )
    return key, certificate


def a_key(comment="me@home", key=None):
    public = (key or Ed25519PrivateKey.generate()).public_key()
    text = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return f"{text} {comment}"


async def put(api, path, **body):
    answer = await api.put(path, json=body)
    return answer.status, await answer.json()


async def test_before_the_first_save_all_is_off_and_filled_in(api, path, mailbox):
    shown = await (await api.get(path)).json()
    assert (shown["enabled"], shown["protocol"]) == (False, "SFTP")
    assert (shown["notifyEmail"], shown["defaultRule"]) == ("", "COPY")
    assert shown["sftp"] == {
        "login": mailbox,
        "host": "edi.example",
        "port": 2222,
        "hostKeyFingerprint": "SHA256:abc",
        "knownHosts": "[edi.example]:2222 ssh-ed25519 AAAA",
        "publicKeys": [],
        "allowedAddresses": [],
    }
    assert shown["as2"]["selfUrl"] == f"https://edi.example/as2/{mailbox}"
    assert shown["as2"]["selfId"] == "Shop"
    assert shown["as2"]["encryptionAlgorithm"] == "aes256-cbc"


async def test_the_first_save_makes_the_password_and_shows_it_once(
    api, path, world, mailbox
):
    status, first = await put(api, path, enabled=True)
    password = first["sftp"]["password"]
    assert status == 200
    assert re.fullmatch(r"[A-Za-z0-9]{32}", password)
    _status, second = await put(api, path, notifyEmail="a@b.example")
    assert "password" not in second["sftp"]
    assert second["enabled"] is True
    async with world.db.read() as conn:
        sealed = await integrations.sealed_password(conn, MailboxId(mailbox))
    assert password.encode() not in sealed
    assert world.vault.open(sealed, SFTP_PASSWORD).decode() == password


async def test_a_password_is_revealed_and_reset_and_both_are_booked(api, path):
    assert (await api.get(f"{path}/password")).status == 404
    _status, saved = await put(api, path, enabled=True)
    revealed = await (await api.get(f"{path}/password")).json()
    assert revealed == {"password": saved["sftp"]["password"]}
    reset = await (await api.post(f"{path}/password")).json()
    assert reset != revealed
    assert await (await api.get(f"{path}/password")).json() == reset
    log = await (await api.get("/api/v1/audit")).json()
    actions = [entry["action"] for entry in log["data"]]
    assert actions[:4] == [
        "password-revealed",
        "password-reset",
        "password-revealed",
        "integration-saved",
    ]
    assert reset["password"] not in str(log)


async def test_a_setting_makes_passwords_show_once(api, path):
    await put(api, path, enabled=True)
    await api.put("/api/v1/settings", json={"showPasswordsOnce": True})
    answer = await api.get(f"{path}/password")
    assert (answer.status, (await answer.json())["code"]) == (
        403,
        "password-shown-once",
    )
    assert (await api.post(f"{path}/password")).status == 200


async def test_as2_has_no_password_to_reset(api, path):
    await put(api, path, protocol="AS2")
    assert (await api.post(f"{path}/password")).status == 409


async def test_what_is_shown_may_be_sent_back_whole(api, path):
    _status, first = await put(api, path, enabled=True)
    shown = await (await api.get(path)).json()
    assert (await put(api, path, **shown)) == (200, shown)
    assert (await put(api, path, **first))[0] == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sftp": {"login": "me"}}, "sftp.login"),
        ({"sftp": {"port": 22}}, "sftp.port"),
        ({"sftp": {"password": "secret"}}, "sftp.password"),
        ({"as2": {"selfUrl": "https://x"}}, "as2.selfUrl"),
        ({"as2": {"selfCertificate": "x"}}, "as2.selfCertificate"),
        ({"defaultRule": "NOTIFY"}, "notifyEmail"),
        ({"notifyEmail": "nobody"}, "notifyEmail"),
        ({"notifyEmail": "a@b, c d@e"}, "notifyEmail"),
        ({"notifyEmail": "a@b\r\nBcc: c@d"}, "notifyEmail"),
        ({"notifyEmail": ",".join(f"a{n}@b" for n in range(21))}, "notifyEmail"),
        ({"rejectReason": "x" * 1001}, "rejectReason"),
        ({"protocol": "FTP"}, "protocol"),
        ({"enabled": "yes"}, "enabled"),
        ({"enabled": None}, "enabled"),
        ({"sftp": {"colour": 1}}, "sftp.colour"),
        ({"sftp": {"allowedAddresses": ["10.0.0.1/8"]}}, "sftp.allowedAddresses.0"),
        ({"sftp": {"allowedAddresses": ["localhost"]}}, "sftp.allowedAddresses.0"),
        ({"sftp": {"allowedAddresses": ["::1"] * 101}}, "sftp.allowedAddresses"),
        ({"as2": {"encryptionAlgorithm": "rot13"}}, "as2.encryptionAlgorithm"),
        ({"as2": {"recipientUrl": "ftp://x"}}, "as2.recipientUrl"),
        ({"as2": {"recipientUrl": "http://a:b@x/"}}, "as2.recipientUrl"),
        ({"as2": {"recipientUrl": "http://x:99999/"}}, "as2.recipientUrl"),
        ({"as2": {"recipientUrl": "http://[x/"}}, "as2.recipientUrl"),
        ({"as2": {"recipientUrl": "http://x/ y"}}, "as2.recipientUrl"),
        ({"as2": {"recipientUrl": "http://x/\u00e9"}}, "as2.recipientUrl"),
        ({"as2": {"selfId": 'a"b'}}, "as2.selfId"),
        ({"as2": {"recipientId": "x" * 129}}, "as2.recipientId"),
        ({"as2": {"recipientEmail": "x"}}, "as2.recipientEmail"),
        ({"as2": {"recipientCertificates": ["x"]}}, "as2.recipientCertificates"),
        ({"as2": {"subject": "a\nb"}}, "as2.subject"),
        ({"as2": {"contentType": "text"}}, "as2.contentType"),
        ({"as2": {"httpUser": "a:b"}}, "as2.httpUser"),
        ({"as2": {"headers": {"AS2-To": "x"}}}, "as2.headers"),
        ({"as2": {"headers": {"a b": "x"}}}, "as2.headers"),
        ({"as2": {"headers": {"X": "a\r\nb"}}}, "as2.headers"),
        ({"as2": {"headers": {"X": "\u00e9"}}}, "as2.headers"),
        ({"as2": {"headers": {f"X{n}": "" for n in range(51)}}}, "as2.headers"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_wrong_value_is_refused_and_nothing_is_saved(api, path, body, field):
    before = await (await api.get(path)).json()
    status, answer = await put(api, path, **{"rejectReason": "changed", **body})
    assert status == 422, answer
    assert field in answer["data"]
    assert await (await api.get(path)).json() == before


async def test_all_faults_are_told_at_once(api, path):
    _status, answer = await put(
        api, path, notifyEmail="x", sftp={"publicKeys": ["y"]}, as2={"selfId": '"'}
    )
    assert set(answer["data"]) == {"notifyEmail", "sftp.publicKeys.0", "as2.selfId"}


async def test_notify_is_saved_with_its_addresses_tidied(api, path):
    status, saved = await put(
        api, path, defaultRule="NOTIFY", notifyEmail=" a@b.example,c@d , a@b.example "
    )
    assert (status, saved["notifyEmail"]) == (200, "a@b.example, c@d")


async def test_public_keys_are_kept_once_each_and_addresses_tidied(api, path):
    key = a_key()
    _status, saved = await put(
        api,
        path,
        sftp={
            "publicKeys": [f"  {key}", key],
            "allowedAddresses": ["192.0.2.7", "2001:DB8::/32", "192.0.2.7"],
        },
    )
    assert saved["sftp"]["publicKeys"] == [key]
    assert saved["sftp"]["allowedAddresses"] == ["192.0.2.7", "2001:db8::/32"]


def private_key():
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        .decode()
    )


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (private_key, "private key"),
        (lambda: "", "one line"),
        (lambda: f"{a_key()}\n{a_key()}", "one line"),
        (lambda: "ssh-dss AAAA", "DSA"),
        (lambda: f'from="10.*" {a_key()}', "options"),
        (lambda: "ssh-ed25519 AAAA", "cannot be read"),
        (lambda: a_key(key=rsa.generate_private_key(65537, WEAK)), "1024 bits"),
    ],
    ids=["private", "empty", "two", "dsa", "options", "broken", "small rsa"],
)
async def test_a_wrong_key_is_refused_with_its_reason(api, path, key, told):
    status, answer = await put(api, path, sftp={"publicKeys": [a_key(), key()]})
    assert status == 422
    assert told in answer["data"]["sftp.publicKeys.1"]


async def test_too_many_keys_are_refused(api, path):
    status, answer = await put(api, path, sftp={"publicKeys": [a_key()] * 101})
    assert (status, list(answer["data"])) == (422, ["sftp.publicKeys"])


async def test_what_extra_headers_hold_stays_out_of_the_audit_log(api, mailbox):
    body = {"as2": {"headers": {"X-Api-Key": "k-4711", "X-Route": "7"}}}
    answer = await api.put(f"/api/v1/mailboxes/{mailbox}/integration", json=body)
    assert answer.status == 200
    [entry] = (await (await api.get("/api/v1/audit?action=integration-saved")).json())[
        "data"
    ]
    assert entry["after"]["as2"]["headers"] == ["X-Api-Key", "X-Route"]


@pytest.mark.parametrize(
    ("role", "shown"), [("INTEGRATOR", "k-4711"), ("AUDITOR", "***")]
)
async def test_what_extra_headers_hold_is_for_those_who_set_them(
    api, mailbox, tokens, role, shown
):
    path = f"/api/v1/mailboxes/{mailbox}/integration"
    await api.put(path, json={"as2": {"headers": {"X-Api-Key": "k-4711"}}})
    bearer = {"Authorization": f"Bearer {tokens[PersonRole[role]]}"}
    answer = await (await api.get(path, headers=bearer)).json()
    assert answer["as2"]["headers"] == {"X-Api-Key": shown}


async def test_as2_settings_are_kept_beside_those_of_sftp(api, path, pair, world):
    key = a_key()
    await put(api, path, enabled=True, sftp={"publicKeys": [key]})
    pem = pair[1].public_bytes(Encoding.PEM).decode()
    status, saved = await put(
        api,
        path,
        protocol="AS2",
        as2={
            "selfId": "Shop 1",
            "recipientUrl": "https://partner.example:8443/as2?x=1",
            "recipientCertificates": [pem, pem],
            "recipientId": "Partner",
            "recipientEmail": "as2@partner.example",
            "encryptionAlgorithm": "3des-cbc",
            "signingAlgorithm": "md5",
            "contentType": "application/edifact; charset=utf-8",
            "httpUser": "me",
            "httpPassword": "very secret",
            "headers": {"X-Route": "7"},
            "mdn": "ASYNC",
        },
    )
    assert status == 200, saved
    assert saved["as2"]["recipientCertificates"] == [pem]
    assert saved["as2"]["httpPasswordSet"] is True
    assert "httpPassword" not in saved["as2"]
    assert saved["sftp"]["publicKeys"] == [key]
    _status, later = await put(api, path, as2={"mdn": "SYNC"})
    assert later["as2"] == {**saved["as2"], "mdn": "SYNC"}
    assert "very secret" not in await (await api.get("/api/v1/audit")).text()
    _status, cleared = await put(api, path, as2={"httpPassword": ""})
    assert cleared["as2"]["httpPasswordSet"] is False


async def test_the_http_password_is_stored_sealed(api, path, world, mailbox):
    await put(api, path, as2={"httpPassword": "very secret"})
    async with world.db.read() as conn:
        stored = (await integrations.get(conn, MailboxId(mailbox))).as2["httpPassword"]
    opened = world.vault.open(b64decode(stored), AS2_SECRETS["httpPassword"])
    assert opened == b"very secret"


async def test_a_p7b_chain_is_taken_apart(api, path, pair):
    chain = serialize_certificates([pair[1]], Encoding.PEM).decode()
    _status, saved = await put(api, path, as2={"recipientCertificates": [chain]})
    pem = pair[1].public_bytes(Encoding.PEM).decode()
    assert saved["as2"]["recipientCertificates"] == [pem]


async def test_a_certificate_with_its_private_key_is_refused(api, path, pair):
    key = pair[0].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = pair[1].public_bytes(Encoding.PEM).decode() + key.decode()
    status, answer = await put(api, path, as2={"recipientCertificates": [pem]})
    assert status == 422
    assert "private key" in answer["data"]["as2.recipientCertificates"]


async def test_a_self_id_belongs_to_one_mailbox(api, path):
    await put(api, path, protocol="AS2")
    other = (await (await api.post("/api/v1/mailboxes", json={"name": "Shop"})).json())[
        "uuid"
    ]
    status, answer = await put(
        api, f"/api/v1/mailboxes/{other}/integration", protocol="AS2"
    )
    assert (status, answer["code"]) == (409, "self-id-taken")
    status, _answer = await put(
        api,
        f"/api/v1/mailboxes/{other}/integration",
        protocol="AS2",
        as2={"selfId": "Shop 2"},
    )
    assert status == 200


async def test_a_name_that_as2_cannot_carry_needs_a_self_id(api):
    made = await (await api.post("/api/v1/mailboxes", json={"name": "Müller"})).json()
    path = f"/api/v1/mailboxes/{made['uuid']}/integration"
    status, answer = await put(api, path, protocol="AS2")
    assert (status, list(answer["data"])) == (422, ["as2.selfId"])


async def test_sessions_hear_of_it_when_the_way_in_changes(api, path, world, mailbox):
    await put(api, path, enabled=True)
    await put(api, path, notifyEmail="a@b")
    assert world.changed == [mailbox]
    await put(api, path, protocol="AS2")
    await put(api, path, enabled=False)
    assert world.changed == [mailbox] * 3


async def test_whoever_came_in_by_what_is_withdrawn_is_out(api, path, world, mailbox):
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEMwtUVoJozivgZrhzlrENb6xplpt3aoNtunr9es2D+i"  # noqa: E501 - a key is one line
    await put(api, path, enabled=True, sftp={"publicKeys": [key]})
    world.changed.clear()
    await put(api, path, rejectReason="no door")
    assert world.changed == []
    await put(api, path, sftp={"allowedAddresses": ["192.0.2.7"]})
    await put(api, path, sftp={"publicKeys": []})
    await api.post(f"{path}/password")
    assert world.changed == [mailbox] * 3


async def test_the_appliance_s_switch_tells_every_mailbox_that_is_on(
    api, path, world, mailbox
):
    await put(api, path, enabled=True)
    world.changed.clear()
    off = await api.put("/api/v1/settings", json={"integrationsEnabled": False})
    assert await off.json() == {
        "integrationsEnabled": False,
        "showPasswordsOnce": False,
        "accountName": "",
    }
    assert world.changed == [mailbox]
    await api.put("/api/v1/settings", json={"showPasswordsOnce": True})
    assert world.changed == [mailbox]
    shown = await (await api.get("/api/v1/settings")).json()
    assert (shown["integrationsEnabled"], shown["showPasswordsOnce"]) == (False, True)


@pytest.mark.parametrize(
    ("method", "end"),
    [("GET", ""), ("PUT", ""), ("GET", "/password"), ("POST", "/password")],
)
async def test_an_unknown_mailbox_has_no_integration(api, method, end):
    path = f"/api/v1/mailboxes/00000000-0000-4000-8000-000000000000/integration{end}"
    assert (await api.request(method, path, json={})).status == 404
