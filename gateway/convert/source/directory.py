"""The UN/EDIFACT directories: which groups a message has, what is composite."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a message: a segment, or a group that begins with that segment.

    *group* is the group's number, 0 for a lone segment; *limit* how often it may come.
    """

    tag: str
    limit: int
    group: int = 0
    nodes: Sequence["Node"] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: per segment tag whether each element is composite; messages."""

    composites: Mapping[str, Sequence[bool]]
    messages: Mapping[str, Sequence[Node]]


SERVICE: Mapping[str, Sequence[bool]] = {
    "UNB": [True, True, True, True, False, True] + [False] * 5,
    "UNG": [False, True, True, True, False, False, True, False],
    "UNH": [False, True, False, True, True, True, True],
    "UNS": [False],
    "UNT": [False, False],
    "UNE": [False, False],
    "UNZ": [False, False],
}
"""The service segments (ISO 9735), which no directory lists."""


@lru_cache(maxsize=16)
def directory(name: str) -> Directory | None:
    """Return the directory called D96A, D01B ...; None if we have no such one."""
    table = _tables().get(name)
    if table is None:
        return None
    said = json.loads(gzip.decompress(files(_HOME).joinpath(table).read_bytes()))
    composites = {
        tag: [flag == "c" for flag in flags] for tag, flags in said["segments"].items()
    }
    messages = {tag: _nodes(nodes) for tag, nodes in said["messages"].items()}
    return Directory({**composites, **SERVICE}, messages)


_HOME = "gateway.convert.directories"


@lru_cache(maxsize=1)
def _tables() -> Mapping[str, str]:
    """Return the directories there are: name to file name."""
    names = [each.name for each in files(_HOME).iterdir()]
    return {
        name.removesuffix(".json.gz").upper(): name
        for name in names
        if name.endswith(".json.gz")
    }


def _nodes(said: Sequence[Sequence[Any]]) -> Sequence[Node]:
    """Return the nodes of a table: [tag, limit] or [group, limit, [nodes]]."""
    made = []
    for each in said:
        if len(each) == 2:  # noqa: PLR2004  a lone segment
            made.append(Node(each[0], each[1]))
        else:
            inner = _nodes(each[2])
            made.append(Node(inner[0].tag, each[1], each[0], inner))
    return made
