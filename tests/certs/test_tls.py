import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from certs.tls import certificate, self_signed, server_context
from gateway.core.errors import ConfigError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def pem(tmp_path):
    return tmp_path / "keys" / "admin.pem"


def shake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str:
    """Return the TLS version two ends agree on."""
    near, far = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(far, server_side=True).close()
        except OSError:
            far.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with client.wrap_socket(near, server_hostname=name) as wrapped:
            return wrapped.version()
    finally:
        near.close()
        thread.join()


def trusting(path) -> ssl.SSLContext:
    client = ssl.create_default_context()
    client.load_verify_locations(cadata=path.read_text().partition("-----END PRIV")[2])
    return client


@pytest.mark.parametrize("name", ["gw.example", "localhost", "127.0.0.1"])
def test_a_client_that_trusts_the_certificate_connects_by_each_name(pem, name):
    path = self_signed(pem, "gw.example", datetime.now(UTC))  # noqa: TID251 - the handshake looks at the real clock
    assert path.stat().st_mode & 0o777 == 0o600
    assert shake(server_context(path), trusting(path), name) == "TLSv1.3"


def test_an_address_or_an_international_name_may_be_the_public_host(pem):
    path = self_signed(pem, "2001:db8::1", NOW)
    assert self_signed(path, "2001:db8::1", NOW) == path
    path = self_signed(pem, "bücher.example", NOW)
    assert b"xn--bcher-kva" in certificate(path).public_bytes(Encoding.DER)


def test_it_stays_until_the_last_thirty_days_and_for_the_same_name(pem):
    first = certificate(self_signed(pem, "gw.example", NOW))
    end = first.not_valid_after_utc
    assert (end - NOW).days == 824
    same = self_signed(pem, "gw.example", end - timedelta(days=30))
    assert certificate(same) == first
    late = certificate(self_signed(pem, "gw.example", end - timedelta(days=29)))
    assert late.not_valid_after_utc > end
    other = certificate(self_signed(pem, "other.example", NOW))
    assert "other.example" in other.subject.rfc4514_string()


def test_tls_1_1_is_refused(pem):
    path = self_signed(pem, "gw.example", NOW)
    context = server_context(path)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_damaged_file_is_named(pem):
    self_signed(pem, "gw.example", NOW)
    pem.write_text("nothing")
    with pytest.raises(ConfigError, match=r"admin.pem is damaged; remove it"):
        self_signed(pem, "gw.example", NOW)
    with pytest.raises(ConfigError, match=r"admin.pem cannot be used \("):
        server_context(pem)
    with pytest.raises(ConfigError, match="holds no certificate in PEM"):
        certificate(pem)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"a.pem and .*b.pem cannot be used \(No su"):
        server_context(tmp_path / "a.pem", tmp_path / "b.pem")
    with pytest.raises(ConfigError, match="could not be read: No such file"):
        certificate(tmp_path / "a.pem")


def test_a_key_with_a_password_is_refused_and_nobody_is_asked(pem, tmp_path):
    data = self_signed(pem, "gw.example", NOW).read_bytes()
    key = load_pem_private_key(data, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    (tmp_path / "key.pem").write_bytes(key)
    with pytest.raises(ConfigError, match=r"\(the key has a password\)"):
        server_context(pem, tmp_path / "key.pem")


def test_a_key_of_another_certificate_is_refused(pem, tmp_path):
    other = self_signed(tmp_path / "other.pem", "gw.example", NOW)
    with pytest.raises(ConfigError, match="KEY_VALUES_MISMATCH"):
        server_context(self_signed(pem, "gw.example", NOW), other)


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64 + ".example"])
def test_a_public_host_that_is_no_name_is_refused(pem, name):
    with pytest.raises(ConfigError, match="neither a host name nor an address"):
        self_signed(pem, name, NOW)
