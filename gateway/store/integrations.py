"""How the remote servers of the mailboxes connect.

A mailbox without a row has never been saved: it is switched off, with the defaults of
`Integration`. The password is sealed here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.integration import DefaultRule, Integration
from gateway.core.model import Channel, MailboxId
from gateway.store.tables import integrations, mailboxes, settings

_ONE = select(integrations).where(integrations.c.mailbox == bindparam("mailbox"))
_SWITCH = settings.c.key == "integrations_enabled"
_WITH_NAME = (
    select(integrations, mailboxes.c.name, settings.c.value.label("switch"))
    .join(mailboxes, mailboxes.c.uuid == integrations.c.mailbox)
    .outerjoin(settings, _SWITCH)
    .where(integrations.c.mailbox == bindparam("mailbox"))
)


async def get(conn: AsyncConnection, mailbox: MailboxId) -> Integration:
    """Return the settings, the defaults if they were never saved."""
    row = (await conn.execute(_ONE, {"mailbox": mailbox})).mappings().one_or_none()
    return _integration(row) if row else Integration(mailbox=mailbox)


async def active_with_name(
    conn: AsyncConnection, mailbox: MailboxId
) -> tuple[Integration, str] | None:
    """Return the settings and the mailbox's name; None while that is switched off."""
    found = await conn.execute(_WITH_NAME, {"mailbox": mailbox})
    row = found.mappings().one_or_none()
    if row is None or not row["enabled"] or row["switch"] is False:
        return None
    return _integration(row), row["name"]


async def saved(conn: AsyncConnection) -> Sequence[Integration]:
    """Return those of every mailbox that was ever saved."""
    rows = (await conn.execute(select(integrations))).mappings()
    return [_integration(row) for row in rows]


async def put(conn: AsyncConnection, integration: Integration) -> None:
    """Write everything but the password."""
    values: Mapping[str, Any] = {
        "enabled": integration.enabled,
        "protocol": integration.protocol.value,
        "notify_email": integration.notify_email,
        "default_rule": integration.default_rule.value,
        "reject_reason": integration.reject_reason,
        "public_keys": list(integration.public_keys),
        "allowed_addresses": list(integration.allowed_addresses),
        "as2": dict(integration.as2),
    }
    there = integrations.c.mailbox == integration.mailbox
    changed = await conn.execute(update(integrations).where(there).values(**values))
    if not changed.rowcount:
        await conn.execute(
            insert(integrations).values(mailbox=integration.mailbox, **values)
        )


async def sealed_password(conn: AsyncConnection, mailbox: MailboxId) -> bytes | None:
    found = select(integrations.c.sftp_password).where(
        integrations.c.mailbox == mailbox
    )
    sealed: bytes | None = (await conn.execute(found)).scalar_one_or_none()
    return sealed


async def set_password(
    conn: AsyncConnection, mailbox: MailboxId, sealed: bytes
) -> None:
    """Write the sealed password of an integration that was saved."""
    await conn.execute(
        update(integrations)
        .where(integrations.c.mailbox == mailbox)
        .values(sftp_password=sealed)
    )


def _integration(row: RowMapping) -> Integration:
    return Integration(
        mailbox=MailboxId(row["mailbox"]),
        enabled=row["enabled"],
        protocol=Channel(row["protocol"]),
        notify_email=row["notify_email"],
        default_rule=DefaultRule(row["default_rule"]),
        reject_reason=row["reject_reason"],
        has_password=row["sftp_password"] is not None,
        public_keys=tuple(row["public_keys"]),
        allowed_addresses=tuple(row["allowed_addresses"]),
        as2=row["as2"],
    )
