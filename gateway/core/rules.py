"""Conversion rules: what a document must look like and what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from gateway.core.model import (
    BlobRef,
    MailboxId,
    RuleId,
    TemplateId,
    TemplateVersionId,
)


class RuleDirection(Enum):
    """IN: an incoming envelope becomes a file; OUT: a file becomes an envelope."""

    IN = "IN"
    OUT = "OUT"


class Level(Enum):
    """MAILBOX rules are tried first, then the ACCOUNT's."""

    MAILBOX = "MAILBOX"
    ACCOUNT = "ACCOUNT"


class MatchKind(Enum):
    """What the pattern of an OUT rule looks at."""

    NAME = "NAME"
    CONTENT = "CONTENT"
    ATTRIBUTE = "ATTRIBUTE"


class ValidationTarget(Enum):
    """What the validation files of an OUT rule are held against; SOURCE if unsaid.

    Those of an IN rule are always for its result.
    """

    SOURCE = "SOURCE"
    ENVELOPE = "ENVELOPE"
    BOTH = "BOTH"


class ZipKind(Enum):
    """What an IN rule packs instead of converting."""

    FULL = "FULL"
    DOCUMENTS_PRINTABLE = "DOCUMENTS_PRINTABLE"
    DOCUMENTS = "DOCUMENTS"


class OutputFormat(Enum):
    """What an IN rule writes from the XML of its result."""

    XML = "XML"
    TEXT = "TEXT"
    EDIFACT = "EDIFACT"
    X12 = "X12"
    CSV = "CSV"
    JSON = "JSON"
    XLSX = "XLSX"


OUTPUT_FORMAT = "OUTPUT_FORMAT"
"""The attribute of an IN rule that names an OutputFormat."""
ACKNOWLEDGE = "ACKNOWLEDGE"
"""The attribute of an OUT rule (yes, no) that asks for CONTRL or 997."""
VALIDATE = "VALIDATE"
"""The attribute of an OUT rule that names a ValidationTarget."""
XPATH = "xpath:"
"""How the value of an attribute begins that is worked out on each document."""


@dataclass(frozen=True, slots=True)
class Match:
    """A regular expression (google-re2) and what it is held against."""

    kind: MatchKind
    pattern: str


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation file of a rule: `name` ends in .xsd or .sch."""

    name: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One conversion rule; *template_version* None means every version (IN only).

    *match* is of OUT rules, *file_name_pattern* and *zip* of IN rules.
    """

    id: RuleId
    mailbox: MailboxId
    level: Level
    direction: RuleDirection
    name: str
    enabled: bool
    template: TemplateId
    template_version: TemplateVersionId | None
    match: Match | None = None
    multiple_envelopes: bool = False
    stylesheet: str = ""
    file_name_pattern: str = ""
    zip: ZipKind | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    validations: Sequence[Validation] = ()
    example_name: str = ""
    example: BlobRef | None = None
    succeeded: int = 0
    failed: int = 0
