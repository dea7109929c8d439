"""Users and tokens."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole

USERS, TOKENS = "/api/v1/users", "/api/v1/tokens"
TAGS = ("people",)


class UserAnswer(Answer):
    """A person."""

    login: str
    role: PersonRole
    created_at: datetime
    password_changed_at: datetime | None


class UserBody(Body):
    """A person to be added."""

    login: str = Field(max_length=255)
    password: str = Field(max_length=1024)
    role: PersonRole = PersonRole.OPERATOR


class PasswordBody(Body):
    """A person's new password."""

    password: str = Field(max_length=1024)


class TokenInfo(Answer):
    """A token without its text; `login` is null for one that belongs to no person."""

    uuid: str
    name: str
    login: str | None
    role: PersonRole
    created_at: datetime
    expires_at: datetime | None


class NewTokenAnswer(TokenInfo):
    """A token with its text, which is not shown again."""

    token: str


class TokenBody(Body):
    """A token to be made; without `expiresInDays` it holds until it is revoked."""

    name: str = Field(max_length=255)
    role: PersonRole = PersonRole.OPERATOR
    expires_in_days: int | None = Field(default=None, ge=1, le=3660)


async def list_users(call: Call) -> Sequence[UserAnswer]:
    return [UserAnswer.model_validate(u) for u in await call.desk.people.users()]


async def add_user(call: Call) -> UserAnswer:
    body = call.body(UserBody)
    user = await call.desk.people.add_user(
        call.actor, body.login, body.role, body.password
    )
    return UserAnswer.model_validate(user)


async def set_user_password(call: Call) -> None:
    password = call.body(PasswordBody).password
    await call.desk.people.set_password(call.actor, call.path("login"), password)


async def remove_user(call: Call) -> None:
    await call.desk.people.remove_user(call.actor, call.path("login"))


async def list_tokens(call: Call) -> Sequence[TokenInfo]:
    return [TokenInfo.model_validate(t) for t in await call.desk.people.tokens()]


async def create_token(call: Call) -> NewTokenAnswer:
    body = call.body(TokenBody)
    token, text = await call.desk.people.create_token(
        call.actor, body.name, body.role, body.expires_in_days
    )
    known = TokenInfo.model_validate(token).model_dump()
    return NewTokenAnswer(**known, token=text)


async def revoke_token(call: Call) -> None:
    await call.desk.people.revoke_token(call.actor, call.path("uuid"))


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=USERS,
        handler=list_users,
        summary="List users",
        role=PersonRole.OWNER,
        tags=TAGS,
        answer=list[UserAnswer],
    ),
    Operation(
        method="POST",
        path=USERS,
        handler=add_user,
        summary="Add a user",
        role=PersonRole.OWNER,
        tags=TAGS,
        body=UserBody,
        answer=UserAnswer,
        status=201,
    ),
    Operation(
        method="PUT",
        path=f"{USERS}/{{login}}/password",
        handler=set_user_password,
        summary="Change one's own password, or as OWNER anybody's",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        body=PasswordBody,
        status=204,
    ),
    Operation(
        method="DELETE",
        path=f"{USERS}/{{login}}",
        handler=remove_user,
        summary="Remove a user and their tokens",
        role=PersonRole.OWNER,
        tags=TAGS,
        status=204,
    ),
    Operation(
        method="GET",
        path=TOKENS,
        handler=list_tokens,
        summary="List the tokens that hold",
        role=PersonRole.OWNER,
        tags=TAGS,
        answer=list[TokenInfo],
    ),
    Operation(
        method="POST",
        path=TOKENS,
        handler=create_token,
        summary="Make a token; its text is in this answer only",
        role=PersonRole.OWNER,
        tags=TAGS,
        body=TokenBody,
        answer=NewTokenAnswer,
        status=201,
    ),
    Operation(
        method="DELETE",
        path=f"{TOKENS}/{{uuid}}",
        handler=revoke_token,
        summary="Revoke a token",
        role=PersonRole.OWNER,
        tags=TAGS,
        status=204,
    ),
)
