"""Login: a name and a password for a token."""

from collections.abc import Sequence

from pydantic import Field

from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation, origin_of


class LoginBody(Body):
    """Who and the proof."""

    login: str = Field(max_length=255)
    password: str = Field(max_length=1024)
    code: str = Field(
        default="",
        max_length=64,
        description="Of the second factor, if there is one: of now, or for recovery",
    )


class TokenAnswer(Answer):
    """The bearer token."""

    token: str


async def log_in(call: Call) -> TokenAnswer:
    body = call.body(LoginBody)
    return TokenAnswer(
        token=await call.desk.sign_in.login(
            body.login, body.password, origin_of(call.request), body.code
        )
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
