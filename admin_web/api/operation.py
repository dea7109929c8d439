"""One operation of the API: what is asked, who may ask, what is answered.

An area module exposes `OPERATIONS`; admin_web.api lists the areas. From there come
the routes and the OpenAPI document alike.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler
from pydantic import BaseModel, TypeAdapter

from admin_web.api.models import Body, Query
from admin_web.api.parse import json_body, query_of
from gateway.core.desk.accounts import Origin
from gateway.core.desk.actor import Actor, PersonRole
from gateway.core.desk.areas import Desk
from gateway.core.errors import Forbidden, Invalid, QuotaExceeded, Unauthenticated

DESK = web.AppKey("desk", Desk)
ACTOR = web.RequestKey("actor", Actor)
READ_SECONDS = 60
BODY_BYTES = 1 << 20  # parsing holds the loop: 60 MB of numbers for seven seconds
STRANGERS_BYTES = 16 << 10  # of a body that needs no token
AGENT_CHARACTERS = 255
NOBODY = Actor("", PersonRole.AUDITOR)

B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Query)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, admitted: token and role checked, body and query parsed."""

    request: web.Request
    desk: Desk
    actor: Actor
    parsed_body: Body | None = None
    parsed_query: Query | None = None

    def path(self, name: str) -> str:
        """Return the part of the path, lower case (uuids are)."""
        return self.request.match_info[name].lower()

    def header(self, name: str) -> str:
        """Return a header the operation needs; Invalid if it is missing."""
        value = self.request.headers.get(name, "").strip()
        if not value:
            raise Invalid(
                f'The header "{name}" is missing; send it with this request.',
                data={name: "is missing"},
            )
        return value.lower()

    def body(self, model: type[B]) -> B:
        """Return the parsed body of the operation's own model."""
        if not isinstance(self.parsed_body, model):
            raise TypeError(f"the operation's body is not {model.__name__}")
        return self.parsed_body

    def query(self, model: type[Q]) -> Q:
        """Return the parsed query of the operation's own model."""
        if not isinstance(self.parsed_query, model):
            raise TypeError(f"the operation's query is not {model.__name__}")
        return self.parsed_query


Result = BaseModel | Sequence[BaseModel] | web.StreamResponse | None
Handler = Callable[[Call], Awaitable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path.

    *role* is the lowest that may; None: no token is needed. *answer* is a model or
    `list[model]`. *accepts* names the media types of a body that the handler reads
    itself, *produces* the one of a handler that answers a response of its own.
    *headers* are those it needs beside the token, *optional_headers* those it takes;
    *max_bytes* bounds a parsed body.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    role: PersonRole | None
    tags: Sequence[str]
    body: type[Body] | None = None
    query: type[Query] | None = None
    answer: type[object] | None = None
    status: int = 200
    accepts: Sequence[str] = ()
    produces: str = "application/json"
    headers: Sequence[str] = field(default=())
    optional_headers: Sequence[str] = ()
    max_bytes: int = BODY_BYTES

    @property
    def path_names(self) -> Sequence[str]:
        """The names in braces."""
        return re.findall(r"{(\w+)}", self.path)


@cache  # making one takes as long as answering a request
def _adapter_of(answer: Any) -> TypeAdapter[object]:
    """Return what writes an answer, a model or `list[model]`, as JSON."""
    return TypeAdapter(answer)


def endpoint(operation: Operation) -> WebHandler:
    """Return the web handler: admit, parse, call, render."""
    answer: object = operation.answer
    adapter = _adapter_of(answer) if answer is not None else None

    async def handle(request: web.Request) -> web.StreamResponse:
        result = await operation.handler(await _admit(operation, request))
        if isinstance(result, web.StreamResponse):
            return result
        if adapter is None:
            return web.Response(status=operation.status)
        text = adapter.dump_json(result, by_alias=True)
        return web.Response(
            body=text, status=operation.status, content_type="application/json"
        )

    return handle


async def _admit(operation: Operation, request: web.Request) -> Call:
    desk = request.app[DESK]
    actor = NOBODY
    if operation.role is not None:
        actor = await _authenticated(request, desk)
        if not actor.role.covers(operation.role):
            raise Forbidden(
                f"This needs the role {operation.role.value} or one above it; "
                f"{actor.login} has {actor.role.value}."
            )
    request[ACTOR] = actor
    most = STRANGERS_BYTES if operation.role is None else operation.max_bytes
    model = operation.body
    return Call(
        request,
        desk,
        actor,
        json_body(await read_body(request, most), model) if model else None,
        query_of(request, operation.query) if operation.query else None,
    )


async def _authenticated(request: web.Request, desk: Desk) -> Actor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(
            "A token is needed: send the header Authorization: Bearer TOKEN. "
            "POST /api/login gives one."
        )
    actor = await desk.sign_in.actor(token.strip())
    if actor is None:
        raise Unauthenticated("The token is unknown, revoked or expired; log in again.")
    return actor


def origin_of(request: web.Request) -> Origin:
    """Return where the caller comes from."""
    sent = request.headers.get("User-Agent", "")[:AGENT_CHARACTERS]
    agent = "".join(each if each.isprintable() else "?" for each in sent)
    return Origin(address=request.remote or "", agent=agent)


async def read_body(request: web.Request, most: int | None = None) -> bytes:
    """Return the whole body of at most `most` bytes (None: what the listener takes).

    QuotaExceeded if it has more, TimeoutError if the caller is too slow.
    """
    limited = request if most is None else request.clone(client_max_size=most)
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await limited.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise QuotaExceeded(
            f"The body is larger than the {limited.client_max_size} bytes allowed.",
            "body-too-large",
        ) from error
