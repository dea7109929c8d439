"""Bytes and query strings to models; every fault named with its place."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from aiohttp import web
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from admin_web.api.models import Body, Query
from gateway.core.errors import Invalid, Refusal

MOST_FAULTS = 50  # that one answer names
# headers that are stored or shown; others are only compared
TEXTS = ("Host", "Content-Type", "Content-Disposition", "mailbox")
B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Query)


class BadRequest(Refusal):
    """The request cannot be read at all."""

    code = "bad-request"


class EncodedBody(Refusal):
    """The body is compressed: inflating it could hold the loop."""

    code = "content-encoding"


def check_request(request: web.Request) -> None:
    """Refuse what no handler has to expect: no text where text is, compression."""
    for name in TEXTS:
        if not is_text(request.headers.getall(name, ())):
            raise BadRequest(f'The header "{name}" is not UTF-8; send it in UTF-8.')
    try:
        _ = request.url.host if "Host" in request.headers else None
    except ValueError as error:
        raise BadRequest('The header "Host" names no host and port.') from error
    if "\0" in request.path or not is_text([request.path]):
        raise BadRequest("The address holds NUL or what is not UTF-8; correct it.")
    if not is_utf8(request.rel_url.raw_query_string.encode(errors="surrogatepass")):
        raise Invalid("A query parameter is not UTF-8; send it in UTF-8.")
    if any("\0" in value for value in request.query.values()):
        raise Invalid("A query parameter holds the character NUL; remove it.")
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.strip().lower() not in {"", "identity"}:
        raise EncodedBody("Send the body as it is, without a Content-Encoding.")


def is_text(texts: Iterable[str]) -> bool:
    """Whether all can be stored and shown: bytes that are no UTF-8 become halves."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True


def is_utf8(quoted: bytes, charset: str = "utf-8") -> bool:
    """Whether what the percent signs of a query or form stand for is text."""
    try:
        unquote_to_bytes(quoted).decode(charset)
    except UnicodeDecodeError:
        return False
    return True


def json_body(raw: bytes, model: type[B]) -> B:
    """Return the body; BadRequest with line and column, or Invalid naming fields."""
    if not raw.strip():
        raise BadRequest("The request needs a JSON body; it has none.")
    try:
        body = model.model_validate_json(raw)
    except ValidationError as error:
        raise _refusal(error, model) from error
    if rb"\u0000" in raw and _has_nul(from_json(raw)):
        raise Invalid("A text holds the character NUL (\\u0000); remove it.")
    return body


def query_of(request: web.Request, model: type[Q]) -> Q:
    """Return the query; Invalid names what is unknown, doubled or wrong."""
    twice = [key for key in request.query if len(request.query.getall(key)) > 1]
    if twice:
        raise Invalid(
            f'The query parameter "{twice[0]}" is given more than once; give it once.',
            data={twice[0]: "given more than once"},
        )
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise _refusal(error, model) from error


def _refusal(error: ValidationError, model: type[Body | Query]) -> Refusal:
    details = error.errors(include_url=False, include_input=False)[:MOST_FAULTS]
    if details[0]["type"] == "json_invalid":
        why = str(details[0].get("ctx", {}).get("error", details[0]["msg"]))
        return BadRequest(f"The body is not JSON: {why}.", "bad-json")
    data = {_place(detail): _wrong(detail, model) for detail in details}
    place, first = next(iter(data.items()))
    more = f" ({len(data) - 1} more in data)" if len(data) > 1 else ""
    where = f"{place}: " if place else ""
    return Invalid(f"{where}{first}{more}", data=data)


def _place(detail: ErrorDetails) -> str:
    return ".".join(str(step) for step in detail["loc"])


def _wrong(detail: ErrorDetails, model: type[Body | Query]) -> str:
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] != "extra_forbidden":
        return detail["msg"].removeprefix("Value error, ")
    if len(detail["loc"]) > 1:
        return "is not known here"
    known = [field.alias or name for name, field in model.model_fields.items()]
    close = get_close_matches(str(detail["loc"][0]), known, 1)
    hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
    return f"is not known; {hint}"


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_has_nul(part) for part in value)
