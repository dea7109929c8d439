"""Limits that are changed on the page count at once, in the process that runs."""

import urllib.error
import urllib.request

import pytest
from drive.world import World

LIMITS = "/api/v1/settings/limits"


def put(world: World, partner, name: str, size: int) -> None:
    with partner.paramiko() as sftp, sftp.open(f"coutbox/{name}", "wb") as file:
        file.write(b"x" * size)


def post(url: str, size: int) -> int:
    request = urllib.request.Request(url, b"x" * size, {"AS2-From": "a"})  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_smaller_limit_refuses_what_the_default_takes(world: World):
    box = world.mailbox("Limited")
    partner = box.partner
    other = world.api.post("/api/v1/mailboxes", {"name": "Limited by AS2"})["uuid"]
    path = f"/api/v1/mailboxes/{other}/integration"
    world.api.put(path, {"enabled": True, "protocol": "AS2"})
    url = world.api.get(path)["as2"]["selfUrl"]
    names = ("limits.max_file_bytes", "limits.max_as2_bytes")
    quota = "limits.quota_bytes_per_mailbox"
    assert post(url, 2000) != 413
    try:
        world.api.put(LIMITS, {"values": dict.fromkeys(names, 1000)})
        with pytest.raises(OSError, match="1000 bytes"):
            put(world, partner, "big.txt", 2000)
        assert post(url, 2000) == 413
        world.api.put(LIMITS, {"values": {**dict.fromkeys(names), quota: 1500}})
        with pytest.raises(OSError, match="mailbox is full"):
            put(world, partner, "bigger.txt", 2000)
    finally:
        world.api.put(LIMITS, {"values": dict.fromkeys((*names, quota))})
    put(world, partner, "big.txt", 2000)
