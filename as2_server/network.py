"""Which addresses we may connect to: names and numbers are checked where they resolve.

People and partners choose the addresses that we post to. Unless the configuration
allows private networks, none of them may lead into our own.
"""

import socket
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
)

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class ForbiddenAddress(Exception):
    """The address is private, loopback or otherwise not public."""


def public(text: str) -> bool:
    """Whether the address can be anywhere but in our own networks."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in _meant(address))


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Return the address and what it carries inside: tunnels reach that one."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    inside = [address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inside.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in inside if one)]


def check_host(host: str) -> None:
    """Raise ForbiddenAddress if `host` is a number that is not public.

    A name is checked when it is resolved.
    """
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return
    if not public(host):
        raise ForbiddenAddress(host)


@dataclass(frozen=True, slots=True)
class PublicResolver(AbstractResolver):
    """Resolves names; ForbiddenAddress when any of the addresses is not public.

    What it returns is what is connected to, so no second look-up can differ.
    """

    inner: AbstractResolver

    @classmethod
    def of_system(cls) -> "PublicResolver":
        return cls(ThreadedResolver())

    @override
    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[ResolveResult]:
        found = await self.inner.resolve(host, port, family)
        for result in found:
            if not public(result["host"]):
                raise ForbiddenAddress(f"{host} ({result['host']})")
        return found

    @override
    async def close(self) -> None:
        await self.inner.close()
