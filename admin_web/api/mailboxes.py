"""Mailboxes."""

from collections.abc import Sequence

from pydantic import Field

from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.integration import Mailbox
from gateway.core.model import MailboxId

PATH = "/api/v1/mailboxes"
ONE = f"{PATH}/{{uuid}}"
TAGS = ("mailboxes",)


class MailboxAnswer(Answer):
    """A mailbox."""

    uuid: str
    name: str
    aliases: list[str]


class MailboxBody(Body):
    """A mailbox to be made; a uuid of one's own keeps references to it alive."""

    name: str
    aliases: list[str] = Field(default_factory=list)
    uuid: str | None = None


class MailboxPatch(Body):
    """What is to be changed; null and what is left out stay."""

    name: str | None = None
    aliases: list[str] | None = Field(default=None)


async def list_mailboxes(call: Call) -> Sequence[MailboxAnswer]:
    return [_answer(mailbox) for mailbox in await call.desk.mailboxes.all()]


async def create_mailbox(call: Call) -> MailboxAnswer:
    body = call.body(MailboxBody)
    made = await call.desk.mailboxes.create(
        call.actor, body.name, body.aliases, body.uuid
    )
    return _answer(made)


async def get_mailbox(call: Call) -> MailboxAnswer:
    return _answer(await call.desk.mailboxes.get(mailbox_of(call)))


async def change_mailbox(call: Call) -> MailboxAnswer:
    body = call.body(MailboxPatch)
    changed = await call.desk.mailboxes.change(
        call.actor, mailbox_of(call), body.name, body.aliases
    )
    return _answer(changed)


async def delete_mailbox(call: Call) -> None:
    await call.desk.mailboxes.remove(call.actor, mailbox_of(call))


def mailbox_of(call: Call) -> MailboxId:
    """Return the mailbox that the path names."""
    return MailboxId(call.path("uuid"))


def _answer(mailbox: Mailbox) -> MailboxAnswer:
    return MailboxAnswer(
        uuid=mailbox.id, name=mailbox.name, aliases=list(mailbox.aliases)
    )


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_mailboxes,
        summary="List mailboxes by name",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=list[MailboxAnswer],
    ),
    Operation(
        method="POST",
        path=PATH,
        handler=create_mailbox,
        summary="Make a mailbox",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=MailboxBody,
        answer=MailboxAnswer,
        status=201,
    ),
    Operation(
        method="GET",
        path=ONE,
        handler=get_mailbox,
        summary="Show a mailbox",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=MailboxAnswer,
    ),
    Operation(
        method="PATCH",
        path=ONE,
        handler=change_mailbox,
        summary="Change name or aliases",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=MailboxPatch,
        answer=MailboxAnswer,
    ),
    Operation(
        method="DELETE",
        path=ONE,
        handler=delete_mailbox,
        summary="Delete a mailbox that holds no documents",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        status=204,
    ),
)
