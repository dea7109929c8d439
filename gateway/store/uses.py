"""What refers to templates and dictionaries."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.uses import RuleUse, TemplateUse
from gateway.core.model import MailboxId, RuleId, TemplateId, TemplateVersionId
from gateway.core.rules import Level
from gateway.store.listing import contains
from gateway.store.tables import (
    envelopes,
    mailboxes,
    rules,
    template_versions,
    templates,
)

MOST = 200  # rules or templates that are named


async def rules_of_template(
    conn: AsyncConnection, template: TemplateId
) -> Sequence[RuleUse]:
    """Return the rules that make or convert envelopes of the template."""
    return await _rules(conn, rules.c.template == template)


async def rules_naming(conn: AsyncConnection, uuid: str) -> Sequence[RuleUse]:
    """Return the rules whose stylesheet has the uuid in it."""
    return await _rules(conn, contains(uuid, rules.c.stylesheet))


async def templates_naming(conn: AsyncConnection, uuid: str) -> Sequence[TemplateUse]:
    """Return the templates whose latest version has the uuid in it."""
    newest = (
        select(
            template_versions.c.template,
            func.max(template_versions.c.number).label("number"),
        )
        .group_by(template_versions.c.template)
        .subquery()
    )
    found = (
        select(templates.c.uuid, templates.c.name)
        .join(template_versions, template_versions.c.template == templates.c.uuid)
        .join(
            newest,
            and_(
                newest.c.template == template_versions.c.template,
                newest.c.number == template_versions.c.number,
            ),
        )
        .where(contains(uuid, template_versions.c.xml))
        .order_by(templates.c.name, templates.c.uuid)
        .limit(MOST)
    )
    return [
        TemplateUse(TemplateId(row.uuid), row.name) for row in await conn.execute(found)
    ]


async def envelopes_of(conn: AsyncConnection, template: TemplateId) -> int:
    """Return how many envelopes of the template there are."""
    found = select(func.count()).where(envelopes.c.template == template)
    count: int = (await conn.execute(found)).scalar_one()
    return count


async def _rules(
    conn: AsyncConnection, which: ColumnElement[bool]
) -> Sequence[RuleUse]:
    found = (
        select(
            rules.c.uuid,
            rules.c.name,
            rules.c.enabled,
            rules.c.level,
            rules.c.mailbox,
            rules.c.template_version,
            mailboxes.c.name.label("mailbox_name"),
        )
        .join(mailboxes, mailboxes.c.uuid == rules.c.mailbox)
        .where(which)
        .order_by(mailboxes.c.name, rules.c.name, rules.c.uuid)
        .limit(MOST)
    )
    return [_use(row) for row in await conn.execute(found)]


def _use(row: Row[*tuple[Any, ...]]) -> RuleUse:
    version = row.template_version
    return RuleUse(
        id=RuleId(row.uuid),
        name=row.name,
        enabled=row.enabled,
        account=row.level == Level.ACCOUNT.value,
        mailbox=MailboxId(row.mailbox),
        mailbox_name=row.mailbox_name,
        version=TemplateVersionId(version) if version else None,
    )
