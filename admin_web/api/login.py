"""Login: a name and a password for a token."""

from collections.abc import Sequence

from pydantic import Field

from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation


class LoginBody(Body):
    """Who and the proof."""

    login: str = Field(max_length=255)
    password: str = Field(max_length=1024)


class TokenAnswer(Answer):
    """The bearer token."""

    token: str


async def log_in(call: Call) -> TokenAnswer:
    body = call.body(LoginBody)
    address = call.request.remote or ""
    return TokenAnswer(
        token=await call.desk.people.login(body.login, body.password, address)
    )


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="POST",
        path="/api/login",
        handler=log_in,
        summary="Log in; the token holds for 12 hours",
        role=None,
        tags=("people",),
        body=LoginBody,
        answer=TokenAnswer,
    ),
)
