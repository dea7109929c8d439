"""What a reader is told about a file and what it gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A file as its transfer knows it; *depth* is how deep XML may nest.

    *attributes* are the rule's: some tell how the file is to be read. *directories*
    are the files of an operator's own message directories, by their names.
    """

    name: str
    size: int
    sha256: str
    content_type: str
    depth: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    directories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """XML in UTF-8 with its declaration, and what was odd about the file."""

    xml: bytes
    warnings: Sequence[str] = ()
