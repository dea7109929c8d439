"""Templates in the store: versions are numbered and never change."""

from datetime import UTC, datetime

import pytest

from gateway.core.errors import Conflict
from gateway.core.model import TemplateId, TemplateVersionId
from gateway.store import templates

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def add(db, template: str, version: str, name: str = "Order", xml: str = "<x/>"):
    async with db.write() as conn:
        return await templates.add(
            conn,
            template=TemplateId(template),
            name=name,
            version_id=TemplateVersionId(version),
            xml=xml,
            at=NOW,
        )


async def test_the_latest_version_is_found_without_naming_it(db):
    await add(db, "t", "v1")
    second = await add(db, "t", "v2", name="Order 2", xml="<y/>")
    async with db.read() as conn:
        assert await templates.version(conn, TemplateId("t"), None) == second
        first = await templates.version(conn, TemplateId("t"), TemplateVersionId("v1"))
        both = await templates.versions(conn, TemplateId("t"))
    assert first is not None
    assert (first.xml, first.number, first.name) == ("<x/>", 1, "Order 2")
    assert [one.number for one in both] == [2, 1]


async def test_a_version_of_another_template_is_not_found(db):
    await add(db, "t", "v1")
    await add(db, "u", "v2")
    async with db.read() as conn:
        wrong = await templates.version(conn, TemplateId("t"), TemplateVersionId("v2"))
        assert wrong is None
        assert await templates.version(conn, TemplateId("x"), None) is None


async def test_the_list_shows_the_latest_of_each_by_name(db):
    await add(db, "t", "v1", name="Zebra")
    await add(db, "u", "v2", name="Apple")
    await add(db, "u", "v3", name="Apple")
    async with db.read() as conn:
        assert [one.uuid for one in await templates.latest(conn)] == ["v3", "v1"]


async def test_a_version_uuid_is_taken_once(db):
    await add(db, "t", "v1")
    with pytest.raises(Conflict, match="v1"):
        await add(db, "u", "v1")
