"""Templates and their versions; a version never changes once it is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.errors import N_, Conflict
from gateway.core.model import TemplateId, TemplateVersionId
from gateway.store.tables import template_versions, templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One stored version; *number* counts from 1, the highest is the latest."""

    template: TemplateId
    uuid: TemplateVersionId
    number: int
    name: str
    xml: str
    created_at: datetime


_NEWEST = (
    select(template_versions.c.uuid)
    .where(template_versions.c.template == bindparam("template"))
    .order_by(template_versions.c.number.desc())
    .limit(1)
)


async def version(
    conn: AsyncConnection, template: TemplateId, wanted: TemplateVersionId | None
) -> Version | None:
    """Return the version; None as `wanted` means the latest."""
    found = _versions().where(template_versions.c.template == template)
    if wanted is not None:
        found = found.where(template_versions.c.uuid == wanted)
    latest = found.order_by(template_versions.c.number.desc()).limit(1)
    row = (await conn.execute(latest)).one_or_none()
    return _version(row) if row else None


async def newest(
    conn: AsyncConnection, template: TemplateId
) -> TemplateVersionId | None:
    """Return the latest version's uuid."""
    found = (await conn.execute(_NEWEST, {"template": template})).scalar()
    return TemplateVersionId(found) if found else None


async def versions(conn: AsyncConnection, template: TemplateId) -> Sequence[Version]:
    """Return every version of the template, the latest first."""
    found = _versions().where(template_versions.c.template == template)
    latest_first = found.order_by(template_versions.c.number.desc())
    return [_version(row) for row in await conn.execute(latest_first)]


async def latest(conn: AsyncConnection) -> Sequence[Version]:
    """Return the latest version of each template, by name."""
    newest = (
        select(
            template_versions.c.template,
            func.max(template_versions.c.number).label("number"),
        )
        .group_by(template_versions.c.template)
        .subquery()
    )
    found = _versions().join(
        newest,
        and_(
            newest.c.template == template_versions.c.template,
            newest.c.number == template_versions.c.number,
        ),
    )
    by_name = found.order_by(templates.c.name, templates.c.uuid)
    return [_version(row) for row in await conn.execute(by_name)]


async def add(
    conn: AsyncConnection,
    *,
    template: TemplateId,
    name: str,
    version_id: TemplateVersionId,
    xml: str,
    at: datetime,
) -> Version:
    """Insert the next version, and the template with its first one.

    The template takes the newest version's name. Conflict if another template has a
    version of this uuid.
    """
    taken = select(template_versions.c.template).where(
        template_versions.c.uuid == version_id
    )
    if (await conn.execute(taken)).first() is not None:
        raise Conflict(
            N_("A template version {version_id} exists already.").format(
                version_id=version_id
            )
        )
    last = await version(conn, template, None)
    if last is None:
        await conn.execute(
            insert(templates).values(uuid=template, name=name, created_at=at)
        )
    elif last.name != name:
        await conn.execute(
            update(templates).where(templates.c.uuid == template).values(name=name)
        )
    number = last.number + 1 if last else 1
    await conn.execute(
        insert(template_versions).values(
            uuid=version_id, template=template, number=number, xml=xml, created_at=at
        )
    )
    return Version(
        template=template,
        uuid=version_id,
        number=number,
        name=name,
        xml=xml,
        created_at=at,
    )


def _versions() -> Select[Any]:
    return select(template_versions, templates.c.name).join(
        templates, templates.c.uuid == template_versions.c.template
    )


def _version(row: Row[Any]) -> Version:
    return Version(
        template=TemplateId(row.template),
        uuid=TemplateVersionId(row.uuid),
        number=row.number,
        name=row.name,
        xml=row.xml,
        created_at=row.created_at,
    )
