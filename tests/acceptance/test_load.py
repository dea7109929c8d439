"""Many partners at once: all served, nothing twice, memory within bounds."""

import pytest
from drive.process import GatewayProcess
from drive.sftp import needs_openssh
from drive.world import World, eventually, native_order

pytestmark = [pytest.mark.long, pytest.mark.acceptance, pytest.mark.timeout(600)]

CLIENTS = 50
FILES = 100
SIZE = 10_000
MEMORY = 250_000_000


@needs_openssh
def test_50_clients_with_100_files_each_are_all_served_within_250_mb(
    gateway: GatewayProcess, tmp_path, record_property
):
    gateway.start()
    world = World(gateway, tmp_path)
    template = world.template()
    supplier = world.mailbox("Supplier", enabled=False)  # reads on the website
    shops = [world.mailbox(f"Shop {number}") for number in range(CLIENTS)]
    files = tmp_path / "files"
    files.mkdir()
    for number in range(FILES):
        order = native_order(f"B{number}", supplier.uuid, template)
        filler = b"<!--" + b"." * (SIZE - len(order) - 8) + b"-->\n"
        (files / f"b{number:03}.xml").write_bytes(order + filler)

    clients = [shop.partner.start(f"put {files}/*.xml outbox/") for shop in shops]
    try:
        for client in clients:
            output, _ = client.communicate(timeout=300)
            assert client.returncode == 0, output
    finally:
        for client in clients:
            client.kill()
            client.communicate()

    def processed() -> bool:
        path = "/api/v1/transfers?direction=RECEIVED&state=PROCESSED&limit=1"
        return bool(world.api.get(path)["totalElements"] == CLIENTS * FILES)

    eventually(processed, "every upload processed", 300)
    for shop in shops:
        assert world.count(shop) == FILES
    path = f"/api/v1/mailbox/{supplier.uuid}?scope=inbox&limit=1"
    assert world.api.get(path)["totalElements"] == CLIENTS * FILES
    peak = gateway.peak_memory()
    record_property("peak resident bytes", peak)  # --junitxml shows it
    assert peak < MEMORY
    assert gateway.stop() == 0, gateway.log
