"""Posting to a partner over HTTP: one request, one bounded answer, no redirects."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiohttp
from aiohttp import hdrs
from yarl import URL

from as2_server.failures import NoAnswer, explained
from as2_server.network import ForbiddenAddress, PublicResolver, check_host
from as2_server.protocol.send import HeaderPairs
from as2_server.protocol.verdict import MAX_MDN
from as2_server.tls import TlsContexts
from gateway.core.as2 import As2Profile
from gateway.core.errors import N_, Invalid, StorageError

CHUNK = 1 << 18
SLOWEST = 32 << 10
"""Bytes in a second that a partner must take; slower ones are given up."""
CONNECT = timedelta(seconds=30)
AGENT = "Envelope-Gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """How a partner's server is reached; *timeout* is for its answer."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False
    timeout: timedelta = timedelta(minutes=5)
    proxy: str = ""
    proxy_user: str = ""
    proxy_password: str = field(default="", repr=False)
    ca_certificates: str = ""
    client_certificate: str = ""
    client_key: str = field(default="", repr=False)

    @classmethod
    def of(cls, profile: As2Profile, url: str = "") -> "Peer":
        """Take the connection's side of the settings; `url` for another address."""
        return cls(
            url=url or profile.recipient_url,
            user=profile.http_user,
            password=profile.http_password,
            headers=profile.headers,
            chunked=profile.chunked,
            timeout=profile.timeout,
            proxy=profile.proxy,
            proxy_user=profile.proxy_user,
            proxy_password=profile.proxy_password,
            ca_certificates=profile.ca_certificates,
            client_certificate=profile.client_certificate,
            client_key=profile.client_key,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the partner's server said."""

    status: int
    fields: HeaderPairs
    body: bytes

    def field(self, name: str) -> str:
        """Return the first value of a header, or the empty string."""
        lower = name.lower()
        return next((v for n, v in self.fields if n.lower() == lower), "")


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Posts to partners; *allow_private*: also into private networks."""

    allow_private: bool
    contexts: TlsContexts = field(default_factory=TlsContexts)
    max_answer: int = MAX_MDN

    async def post(
        self, peer: Peer, fields: HeaderPairs, body: Path | bytes
    ) -> Answer | NoAnswer:
        """Post the body, a file or bytes; StorageError if the file is not there."""
        try:
            return await self._post(peer, fields, body)
        except ForbiddenAddress as error:
            return NoAnswer(
                f"{error} is an address in a private network",
                N_("Enter a public address, or set as2.allow_private_networks."),
                permanent=True,
            )
        except Invalid as error:
            return NoAnswer(
                error.message, N_("Correct the AS2 settings."), permanent=True
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            seconds = peer.timeout.total_seconds()
            return explained(error, peer.url, peer.proxy, seconds)

    async def _post(
        self, peer: Peer, fields: HeaderPairs, body: Path | bytes
    ) -> Answer | NoAnswer:
        size = len(body) if isinstance(body, bytes) else await _size(body)
        await self._check(peer)
        context = await self._context(peer)
        timeout = aiohttp.ClientTimeout(
            total=(peer.timeout + CONNECT).total_seconds() + size / SLOWEST,
            sock_connect=CONNECT.total_seconds(),
        )
        async with (
            aiohttp.ClientSession(
                connector=self._connector(), timeout=timeout, auto_decompress=False
            ) as session,
            session.post(
                URL(peer.url),
                data=body if isinstance(body, bytes) else _read(body),
                headers=_headers(peer, fields, size),
                proxy=peer.proxy or None,
                proxy_headers=_proxy_login(peer),
                chunked=True if peer.chunked else None,
                ssl=context,
                allow_redirects=False,
            ) as response,
        ):
            return await self._answer(response)

    async def _context(self, peer: Peer) -> ssl.SSLContext | bool:
        """Return what verifies the server; nothing is made for plain HTTP."""
        if "https" not in {URL(peer.url).scheme, URL(peer.proxy).scheme}:
            return True
        return await asyncio.to_thread(
            self.contexts.context,
            peer.ca_certificates,
            peer.client_certificate,
            peer.client_key,
        )

    async def _check(self, peer: Peer) -> None:
        """Check what the connector would not ask the resolver about."""
        target = URL(peer.url)
        if target.scheme not in {"http", "https"} or not target.host:
            raise Invalid(N_("The Recipient URL must be http://... or https://..."))
        if self.allow_private:
            return
        check_host(target.host)
        if peer.proxy:
            check_host(URL(peer.proxy).host or "")
            with suppress(OSError):  # the proxy may know names that we do not
                resolver = PublicResolver.of_system()
                await resolver.resolve(target.host, family=socket.AF_UNSPEC)

    def _connector(self) -> aiohttp.TCPConnector:
        resolver = None if self.allow_private else PublicResolver.of_system()
        return aiohttp.TCPConnector(
            resolver=resolver, use_dns_cache=False, force_close=True
        )

    async def _answer(self, response: aiohttp.ClientResponse) -> Answer | NoAnswer:
        coding = response.headers.get(hdrs.CONTENT_ENCODING, "identity").strip()
        if coding.lower() != "identity":  # we asked for none, and inflate nothing
            return NoAnswer(
                f"the answer (HTTP {response.status}) is in the encoding "
                f"{coding[:40]!a}",
                N_("Ask the partner to switch compression off for the AS2 address."),
            )
        parts, size = [], 0
        async for chunk in response.content.iter_chunked(CHUNK):
            parts.append(chunk)
            size += len(chunk)
            if size > self.max_answer:
                return NoAnswer(
                    f"the answer (HTTP {response.status}) exceeds "
                    f"{self.max_answer} bytes",
                    N_("Ask the partner what its server answers."),
                )
        return Answer(response.status, _text_of(response), b"".join(parts))


def _text_of(response: aiohttp.ClientResponse) -> HeaderPairs:
    """Return the headers as text that can be stored, whatever bytes the server sent."""
    return [(_text(name), _text(value)) for name, value in response.raw_headers]


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _headers(peer: Peer, fields: HeaderPairs, size: int) -> list[tuple[str, str]]:
    headers = [*fields, *peer.headers.items(), (hdrs.ACCEPT_ENCODING, "identity")]
    if peer.user:
        login = aiohttp.encode_basic_auth(peer.user, peer.password)
        headers.append((hdrs.AUTHORIZATION, login))
    if peer.proxy and URL(peer.url).scheme == "http":  # no tunnel: the proxy reads this
        headers += _proxy_login(peer).items()
    if hdrs.USER_AGENT.lower() not in {name.lower() for name in peer.headers}:
        headers.append((hdrs.USER_AGENT, AGENT))
    if not peer.chunked:
        headers.append((hdrs.CONTENT_LENGTH, str(size)))
    return headers


def _proxy_login(peer: Peer) -> Mapping[str, str]:
    if not peer.proxy_user:
        return {}
    login = aiohttp.encode_basic_auth(peer.proxy_user, peer.proxy_password)
    return {hdrs.PROXY_AUTHORIZATION: login}


async def _size(file: Path) -> int:
    try:
        return (await asyncio.to_thread(file.stat)).st_size
    except OSError as error:
        raise _missing(file, error) from error


async def _read(file: Path) -> AsyncIterator[bytes]:
    opened = await asyncio.to_thread(file.open, "rb")
    try:
        while data := await asyncio.to_thread(opened.read, CHUNK):
            yield data
    finally:
        opened.close()


def _missing(file: Path, error: OSError) -> StorageError:
    return StorageError(
        f"the message {file.name} cannot be read: {error.strerror}; restore it from "
        "the backup"
    )
