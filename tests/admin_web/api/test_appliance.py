"""Mail server, retention and limits by the API."""

import pytest
from smtp_desk import mail_server

PATH = "/api/v1/settings"


async def test_the_mail_server_is_set_shown_and_tried(api, audited):
    async with mail_server() as postbox:
        body = {"host": "127.0.0.1", "port": postbox.port, "starttls": "never"}
        body |= {"username": "gw", "password": "s3cret"}
        answer = await api.put(f"{PATH}/mail-server", json=body)
        assert answer.status == 200, await answer.text()
        shown = await (await api.get(f"{PATH}/mail-server")).json()
        assert shown == {
            "host": "127.0.0.1",
            "port": postbox.port,
            "username": "gw",
            "passwordSet": True,
            "starttls": "never",
            "sender": "gateway@localhost",
            "origin": "",
            "waiting": 0,
        }
        answer = await api.post(f"{PATH}/mail-server/test", json={"to": "a@x.example"})
        told = await answer.json()
    assert told["sent"] is True
    assert "queued as 4711" in told["text"]
    assert postbox.logins == [("gw", "s3cret")]
    assert (await audited())[:2] == ["test-mail-sent", "mail-server-changed"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"host": "no host"}, "host"),
        ({"host": "a", "port": 70000}, "port"),
        ({"host": "a", "sender": "x"}, "sender"),
        ({"host": "a", "username": "gw"}, "password"),
        ({"host": "a", "username": "g\nw", "password": "p"}, "username"),
    ],
)
async def test_a_wrong_mail_server_names_its_field(api, body, place):
    answer = await api.put(f"{PATH}/mail-server", json=body)
    assert answer.status == 422
    assert list((await answer.json())["data"]) == [place]


async def test_a_mail_server_that_is_not_there_is_told(api):
    answer = await api.post(f"{PATH}/mail-server/test", json={"to": "a@x.example"})
    assert (await answer.json())["sent"] is False


async def test_retention_is_set_and_tried(api, audited):
    answer = await api.put(f"{PATH}/retention", json={"audit": 10})
    assert answer.status == 200
    kept = await (await api.get(f"{PATH}/retention")).json()
    assert {"kind": "audit", "days": 10, "origin": ""} in kept
    assert {"kind": "mails", "days": 0, "origin": ""} in kept
    over = await (await api.get(f"{PATH}/retention/over?audit=1&mails=2")).json()
    assert over == {"transfers": 0, "envelopes": 0, "mails": 0, "audit": 0}
    assert (await audited())[0] == "retention-changed"
    assert (await api.put(f"{PATH}/retention", json={"audit": -1})).status == 422


async def test_limits_tell_their_value_their_default_and_their_origin(api, world):
    limits = await (await api.get(f"{PATH}/limits")).json()
    idle = {
        "section": "limits",
        "key": "idle_seconds",
        "name": "limits.idle_seconds",
        "value": 900,
        "default": 900,
        "inUse": 900,
        "origin": "",
        "variable": "GATEWAY_LIMITS_IDLE_SECONDS",
        "chosen": False,
        "live": True,
    }
    assert idle in limits
    name = idle["name"]
    answer = await api.put(f"{PATH}/limits", json={"values": {name: 60}})
    changed = {"value": 60, "inUse": 60, "chosen": True}
    assert {**idle, **changed} in await answer.json()
    assert world.applied[-1].limits.idle_seconds == 60
    for wrong in ({name: 0}, {name: True}, {"limits.nothing": 1}):
        answer = await api.put(f"{PATH}/limits", json={"values": wrong})
        assert (answer.status, [*(await answer.json())["data"]]) == (422, [*wrong])
    answer = await api.put(f"{PATH}/limits", json={"values": {name: None}})
    assert idle in await answer.json()
