import asyncio
import io
import stat

import pytest

from gateway.__main__ import main
from gateway.app.foundation import foundation
from gateway.config import load
from gateway.engine.desk.sign_in import SignIns


def modes(folder):
    found = {p: stat.S_IMODE(p.stat().st_mode) for p in [folder, *folder.rglob("*")]}
    return {p for p, mode in found.items() if mode & 0o077}


def test_init_makes_everything_private_and_tells_the_password_once(tmp_path, run):
    folder = tmp_path / "data"
    code, out, _ = run("init", "--data", folder)
    password = (folder / "admin-password").read_text().strip()
    assert code == 0
    assert f"Password:      {password}" in out
    assert modes(folder) == set()
    for name in ("gateway.db", "master.key", "keys/admin-tls.pem"):
        assert (folder / name).exists()
    before = {p: p.read_bytes() for p in (folder / "keys").iterdir()}

    code, out, _ = run("init", "--data", folder)

    assert code == 0
    assert password not in out
    assert {p: p.read_bytes() for p in (folder / "keys").iterdir()} == before
    assert (folder / "admin-password").read_text().strip() == password


def test_init_makes_no_certificate_that_nobody_asked_for(tmp_path, run, monkeypatch):
    monkeypatch.setenv("GATEWAY_ADMIN_TLS", "off")
    assert run("init", "--data", tmp_path / "data")[0] == 0
    assert not (tmp_path / "data" / "keys" / "admin-tls.pem").exists()


def test_a_token_stands_alone_on_its_line_and_works(data, run):
    limits = ("--days", "5", "--role", "auditor")
    code, out, _ = run("token", "create", "--name", "erp", *limits, "--data", data)
    assert code == 0
    assert len(out.splitlines()) == 1

    async def holder():
        async with foundation(load(data=data, environ={})) as base:
            return await SignIns(base.credentials).actor(out.strip())

    actor = asyncio.run(holder())
    assert actor is not None
    assert actor.role.value == "AUDITOR"


def test_a_person_is_added_and_gets_another_password(data, run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a long secret\n"))
    code, out, _ = run("user", "add", "anna", "--password-stdin", "--data", data)
    assert (code, out) == (0, "Added anna.\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("another secret"))
    code, out, _ = run("user", "password", "anna", "--password-stdin", "--data", data)
    assert (code, out) == (0, "Changed the password of anna.\n")


def test_the_password_file_goes_with_the_first_password(data, run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a long secret\n"))
    assert (data / "admin-password").exists()
    assert run("user", "password", "admin", "--password-stdin", "--data", data)[0] == 0
    assert not (data / "admin-password").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("second", "code"),
    [pytest.param("a long secret", 0), pytest.param("a lung secret", 2)],
)
def test_a_password_is_asked_for_twice(data, run, monkeypatch, second, code):
    answers = iter(["a long secret", second])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    assert run("user", "add", "anna", "--data", data)[0] == code


def test_without_a_terminal_the_way_to_give_a_password_is_told(data, run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, _, err = run("user", "add", "anna", "--data", data)
    assert code == 2
    assert "--password-stdin" in err


def test_what_is_refused_ends_with_1_and_the_reason(data, run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    code, _, err = run("user", "add", "anna", "--password-stdin", "--data", data)
    assert code == 1
    assert "password" in err


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_password_that_is_no_text_is_refused(data, run, monkeypatch, errors):
    piped = io.TextIOWrapper(io.BytesIO(b"\xff" * 12), "utf-8", errors)
    monkeypatch.setattr("sys.stdin", piped)
    code, _, err = run("user", "add", "anna", "--password-stdin", "--data", data)
    assert (code, "not UTF-8" in err) == (2, True)


@pytest.mark.parametrize("words", [("token", "create", "--name", "x"), ("doctor",)])
def test_a_command_does_not_make_a_gateway_where_none_is(tmp_path, run, words):
    code, out, err = run(*words, "--data", tmp_path / "typo")
    assert code
    assert "init" in out + err
    assert not (tmp_path / "typo").exists()


def test_a_wrong_configuration_ends_with_2_and_names_key_and_what_is_allowed(
    tmp_path, run
):
    (tmp_path / "gateway.toml").write_text("[sftp]\nprot = 1\n[log]\nlevel = 3")
    code, _, err = run("init", "--data", tmp_path)
    assert code == 2
    first, second = err.splitlines()
    start = f"envelope-gateway: {tmp_path}/gateway.toml:"
    allowed = "did you mean port? allowed: host, port"
    assert first == f"{start} [sftp] prot: unknown key: {allowed}"
    assert second.startswith(f'{start} [log] level: 3 is not "debug", "info"')


def test_version_prints_name_and_version(run):
    code, out, _ = run("version")
    assert code == 0
    assert out.startswith("envelope-gateway 0.")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="no command"),
        pytest.param(["nothing"], id="unknown command"),
        pytest.param(["token"], id="no action"),
        pytest.param(["token", "create"], id="no name"),
        pytest.param(["token", "create", "--name", "x", "--days", "0"], id="days"),
    ],
)
def test_wrong_use_ends_with_2_and_a_usage_line(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: envelope-gateway" in capsys.readouterr().err
