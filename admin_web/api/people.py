"""Users and tokens."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole

USERS, TOKENS = "/api/v1/users", "/api/v1/tokens"
USER = f"{USERS}/{{login}}"
TAGS = ("people",)


class UserAnswer(Answer):
    """A person."""

    login: str
    role: PersonRole
    created_at: datetime
    password_changed_at: datetime | None
    must_change: bool = Field(description="The password is a one-time password")
    second_factor: bool
    last_login_at: datetime | None
    locked_until: datetime | None = Field(description="After failed logins")


class NewUserAnswer(UserAnswer):
    """A person, with the one-time password that was generated, if one was."""

    password: str | None = None


class UserBody(Body):
    """A person to be added; without `password` a one-time password is generated."""

    login: str = Field(max_length=255)
    password: str | None = Field(default=None, max_length=1024)
    role: PersonRole = PersonRole.OPERATOR


class RoleBody(Body):
    """A person's new role."""

    role: PersonRole


class PasswordBody(Body):
    """A person's new password."""

    password: str = Field(max_length=1024)


class OneTimeAnswer(Answer):
    """A one-time password: at the next sign-in the pages ask for another."""

    password: str


class TokenInfo(Answer):
    """A token without its text; `login` is null for one of a program.

    One of a person is a session, begun at `address` with `agent`.
    """

    uuid: str
    name: str
    login: str | None
    role: PersonRole
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To five minutes")
    address: str
    agent: str


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


async def add_user(call: Call) -> NewUserAnswer:
    body, people = call.body(UserBody), call.desk.people
    if body.password is None:
        user, password = await people.invite(call.actor, body.login, body.role)
        known = UserAnswer.model_validate(user).model_dump()
        return NewUserAnswer(**known, password=password)
    user = await people.add_user(call.actor, body.login, body.role, body.password)
    return NewUserAnswer(**UserAnswer.model_validate(user).model_dump())


async def show_user(call: Call) -> UserAnswer:
    return UserAnswer.model_validate(
        await call.desk.people.get_user(call.path("login"))
    )


async def change_user_role(call: Call) -> UserAnswer:
    login, role = call.path("login"), call.body(RoleBody).role
    await call.desk.people.change_role(call.actor, login, role)
    return UserAnswer.model_validate(await call.desk.people.get_user(login))


async def reset_user_password(call: Call) -> OneTimeAnswer:
    login = call.path("login")
    return OneTimeAnswer(
        password=await call.desk.people.reset_password(call.actor, login)
    )


async def unlock_user(call: Call) -> None:
    await call.desk.people.unlock(call.actor, call.path("login"))


async def reset_second_factor(call: Call) -> None:
    await call.desk.people.reset_second_factor(call.actor, call.path("login"))


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
        answer=NewUserAnswer,
        status=201,
    ),
    Operation(
        method="GET",
        path=USER,
        handler=show_user,
        summary="Show a user",
        role=PersonRole.OWNER,
        tags=TAGS,
        answer=UserAnswer,
    ),
    Operation(
        method="PATCH",
        path=USER,
        handler=change_user_role,
        summary="Change a user's role; their sessions end",
        role=PersonRole.OWNER,
        tags=TAGS,
        body=RoleBody,
        answer=UserAnswer,
    ),
    Operation(
        method="POST",
        path=f"{USER}/password/reset",
        handler=reset_user_password,
        summary="Make a one-time password; it is in this answer only",
        role=PersonRole.OWNER,
        tags=TAGS,
        answer=OneTimeAnswer,
    ),
    Operation(
        method="POST",
        path=f"{USER}/unlock",
        handler=unlock_user,
        summary="Let a user log in who waits after failed logins",
        role=PersonRole.OWNER,
        tags=TAGS,
        status=204,
    ),
    Operation(
        method="DELETE",
        path=f"{USER}/second-factor",
        handler=reset_second_factor,
        summary="Reset a user's second factor: the password alone lets them in",
        role=PersonRole.OWNER,
        tags=TAGS,
        status=204,
    ),
    Operation(
        method="PUT",
        path=f"{USER}/password",
        handler=set_user_password,
        summary="Change one's own password, or as OWNER anybody's",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        body=PasswordBody,
        status=204,
    ),
    Operation(
        method="DELETE",
        path=USER,
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
