"""Everything that goes wrong: a status, a code, a sentence, the fields.

The API tells it as JSON, the pages as a page.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from admin_web.api.models import ErrorAnswer
from admin_web.api.parse import BadRequest, EncodedBody, check_request
from gateway.core.desk import sentences
from gateway.core.errors import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Outage,
    QuotaExceeded,
    Refusal,
    TooManyAttempts,
    Unauthenticated,
)
from gateway.core.ports import NewId

_logger = logging.getLogger(__name__)

STATUS: dict[type[Refusal], int] = {
    BadRequest: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    QuotaExceeded: 413,
    EncodedBody: 415,
    Invalid: 422,
    TooManyAttempts: 429,
    Refusal: 400,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What the caller is told; *headers* go with the answer."""

    status: int
    code: str
    message: str
    data: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


Shown = Callable[[web.Request, Fault], web.StreamResponse]


def as_json(_request: web.Request, fault: Fault) -> web.Response:
    """Return the fault; a number under "line" in its data also stands beside it."""
    line = fault.data.get("line", "")
    answer = ErrorAnswer(
        code=fault.code,
        message=fault.message,
        data=dict(fault.data),
        line=int(line) if line.isdecimal() else None,
    )
    return web.Response(
        status=fault.status,
        text=answer.model_dump_json(by_alias=True, exclude_none=True),
        content_type="application/json",
        headers=fault.headers,
    )


def guarded(new_id: NewId, shown: Shown = as_json) -> Middleware:
    """Return the middleware; `new_id` makes the incident ids, `shown` the answers."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            check_request(request)
            return await handler(request)
        except Refusal as refusal:
            fault = _refused(refusal)
        except web.HTTPException as error:
            fault = _http(request, error)
        except (TimeoutError, web.RequestPayloadError) as error:
            fault = _unread(error)
        except Outage as outage:
            _logger.error("%s %r: %s", request.method, request.path, outage)  # noqa: TRY400 - no fault of ours to trace
            fault = Fault(
                503,
                "storage-unavailable",
                N_(
                    "The gateway cannot store anything now (its disk is full or its "
                    "database does not answer); nothing was changed; try again later."
                ),
                headers={"Retry-After": "30"},
            )
        except ConnectionResetError:
            raise  # nobody is left to answer
        except Exception:
            incident = new_id()
            _logger.exception(
                "%s %r: incident %s", request.method, request.path, incident
            )
            fault = Fault(
                500,
                "internal-error",
                sentences.INCIDENT(incident=incident),
                {"incident": incident},
            )
        return shown(request, fault)

    return guard


def _refused(refusal: Refusal) -> Fault:
    status = next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
    headers = {}
    if isinstance(refusal, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, TooManyAttempts):
        headers["Retry-After"] = str(refusal.retry_after)
    return Fault(status, refusal.code, refusal.message, refusal.data, headers)


def _unread(error: TimeoutError | web.RequestPayloadError) -> Fault:
    if isinstance(error, TimeoutError):
        told = N_("The body came too slowly; send it again.")
        return Fault(408, "request-timeout", told)
    return Fault(400, "bad-request", N_("The body cannot be read; send it again."))


def _http(request: web.Request, error: web.HTTPException) -> Fault:
    if error.status < HTTPStatus.BAD_REQUEST:
        raise error
    match error:
        case web.HTTPNotFound():
            return Fault(404, "no-such-path", sentences.NOTHING_AT(path=request.path))
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return Fault(
                405,
                "method-not-allowed",
                N_("{path} does not know {method}; it knows {allowed}.").format(
                    path=request.path, method=request.method, allowed=allowed
                ),
                headers={"Allow": allowed},
            )
        case web.HTTPRequestEntityTooLarge():
            return Fault(
                413,
                "body-too-large",
                N_("The body is larger than the {most} bytes allowed.").format(
                    most=request.client_max_size
                ),
            )
        case _:
            code = HTTPStatus(error.status).phrase.lower().replace(" ", "-")
            return Fault(error.status, code, error.reason)
