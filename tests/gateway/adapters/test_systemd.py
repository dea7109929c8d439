import socket

import pytest

from gateway.adapters.systemd import Systemd


@pytest.fixture(params=["path", "abstract"])
def bus(request, tmp_path):
    address = str(tmp_path / "notify")
    if request.param == "abstract":
        address = "@" + address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + address[1:] if address.startswith("@") else address)
        listener.settimeout(5)
        yield listener, address


def test_systemd_hears_each_message(bus):
    listener, address = bus
    systemd = Systemd(address)
    systemd.ready()
    systemd.alive()
    systemd.status("200 uploads\nREADY=1")
    systemd.stopping()
    heard = [listener.recv(100) for _ in range(4)]
    assert heard == [
        b"READY=1",
        b"WATCHDOG=1",
        b"STATUS=200 uploads READY=1",
        b"STOPPING=1",
    ]


def test_without_systemd_nothing_happens(caplog):
    Systemd().ready()
    assert caplog.text == ""


def test_a_socket_that_is_gone_is_logged_and_no_reason_to_stop(tmp_path, caplog):
    Systemd(str(tmp_path / "gone")).ready()
    assert "systemd did not take READY=1: No such file" in caplog.text
