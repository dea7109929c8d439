"""The workers: real child processes, killed and stopped."""

import asyncio
import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.convert.pool import Converter
from gateway.convert.task import Converted, Limits, Task
from gateway.core.errors import GatewayError
from gateway.core.model import Problem
from gateway.core.rules import Validation

ROOT = Path(__file__).parents[3]
SHEET = (
    '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
    ' xmlns:wd="java:com.whitedoc.xslt.extensions.WdExtensions"'
    ' exclude-result-prefixes="wd"><xsl:template match="/">{}</xsl:template>'
    "</xsl:stylesheet>"
)
GOOD = SHEET.format('<o><xsl:value-of select="name(/*)"/></o>')
ENDLESS = (ROOT / "tests/samples/evil/infinite.xslt").read_text()
ASKS = SHEET.format("<o><xsl:value-of select=\"wd:getMailboxUuidByAlias('a')\"/></o>")


async def nothing(wanted):
    return [None for _ in wanted]


@pytest.fixture
def task(samples):
    def make(stylesheet: str = GOOD, **changes) -> Task:
        source = samples / "edi/orders_d96a.edi"
        return Task(
            **{"stylesheet": stylesheet, "source": source, "seed": "s"} | changes
        )

    return make


@pytest.fixture
async def converter():
    async with Converter(workers=2, limits=Limits(seconds=20, memory_mb=400)) as made:
        yield made


@pytest.fixture
async def quick():
    async with Converter(workers=2, limits=Limits(seconds=1, memory_mb=400)) as made:
        yield made


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # it may go while it is read
        return False
    return state != "Z"


async def until_gone(pids: list[int]) -> None:
    async with asyncio.timeout(10):
        while any(lives(pid) for pid in pids):
            await asyncio.sleep(0.01)


async def test_a_task_comes_back_converted(converter, task):
    result = await converter.run(task(want_source=True), nothing)
    assert isinstance(result, Converted)
    assert result.output.endswith(b"<o>EDIFACT</o>")
    assert b"<BGM02>ORD1</BGM02>" in result.source_xml
    assert result.milliseconds > 0


async def test_look_ups_are_answered_by_the_resolver(converter, task):
    async def resolve(wanted):
        return [f"{name}{list(values)}" for name, values in wanted]

    result = await converter.run(task(ASKS), resolve)
    assert b"<o>getMailboxUuidByAlias['a']</o>" in result.output
    assert result.lookups == {"getMailboxUuidByAlias(a)": "getMailboxUuidByAlias['a']"}


MANY = (
    '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
    'xmlns:f="java:com.whitedoc.xslt.extensions.WdExtensions"><xsl:template match="/">'
    '<o><xsl:for-each select="1 to 20"><xsl:value-of '
    'select="f:getMailboxUuidByAlias(string(.))"/></xsl:for-each></o>'
    "</xsl:template></xsl:stylesheet>"
)


async def test_a_stylesheet_that_asks_too_much_is_stopped(task):
    async with Converter(workers=1, limits=Limits(lookups=10)) as converter:
        stopped = await converter.run(task(MANY), nothing)
        assert isinstance(stopped, Problem)
        assert (stopped.code, "10 things" in stopped.message) == (
            "conversion-lookups",
            True,
        )
        assert isinstance(await converter.run(task(), nothing), Converted)


async def test_look_ups_of_all_runs_together_are_stopped_at_the_limit(task):
    async def longer(wanted):
        return [f"{value}{value}" for _, (value,) in wanted]

    twice = MANY.replace("1 to 20", "1 to 6").replace(
        "f:getMailboxUuidByAlias(string(.))",
        "f:getMailboxUuidByAlias(f:getMailboxUuidByAlias(string(.)))",
    )
    async with Converter(workers=1, limits=Limits(lookups=12)) as converter:
        stopped = await converter.run(task(twice), longer)
        assert isinstance(stopped, Problem)
        assert stopped.code == "conversion-lookups"
        converter.limits = Limits(lookups=13)
        assert isinstance(await converter.run(task(twice), longer), Converted)


async def test_answers_that_do_not_come_count_as_time_of_the_conversion(task):
    async def never(wanted):
        await asyncio.sleep(60)

    async with Converter(workers=1, limits=Limits(seconds=3)) as converter:
        stopped = await converter.run(task(ASKS), never)
    assert isinstance(stopped, Problem)
    assert stopped.code == "conversion-timeout"


async def test_problems_come_back_as_values_with_rule_files_and_parameters(
    converter, task
):
    found = await converter.run(
        task(validations=[Validation("x.sch", "<a>")], parameters={"A": "é"}), nothing
    )
    assert isinstance(found, Problem)
    assert found.code == "validation-schematron"


async def test_the_source_of_a_file_can_be_shown(converter, samples):
    shown = await converter.source(samples / "evil/bomb_sparse.xlsx", "b.bin")
    content = (samples / "evil/bomb_sparse.xlsx").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert f'name="b.bin" size="5102" sha256="{digest}"'.encode() in shown.output
    refused = await converter.source(samples / "evil/xxe.xml", "xxe.xml")
    assert refused.code == "xml-doctype"


async def test_the_sample_files_that_do_harm_are_stopped(quick, task, samples):
    async def one(name):
        return await quick.run(task((samples / "evil" / name).read_text()), nothing)

    assert (await one("infinite.xslt")).code == "conversion-timeout"
    assert (await one("readfile.xslt")).code == "xslt-runtime"
    assert isinstance(await quick.run(task(), nothing), Converted)


async def test_a_conversion_that_wants_too_much_memory_is_stopped(
    converter, task, samples
):
    bomb = (samples / "evil/membomb.xslt").read_text()
    found = await converter.run(task(bomb), nothing)
    assert found.code == "conversion-memory"
    assert "400 MB" in found.message
    assert isinstance(await converter.run(task(), nothing), Converted)


async def test_a_stuck_worker_does_not_disturb_the_other(quick, task):
    await quick.warm()
    async with asyncio.TaskGroup() as group:
        stuck = group.create_task(quick.run(task(ENDLESS), nothing))
        await asyncio.sleep(0.1)
        started = time.perf_counter()
        for _ in range(5):
            assert isinstance(await quick.run(task(), nothing), Converted)
        assert time.perf_counter() - started < 1
        assert not stuck.done()
    assert stuck.result().code == "conversion-timeout"
    assert stuck.result().remedy


async def test_a_worker_killed_from_outside_costs_nothing(quick, task):
    async def kill(wanted):
        for pid in quick.pids:
            os.kill(pid, signal.SIGKILL)
        killed.append(wanted)
        return ["m" if len(killed) > 1 else None]

    killed: list[object] = []
    found = await quick.run(task(ASKS), kill)
    # the first and the second worker die: reported, not tried for ever
    assert found.code == "conversion-crash"
    assert "signal 9" in found.message

    async def kill_once(wanted):
        if len(killed) < 3:
            await kill(wanted)
        return ["m"]

    assert b"<o>m</o>" in (await quick.run(task(ASKS), kill_once)).output


async def test_idle_workers_that_died_are_replaced(quick, task):
    await quick.warm()
    dead = quick.pids
    for pid in dead:
        os.kill(pid, signal.SIGKILL)
    await until_gone(dead)
    assert isinstance(await quick.run(task(), nothing), Converted)
    assert not set(quick.pids) & set(dead)


async def test_a_worker_that_aborts_is_reported_and_not_tried_again(quick, task):
    async def abort(wanted):
        (pid,) = quick.pids
        asked.append(pid)
        os.kill(pid, signal.SIGABRT)
        return [None]

    asked: list[int] = []
    found = await quick.run(task(ASKS), abort)
    assert found.code == "conversion-crash"
    assert "signal 6" in found.message
    assert len(asked) == 1


async def test_workers_are_replaced_after_their_number_of_tasks(task):
    async with Converter(workers=1, limits=Limits(tasks=2)) as converter:
        seen = []
        for _ in range(4):
            await converter.run(task(), nothing)
            seen.append(list(converter.pids))
        assert seen[0] != []
        assert seen[1] == seen[3] == []
        assert seen[2] != seen[0]


async def test_more_callers_than_workers_wait_their_turn(converter, task):
    results = await asyncio.gather(*(converter.run(task(), nothing) for _ in range(20)))
    assert all(isinstance(each, Converted) for each in results)
    assert len(converter.pids) <= 2


async def test_a_caller_who_gives_up_leaves_no_worker_in_the_middle_of_it(quick, task):
    await quick.warm()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await quick.run(task(ENDLESS), nothing)
    assert len(quick.pids) == 1
    assert isinstance(await quick.run(task(), nothing), Converted)


async def test_an_error_of_the_resolver_reaches_the_caller(quick, task):
    async def fail(wanted):
        raise TimeoutError("the database")

    with pytest.raises(TimeoutError, match="the database"):
        await quick.run(task(ASKS), fail)
    assert isinstance(await quick.run(task(), nothing), Converted)


async def test_a_missing_file_is_our_fault(quick, task, tmp_path):
    with pytest.raises(GatewayError, match="No such file"):
        await quick.run(task(source=tmp_path / "gone"), nothing)
    assert isinstance(await quick.run(task(), nothing), Converted)


async def test_a_worker_that_does_not_start_is_told_with_its_words(monkeypatch, task):
    monkeypatch.setattr("sys.executable", "/bin/false")
    async with Converter() as converter:
        with pytest.raises(GatewayError, match="does not start"):
            await converter.run(task(), nothing)
        assert converter.pids == []


async def test_leaving_ends_every_worker(task):
    async with Converter() as converter:
        await converter.warm()
        await converter.run(task(), nothing)
        pids = converter.pids
        assert len(pids) == 2
    await until_gone(pids)


def told(pid: int, what: str) -> bytes:
    return Path(f"/proc/{pid}/{what}").read_bytes()


async def test_a_worker_has_no_environment_and_a_bound_on_its_memory(quick):
    await quick.warm()
    pid = quick.pids[0]
    environment = told(pid, "environ").split(b"\0")
    assert set(environment) <= {b"LANG=C.UTF-8", b""}
    limits = told(pid, "limits").decode()
    assert re.search(rf"Max data size\s+{400 << 20}\s", limits)
    assert re.search(r"Max core file size\s+0\s", limits)


PARENT = """
import asyncio, sys
from gateway.convert.pool import Converter

async def main():
    async with Converter(workers=2) as converter:
        await converter.warm()
        print(*converter.pids, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_no_worker_outlives_a_killed_gateway():
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    pids = [int(each) for each in (await parent.stdout.readline()).split()]
    assert len(pids) == 2
    assert all(lives(pid) for pid in pids)
    parent.kill()
    await parent.wait()
    await until_gone(pids)


def test_the_gateways_own_process_loads_neither_saxon_nor_lxml():
    code = (
        "import sys; import gateway.convert.pool;"
        "print([m for m in ('saxonche', 'saxoncee', 'lxml') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert said.stdout.strip() == "[]"
