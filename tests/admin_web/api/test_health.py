import asyncio

import pytest

from admin_web.api.health import exposition
from gateway.core.desk.health import Sample
from gateway.engine.desk import health as engine_health
from gateway.engine.desk.health import Health
from gateway.store import jobs
from gateway.store.tables import attachments


async def test_it_lives(anybody):
    answer = await anybody.get("/healthz")
    assert (answer.status, await answer.json()) == (200, {"status": "live"})


async def test_it_is_ready(anybody):
    answer = await anybody.get("/readyz")
    assert (answer.status, await answer.json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "disk": "ok"}},
    )


async def test_what_is_wrong_is_named_and_it_is_not_ready(anybody, desk, monkeypatch):
    async def broken():
        raise RuntimeError("secret detail")

    async def slow():
        await asyncio.Event().wait()

    async def trouble():
        return "no listener"

    monkeypatch.setattr(engine_health, "CHECK_SECONDS", 0.5)
    monkeypatch.setattr(engine_health, "LEAST_FREE", 2**63)
    desk.health.checks = {"broken": broken, "slow": slow, "sftp": trouble}
    answer = await anybody.get("/readyz")
    body = await answer.json()
    assert (answer.status, body["status"]) == (503, "not-ready")
    assert body["checks"].pop("disk").endswith("MiB are free; make room")
    assert body["checks"] == {
        "database": "ok",
        "broken": "failed; the log says why",
        "slow": "gave no answer in 0.5 s",
        "sftp": "no listener",
    }


async def test_the_numbers_are_in_prometheus_format(anybody, world):
    now = world.clock()
    async with world.db.write() as conn:
        await jobs.add(conn, "route", "t1", now)
        await jobs.add(conn, "route", "t2", now)
        for uuid in ("a", "b"):  # the same payload twice
            await conn.execute(
                attachments.insert().values(
                    uuid=uuid,
                    name="a",
                    content_type="",
                    sha256="0" * 64,
                    size=7,
                    created_at=now,
                )
            )
    answer = await anybody.get("/metrics")
    lines = (await answer.text()).splitlines()
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'gateway_jobs{kind="route",state="waiting"} 2' in lines
    assert "gateway_jobs_dead 0" in lines
    assert "gateway_blob_bytes 7" in lines
    assert lines.count("# TYPE gateway_jobs gauge") == 1
    size = next(line for line in lines if line.startswith("gateway_database_bytes "))
    assert int(size.split()[1]) > 10_000


async def test_other_parts_add_their_numbers(db, clock, tmp_path):
    async def sessions():
        return [Sample(name="x_sessions", help="Open.", value=3, kind="counter")]

    desk = Health(db=db, clock=clock, data_dir=tmp_path, sources=[sessions])
    text = exposition(await desk.samples())
    assert "# TYPE x_sessions counter\nx_sessions 3\n" in text


@pytest.mark.parametrize(
    ("value", "written"), [('a"b', r"a\"b"), ("a\\b", r"a\\b"), ("a\nb", r"a\nb")]
)
def test_labels_are_escaped(value, written):
    text = exposition([Sample(name="n", help="h", value=1, labels={"l": value})])
    assert f'n{{l="{written}"}} 1' in text.splitlines()
