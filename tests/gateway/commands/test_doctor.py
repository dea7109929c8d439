import asyncio
import json
import os
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from drive.mail import mail_server

from certs.identity import make_identity
from gateway.commands.doctor import examine
from gateway.commands.findings import Level
from gateway.config import load

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def look(data, now=None, **environ):
    """Return {check: finding}."""
    now = now or datetime.now(UTC)  # noqa: TID251 - what init wrote is of now
    ports = {f"GATEWAY_{name}_PORT": "0" for name in ("SFTP", "AS2", "ADMIN")}
    config = load(data=data, environ={**ports, **environ})
    return {finding.check: finding for finding in asyncio.run(examine(config, now))}


def test_a_new_gateway_is_healthy_but_for_two_warnings(data, run):
    code, out, _ = run("doctor", "--data", data)
    assert code == 0
    lines = out.splitlines()
    assert {line.split()[0] for line in lines} == {"ok", "warn"}
    assert [x.split(":")[0] for x in lines if x.startswith("warn")] == [
        "warn administrator",
        "warn mail",
    ]


def test_no_data_folder_is_a_failure_that_names_init(tmp_path, run):
    code, out, _ = run("doctor", "--data", tmp_path / "none")
    assert code == 1
    assert "envelope-gateway init" in out


def test_files_that_others_may_read_are_named(data):
    data.chmod(0o755)
    (data / "master.key").chmod(0o644)
    (data / "keys" / "ssh_host_rsa_key").chmod(0o640)
    found = look(data)
    assert found["data folder"].level is Level.WARN
    for check in ("master key", "SSH host keys"):
        assert found[check].level is Level.FAIL
        assert "chmod 600" in found[check].text


def test_what_is_missing_is_named_with_the_remedy(data):
    (data / "master.key").unlink()
    (data / "keys" / "ssh_host_rsa_key").unlink()
    (data / "keys" / "admin-tls.pem").unlink()
    (data / "gateway.db").unlink()
    found = look(data)
    for check in ("master key", "SSH host keys", "admin certificate", "database"):
        assert found[check].level is Level.FAIL, check
    assert "backup" in found["database"].text
    assert not (data / "gateway.db").exists()


@pytest.mark.parametrize(
    ("days", "level"),
    [
        pytest.param(0, Level.OK),
        pytest.param(800, Level.WARN),
        pytest.param(900, Level.FAIL),
    ],
)
def test_the_certificates_end_is_told_in_time(data, days, level):
    now = datetime.now(UTC) + timedelta(days=days)  # noqa: TID251 - see look
    assert look(data, now)["admin certificate"].level is level


def test_tls_off_and_tls_files_are_judged_too(data):
    off = look(data, GATEWAY_ADMIN_TLS="off")
    assert off["admin certificate"].level is Level.WARN
    own = str(data / "keys" / "admin-tls.pem")
    files = {"GATEWAY_ADMIN_TLS": "files", "GATEWAY_ADMIN_TLS_KEY": own}
    assert (
        look(data, GATEWAY_ADMIN_TLS_CERT=own, **files)["admin certificate"].level
        is Level.OK
    )
    missing = look(data, GATEWAY_ADMIN_TLS_CERT=own + "x", **files)
    assert "[admin] tls_cert" in missing["admin certificate"].text


def test_a_damaged_database_is_a_failure(data):
    file = data / "gateway.db"
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    file.write_bytes(content)
    assert look(data)["database"].level is Level.FAIL


def test_what_is_no_database_is_a_failure(data):
    (data / "gateway.db").write_bytes(b"this is text" * 1000)
    assert look(data)["database"].level is Level.FAIL


def change(data, statement, *values):
    with sqlite3.connect(data / "gateway.db") as conn:
        conn.execute(statement, values)
    conn.close()


def test_a_database_of_a_newer_version_is_a_failure(data):
    change(data, "update alembic_version set version_num = '9999'")
    finding = look(data)["database"]
    assert finding.level is Level.FAIL
    assert "9999" in finding.text


def test_jobs_that_were_given_up_are_a_warning(data):
    change(
        data,
        "insert into jobs (kind, subject, lane, run_at, attempts, dead, last_error) "
        "values ('route', 'x', '', '2026-01-01', 12, 1, 'gone')",
    )
    assert look(data)["jobs"].level is Level.WARN


def test_a_secret_of_another_master_key_is_a_failure(data):
    box = "0b6f6f0e-5d0c-4b53-9a0e-000000000001"
    change(data, "insert into mailboxes values (?, 'x', '2026-01-01')", box)
    change(
        data,
        "insert into integrations (mailbox, enabled, protocol, notify_email, "
        "default_rule, reject_reason, sftp_password, public_keys, allowed_addresses, "
        "as2) values (?, 1, 'SFTP', '', 'COPY', '', ?, '[]', '[]', '{}')",
        box,
        b"\x01" + bytes(40),
    )
    assert "same backup" in look(data)["secrets"].text


def test_a_clock_behind_the_database_is_a_failure(data):
    assert look(data, NOW - timedelta(days=4000))["clock"].level is Level.FAIL


def test_a_port_that_another_program_has_is_a_failure(data):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        found = look(data, GATEWAY_SFTP_PORT=port, GATEWAY_SFTP_HOST="127.0.0.1")
    assert found["port of sftp"].level is Level.FAIL
    assert "[sftp]" in found["port of sftp"].text
    free = look(data, GATEWAY_SFTP_PORT=port, GATEWAY_SFTP_HOST="127.0.0.1")
    assert free["port of sftp"].level is Level.OK


@pytest.mark.parametrize("content", ["{", "{}", '{"pid": 99999999}'])
def test_an_endpoints_file_that_a_crash_left_is_not_believed(data, content):
    (data / "run" / "endpoints.json").write_text(content)
    assert look(data)["port of sftp"].text == "any free one"


def test_a_port_that_the_running_gateway_has_is_well(data):
    running = {"pid": os.getpid(), "sftp": {"host": "", "port": 2222}}
    (data / "run" / "endpoints.json").write_text(json.dumps(running))
    found = look(data)
    assert found["port of sftp"].text == f"2222, served by process {os.getpid()}"
    assert found["port of as2"].text == "any free one"


def test_the_mail_server_is_asked(data):
    with mail_server() as box:
        settings = {"GATEWAY_SMTP_HOST": "127.0.0.1"}
        good = look(data, GATEWAY_SMTP_PORT=str(box.port), **settings)
    assert good["mail"].level is Level.OK
    gone = look(data, GATEWAY_SMTP_PORT=str(box.port), **settings)
    assert gone["mail"].level is Level.FAIL
    assert "[smtp]" in gone["mail"].text


def test_the_mail_server_of_the_settings_page_is_asked(data):
    with mail_server() as box:
        kept = json.dumps({"host": "127.0.0.1", "port": box.port})
        change(data, "insert into settings values ('mail-server', ?)", kept)
        assert look(data)["mail"].level is Level.OK
    assert look(data)["mail"].level is Level.FAIL


def test_what_is_no_mail_server_is_told(data):
    async def scenario():
        async def greet(reader, writer):
            writer.write(b"554 go away\r\n")
            writer.close()

        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            settings = {
                "GATEWAY_SMTP_HOST": "127.0.0.1",
                "GATEWAY_SMTP_PORT": str(port),
            }
            return await examine(load(data=data, environ=settings), NOW)

    (finding,) = [x for x in asyncio.run(scenario()) if x.check == "mail"]
    assert finding.level is Level.FAIL
    assert "554 go away" in finding.text


def test_a_mail_password_file_that_is_missing_is_named(data):
    found = look(data, GATEWAY_SMTP_PASSWORD_FILE=str(data / "none"))
    assert found["mail password"].level is Level.FAIL
    there = look(data, GATEWAY_SMTP_PASSWORD_FILE=str(data / "admin-password"))
    assert there["mail password"].level is Level.OK


@pytest.mark.parametrize(
    ("days", "level", "told"),
    [
        (400, Level.OK, "1, none ends within 30 days"),
        (20, Level.WARN, "AS2_SELF of Shop ends on 2026-12-13"),
    ],
)
def test_as2_certificates_that_end_are_named(data, days, level, told):
    certificate = make_identity("Shop", NOW, days=days).der
    with closing(sqlite3.connect(data / "gateway.db")) as db:
        db.execute("INSERT INTO mailboxes VALUES ('m1', 'Shop', '2026-01-01 00:00:00')")
        db.execute(
            "INSERT INTO as2_keys VALUES ('k1', 'm1', x'00', ?, '2026-01-01 00:00:00', "
            "'2026-01-01 00:00:00', NULL)",
            (certificate,),
        )
        db.commit()
    found = look(data, NOW)["AS2 certificates"]
    assert found.level is level
    assert told in found.text
