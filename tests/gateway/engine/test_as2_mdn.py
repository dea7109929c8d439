"""Asynchronous MDNs: asked for over HTTP, sent by a job, to the partner's host only."""

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from as2_station import BOX, a_station
from sqlalchemy import select

from as2_server.client import HttpClient
from as2_server.mdn_post import HttpMdnPost
from as2_server.protocol.send import Receipt
from as2_server.protocol.verdict import Confirmed, judge
from gateway.core.model import Problem
from gateway.core.retry import RetryPolicy
from gateway.engine.as2_mdn import AsyncMdns
from gateway.engine.parking import PARKED
from gateway.store.jobs import Job, Jobs
from gateway.store.tables import trace


@pytest.fixture
async def station(db, tmp_path, clock, ann, bob):
    async with a_station(db, tmp_path, clock, ann, bob) as up:
        yield up


@dataclass
class Mailman:
    """Ann's server: keeps what it gets, answers as it is told."""

    status: int = 200
    port: int = 0
    got: list[tuple[list[tuple[str, str]], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mdn"

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.got.append((list(request.headers.items()), await request.read()))
        return web.Response(status=self.status, headers={"Location": self.url})


@asynccontextmanager
async def _listening(mailman: Mailman):
    runner = web.ServerRunner(web.Server(mailman.answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    mailman.port = runner.addresses[0][1]
    yield mailman
    await runner.cleanup()


@pytest.fixture
async def mailman(station):
    async with _listening(Mailman()) as up:
        station.configure(recipient_url=f"http://127.0.0.1:{up.port}/as2")
        yield up


@dataclass
class Post:
    """The job queue and its handler."""

    station: object
    clock: object
    handler: AsyncMdns

    async def due(self) -> list[Job]:
        jobs = Jobs(self.station.db)
        found = await jobs.claim("w", self.clock(), timedelta(minutes=5), 10)
        return [job for job in found if job.kind == "as2-mdn"]

    async def run(self) -> None:
        (job,) = await self.due()
        await self.handler.run(job)

    async def message(self):
        (row,) = await self.station.rows("messages")
        return row

    async def traced(self) -> str:
        async with self.station.db.read() as conn:
            return "\n".join((await conn.execute(select(trace.c.detail))).scalars())


@pytest.fixture
def post(station, clock):
    policy = RetryPolicy(first=timedelta(minutes=1), max_attempts=3)
    carrier = HttpMdnPost(HttpClient(allow_private=True))
    handler = AsyncMdns(station.db, station.book, carrier, policy, clock)
    return Post(station, clock, handler)


async def test_the_answer_comes_at_once_and_the_mdn_by_itself(station, mailman, post):
    receipt = Receipt(url=mailman.url)
    headers, body, expected = station.message(receipt=receipt)
    reply = await station.request(headers=headers, data=body)
    assert (reply.status, reply.body) == (200, b"")
    assert not mailman.got
    await post.run()
    ((fields, mdn),) = mailman.got
    assert isinstance(judge(fields, mdn, expected), Confirmed)
    assert (await post.message())["mdn_sent_at"] is not None
    assert not await post.due()
    assert f"MDN sent to {mailman.url}" in await post.traced()


async def test_a_duplicate_has_the_same_mdn_sent_again(station, mailman, post):
    headers, body, _ = station.message(receipt=Receipt(url=mailman.url))
    await station.request(headers=headers, data=body)
    await post.run()
    await station.request(headers=headers, data=body)
    await post.run()
    assert mailman.got[0][1] == mailman.got[1][1]
    assert len(await station.transfers()) == 1


async def test_a_duplicate_that_asks_for_an_answer_gets_the_stored_one(
    station, mailman, post
):
    await station.send(receipt=Receipt(url=mailman.url))
    reply = await station.send()
    assert reply.body == (await post.message())["mdn_body"]


async def test_a_rejection_goes_the_same_way(station, mailman, post, bob):
    await station.send(receipt=Receipt(url=mailman.url), signer=bob)
    await post.run()
    assert b"authentication-failed" in mailman.got[0][1]


async def test_a_server_that_is_down_is_tried_again_and_given_up(
    station, mailman, post, clock
):
    mailman.status = 503
    await station.send(receipt=Receipt(url=mailman.url))
    await post.run()
    assert not await post.due()
    assert "attempt 1 failed" in await post.traced()
    mailman.status = 200
    clock.tick(timedelta(hours=1))
    await post.run()
    assert (await post.message())["mdn_sent_at"] is not None
    assert (await post.message())["mdn_attempts"] == 1


async def test_after_the_last_attempt_it_is_given_up(station, mailman, post, clock):
    mailman.status = 500
    await station.send(receipt=Receipt(url=mailman.url))
    for _ in range(3):
        await post.run()
        clock.tick(timedelta(hours=5))
    assert not await post.due()
    assert "given up after 3 attempts" in await post.traced()
    assert len(mailman.got) == 3


@pytest.mark.parametrize("status", [301, 404, 410])
async def test_a_definite_refusal_is_not_tried_again(
    station, mailman, post, clock, status
):
    mailman.status = status
    await station.send(receipt=Receipt(url=mailman.url))
    await post.run()
    clock.tick(timedelta(hours=5))
    assert not await post.due()
    assert len(mailman.got) == 1
    assert f"HTTP {status}" in (await post.message())["mdn_error"]


async def test_it_waits_while_the_mailbox_is_switched_off(station, mailman, post):
    await station.send(receipt=Receipt(url=mailman.url))
    profile = station.book.profiles.pop(BOX)
    await post.run()
    assert not mailman.got
    (job,) = [j for j in await station.rows("jobs") if j["kind"] == "as2-mdn"]
    assert job["run_at"] == PARKED
    station.book.profiles[BOX] = profile
    await Jobs(station.db).unpark(PARKED, post.clock())
    await post.run()
    assert mailman.got


async def test_settings_that_have_changed_since_count(station, mailman, post):
    await station.send(receipt=Receipt(url=mailman.url))
    station.configure(recipient_url="https://other.example/as2")
    await post.run()
    assert not mailman.got
    assert "Recipient URL" in await post.traced()


async def test_private_networks_are_not_posted_to_unless_allowed(
    station, mailman, post
):
    await station.send(receipt=Receipt(url=mailman.url))
    strict = AsyncMdns(
        station.db,
        station.book,
        HttpMdnPost(HttpClient(allow_private=False)),
        RetryPolicy(),
        post.clock,
    )
    (job,) = await post.due()
    await strict.run(job)
    assert not mailman.got
    assert "private network" in (await post.message())["mdn_error"]


async def test_credentials_go_to_the_very_server_they_are_for_only(
    station, mailman, post
):
    station.configure(
        recipient_url="http://127.0.0.1:9/as2",
        http_user="ann",
        http_password="secret",
        headers={"X-Token": "secret"},
    )
    await station.send(receipt=Receipt(url=mailman.url))
    await post.run()
    assert "secret" not in json.dumps(mailman.got[0][0])
    assert "Authorization" not in dict(mailman.got[0][0])
    station.configure(recipient_url=f"http://127.0.0.1:{mailman.port}/as2")
    await station.send(receipt=Receipt(url=mailman.url))
    await post.run()
    assert dict(mailman.got[1][0])["X-Token"] == "secret"


async def test_an_unforeseen_fault_ends_in_the_trace(station, mailman, post):
    await station.send(receipt=Receipt(url=mailman.url))
    (job,) = await post.due()
    problem = Problem("internal-error", "the gateway failed", "deliver")
    await post.handler.give_up(job, problem)
    assert "the gateway failed" in await post.traced()
    assert not await station.rows("jobs") or all(
        one["kind"] != "as2-mdn" for one in await station.rows("jobs")
    )


async def test_a_job_without_a_waiting_mdn_ends(station, mailman, post):
    await station.send(receipt=Receipt(url=mailman.url))
    (job,) = await post.due()
    await post.handler.run(job)
    await station.log.send_again("no such message")
    assert not await post.due()
    await station.log.send_again((await post.message())["uuid"])
    (job,) = await post.due()
    await post.handler.give_up(
        job, Problem("internal-error", "the gateway failed", "deliver")
    )
