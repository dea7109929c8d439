"""One page, or one thing that a page may order: who may, and what is answered."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler as WebHandler
from multidict import MultiDictProxy

from admin_web.api.operation import (
    BODY_BYTES,
    DESK,
    NOBODY,
    READ_SECONDS,
    STRANGERS_BYTES,
    Call,
)
from admin_web.api.parse import BadRequest, is_text, is_utf8
from admin_web.pages.place import NOWHERE, Place, place_of
from admin_web.pages.render import RENDERER
from admin_web.pages.session import (
    CSRF_FIELD,
    Session,
    check_csrf,
    check_origin,
    session_of,
)
from admin_web.pages.texts import N_
from gateway.core.desk.actor import Actor, PersonRole
from gateway.core.desk.areas import Desk
from gateway.core.errors import Forbidden, QuotaExceeded
from gateway.core.model import MailboxId

LOGIN = "/login"
CHOOSE_FIRST = "/admin/account/password"
SLOWEST = 256 << 10  # bytes a second that a form must come with
INPUTS = 1000  # that the web server takes apart of one form
# what aiohttp raises for boundaries, headers, charsets and encodings that are none
UNREADABLE = (
    ValueError,
    LookupError,
    RuntimeError,
    HttpProcessingError,
    web.RequestPayloadError,
    zlib.error,
)
NO_TEXT = "A text is not UTF-8; correct it and send the form again."
Value = str | bytes | bytearray | web.FileField


@dataclass(frozen=True, slots=True)
class Form:
    """What a browser sent; texts without the spaces and line ends around them."""

    values: MultiDictProxy[Value] | None = None

    def text(self, name: str) -> str:
        """Return the field's text; "" if it was not sent or is a file."""
        return next(iter(self.texts(name)), "")

    def raw(self, name: str) -> str:
        """Return the field's text as it came: for passwords."""
        value = self.values.get(name, "") if self.values else ""
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> Sequence[str]:
        """Return every text of that name."""
        found = self.values.getall(name, ()) if self.values else ()
        return [each.strip() for each in found if isinstance(each, str)]

    def files(self, name: str) -> Sequence[bytes]:
        """Return the contents of the files of that name; an empty choice is none."""
        return [body for each in self.uploads(name) if (body := each.file.read())]

    def uploads(self, name: str) -> Sequence[web.FileField]:
        """Return the files of that name with their names and types, not read yet."""
        found = self.values.getall(name, ()) if self.values else ()
        return [each for each in found if isinstance(each, web.FileField)]

    def close(self) -> None:
        """Let go of the files: they may lie on the disk."""
        for value in self.values.values() if self.values else ():
            if isinstance(value, web.FileField):
                value.file.close()

    def has(self, name: str) -> bool:
        """Whether the field was sent: a box that is not ticked is not."""
        return self.values is not None and name in self.values


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, admitted: session and role checked, form read and proved ours."""

    request: web.Request
    desk: Desk
    session: Session | None
    form: Form
    place: Place = NOWHERE

    @property
    def actor(self) -> Actor:
        return self.session.actor if self.session else NOBODY

    @property
    def call(self) -> Call:
        """The same request as the API's handlers know it."""
        return Call(self.request, self.desk, self.actor)

    @property
    def by_script(self) -> bool:
        """Whether htmx asks, for a part of a page."""
        return "HX-Request" in self.request.headers

    @property
    def query(self) -> Mapping[str, str]:
        """What a list is asked for: the chosen mailbox, unless the address says."""
        box = self.place.mailbox
        return {"mailbox": box.id if box else "", **self.request.query}

    def path(self, name: str) -> str:
        """Return the part of the path, lower case (uuids are)."""
        return self.request.match_info[name].lower()

    @property
    def mailbox(self) -> MailboxId:
        """The mailbox that the path names."""
        return MailboxId(self.path("mailbox"))

    def render(
        self, template: str, status: int = 200, **more: object
    ) -> web.StreamResponse:
        renderer = self.request.app[RENDERER]
        return renderer.page(
            self.request, template, self.session, status, where=self.place, **more
        )


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One method on one path; *role* is the lowest that may, None: everybody.

    *max_bytes* bounds the form: files lie on the disk, texts in memory.
    *before_password*: also for who has to choose a password first.
    """

    method: str
    path: str
    handler: Handler
    role: PersonRole | None
    max_bytes: int = BODY_BYTES
    before_password: bool = False


def endpoint(page: Page) -> WebHandler:
    """Return the web handler: admit, call."""

    async def handle(request: web.Request) -> web.StreamResponse:
        desk = request.app[DESK]
        session = await session_of(request, desk)
        if page.role is not None and session is None:
            return to_login(request)
        if page.role is not None and session is not None:
            if session.actor.must_change and not page.before_password:
                return _elsewhere(request, CHOOSE_FIRST)
            _check_role(page.role, session.actor)
        place = await place_of(request, desk) if session is not None else NOWHERE
        if page.method != "POST":
            return await page.handler(Visit(request, desk, session, Form(), place))
        check_origin(request)
        most = STRANGERS_BYTES if session is None else page.max_bytes
        form = Form(await _read(request, most))
        try:
            if page.role is not None and session is not None:
                check_csrf(request, session, form.raw(CSRF_FIELD))
            return await page.handler(Visit(request, desk, session, form, place))
        finally:
            form.close()

    return handle


def _check_role(needed: PersonRole, actor: Actor) -> None:
    if not actor.role.covers(needed):
        raise Forbidden(
            N_(
                "This needs the role {value} or one above it; {login} has {role}."
            ).format(value=needed.value, login=actor.login, role=actor.role.value)
        )


def to_login(request: web.Request) -> web.StreamResponse:
    """Send the browser to the sign-in, and back here after it."""
    back = request.path_qs if request.method == "GET" else ""
    target = f"{LOGIN}?{urlencode({'next': back})}" if back else LOGIN
    if "HX-Request" in request.headers:
        return web.Response(status=401, headers={"HX-Redirect": LOGIN})
    return see(target)


def _elsewhere(request: web.Request, target: str) -> web.StreamResponse:
    """Send the browser to another page, whoever asks in it."""
    if "HX-Request" in request.headers:
        return web.Response(status=403, headers={"HX-Redirect": target})
    return see(target)


def see(target: str) -> web.Response:
    """Answer: look there, with GET."""
    return web.Response(status=303, headers={"Location": target})


async def _read(request: web.Request, most: int) -> MultiDictProxy[Value]:
    limited = request.clone(client_max_size=most)
    try:
        async with asyncio.timeout(READ_SECONDS + most / SLOWEST):
            sent = await limited.post()
    except web.HTTPRequestEntityTooLarge as error:
        raise QuotaExceeded(
            N_(
                "The form is larger than the {most} bytes or {inputs} inputs allowed; "
                "send less at once."
            ).format(most=most, inputs=INPUTS),
            "body-too-large",
        ) from error
    except UnicodeError as error:
        raise BadRequest(NO_TEXT) from error
    except UNREADABLE as error:
        raise BadRequest(N_("The form cannot be read; send it again.")) from error
    try:
        await _check_texts(limited, sent)
    except BadRequest:
        Form(sent).close()
        raise
    return sent


async def _check_texts(request: web.Request, sent: MultiDictProxy[Value]) -> None:
    """BadRequest if the form holds NUL, or bytes that are no text."""
    texts = [
        *sent,
        *(value for value in sent.values() if isinstance(value, str)),
        *(x.filename for x in sent.values() if isinstance(x, web.FileField)),
    ]
    if any("\0" in text for text in texts):
        raise BadRequest(N_("A text holds the character NUL; remove it."))
    if not is_text(texts):
        raise BadRequest(NO_TEXT)
    if request.content_type == "multipart/form-data":
        return  # it was decoded strictly
    if any("\ufffd" in text for text in texts):  # sent, or put for what is no text?
        charset = request.charset or "utf-8"
        if not is_utf8(await request.read(), charset):
            raise BadRequest(NO_TEXT)
