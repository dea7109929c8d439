"""Frames between the pool and its workers: length, JSON header, raw bytes.

A frame is four bytes of big-endian length, that many bytes of JSON object, then the
blobs whose sizes stand under "sizes" in the object.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from gateway.convert.task import Converted, Limits, Task
from gateway.core.errors import GatewayError
from gateway.core.interchange import Answer, Group, Message, Reference, Survey
from gateway.core.model import AttachmentId, EnvelopeId, Problem
from gateway.core.rules import Validation

HEADER_LIMIT = 256 << 20

Header = dict[str, Any]
Frame = tuple[Header, list[bytes]]


def encode(header: Mapping[str, Any], *blobs: bytes) -> bytes:
    """Return the bytes of one frame."""
    text = json.dumps({**header, "sizes": [len(blob) for blob in blobs]}).encode()
    return b"".join((len(text).to_bytes(4, "big"), text, *blobs))


def read(stream: BinaryIO) -> Frame | None:
    """Read one frame in a worker; None when the gateway is gone."""
    start = stream.read(4)
    if len(start) < 4:  # noqa: PLR2004  the length's own length
        return None
    text = stream.read(int.from_bytes(start, "big"))
    header = json.loads(text)
    return header, [stream.read(size) for size in header["sizes"]]


def task_out(task: Task) -> Header:
    return {"task": {**asdict(task), "source": str(task.source)}}


def task_in(header: Header) -> Task:
    said = header["task"]
    validations = [Validation(**each) for each in said["validations"]]
    return Task(**{**said, "source": Path(said["source"]), "validations": validations})


def limits_out(limits: Limits) -> str:
    return json.dumps(asdict(limits))


def limits_in(text: str) -> Limits:
    return Limits(**json.loads(text))


def result_out(result: Converted | Problem) -> bytes:
    if isinstance(result, Problem):
        return encode({"problem": asdict(result)})
    header = asdict(result)
    output, source = header.pop("output"), header.pop("source_xml")
    return encode({"done": header}, output, source)


def result_in(frame: Frame) -> Converted | Problem | None:
    """Return what a worker concluded; None if the frame asks for look-ups.

    Raises GatewayError if the worker failed by our own fault.
    """
    header, blobs = frame
    if "fault" in header:
        raise GatewayError(f"A conversion worker failed: {header['fault']}")
    if "problem" in header:
        told = header["problem"]
        return Problem(**{**told, "details": tuple(told["details"])})
    if "done" not in header:
        return None
    done = header["done"]
    return Converted(
        output=blobs[0],
        source_xml=blobs[1],
        warnings=done["warnings"],
        attachments=[AttachmentId(each) for each in done["attachments"]],
        chain=EnvelopeId(done["chain"]) if done["chain"] else None,
        lookups=done["lookups"],
        milliseconds=done["milliseconds"],
        steps=done["steps"],
        survey=survey_in(done["survey"]) if done["survey"] else None,
    )


def survey_in(said: Header) -> Survey:
    """Return what `asdict` took apart."""
    groups = [
        Group(**{**each, "messages": [Message(**m) for m in each["messages"]]})
        for each in said["groups"]
    ]
    answers = [
        Answer(**{**each, "reference": Reference(**each["reference"])})
        for each in said["answers"]
    ]
    return Survey(**{**said, "groups": groups, "answers": answers})


Lookup = tuple[str, Sequence[str]]
"""The name of a function and its arguments."""

Ask = Callable[[Sequence[Lookup]], Sequence[str | None]]
"""Gives the answers to look-ups, in their order."""


def lookups_out(lookups: Sequence[Lookup]) -> bytes:
    return encode({"need": [[name, list(values)] for name, values in lookups]})
