"""The AS2 listeners as the configuration wants them."""

import asyncio
import socket
import ssl
from dataclasses import dataclass

import pytest
from as2_station import BOX, FakeBook, an_own_key, new_id

from certs.tls import self_signed
from gateway.adapters.blobs import FolderBlobs
from gateway.app.as2 import SelfAddress, as2_listeners
from gateway.app.tls import as2_tls
from gateway.config import Config
from gateway.core.errors import ConfigError


@dataclass
class Base:
    """As much of the foundation as AS2 stands on."""

    config: Config
    db: object
    blobs: FolderBlobs


@pytest.fixture
def base(db, tmp_path):
    def make(**as2: object) -> Base:
        config = Config.model_validate(
            {
                "server": {"data_dir": tmp_path, "public_host": "127.0.0.1"},
                "as2": {"host": "127.0.0.1", "port": 0, **as2},
                "limits": {"shutdown_grace": 1},
            }
        )
        config.layout.keys.mkdir(exist_ok=True)
        return Base(config, db, FolderBlobs(config.layout.blobs, new_id))

    return make


@pytest.fixture
def book(bob):
    return FakeBook({}, {BOX: [an_own_key(bob)]})


@pytest.fixture
def free():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def listeners(base, book, address):
    return as2_listeners(base, book, address, as2_tls(base.config))


async def spoken(port: int, tls: ssl.SSLContext | None = None) -> bytes:
    name = "localhost" if tls else None
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname=name
    )
    head = f"GET /as2/{BOX} HTTP/1.1\r\nHost: gateway\r\nConnection: close"
    writer.write(f"{head}\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


async def test_the_self_url_names_the_port_that_was_free(base, book):
    address = SelfAddress("")
    async with listeners(base(), book, address) as server:
        assert address() == f"http://127.0.0.1:{server.port}"
        assert server.tls_port is None
        assert b"200 OK" in await spoken(server.port)


async def test_a_configured_address_counts_more(base, book):
    address = SelfAddress("")
    public = base(public_url="https://edi.example/")
    async with listeners(public, book, address):
        assert address() == "https://edi.example"


async def test_what_a_crash_left_in_the_spool_is_removed(base, book):
    one = base()
    spool = one.config.layout.as2_spool
    spool.mkdir()
    (spool / "half").write_bytes(b"a message nobody acknowledged")
    async with listeners(one, book, SelfAddress("")):
        assert not list(spool.iterdir())


async def test_tls_has_a_certificate_of_its_own(base, book, free):
    one, address = base(tls_port=free), SelfAddress("")
    async with listeners(one, book, address) as server:
        assert server.tls_port == free
        assert address() == f"https://127.0.0.1:{free}"
        trusting = ssl.create_default_context(
            cafile=str(one.config.layout.as2_tls_certificate)
        )
        assert b"200 OK" in await spoken(free, trusting)
        assert b"200 OK" in await spoken(server.port)


async def test_tls_takes_the_operators_files(base, book, free, tmp_path, clock):
    file = self_signed(tmp_path / "own.pem", "localhost", clock())
    one = base(tls_port=free, tls_cert=str(file))
    async with listeners(one, book, SelfAddress("")):
        found = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", free))
    assert found.strip() in file.read_text()
    assert not one.config.layout.as2_tls_certificate.exists()


async def test_a_taken_port_is_named(base, book):
    async with listeners(base(), book, SelfAddress("")) as server:
        taken = base(port=server.port)
        with pytest.raises(ConfigError, match=rf"\[as2\] port: .*{server.port}"):
            async with listeners(taken, book, SelfAddress("")):
                pass


async def test_a_spool_that_cannot_be_made_is_named(base, book):
    one = base()
    one.config.layout.as2_spool.write_text("a file where a folder should be")
    with pytest.raises(ConfigError, match="as2-spool"):
        async with listeners(one, book, SelfAddress("")):
            pass
