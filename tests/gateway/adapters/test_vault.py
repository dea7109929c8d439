import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.vault import FileVault
from gateway.core.errors import ConfigError, StorageError

VAULT = FileVault(bytes(range(32)))


@given(st.binary(max_size=300), st.text(max_size=20))
def test_what_was_sealed_opens_for_the_same_purpose_only(secret, purpose):
    sealed = VAULT.seal(secret, purpose)
    assert VAULT.open(sealed, purpose) == secret
    with pytest.raises(StorageError, match="does not open with this master key"):
        VAULT.open(sealed, purpose + "x")


@given(st.data())
def test_a_changed_bit_is_noticed(data):
    sealed = bytearray(VAULT.seal(b"secret", "test"))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(StorageError, match="restore"):
        VAULT.open(bytes(sealed), "test")


@pytest.mark.parametrize("length", range(30))
def test_a_shortened_secret_is_refused(length):
    with pytest.raises(StorageError, match="restore"):
        VAULT.open(VAULT.seal(b"secret", "test")[:length], "test")


def test_the_same_secret_is_never_sealed_alike():
    assert len({VAULT.seal(b"secret", "test") for _ in range(50)}) == 50


def test_another_master_key_opens_nothing():
    other = FileVault(bytes(32))
    with pytest.raises(StorageError, match=r"a secret \(test\) does not open"):
        other.open(VAULT.seal(b"secret", "test"), "test")


def test_a_signature_depends_on_message_purpose_and_key():
    signatures = {
        VAULT.sign(b"m", "a"),
        VAULT.sign(b"n", "a"),
        VAULT.sign(b"m", "b"),
        FileVault(bytes(32)).sign(b"m", "a"),
    }
    assert len(signatures) == 4
    assert VAULT.sign(b"m", "a") in signatures
    assert {len(signature) for signature in signatures} == {32}


def test_the_key_does_not_show_in_logs():
    assert repr(VAULT) == "FileVault()"


def test_a_new_key_is_private_random_and_stays(tmp_path):
    path = tmp_path / "keys" / "master.key"
    made = FileVault.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert FileVault.load(path) == FileVault.create(path) == made
    assert FileVault.create(tmp_path / "other") != made
    assert [entry.name for entry in path.parent.iterdir()] == ["master.key"]


def test_a_half_made_key_of_a_crash_is_no_hindrance(tmp_path):
    (tmp_path / ".master.key.new").write_bytes(b"half")
    FileVault.create(tmp_path / "master.key")
    assert [entry.name for entry in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    path = tmp_path / "master.key"
    FileVault.create(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match=rf"\(mode {mode:04o}\); run: chmod 600 "):
        FileVault.load(path)


def test_a_systemd_credential_may_show_the_mask_of_its_access_list(
    tmp_path, monkeypatch
):
    path = tmp_path / "master.key"
    FileVault.create(path)
    path.chmod(0o440)
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    if owner == 0:
        assert FileVault.load(path)
    else:
        with pytest.raises(ConfigError, match="may be read by others"):
            FileVault.load(path)


@pytest.mark.parametrize("length", [0, 31, 33, 100])
def test_a_key_of_another_length_is_refused(tmp_path, length):
    path = tmp_path / "master.key"
    path.touch(0o600)
    path.write_bytes(bytes(length))
    with pytest.raises(ConfigError, match="must have exactly 32 bytes"):
        FileVault.load(path)


def test_a_missing_key_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="is missing; restore it from the backup"):
        FileVault.load(tmp_path / "master.key")


def test_a_folder_in_place_of_the_key_is_named(tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        FileVault.load(tmp_path)


def test_a_place_where_no_key_can_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="could not be made: File exists"):
        FileVault.create(tmp_path / "file" / "master.key")
