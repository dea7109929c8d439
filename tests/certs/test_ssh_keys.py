from contextlib import suppress

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.ssh_keys import fingerprint, host_keys, known_hosts_line
from gateway.core.errors import ConfigError

PUBLIC = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys") / "ssh"
    host_keys(folder)
    return folder


def test_both_keys_are_made_once_and_are_private(folder):
    first, second = host_keys(folder), host_keys(folder)
    assert first == second
    assert [key.public.split()[0] for key in first] == ["ssh-ed25519", "ssh-rsa"]
    assert [key.path.stat().st_mode & 0o777 for key in first] == [0o600, 0o600]
    assert "PRIVATE" not in repr(first)


def test_an_independent_reader_sees_the_same_keys(folder):
    for key in host_keys(folder):
        read = asyncssh.import_private_key(key.private)
        assert read.get_fingerprint() == fingerprint(key.public)
        assert read.export_public_key("openssh").decode().split()[:2] == (
            key.public.split()
        )


def test_a_known_fingerprint_is_as_openssh_shows_it():
    shown = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
    assert fingerprint(PUBLIC) == shown
    assert fingerprint(PUBLIC + " someone@somewhere\n") == shown


def test_a_known_hosts_line_brackets_another_port():
    assert known_hosts_line("Edi.Example", 22, PUBLIC) == f"edi.example {PUBLIC}"
    line = known_hosts_line("edi.example", 2222, PUBLIC + " comment")
    assert line == f"[edi.example]:2222 {PUBLIC}"
    hosts = asyncssh.import_known_hosts(line)
    matched = hosts.match("edi.example", "", 2222)[0]
    assert [key.get_fingerprint() for key in matched] == [fingerprint(PUBLIC)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 ",
        "ssh-ed25519 !!!",
        "ssh-ed25519 AAAA=A",
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    ],
)
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(ValueError, match="key"):
        fingerprint(text)


@given(st.text())
def test_any_text_is_a_key_or_a_value_error(text):
    with suppress(ValueError):
        assert fingerprint(text).startswith("SHA256:")


def test_a_damaged_key_is_named_with_what_to_do(tmp_path):
    path = tmp_path / "ssh_host_ed25519_key"
    path.touch(0o600)
    path.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    with pytest.raises(ConfigError, match=r"ssh_host_ed25519_key is no SSH private"):
        host_keys(tmp_path)


def test_a_key_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "ssh_host_ed25519_key"
    path.touch(0o640)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match=r"mode 0640\); run: chmod 600"):
        host_keys(tmp_path)


def test_a_place_that_takes_no_keys_is_named(tmp_path):
    (tmp_path / "ssh").touch()
    with pytest.raises(ConfigError, match=r"ssh_host_ed25519_key could not be read"):
        host_keys(tmp_path / "ssh")
    (tmp_path / ".ssh_host_ed25519_key.new").mkdir()
    with pytest.raises(ConfigError, match="could not be written: Is a directory"):
        host_keys(tmp_path)
