"""The program most partners use: OpenSSH's own sftp."""

import asyncio
import shutil
import subprocess

import asyncssh
import pytest
from sftp_world import BOX, place

SFTP = shutil.which("sftp")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(SFTP is None, reason="OpenSSH's sftp is not installed"),
]


@pytest.fixture
def run(server, gate, tmp_path):
    """Run a program of OpenSSH; return what is printed, or raise."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    gate.change(public_keys=[key.export_public_key().decode()])
    key.write_private_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o600)

    async def run(program: str, *words: str, feed: str = "", rc: int = 0) -> str:
        options = [
            "BatchMode=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "IdentitiesOnly=yes",
            f"IdentityFile={tmp_path / 'key'}",
            "LogLevel=ERROR",
        ]
        flags = [flag for option in options for flag in ("-o", option)]
        process = await asyncio.create_subprocess_exec(
            program, "-F", "/dev/null", *flags, "-P", str(server.port), *words,
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await process.communicate(feed.encode())
        assert process.returncode == rc, out.decode()
        return out.decode()

    return run


@pytest.fixture
def sftp(run):
    """Run a batch of commands; return what is printed, or raise."""

    async def batch(*commands: str, rc: int = 0) -> str:
        words = ("-b", "-", f"{BOX}@127.0.0.1")
        return await run("sftp", *words, feed="\n".join(commands), rc=rc)

    return batch


async def test_put_with_times_list_rename_and_get(sftp, world, tmp_path):
    (tmp_path / "order.edi").write_bytes(b"UNB+" * 50_000)
    out = await sftp(
        "put -p order.edi coutbox/order.part",
        "ls -1 coutbox",
        "ls -l coutbox/*.part",
        "get coutbox/order.part back.edi",
        "rename coutbox/order.part coutbox/order.edi",
        "df coutbox",
    )
    assert "coutbox/order.part" in out
    assert "200000" in out
    assert (tmp_path / "back.edi").read_bytes() == b"UNB+" * 50_000
    (transfer,) = await world.routes()
    assert await world.content(transfer) == b"UNB+" * 50_000


async def test_many_files_go_at_once_and_each_is_taken(sftp, world, tmp_path):
    for number in range(20):
        (tmp_path / f"o{number}.edi").write_bytes(b"x" * number)
    await sftp("mkdir coutbox/today", "mput o*.edi coutbox/today")
    assert len(set(await world.routes())) == 20


async def test_an_interrupted_upload_is_completed_by_reput(sftp, world, tmp_path):
    data = bytes(range(256)) * 1000
    spool = await world.begin("coutbox/large.edi")
    spool.file.write_bytes(data[:100_000])
    (tmp_path / "large.edi").write_bytes(data)
    assert await world.routes() == []
    await sftp("reput large.edi coutbox/large.edi")
    (transfer,) = await world.routes()
    assert await world.content(transfer) == data


async def test_a_file_moved_out_of_error_runs_again(sftp, world):
    receipt = await world.put("coutbox/order.edi")
    await world.fail(receipt)
    out = await sftp("ls -1 error", "rename error/order.edi coutbox/order.edi")
    assert "order.edi.error.json" in out
    assert await world.routes() == [receipt.id]
    assert await sftp("ls -1 error") == "sftp> ls -1 error\n"


@pytest.mark.skipif(shutil.which("scp") is None, reason="there is no scp")
async def test_scp_sends_and_fetches_and_says_so(run, world, tmp_path):
    (tmp_path / "order.edi").write_bytes(b"UNB+")
    box = f"{BOX}@127.0.0.1"
    await run("scp", "-s", "order.edi", f"{box}:coutbox/order.part")
    await run("scp", "-s", "-p", "order.edi", f"{box}:coutbox/")
    assert len(await world.routes()) == 1
    await run("scp", "-s", f"{box}:coutbox/order.part", "back.edi")
    assert (tmp_path / "back.edi").read_bytes() == b"UNB+"
    assert "none" in await run("scp", "-s", f"{box}:inbox/none", "x", rc=1)


async def test_what_came_in_is_fetched_and_deleted(sftp, world, tmp_path):
    receipt = await world.put("outbox/x.xml")
    blob = await world.blobs.put(b"<envelope/>")
    await world.deposits.place(BOX, *place("inbox/a.xml"), blob, receipt.id)
    await sftp("get inbox/* .", "rm inbox/*")
    assert (tmp_path / "a.xml").read_bytes() == b"<envelope/>"
    assert await world.paths() == ["outbox/x.xml"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("put key inbox/key", "Permission denied"),
        ("put key /elsewhere", "No such file"),
        ("rmdir inbox", "Permission denied"),
        ("rename inbox outbox/x", "Permission denied"),
        ("symlink /etc/passwd coutbox/x", "Operation unsupported"),
        ("ln key coutbox/x", "ardlink"),
        ("get inbox/none", "not found"),
        ("cd nowhere", "No such file"),
    ],
)
async def test_what_is_refused_is_said(sftp, command, words):
    assert words in await sftp(command, rc=1)
