"""Everything that goes wrong, as JSON: a status, a code, a sentence, the fields."""

import logging
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from admin_web.api.models import ErrorAnswer
from admin_web.api.parse import BadRequest
from gateway.core.errors import (
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
    Invalid: 422,
    TooManyAttempts: 429,
    Refusal: 400,
}


def error_response(
    status: int,
    code: str,
    message: str,
    data: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """Return the error; a number under "line" in `data` also stands beside it."""
    data = data or {}
    line = data.get("line", "")
    answer = ErrorAnswer(
        code=code,
        message=message,
        data=data,
        line=int(line) if line.isdecimal() else None,
    )
    return web.Response(
        status=status,
        text=answer.model_dump_json(by_alias=True, exclude_none=True),
        content_type="application/json",
        headers=headers,
    )


def errors_as_json(new_id: NewId) -> Middleware:
    """Return the middleware; `new_id` makes the incident ids."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            return _refused(refusal)
        except web.HTTPException as error:
            return _http(request, error)
        except TimeoutError:
            return error_response(
                408, "request-timeout", "The body came too slowly; send it again."
            )
        except Outage as outage:
            _logger.error("%s %r: %s", request.method, request.path, outage)  # noqa: TRY400 - no fault of ours to trace
            return error_response(
                503,
                "storage-unavailable",
                "The gateway cannot store anything now (its disk is full or its "
                "database does not answer); nothing was changed; try again later.",
                headers={"Retry-After": "30"},
            )
        except ConnectionResetError:
            raise  # nobody is left to answer
        except Exception:
            incident = new_id()
            _logger.exception(
                "%s %r: incident %s", request.method, request.path, incident
            )
            return error_response(
                500,
                "internal-error",
                f"The gateway failed; its log says why under incident {incident}.",
                {"incident": incident},
            )

    return guard


def _refused(refusal: Refusal) -> web.Response:
    status = next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
    headers = {}
    if isinstance(refusal, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, TooManyAttempts):
        headers["Retry-After"] = str(refusal.retry_after)
    return error_response(status, refusal.code, refusal.message, refusal.data, headers)


def _http(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    if error.status < HTTPStatus.BAD_REQUEST:
        raise error
    match error:
        case web.HTTPNotFound():
            return error_response(
                404, "no-such-path", f"There is nothing at {request.path}."
            )
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return error_response(
                405,
                "method-not-allowed",
                f"{request.path} does not know {request.method}; it knows {allowed}.",
                headers={"Allow": allowed},
            )
        case web.HTTPRequestEntityTooLarge():
            return error_response(
                413,
                "body-too-large",
                f"The body is larger than the {request.client_max_size} bytes allowed.",
            )
        case _:
            code = HTTPStatus(error.status).phrase.lower().replace(" ", "-")
            return error_response(error.status, code, error.reason)
