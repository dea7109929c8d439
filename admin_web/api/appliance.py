"""The appliance's mail server, retention and limits."""

from collections.abc import Sequence

from pydantic import Field

from admin_web.api.models import Answer, Body, Query
from admin_web.api.operation import Call, Operation
from admin_web.api.settings import PATH, TAGS
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.settings import Configured, Kept, MailServerChange

MAIL, RETENTION = f"{PATH}/mail-server", f"{PATH}/retention"
MOST_DAYS = 36_500


class MailServerAnswer(Answer):
    """The mail server in use; with an `origin` (a file, a variable) it is set there."""

    host: str
    port: int
    username: str
    password_set: bool
    starttls: str
    sender: str
    origin: str
    waiting: int


class MailServerBody(Body):
    """The mail server; `password` left out keeps the stored one, "" forgets it.

    `starttls` is `auto`, `always` or `never`; an empty `host` lets mails wait, an empty
    `sender` is the appliance's own address.
    """

    host: str = Field(max_length=253)
    port: int = 25
    username: str = ""
    password: str | None = None
    starttls: str = "auto"
    sender: str = ""


class TestBody(Body):
    """To whom the test goes, comma-separated."""

    to: str = Field(max_length=2000)


class TestAnswer(Answer):
    """What came of it, in the words of the mail server."""

    sent: bool
    text: str


class KeptAnswer(Answer):
    """For how many days finished things of the kind are kept; 0 is for ever."""

    kind: str
    days: int
    origin: str


class RetentionBody(Body):
    """The days of each kind; what is left out stays."""

    transfers: int | None = Field(default=None, ge=0, le=MOST_DAYS)
    envelopes: int | None = Field(default=None, ge=0, le=MOST_DAYS)
    mails: int | None = Field(default=None, ge=0, le=MOST_DAYS)
    audit: int | None = Field(default=None, ge=0, le=MOST_DAYS)


class OverQuery(Query):
    """The days to try."""

    transfers: int = Field(default=0, ge=0, le=MOST_DAYS)
    envelopes: int = Field(default=0, ge=0, le=MOST_DAYS)
    mails: int = Field(default=0, ge=0, le=MOST_DAYS)
    audit: int = Field(default=0, ge=0, le=MOST_DAYS)


class OverAnswer(Answer):
    """How many things those days would remove now."""

    transfers: int
    envelopes: int
    mails: int
    audit: int


class ConfiguredAnswer(Answer):
    """A limit; without an `origin` it may be set here, and was if it is `chosen`.

    One that is not `live` has the value `inUse` until the next start.
    """

    section: str
    key: str
    name: str
    value: bool | int
    default: bool | int
    in_use: bool | int
    origin: str
    variable: str
    chosen: bool
    live: bool


class LimitsBody(Body):
    """Limits by their names, such as `limits.idle_seconds`; null is the default."""

    values: dict[str, bool | int | None] = Field(max_length=100)


async def get_mail_server(call: Call) -> MailServerAnswer:
    return MailServerAnswer.model_validate(await call.desk.mail_server.get())


async def put_mail_server(call: Call) -> MailServerAnswer:
    body = call.body(MailServerBody)
    change = MailServerChange(**body.model_dump())
    saved = await call.desk.mail_server.save(call.actor, change)
    return MailServerAnswer.model_validate(saved)


async def test_mail_server(call: Call) -> TestAnswer:
    to = call.body(TestBody).to
    return TestAnswer.model_validate(await call.desk.mail_server.test(call.actor, to))


async def get_retention(call: Call) -> Sequence[KeptAnswer]:
    return _kept(await call.desk.retention.get())


async def put_retention(call: Call) -> Sequence[KeptAnswer]:
    given = call.body(RetentionBody).model_dump(exclude_none=True)
    return _kept(await call.desk.retention.save(call.actor, given))


async def what_is_over(call: Call) -> OverAnswer:
    days = call.query(OverQuery).model_dump()
    return OverAnswer(**await call.desk.retention.over(days))


async def list_limits(call: Call) -> Sequence[ConfiguredAnswer]:
    return _limits(await call.desk.configuration.limits())


async def put_limits(call: Call) -> Sequence[ConfiguredAnswer]:
    wanted = call.body(LimitsBody).values
    return _limits(await call.desk.configuration.save(call.actor, wanted))


def _limits(found: Sequence[Configured]) -> Sequence[ConfiguredAnswer]:
    return [ConfiguredAnswer.model_validate(each) for each in found]


def _kept(kept: Sequence[Kept]) -> Sequence[KeptAnswer]:
    return [KeptAnswer.model_validate(each) for each in kept]


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=MAIL,
        handler=get_mail_server,
        summary="Show the mail server in use",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=MailServerAnswer,
    ),
    Operation(
        method="PUT",
        path=MAIL,
        handler=put_mail_server,
        summary="Set the mail server, unless the configuration does",
        role=PersonRole.OWNER,
        tags=TAGS,
        body=MailServerBody,
        answer=MailServerAnswer,
    ),
    Operation(
        method="POST",
        path=f"{MAIL}/test",
        handler=test_mail_server,
        summary="Send a test mail now and tell what the mail server says",
        role=PersonRole.OWNER,
        tags=TAGS,
        body=TestBody,
        answer=TestAnswer,
    ),
    Operation(
        method="GET",
        path=RETENTION,
        handler=get_retention,
        summary="Show for how long finished things are kept",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=list[KeptAnswer],
    ),
    Operation(
        method="PUT",
        path=RETENTION,
        handler=put_retention,
        summary="Set for how long finished things are kept",
        role=PersonRole.OWNER,
        tags=TAGS,
        body=RetentionBody,
        answer=list[KeptAnswer],
    ),
    Operation(
        method="GET",
        path=f"{RETENTION}/over",
        handler=what_is_over,
        summary="Count what such a retention would remove now",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=OverQuery,
        answer=OverAnswer,
    ),
    Operation(
        method="GET",
        path=f"{PATH}/limits",
        handler=list_limits,
        summary="List the limits with where each is set",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=list[ConfiguredAnswer],
    ),
    Operation(
        method="PUT",
        path=f"{PATH}/limits",
        handler=put_limits,
        summary="Set limits, unless the configuration does",
        role=PersonRole.OWNER,
        tags=TAGS,
        body=LimitsBody,
        answer=list[ConfiguredAnswer],
    ),
)
