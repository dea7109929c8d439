"""The appliance's switches."""

from collections.abc import Sequence

from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole

PATH = "/api/v1/settings"
TAGS = ("settings",)


class SettingsAnswer(Answer):
    """The switches; with `integrationsEnabled` off nobody connects at all.

    `accountName` stands at the top of every page.
    """

    integrations_enabled: bool
    show_passwords_once: bool
    account_name: str


class SettingsBody(Body):
    """What is to be changed; null and what is left out stay."""

    integrations_enabled: bool | None = None
    show_passwords_once: bool | None = None
    account_name: str | None = None


async def get_settings(call: Call) -> SettingsAnswer:
    return SettingsAnswer.model_validate(await call.desk.settings.get())


async def change_settings(call: Call) -> SettingsAnswer:
    body = call.body(SettingsBody)
    changed = await call.desk.settings.change(
        call.actor,
        body.integrations_enabled,
        body.show_passwords_once,
        body.account_name,
    )
    return SettingsAnswer.model_validate(changed)


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=PATH,
        handler=get_settings,
        summary="Show the appliance's switches",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=SettingsAnswer,
    ),
    Operation(
        method="PUT",
        path=PATH,
        handler=change_settings,
        summary="Change the appliance's switches",
        role=PersonRole.OWNER,
        tags=TAGS,
        body=SettingsBody,
        answer=SettingsAnswer,
    ),
)
