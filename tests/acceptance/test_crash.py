"""Nothing acknowledged is lost, nothing is done twice, whatever dies when."""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import paramiko
import pytest
from drive.process import GatewayProcess
from drive.sftp import close, needs_openssh
from drive.warm import Warm
from drive.world import Mailbox, World, eventually, native_order

pytestmark = [pytest.mark.long, pytest.mark.acceptance, pytest.mark.timeout(300)]

ROUNDS = 20
UPLOADS = 200
CLIENTS = 4


@dataclass
class Log:
    """What the clients know of each upload, by name."""

    opening: set[str] = field(default_factory=set)
    closing: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)


def put_all(box: Mailbox, uploads: Iterator[tuple[str, bytes]], log: Log) -> None:
    """Upload until there is nothing left or the server is gone."""
    try:
        with box.partner.paramiko() as sftp:
            for name, data in uploads:
                log.opening.add(name)
                file = sftp.open(f"outbox/{name}", "wb")
                file.write(data)
                log.closing.add(name)
                close(sftp, file)
                log.closed.add(name)
    except (OSError, EOFError, paramiko.SSHException):
        return  # killed: the next round goes on with the next upload


def test_kill_9_during_200_uploads_loses_nothing_and_repeats_nothing(
    gateway: GatewayProcess, warm: Warm, tmp_path
):
    gateway.warm = warm
    chance = random.Random(20)  # noqa: S311 - the same moments in each run, nearly
    gateway.start()
    world = World(gateway, tmp_path)
    template = world.template()
    shop = world.mailbox("Shop")
    supplier = world.mailbox("Supplier", defaultRule="COPY")
    names = [f"u{number:03}.xml" for number in range(UPLOADS)]
    uploads = [(name, native_order(name, supplier.uuid, template)) for name in names]
    log = Log()

    for number in range(ROUNDS):
        share = uploads[number::ROUNDS]
        with ThreadPoolExecutor(CLIENTS) as pool:
            for client in range(CLIENTS):
                pool.submit(put_all, shop, iter(share[client::CLIENTS]), log)
            time.sleep(chance.uniform(0.05, 0.8))
            gateway.kill()
        gateway.start()
        shop = world_again(world, shop)

    assert len(log.closed) > UPLOADS / 10, "hardly an upload was in time: no proof"
    check_each_once(world, shop, world.reconnect(supplier), log)
    assert gateway.stop() == 0, gateway.log


def check_each_once(world: World, shop: Mailbox, supplier: Mailbox, log: Log) -> None:
    """Check that what was acknowledged is there once, what was not closed is not."""
    eventually(
        lambda: world.count(shop) == world.count(shop, state="PROCESSED"),
        "every transfer processed",
        60,
    )
    done = Counter(one["fileName"] for one in world.transfers(shop))
    assert log.closed <= done.keys()
    assert done.keys() <= log.closing
    assert set(done.values()) == {1}
    subjects = {f"Order {name}" for name in done}
    eventually(
        lambda: world.count(supplier, state="DELIVERED") == len(done),
        "every envelope delivered",
        60,
    )
    arrived = Counter(one["subject"] for one in world.envelopes(supplier, "inbox"))
    assert arrived == Counter(subjects)
    assert len(supplier.partner.listing("inbox")) == len(done)
    rest = set(shop.partner.listing("outbox"))
    assert rest <= log.opening - done.keys()


def world_again(world: World, box: Mailbox) -> Mailbox:
    """Log in after a restart and find the mailbox at its new port."""
    world.connect()
    return world.reconnect(box)


@needs_openssh
def test_a_client_killed_in_an_upload_leaves_a_partial_that_reput_completes(
    world: World, tmp_path
):
    shop = world.mailbox("Shop with a bad line")
    supplier = world.mailbox("Supplier of reput")
    order = native_order("R1", supplier.uuid, world.template())
    order += b"<!--" + b"x" * 8_000_000 + b"-->\n"
    (tmp_path / "big.xml").write_bytes(order)

    slowly = ("-l", "16000")  # kbit/s: four seconds
    put = f"put -p {tmp_path}/big.xml outbox/big.xml"
    client = shop.partner.start(put, options=slowly)
    try:
        with shop.partner.paramiko() as sftp:
            eventually(
                lambda: [x.st_size for x in sftp.listdir_attr("outbox") if x.st_size],
                "the first bytes",
            )
            client.kill()
            client.communicate(timeout=10)
            left = partial(sftp)
            assert 0 < left < len(order)
            assert world.transfers(shop) == []
    finally:
        client.kill()

    shop.partner.openssh(f"reput {tmp_path}/big.xml outbox/big.xml")

    done = world.transfer(shop, "big.xml", "PROCESSED")
    assert done["size"] == len(order)
    assert world.count(shop) == 1
    assert len(world.envelopes(supplier, "inbox")) == 1


def partial(sftp: paramiko.SFTPClient) -> int:
    """Return the size of the one partial when it no longer grows."""
    sizes = [-1]

    def settled() -> bool:
        sizes.append(sftp.stat("outbox/big.xml").st_size or 0)
        return sizes[-1] == sizes[-2]

    eventually(settled, "the partial at rest")
    return sizes[-1]


def test_a_stop_signal_finishes_what_is_in_flight_and_leaves_no_process(
    gateway: GatewayProcess, tmp_path
):
    gateway.start()
    world = World(gateway, tmp_path)
    shop = world.mailbox("Shop")
    supplier = world.mailbox("Supplier")
    shop.partner.write(
        "outbox/last.xml", native_order("L1", supplier.uuid, world.template())
    )
    assert gateway.family()

    assert gateway.stop() == 0, gateway.log

    assert eventually(lambda: not gateway.family(), "no process left")
    assert not (gateway.data / "run" / "endpoints.json").exists()
    gateway.start()
    world.connect()
    world.transfer(shop, "last.xml", "PROCESSED")


def test_a_killed_gateway_takes_its_workers_with_it(gateway: GatewayProcess):
    gateway.start()
    gateway.kill()
    assert eventually(lambda: not gateway.family(), "no process left")


def test_a_second_gateway_on_the_same_data_is_refused_by_name(
    gateway: GatewayProcess,
):
    gateway.start()
    second = GatewayProcess(gateway.data)
    with pytest.raises(AssertionError, match=str(gateway.endpoints["pid"])):
        second.start()
    assert isinstance(second.child, subprocess.Popen)
    assert second.child.returncode == 2
