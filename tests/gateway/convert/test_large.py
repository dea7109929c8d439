"""Large files: converted or refused clearly, while the gateway's loop goes on."""

import asyncio
import time

import pytest
from workbook_parts import package, sheet

from gateway.convert.pool import Converter
from gateway.convert.task import Converted, Limits, Task
from gateway.core.model import Problem

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

ROWS = 200_000
BLOCKED = 0.05
"""Seconds that the loop may be held by one step."""
COUNT = (
    '<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
    '<xsl:template match="/"><o rows="{count(//row)}" last="{(//cell)[last()]}"/>'
    "</xsl:template></xsl:stylesheet>"
)
MESSAGE = (
    "UNH+1+ORDERS:D:96A:UN'BGM+220+PO-417+9'DTM+137:20261012:102'NAD+BY+4820086630009::9'"
    + "".join(f"LIN+{n}++4800000000011:EN'QTY+21:12'PRI+AAA:12.50'" for n in range(200))
    + "UNS+S'UNT+606+1'"
)


async def nothing(wanted):
    return [None for _ in wanted]


class Pulse:
    """Ticks in the loop; *longest* is the most computing between two ticks."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.ticks = 0

    async def beat(self) -> None:
        # what the loop's thread computes, and not how long a busy machine keeps it
        # waiting
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.005)
            now = time.thread_time()
            self.longest = max(self.longest, now - last)
            self.ticks += 1
            last = now


@pytest.fixture
async def pulse():
    made = Pulse()
    async with asyncio.TaskGroup() as group:
        beating = group.create_task(made.beat())
        yield made
        beating.cancel()


def large_sheet(path) -> None:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c><c r="B{n}"><v>{n}</v></c>'
        f'<c r="C{n}" t="inlineStr"><is><t>Product {n}</t></is></c></row>'
        for n in range(1, ROWS + 1)
    )
    path.write_bytes(package(sheet(rows)))


def large_interchange(path) -> None:
    count = (50 << 20) // len(MESSAGE)
    text = f"UNB+UNOC:3+A+B+261012:1530+1'{MESSAGE * count}UNZ+{count}+1'"
    path.write_text(text)
    assert path.stat().st_size > 50_000_000


async def test_a_sheet_of_200_000_rows_is_converted_while_the_loop_goes_on(
    pulse, tmp_path
):
    path = tmp_path / "large.xlsx"
    await asyncio.to_thread(large_sheet, path)
    task = Task(stylesheet=COUNT, source=path, seed="s", file_name=path.name)
    pulse.longest = 0.0
    async with Converter(workers=1, limits=Limits(seconds=120)) as converter:
        done = await converter.run(task, nothing)
    assert isinstance(done, Converted), done
    assert f'rows="{ROWS}"'.encode() in done.output
    assert f'last="Product {ROWS}"'.encode() in done.output
    assert pulse.ticks > 10
    assert pulse.longest < BLOCKED


async def test_an_interchange_of_50_mb_is_refused_clearly_while_the_loop_goes_on(
    pulse, tmp_path
):
    path = tmp_path / "large.edi"
    await asyncio.to_thread(large_interchange, path)
    task = Task(stylesheet=COUNT, source=path, seed="s", file_name=path.name)
    pulse.longest = 0.0
    async with Converter(
        workers=1, limits=Limits(seconds=120, memory_mb=300)
    ) as converter:
        refused = await converter.run(task, nothing)
    assert isinstance(refused, Problem)
    assert refused.code == "conversion-memory"
    assert "300 MB" in refused.message
    assert pulse.ticks > 10
    assert pulse.longest < BLOCKED
