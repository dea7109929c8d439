"""AS2 and sudden death: nothing acknowledged is lost, nothing is processed twice."""

import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from drive.as2 import As2Mailbox, Posting, as2_mailbox
from drive.as2_partner import As2Partner, Fate, as2_partner
from drive.mail import free_port
from drive.process import GatewayProcess
from drive.warm import Warm
from drive.world import World, eventually, native_order

from as2_server.protocol.verdict import Confirmed

pytestmark = [pytest.mark.long, pytest.mark.acceptance, pytest.mark.timeout(600)]

MESSAGES = 500
KILLS = 8
CLIENTS = 4


@dataclass
class Log:
    """What the sending partner knows: the MDN of each message, what went wrong."""

    mdns: dict[str, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    resent: Counter[str] = field(default_factory=Counter)


def send(box: As2Mailbox, posting: Posting, log: Log, done: threading.Event) -> None:
    """Post the same bytes until a verified MDN comes, as RFC 4130 senders do."""
    while not done.is_set():
        request = urllib.request.Request(  # noqa: S310 - a loopback address
            box.url, posting.body, dict(posting.headers), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310
                body, headers = reply.read(), reply.headers.items()
        except (OSError, urllib.error.URLError):
            log.resent[posting.message_id] += 1
            time.sleep(0.1)
            continue
        found = box.verdict(posting, headers, body)
        if not isinstance(found, Confirmed):
            log.faults.append(f"{posting.message_id}: {found}")
        before = log.mdns.setdefault(posting.message_id, body)
        if before != body:
            log.faults.append(f"{posting.message_id}: another MDN")
        return


def send_all(
    box: As2Mailbox, postings: Iterator[Posting], log: Log, done: threading.Event
) -> None:
    chance = random.Random(4)  # noqa: S311 - which answers are asked for once more
    for posting in postings:
        send(box, posting, log, done)
        if chance.random() < 0.1:
            send(box, posting, log, done)


def test_kill_9_during_500_messages_in_and_500_out(
    gateway: GatewayProcess, warm: Warm, tmp_path
):
    gateway.warm = warm
    chance = random.Random(8)  # noqa: S311 - the same moments in each run, nearly
    # the Self URL that asynchronous MDNs go to must outlive a restart
    gateway.settings = {"GATEWAY_AS2_PORT": str(free_port())}
    gateway.start()
    world = World(gateway, tmp_path)
    template = world.template()
    with as2_partner() as partner:
        shop = as2_mailbox(world, "Shop", partner.url)
        suppliers = [
            as2_mailbox(world, name, f"{partner.url}/{name}", mdn=mdn, retrySeconds=1)
            for name, mdn in (("Sync", "SYNC"), ("Async", "ASYNC"))
        ]
        for supplier in suppliers:
            partner.serve(supplier)
        fates = random.Random(9)  # noqa: S311 - an unreliable partner
        weights = [8, 1, 1]
        partner.fate = lambda: fates.choices(list(Fate), weights)[0]
        numbers = [f"A{number:03}" for number in range(MESSAGES)]
        postings = [
            shop.posting(
                f"<{number}@shop>",
                native_order(number, suppliers[index % 2].uuid, template),
                f"{number}.xml",
            )
            for index, number in enumerate(numbers)
        ]
        log, done = Log(), threading.Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            try:
                clients = [
                    pool.submit(send_all, shop, iter(postings[n::CLIENTS]), log, done)
                    for n in range(CLIENTS)
                ]
                kill_now_and_then(gateway, log, chance)
                for client in clients:
                    client.result(timeout=200)
            finally:
                done.set()
        world.connect()
        partner.fate = lambda: Fate.TAKE  # the partner is back for good
        check_in(world, shop, log)
        check_out(world, suppliers, partner, numbers)
        assert gateway.stop() == 0, gateway.log


def kill_now_and_then(gateway: GatewayProcess, log: Log, chance: random.Random) -> None:
    """Kill while messages come in and go out; each life brings some of them on."""
    for number in range(KILLS):
        share = MESSAGES * number // (KILLS + 1)
        eventually(lambda share=share: len(log.mdns) >= share, f"{share} taken", 120)
        time.sleep(chance.uniform(0, 0.6))
        gateway.kill()
        gateway.start()


def check_in(world: World, shop: As2Mailbox, log: Log) -> None:
    assert log.faults == []
    assert len(log.mdns) == MESSAGES
    assert sum(log.resent.values()) >= KILLS, "no kill hit a message: no proof"
    transfers = f"/api/v1/transfers?mailbox={shop.uuid}&limit=1"
    eventually(
        lambda: (
            world.api.get(f"{transfers}&state=PROCESSED")["totalElements"] == MESSAGES
        ),
        "every message processed",
        120,
    )
    assert world.api.get(transfers)["totalElements"] == MESSAGES


def check_out(
    world: World,
    suppliers: list[As2Mailbox],
    partner: As2Partner,
    numbers: list[str],
) -> None:
    for supplier in suppliers:
        path = f"/api/v1/transfers?mailbox={supplier.uuid}&limit=1"
        eventually(
            lambda path=path: (
                world.api.get(f"{path}&state=DELIVERED")["totalElements"]
                == MESSAGES // 2
            ),
            f"everything for {supplier.name} delivered",
            200,
        )
        assert world.api.get(path)["totalElements"] == MESSAGES // 2
    assert partner.faults == []
    assert partner.altered == []  # each retry has the bytes of the first try
    assert max(partner.posts.values()) > 1, "nothing was sent twice: no proof"
    # one Message-ID for each order: a partner that knows duplicates has it once
    arrived = Counter(
        number
        for document in partner.documents.values()
        for number in numbers
        if f"<subject>Order {number}</subject>".encode() in document
    )
    assert arrived == Counter(numbers)
