"""Posting over HTTP and TLS to servers on loopback, and what may go wrong."""

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from as2_builders import Person
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from as2_server.client import Answer, HttpClient, Peer
from as2_server.failures import NoAnswer, explained
from as2_server.network import PublicResolver
from as2_server.tls import REMEMBERED, TlsContexts
from certs.tls import self_signed, server_context
from gateway.app.foundation import utc_now
from gateway.core.errors import Invalid, StorageError

CLIENT = HttpClient(allow_private=True)
FIELDS = [("Content-Type", "application/edifact"), ("AS2-From", "us")]


@dataclass
class Site:
    """A server that remembers what it was asked."""

    port: int = 0
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.seen.append((str(request.url), dict(request.headers), body))
        return web.Response(status=201, headers={"X-A": "b"}, body=b"thanks")


@asynccontextmanager
async def a_site(tls=None):
    site = Site()
    application = web.Application(client_max_size=64 << 20)
    application.router.add_route("*", "/{tail:.*}", site.handle)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        await runner.cleanup()


@pytest.fixture
async def site():
    async with a_site() as made:
        yield made


def pem(person: Person, password: bytes = b"") -> tuple[str, str]:
    how = BestAvailableEncryption(password) if password else NoEncryption()
    key = person.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    return person.certificate.public_bytes(Encoding.PEM).decode(), key.decode()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_file_is_posted_whole_and_the_answer_comes_back(
    site, tmp_path, chunked
):
    file = tmp_path / "body"
    file.write_bytes(bytes(range(256)) * 4000)
    peer = Peer(url=f"http://127.0.0.1:{site.port}/as2?x=1", chunked=chunked)
    answer = await CLIENT.post(peer, FIELDS, file)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.field("x-a"), answer.body) == (201, "b", b"thanks")
    assert answer.field("missing") == ""
    [(url, headers, body)] = site.seen
    assert url.endswith("/as2?x=1")
    assert body == file.read_bytes()
    assert headers["AS2-From"] == "us"
    assert ("Content-Length" in headers) is not chunked


@pytest.mark.parametrize("body", [b"", b"an MDN"])
async def test_bytes_are_posted_as_they_are(site, body):
    peer = Peer(url=f"http://127.0.0.1:{site.port}/", headers={"user-agent": "me"})
    assert isinstance(await CLIENT.post(peer, FIELDS, body), Answer)
    [(_, headers, seen)] = site.seen
    assert seen == body
    assert (headers["Content-Length"], headers["User-Agent"]) == (str(len(body)), "me")


async def test_a_message_that_is_not_there_is_our_own_fault(tmp_path):
    with pytest.raises(StorageError, match="restore it from the backup"):
        await CLIENT.post(Peer(url="http://127.0.0.1:1/"), [], tmp_path / "gone")


async def test_a_proxy_is_asked_with_its_own_password(site):
    peer = Peer(
        url="http://partner.invalid/as2",
        proxy=f"http://127.0.0.1:{site.port}",
        proxy_user="anna",
        proxy_password="geheim",
    )
    assert isinstance(await CLIENT.post(peer, FIELDS, b"x"), Answer)
    [(url, headers, _)] = site.seen
    assert url == "http://partner.invalid/as2"
    assert headers["Proxy-Authorization"] == "Basic YW5uYTpnZWhlaW0="


async def test_a_proxy_that_refuses_the_tunnel_is_named(site):
    peer = Peer(
        url="https://partner.invalid/as2", proxy=f"http://u:p@127.0.0.1:{site.port}"
    )
    answer = await CLIENT.post(peer, FIELDS, b"x")
    assert isinstance(answer, NoAnswer)
    assert f"the proxy http://127.0.0.1:{site.port}/ does not let us" in answer.reason


# --- TLS -------------------------------------------------------------------------


@pytest.fixture
def server_pem(tmp_path):
    return self_signed(tmp_path / "tls.pem", "localhost", utc_now())


async def test_a_server_nobody_vouches_for_is_not_trusted(server_pem):
    async with a_site(server_context(server_pem)) as site:
        peer = Peer(url=f"https://127.0.0.1:{site.port}/", user="u", password="p")
        answer = await CLIENT.post(peer, FIELDS, b"x")
        assert isinstance(answer, NoAnswer)
        assert "is not trusted" in answer.reason
        assert "CA certificate" in answer.remedy
        assert not answer.permanent
        assert site.seen == []


async def test_the_partners_own_authorities_are_enough(server_pem):
    async with a_site(server_context(server_pem)) as site:
        authorities = server_pem.read_text().partition("-----END PRIVATE KEY-----")[2]
        url = f"https://127.0.0.1:{site.port}/"
        peer = Peer(url=url, ca_certificates=authorities)
        assert isinstance(await CLIENT.post(peer, FIELDS, b"x"), Answer)


async def test_a_certificate_for_another_name_is_not_trusted(ann, tmp_path):
    certificate, key = pem(ann)
    file = tmp_path / "ann.pem"
    file.write_text(certificate + key)
    async with a_site(server_context(file)) as site:
        url = f"https://127.0.0.1:{site.port}/"
        peer = Peer(url=url, ca_certificates=certificate)
        answer = await CLIENT.post(peer, FIELDS, b"x")
        assert isinstance(answer, NoAnswer)
        assert "is not trusted" in answer.reason
        assert "IP address mismatch" in answer.reason


async def test_a_client_certificate_is_shown(server_pem, ann, tmp_path):
    certificate, key = pem(ann)
    trusted = tmp_path / "ann.pem"
    trusted.write_text(certificate)
    context = server_context(server_pem)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(trusted)
    authorities = server_pem.read_text().partition("-----END PRIVATE KEY-----")[2]
    async with a_site(context) as site:
        url = f"https://127.0.0.1:{site.port}/"
        without = Peer(url=url, ca_certificates=authorities)
        assert isinstance(await CLIENT.post(without, FIELDS, b"x"), NoAnswer)
        shown = Peer(
            url=url,
            ca_certificates=authorities,
            client_certificate=certificate,
            client_key=key,
        )
        assert isinstance(await CLIENT.post(shown, FIELDS, b"x"), Answer)


async def test_unusable_certificates_are_named_and_nothing_is_dialled(ann, bob):
    certificate, key = pem(ann)
    url = "https://127.0.0.1:1/"
    broken = await CLIENT.post(Peer(url=url, ca_certificates="?"), FIELDS, b"x")
    other = Peer(url=url, client_certificate=pem(bob)[0], client_key=key)
    foreign = await CLIENT.post(other, FIELDS, b"x")
    assert isinstance(broken, NoAnswer)
    assert isinstance(foreign, NoAnswer)
    assert "CA certificates" in broken.reason
    assert "do not fit together" in foreign.reason
    assert broken.permanent
    assert foreign.permanent
    with pytest.raises(Invalid, match="unencrypted"):
        TlsContexts().context("", certificate, pem(ann, b"pw")[1])


def test_contexts_are_kept_but_not_for_ever(ann, monkeypatch):
    made = []

    def new(*parts):
        made.append(parts)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr("as2_server.tls._context", new)
    contexts = TlsContexts()
    first = contexts.context("a", "b", "c")
    assert contexts.context("a", "b", "c") is first
    for number in range(REMEMBERED):
        contexts.context("", "", str(number))
    assert contexts.context("a", "b", "c") is not first
    assert len(made) == REMEMBERED + 2


# --- Where we may not go, and what goes wrong ------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
    ],
)
async def test_no_spelling_leads_into_private_networks(site, url):
    peer = Peer(url=url.format(port=site.port))
    answer = await HttpClient(allow_private=False).post(peer, FIELDS, b"x")
    assert isinstance(answer, NoAnswer)
    # numbers that are written oddly are not dialled at all
    assert "private network" in answer.reason or "not a canonical" in answer.reason
    assert answer.permanent
    assert site.seen == []


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://1.1.1.1/", "http://127.0.0.1:{port}"),
        ("http://localhost/", "http://1.1.1.1:{port}"),
        ("http://127.0.0.1/", "http://1.1.1.1:{port}"),
    ],
)
async def test_no_proxy_leads_into_private_networks_either(site, url, proxy):
    peer = Peer(url=url, proxy=proxy.format(port=site.port))
    answer = await HttpClient(allow_private=False).post(peer, FIELDS, b"x")
    assert isinstance(answer, NoAnswer)
    assert "private network" in answer.reason
    assert site.seen == []


class Rebinding(AbstractResolver):
    """Names a harmless address at first and one of ours ever after."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked += 1
        number = "127.0.0.1" if self.asked == 1 else "127.0.0.2"
        return [
            ResolveResult(
                hostname=host,
                host=number,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    async def close(self):
        pass


async def test_a_name_that_changes_after_the_check_leads_nowhere_else(
    site, monkeypatch
):
    """What was checked is what is dialled (DNS rebinding): one look-up, no second."""
    resolver = Rebinding()
    monkeypatch.setattr(PublicResolver, "of_system", lambda: PublicResolver(resolver))
    monkeypatch.setattr("as2_server.network.public", "127.0.0.1".__eq__)
    peer = Peer(url=f"http://partner.example:{site.port}/")
    answer = await HttpClient(allow_private=False).post(peer, FIELDS, b"x")
    assert isinstance(answer, Answer)
    assert (resolver.asked, len(site.seen)) == (1, 1)
    answer = await HttpClient(allow_private=False).post(peer, FIELDS, b"x")
    assert isinstance(answer, NoAnswer)
    assert "partner.example (127.0.0.2) is an address in a private" in answer.reason
    assert len(site.seen) == 1


@pytest.mark.parametrize("url", ["", "ftp://x/", "http://", "http://[/", "//x", "x"])
async def test_what_is_no_address_is_named_for_good(url):
    answer = await CLIENT.post(Peer(url=url), FIELDS, b"x")
    assert isinstance(answer, NoAnswer)
    assert answer.permanent


async def test_a_server_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr("as2_server.client.CONNECT", timedelta(0))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        peer = Peer(url=url, timeout=timedelta(milliseconds=100))
        answer = await CLIENT.post(peer, FIELDS, b"x")
    assert isinstance(answer, NoAnswer)
    assert "did not answer in time" in answer.reason
    assert not answer.permanent


@pytest.mark.parametrize("said", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nX"])
async def test_a_server_that_speaks_no_http_is_told_of(said):
    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        answer = await CLIENT.post(Peer(url=url), FIELDS, b"x")
    assert isinstance(answer, NoAnswer)
    assert answer.reason.startswith("no answer from")
    assert not answer.permanent


def test_nothing_secret_is_told():
    peer = Peer(url="http://x/", password="geheim", client_key="k", proxy_password="p")
    shown = repr(peer)
    assert "geheim" not in shown
    said = explained(OSError("no"), "https://u:geheim@x.example/a?token=1", "", 1)
    assert said.reason == "no answer from https://x.example/a: no (OSError)"
    assert "the address in" in explained(OSError("no"), "x", "", 1).reason
