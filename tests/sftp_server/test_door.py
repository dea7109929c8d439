import asyncio
from dataclasses import replace

import asyncssh
import pytest
from sftp_loopback import connect, make_server
from sftp_world import BOX

from gateway.adapters.blobs import FolderBlobs
from gateway.core.errors import ConfigError, GatewayError
from gateway.core.model import MailboxId
from sftp_server.nothing import NoLocalFiles
from sftp_server.session import Session

pytestmark = pytest.mark.integration

KEY = asyncssh.generate_private_key("ssh-ed25519")
LINE = KEY.export_public_key().decode().strip()


async def test_the_login_is_the_mailbox_in_any_case(server):
    for login in (BOX, BOX.upper()):
        async with connect(server, username=login) as conn:
            assert await (await conn.start_sftp_client()).isdir("/inbox")


async def test_a_known_key_opens_and_another_does_not(server, gate):
    gate.change(public_keys=["not a key", LINE])
    options = {"password": None, "client_keys": [KEY]}
    async with connect(server, **options) as conn:
        assert await (await conn.start_sftp_client()).isdir("/inbox")
    options["client_keys"] = [asyncssh.generate_private_key("ssh-ed25519")]
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(server, **options)


async def test_unknown_logins_and_wrong_passwords_look_alike(running):
    async with running(failed_login_delay=0.3) as server:
        loop = asyncio.get_running_loop()
        for options in (
            {"password": "wrong"},
            {"username": "nobody"},
            {"username": "no\u0301body"},
        ):
            started = loop.time()
            with pytest.raises(asyncssh.PermissionDenied):
                await connect(server, **options)
            assert loop.time() - started >= 0.3


@pytest.mark.parametrize(
    ("allowed", "opens"),
    [
        (["127.0.0.1"], True),
        (["10.0.0.0/8", "127.0.0.0/8"], True),
        (["::ffff:127.0.0.1", "10.1.2.3"], False),
        (["10.0.0.0/8"], False),
        (["not an address"], False),
    ],
)
async def test_only_allowed_addresses_come_in(server, gate, allowed, opens):
    gate.change(allowed_addresses=allowed)
    if opens:
        async with connect(server) as conn:
            assert conn.get_extra_info("username") == BOX
    else:
        with pytest.raises(asyncssh.PermissionDenied):
            await connect(server)


async def test_guessing_ends_after_a_few_tries(running):
    class Guesser(asyncssh.SSHClient):
        tries = 0

        def password_auth_requested(self):
            self.tries += 1
            return f"guess {self.tries}"

    guesser = Guesser()
    async with running(max_auth_tries=3, failed_login_delay=0) as server:
        with pytest.raises(asyncssh.DisconnectError) as caught:
            await connect(server, password=None, client_factory=lambda: guesser)
    assert "too many failed logins" in str(caught.value)
    assert guesser.tries == 4


async def test_nothing_but_sftp_is_opened(server):
    async with connect(server) as conn:
        for wish in (
            lambda: conn.run("id", check=True),
            conn.create_process,
            lambda: conn.create_process(subsystem="other"),
            lambda: conn.open_connection("127.0.0.1", server.port),
            lambda: conn.create_unix_connection(asyncssh.SSHUNIXSession, "/run/x"),
            lambda: conn.start_server(lambda *_: None, "127.0.0.1", 0),
        ):
            with pytest.raises(
                (asyncssh.ChannelOpenError, asyncssh.ChannelListenError)
            ):
                await wish()
        with pytest.raises(asyncssh.Error):
            await asyncssh.scp((conn, "/inbox"), "/dev/null")


@pytest.mark.parametrize(
    "option", ["max_per_login", "max_per_address", "max_connections"]
)
async def test_connections_are_limited(running, option):
    async with running(**{option: 1}) as server:
        async with connect(server):
            with pytest.raises((asyncssh.DisconnectError, OSError)):
                await connect(server)
        while server.connections:
            await asyncio.sleep(0.01)
        async with connect(server):
            assert server.connections == 1


async def test_connections_that_do_not_log_in_are_few_and_short(running):
    async with running(max_unauthenticated=1, login_grace=0.3) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert (await reader.readline()).startswith(b"SSH-2.0-EnvelopeGateway")
        with pytest.raises((asyncssh.DisconnectError, OSError)):
            await connect(server)
        assert await reader.read() is not None  # the server hangs up
        writer.close()
        async with connect(server):
            assert server.connections == 1


async def test_sessions_of_a_connection_are_limited(running):
    async with running(max_sessions=1) as server, connect(server) as conn:
        first = await conn.start_sftp_client()
        with pytest.raises(asyncssh.ChannelOpenError):
            await conn.start_sftp_client()
        first.exit()
        await first.wait_closed()
        second = await conn.start_sftp_client()
        assert await second.isdir("inbox")


async def test_an_idle_connection_is_closed(running):
    async with running(idle_timeout=1) as server, connect(server) as conn:
        async with asyncio.timeout(5):
            await conn.wait_closed()


async def test_switching_off_closes_the_sessions_of_that_mailbox(server, gate):
    other = MailboxId("other")
    gate.accounts[other] = gate.accounts[BOX].__class__(mailbox=other)
    async with connect(server) as conn, connect(server, username=other) as stays:
        del gate.accounts[BOX]
        await server.close_sessions(BOX)
        await conn.wait_closed()
        assert await (await stays.start_sftp_client()).isdir("inbox")
        await server.close_sessions()
        await stays.wait_closed()
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(server)


async def test_who_logs_in_while_a_mailbox_is_switched_off_stays_out(server, gate):
    class SlowGate(type(gate)):
        async def password_ok(self, mailbox, password):
            await server.close_sessions(BOX)
            return True

    gate.__class__ = SlowGate
    with pytest.raises(asyncssh.Error, match=r"switched off|closed"):
        async with connect(server) as conn:
            await conn.start_sftp_client()


async def test_a_login_cannot_be_changed_for_another_while_it_is_checked(server, gate):
    """The second name is being looked up while the first one's password is right."""
    victim = MailboxId("victim")
    gate.accounts[victim] = replace(gate.accounts[BOX], mailbox=victim)
    looked_up = asyncio.Event()

    class SlowGate(type(gate)):
        async def account(self, login):
            if login == victim:
                await looked_up.wait()
            return await super().account(login)

        async def password_ok(self, mailbox, password):
            return mailbox == BOX and password == "secret"

    gate.__class__ = SlowGate
    async with connect(server):
        (door,) = server._crowd.doors
        looking = asyncio.get_running_loop().create_task(
            door.validate_password(victim, "wrong")
        )
        await asyncio.sleep(0)
        looked_up.set()
        assert not await looking
        assert door.mailbox == BOX


async def test_silent_connections_keep_no_other_address_out(running):
    async with running(max_unauthenticated=3) as server:
        silent = [
            await asyncio.open_connection(
                "127.0.0.1", server.port, local_addr=("127.0.0.2", 0)
            )
            for _ in range(3)
        ]
        while server.connections < 3:
            await asyncio.sleep(0.005)
        async with connect(server) as conn:
            assert await (await conn.start_sftp_client()).isdir("/inbox")
        reader, _ = silent[0]
        await reader.read()  # the oldest had to go: this ends
        assert server.connections >= 2
        for _, writer in silent:
            writer.close()


async def test_an_address_makes_no_room_for_itself(running):
    async with running(max_unauthenticated=2) as server:
        silent = [
            await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)
        ]
        while server.connections < 2:
            await asyncio.sleep(0.005)
        with pytest.raises((asyncssh.ConnectionLost, ConnectionError)):
            await connect(server)
        for _, writer in silent:
            writer.close()


async def test_only_modern_algorithms_are_offered(server):
    for options in (
        {"encryption_algs": ["aes128-cbc"]},
        {"kex_algs": ["diffie-hellman-group14-sha1"]},
        {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha1"]},
        {"server_host_key_algs": ["ssh-rsa"]},
    ):
        with pytest.raises(asyncssh.KeyExchangeFailed):
            await connect(server, **options)


async def test_strict_key_exchange_is_on(server):
    async with connect(server) as conn:
        assert conn._strict_kex


class SlowBlobs(FolderBlobs):
    adopting: asyncio.Event
    go_on: asyncio.Event

    async def adopt(self, file, *, keep=False):
        self.adopting.set()
        await self.go_on.wait()
        return await FolderBlobs.adopt(self, file, keep=keep)


async def test_stopping_lets_a_close_finish_and_leaves_partials(world, gate):
    SlowBlobs.adopting, SlowBlobs.go_on = asyncio.Event(), asyncio.Event()
    blobs = SlowBlobs(world.blobs.root, world.new_id)
    world.uploads = replace(world.uploads, blobs=blobs)
    server = make_server(world, gate)
    await server.start()
    async with connect(server) as conn, asyncio.TaskGroup() as group:
        client = await conn.start_sftp_client()
        partial = await client.open("coutbox/partial.edi", "wb")
        await partial.write(b"abc")
        file = await client.open("coutbox/whole.edi", "wb")
        closing = group.create_task(file.close())
        await blobs.adopting.wait()
        stopping = group.create_task(server.stop(5))
        await asyncio.sleep(0.05)
        assert not stopping.done()
        blobs.go_on.set()
        await closing
    assert len(await world.routes()) == 1
    assert (await world.stat("coutbox/partial.edi")).size == 3


async def test_a_stop_does_not_wait_longer_than_the_grace(world, gate):
    server = make_server(world, gate)
    await server.start()
    async with server._house.commits.one():
        await server.stop(0.05)


async def test_a_port_or_key_that_cannot_be_used_is_named(world, gate, server):
    second = make_server(world, gate)
    object.__setattr__(second._options, "port", server.port)
    with pytest.raises(ConfigError, match=r"change sftp\.host or sftp\.port"):
        await second.start()
    object.__setattr__(second._options, "host_keys", [b"nonsense"])
    with pytest.raises(ConfigError, match="restore it from the backup"):
        await second.start()
    with pytest.raises(GatewayError, match="not running"):
        assert second.port
    await second.stop(1)


def test_no_operation_of_asyncssh_reaches_the_local_files():
    keep = {  # harmless: no file, no path
        "channel", "connection", "convert_attrs", "env", "exit", "format_longname",
        "logger",
    }  # fmt: skip
    theirs = {name for name in vars(asyncssh.SFTPServer) if not name.startswith("_")}
    ours = {*vars(Session), *vars(NoLocalFiles)}
    assert theirs - ours == keep
