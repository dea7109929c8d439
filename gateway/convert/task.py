"""What a conversion needs and what it gives: plain values, no Saxon, no lxml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gateway.core.desk import sentences
from gateway.core.errors import N_
from gateway.core.interchange import Survey
from gateway.core.model import AttachmentId, EnvelopeId, Problem
from gateway.core.rules import Validation

SourceKind = Literal["FILE", "XML", "TABLE", "SURVEY"]
ValidateOn = Literal["SOURCE", "RESULT", "BOTH"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one conversion may use: wall-clock seconds, MB of memory, bytes, levels.

    *lookups* is how often dictionaries and mailboxes may be asked,
    *tasks* how many conversions a worker does before a fresh one replaces it: each
    leaks a little.
    """

    seconds: float = 30
    memory_mb: int = 1000
    source_bytes: int = 64 << 20
    output_bytes: int = 64 << 20
    depth: int = 500
    lookups: int = 10_000
    tasks: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One conversion.

    *source* is the file with the bytes. Kind FILE: the reader is chosen by content and
    name (what none takes becomes a `<file/>` element); kind XML: it must be XML;
    kind TABLE: it is a directory of messages that was uploaded, and the output is the
    JSON of it. *directories* are the files of those that are there, by their names.
    *file_name*, *sha256*, *size* (bytes), *content_type* describe the file to the
    stylesheet of an "other" file. *stylesheet* empty: the source's XML is the output.
    *seed* is where random uuids come from: the same seed gives the same uuids, so the
    transfer's id makes a repeated job repeat itself. *attributes* are the rule's own:
    how to read and what to write. *output_format* is what is written from the result's
    XML, empty for the result as it is. *printable* asks for the printable version of
    the envelope in *source* instead of a conversion: `asked_for` makes it. *exact* lets
    no look-up be asked but those that the document makes.
    """

    stylesheet: str
    source: Path
    seed: str
    source_kind: SourceKind = "FILE"
    file_name: str = ""
    sha256: str = ""
    size: int = 0
    content_type: str = "application/octet-stream"
    parameters: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    directories: Mapping[str, str] = field(default_factory=dict)
    validations: Sequence[Validation] = ()
    validate_on: ValidateOn = "RESULT"
    want_source: bool = False
    output_format: str = ""
    printable: Mapping[str, Any] | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A finished conversion.

    *output* is in the encoding and method the stylesheet declares; *source_xml* (UTF-8)
    is empty unless it was wanted. *attachments* are the uuids that
    createAttachementWithSourceFile gave and that stand in the output, in their order;
    *chain* is what chainEnvelope was answered. *lookups* maps "function(argument,
    argument)" to its answer. *steps* is how long each step took, in milliseconds.
    *survey* tells of a result, or of a file that was only to be surveyed, that is
    EDIFACT or X12.
    """

    output: bytes
    source_xml: bytes = b""
    warnings: Sequence[str] = ()
    attachments: Sequence[AttachmentId] = ()
    chain: EnvelopeId | None = None
    lookups: Mapping[str, str | None] = field(default_factory=dict)
    milliseconds: float = 0.0
    steps: Mapping[str, float] = field(default_factory=dict)
    survey: Survey | None = None


def too_many(limits: Limits) -> Problem:
    """Return the problem of a conversion that asks for more than is allowed."""
    return Problem(
        "conversion-lookups",
        sentences.LOOKED_UP(allowed=limits.lookups),
        "convert",
        remedy=N_(
            "Look each value up once, in a variable or for distinct values only; or "
            "split the file."
        ),
    )
