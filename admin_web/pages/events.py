"""One stream of server-sent events for each page that stays up to date.

An event says which transfers have changed, never what they are now: the page fetches
that as it was fetched first, with the same checks.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

from admin_web.pages.page import Page, Visit
from admin_web.pages.session import session_of
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.news import News

EVENTS = "/admin/events"
HEARTBEAT_SECONDS = 15
APART_SECONDS = 0.5
RETRY_MILLISECONDS = 2000
MOST = 100
MOST_OF_ONE = 6
"""Of one session: browsers open no more to one host before they wait."""
LAST_LINE = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """One open stream; *bell* has it look whether there are news or it is *over*."""

    whose: str
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        self.over.set()
        self.bell.set()


@dataclass(slots=True)
class Streams:
    """Those that are open, the oldest first; room is made by ending the oldest."""

    most: int = MOST
    most_of_one: int = MOST_OF_ONE
    heartbeat: float = HEARTBEAT_SECONDS
    closing: bool = False
    _open: list[Seat] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def seat(self, whose: str) -> Iterator[Seat]:
        """Count a stream while it is open."""
        here = [one for one in self._open if not one.over.is_set()]
        same = [one for one in here if one.whose == whose]
        if len(same) >= self.most_of_one:
            same[0].end()
        elif len(here) >= self.most:
            here[0].end()
        mine = Seat(whose)
        self._open.append(mine)
        try:
            yield mine
        finally:
            self._open.remove(mine)

    async def close(self, _app: web.Application) -> None:
        """End all: the listener stops."""
        self.closing = True
        for seat in self._open:
            seat.end()


STREAMS = web.AppKey("streams", Streams)


def add_streams(app: web.Application) -> None:
    """Give the application its streams; they end before its listener does."""
    streams = Streams()
    app[STREAMS] = streams
    app.on_shutdown.append(streams.close)


async def stream(visit: Visit) -> web.StreamResponse:
    """Tell of changes until the browser leaves or the session ends."""
    streams = visit.request.app[STREAMS]
    line = await _line(visit)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    await response.prepare(visit.request)
    await response.write(f"retry: {RETRY_MILLISECONDS}\n\n".encode())
    with suppress(ConnectionResetError):  # the browser left
        with streams.seat(visit.actor.token) as seat:
            await _tell(visit, response, seat, line)
        if not streams.closing:  # else the browser comes back by itself
            await response.write(b"event: end\ndata: {}\n\n")
    return response


async def _tell(
    visit: Visit, response: web.StreamResponse, seat: Seat, line: int
) -> None:
    """Write until the session has ended or the stream has to."""
    heartbeat = visit.request.app[STREAMS].heartbeat
    now = asyncio.get_running_loop().time
    await response.write(_message(News(line)))
    written = now()
    while not seat.over.is_set():
        news = await visit.desk.news.after(line, heartbeat, seat.bell)
        if await session_of(visit.request, visit.desk) is None:
            return
        if news or now() - written >= heartbeat:
            await response.write(_message(news) if news else b": nothing new\n\n")
            written = now()
        line = news.line
        with suppress(TimeoutError):  # what comes at once is told at once
            async with asyncio.timeout(APART_SECONDS):
                await seat.over.wait()


def _message(news: News) -> bytes:
    """Return one event; its id is where the browser goes on when it comes back."""
    data = json.dumps({"everything": news.everything, "ids": list(news.transfers)})
    return f"id: {news.line}\nevent: news\ndata: {data}\n\n".encode()


async def _line(visit: Visit) -> int:
    """Return after which line to begin: where the browser was, or else now."""
    for text in (
        visit.request.headers.get("Last-Event-ID", ""),
        visit.request.query.get("after", ""),
    ):
        if text.isascii() and text.isdecimal() and int(text[:20]) <= LAST_LINE:
            return int(text[:20])
    return await visit.desk.news.newest()


PAGES: Sequence[Page] = (
    Page(method="GET", path=EVENTS, handler=stream, role=PersonRole.AUDITOR),
)
