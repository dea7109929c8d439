"""The worker's conversation, without the process around it."""

import asyncio
import io
import json
from pathlib import Path

import pytest

from gateway.convert import wire
from gateway.convert.child import receive
from gateway.convert.conversion import Conversions
from gateway.convert.task import Converted, Limits, Task
from gateway.convert.worker import serve
from gateway.core.errors import GatewayError
from gateway.core.model import Problem
from gateway.core.rules import Validation

ASKS = (
    '<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
    ' xmlns:wd="java:com.whitedoc.xslt.extensions.WdExtensions"'
    ' exclude-result-prefixes="wd"><xsl:template match="/"><o>'
    "<xsl:value-of select=\"wd:chainEnvelope('e')\"/></o></xsl:template>"
    "</xsl:stylesheet>"
)


def frames(data: bytes) -> list[wire.Frame]:
    stream, found = io.BytesIO(data), []
    while (frame := wire.read(stream)) is not None:
        found.append(frame)
    return found


def talk(conversions, *said: bytes) -> tuple[int, list[wire.Frame]]:
    out = io.BytesIO()
    status = serve(conversions, io.BytesIO(b"".join(said)), out)
    return status, frames(out.getvalue())


@pytest.fixture
def task(tmp_path):
    source = tmp_path / "é.xml"
    source.write_bytes(b"<a/>")
    return Task(
        stylesheet=ASKS,
        source=source,
        seed="s",
        parameters={"P": "é"},
        validations=[Validation("r.xsd", "<x/>")],
    )


def test_a_task_survives_the_wire(task):
    ((header, _),) = frames(wire.encode(wire.task_out(task)))
    assert wire.task_in(header) == task


def test_limits_survive_the_wire():
    limits = Limits(seconds=1.5, memory_mb=7)
    assert wire.limits_in(wire.limits_out(limits)) == limits


async def test_results_survive_the_wire():
    results = [
        Converted(output=b"\x00out", source_xml=b"src", warnings=[], attachments=[]),
        Problem("xslt-compile", "é", "convert", line=3, remedy="r"),
    ]
    stream = asyncio.StreamReader()
    for each in results:
        stream.feed_data(wire.result_out(each))
    assert [wire.result_in(await receive(stream)) for _ in results] == results


async def test_a_length_that_cannot_be_is_the_end_of_the_conversation():
    stream = asyncio.StreamReader()
    stream.feed_data(b"\xff" * 8)
    with pytest.raises(EOFError):
        await receive(stream)


def test_the_worker_asks_for_look_ups_and_goes_on(saxon, task):
    plain = Task(stylesheet=ASKS, source=task.source, seed="s")
    status, (ready, need, done) = talk(
        Conversions(Limits(), saxon),
        wire.encode(wire.task_out(plain)),
        wire.encode({"answers": ["e"]}),
    )
    assert status == 0
    assert ready[0]["ready"]
    assert need[0]["need"] == [["chainEnvelope", ["e"]]]
    result = wire.result_in(done)
    assert result.chain == "e"
    assert result.output.endswith(b"<o>e</o>")


def test_the_worker_ends_when_its_gateway_is_gone_in_the_middle(saxon, task):
    plain = Task(stylesheet=ASKS, source=task.source, seed="s")
    with pytest.raises(SystemExit) as ended:
        talk(Conversions(Limits(), saxon), wire.encode(wire.task_out(plain)))
    assert ended.value.code == 0


class Broken:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def convert(self, task, ask):
        raise self.error


def test_a_fault_of_our_own_is_told_and_the_worker_lives(task):
    said = wire.encode(wire.task_out(task))
    status, (_, first, second) = talk(Broken(KeyError("x")), said, said)
    assert status == 0
    with pytest.raises(GatewayError, match="KeyError"):
        wire.result_in(first)
    assert "fault" in second[0]


def test_a_worker_without_memory_ends(task, capfd):
    said = wire.encode(wire.task_out(task))
    status, answers = talk(Broken(MemoryError()), said, said)
    assert (status, len(answers)) == (1, 1)
    assert "MemoryError" in capfd.readouterr().err


def test_frames_are_a_length_a_header_and_blobs():
    frame = wire.encode({"a": 1}, b"xy", b"")
    length = int.from_bytes(frame[:4], "big")
    assert json.loads(frame[4 : 4 + length]) == {"a": 1, "sizes": [2, 0]}
    assert frame[4 + length :] == b"xy"
    assert isinstance(
        wire.task_in(
            {"task": {"stylesheet": "", "source": "/x", "seed": "", "validations": []}}
        ).source,
        Path,
    )
