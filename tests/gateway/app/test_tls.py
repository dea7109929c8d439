import asyncio
import ssl

import pytest
from cryptography import x509

from certs.tls import self_signed
from gateway.app.foundation import utc_now
from gateway.app.tls import ListenerTls, admin_tls, as2_tls
from gateway.config import load
from gateway.core.errors import ConfigError


async def served(tls: ListenerTls) -> int:
    """Return the serial number of the certificate that a new connection is shown."""

    async def answer(_reader, writer):
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls.context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
    return x509.load_der_x509_certificate(der).serial_number


@pytest.fixture
def operators(tmp_path):
    """Return a configuration with the operator's own files, and their one file."""
    file = self_signed(tmp_path / "own.pem", "edi.example", utc_now())
    both = {"TLS_CERT": str(file), "TLS_KEY": str(file)}
    environ = {f"GATEWAY_{s}_{k}": v for s in ("ADMIN", "AS2") for k, v in both.items()}
    environ |= {"GATEWAY_ADMIN_TLS": "files", "GATEWAY_AS2_TLS_PORT": "8444"}
    return load(None, tmp_path / "data", environ), file


@pytest.mark.parametrize("listener", [admin_tls, as2_tls])
async def test_a_renewed_certificate_is_shown_after_a_reload(operators, listener):
    config, file = operators
    tls = listener(config)
    old = await served(tls)
    file.unlink()
    self_signed(file, "edi.example", utc_now())
    assert await served(tls) == old
    tls.reload()
    assert await served(tls) != old


@pytest.mark.parametrize("listener", [admin_tls, as2_tls])
async def test_a_certificate_that_is_no_good_changes_nothing(operators, listener):
    config, file = operators
    tls = listener(config)
    old = await served(tls)
    file.write_text("rubbish")
    with pytest.raises(ConfigError, match=r"own\.pem"):
        tls.reload()
    assert await served(tls) == old


def test_a_listener_without_tls_has_none(tmp_path):
    config = load(None, tmp_path, {"GATEWAY_ADMIN_TLS": "off"})
    assert admin_tls(config) is None
    assert as2_tls(config) is None


@pytest.mark.parametrize("listener", [admin_tls, as2_tls])
async def test_a_certificate_of_our_own_is_made(tmp_path, listener):
    config = load(None, tmp_path, {"GATEWAY_AS2_TLS_PORT": "8444"})
    assert await served(listener(config)) > 0
