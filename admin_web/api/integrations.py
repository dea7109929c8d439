"""The integration of a mailbox: show, save, password."""

from collections.abc import Sequence

from admin_web.api.integration_models import (
    As2Answer,
    IntegrationAnswer,
    IntegrationBody,
    SftpAnswer,
    TestMailAnswer,
    TestMailBody,
)
from admin_web.api.mailboxes import ONE, mailbox_of
from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.integrations import IntegrationChange, IntegrationView

PATH = f"{ONE}/integration"
TAGS = ("integrations",)
_FIXED_SFTP = {
    "login",
    "password",
    "host",
    "port",
    "hostKeyFingerprint",
    "knownHosts",
}
_FIXED_AS2 = {
    "selfUrl",
    "selfCertificate",
    "httpPasswordSet",
    "proxyPasswordSet",
    "clientKeySet",
}
_DERIVED_AS2 = {"selfCertificates", "recipientCertificateFacts", "warnings"}


class PasswordAnswer(Answer):
    """The SFTP password."""

    password: str


async def get_integration(call: Call) -> IntegrationAnswer:
    view = await call.desk.integrations.get(mailbox_of(call))
    return _answer(view.seen_by(call.actor.role))


async def save_integration(call: Call) -> IntegrationAnswer:
    change = change_of(call.body(IntegrationBody))
    view = await call.desk.integrations.save(call.actor, mailbox_of(call), change)
    return _answer(view)


async def reveal_password(call: Call) -> PasswordAnswer:
    desk = call.desk.integrations
    return PasswordAnswer(
        password=await desk.reveal_password(call.actor, mailbox_of(call))
    )


async def reset_password(call: Call) -> PasswordAnswer:
    desk = call.desk.integrations
    return PasswordAnswer(
        password=await desk.reset_password(call.actor, mailbox_of(call))
    )


async def send_test_mail(call: Call) -> TestMailAnswer:
    to = await call.desk.integrations.send_test(
        call.actor, mailbox_of(call), call.body(TestMailBody).notify_email
    )
    return TestMailAnswer(notify_email=to)


def change_of(body: IntegrationBody) -> IntegrationChange:
    """Return what the body asks for."""
    sftp, as2 = _given(body.sftp), _given(body.as2)
    fixed = {f"sftp.{key}": sftp[key] for key in sftp.keys() & _FIXED_SFTP}
    fixed |= {f"as2.{key}": as2[key] for key in as2.keys() & _FIXED_AS2}
    given = body.model_fields_set
    sent = body.sftp.model_fields_set
    return IntegrationChange(
        enabled=body.enabled if "enabled" in given else None,
        protocol=body.protocol if "protocol" in given else None,
        notify_email=body.notify_email if "notify_email" in given else None,
        default_rule=body.default_rule if "default_rule" in given else None,
        reject_reason=body.reject_reason if "reject_reason" in given else None,
        public_keys=body.sftp.public_keys if "public_keys" in sent else None,
        allowed_addresses=(
            body.sftp.allowed_addresses if "allowed_addresses" in sent else None
        ),
        as2={k: v for k, v in as2.items() if k not in _FIXED_AS2 | _DERIVED_AS2},
        fixed=fixed,
    )


def _given(body: Body) -> dict[str, object]:
    return body.model_dump(by_alias=True, exclude_unset=True)


def _answer(view: IntegrationView) -> IntegrationAnswer:
    integration, addresses = view.integration, view.addresses
    return IntegrationAnswer(
        enabled=integration.enabled,
        protocol=integration.protocol,
        notify_email=integration.notify_email,
        default_rule=integration.default_rule,
        reject_reason=integration.reject_reason,
        sftp=SftpAnswer(
            login=integration.mailbox,
            password=view.password,
            host=addresses.host,
            port=addresses.sftp_port,
            host_key_fingerprint=addresses.fingerprint,
            known_hosts=addresses.known_hosts,
            public_keys=list(integration.public_keys),
            allowed_addresses=list(integration.allowed_addresses),
        ),
        as2=As2Answer.model_validate(
            {
                **view.as2,
                "selfUrl": view.self_url,
                "selfCertificate": view.self_certificate,
                "selfCertificates": view.pairs,
                "recipientCertificateFacts": view.recipients,
                "warnings": view.warnings,
            }
        ),
    )


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=PATH,
        handler=get_integration,
        summary="Show how the mailbox's remote server connects",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=IntegrationAnswer,
    ),
    Operation(
        method="PUT",
        path=PATH,
        handler=save_integration,
        summary="Save; keys left out keep their value",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=IntegrationBody,
        answer=IntegrationAnswer,
    ),
    Operation(
        method="GET",
        path=f"{PATH}/password",
        handler=reveal_password,
        summary="Reveal the SFTP password; it is audited",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        answer=PasswordAnswer,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/password",
        handler=reset_password,
        summary="Make a new SFTP password, valid at once",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        answer=PasswordAnswer,
    ),
    Operation(
        method="POST",
        path=f"{PATH}/test-mail",
        handler=send_test_mail,
        summary="Send a test mail, to addresses not saved yet if they are given",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=TestMailBody,
        answer=TestMailAnswer,
    ),
)
