import socket
from dataclasses import dataclass, field

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from as2_server.network import (
    ForbiddenAddress,
    PublicResolver,
    check_host,
    public,
)

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address to be refused
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_our_own_networks_are_forbidden_in_every_spelling(address):
    assert not public(address)
    with pytest.raises(ForbiddenAddress):
        check_host(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
)
def test_the_world_is_open(address):
    assert public(address)
    check_host(address)


def test_a_name_is_no_number_and_is_checked_later():
    check_host("partner.example")
    assert not public("partner.example")


@given(st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_a_private_address_is_forbidden_inside_every_tunnel(address):
    number = int(address)
    assert not public(f"::ffff:{address}")
    assert not public(f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}")
    assert not public(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1")


@dataclass
class FakeResolver(AbstractResolver):
    """Answers with these addresses."""

    addresses: list[str]
    closed: list[bool] = field(default_factory=list)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in self.addresses
        ]

    async def close(self):
        self.closed.append(True)


async def test_a_name_with_one_private_address_is_forbidden():
    resolver = PublicResolver(FakeResolver(["1.1.1.1", "10.0.0.1"]))
    with pytest.raises(ForbiddenAddress, match=r"partner\.example \(10\.0\.0\.1\)"):
        await resolver.resolve("partner.example", 443)


async def test_public_addresses_are_returned_as_they_were_checked():
    inner = FakeResolver(["1.1.1.1"])
    resolver = PublicResolver(inner)
    [found] = await resolver.resolve("partner.example", 443)
    assert (found["host"], found["port"]) == ("1.1.1.1", 443)
    await resolver.close()
    assert inner.closed == [True]
