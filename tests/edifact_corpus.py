"""EDIFACT messages that the project writes itself, by the rules of a directory."""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

SPECIAL = ["it?'s 5?+5", "a?:b", "why??", "Äpfel ß", "100,5", "  two spaces"]
WORDS = ["220", "9", "EN", "4800000007919", "20261012", "PCE", "Main str. 1", "-1.5"]
DEEP = 4


def table(name: str) -> Any:
    home = files("gateway.convert.directories")
    return json.loads(gzip.decompress(home.joinpath(f"{name}.json.gz").read_bytes()))


def interchange(name: str, kinds: Sequence[str], chance: random.Random) -> bytes:
    """Return an interchange with a message of each kind."""
    said = table(name)
    head = f"UNB+UNOC:3+4820086630009:14+4829900003227:14+261012:1530+R{name}"
    parts = [f"{head}++ORDERS++1'" if chance.random() < 0.5 else f"{head}'"]
    for number, kind in enumerate(kinds, 1):
        body = [f"UNH+{number}+{kind}:D:{name[1:].upper()}:UN'"]
        body += segments(said["messages"][kind][1:], said["segments"], chance, 0)
        parts += [*body, f"UNT+{len(body) + 1}+{number}'"]
    parts.append(f"UNZ+{len(kinds)}+R{name}'")
    return "".join(parts).encode("latin-1")


def segments(
    nodes: Sequence[Any], flags: dict[str, str], chance: random.Random, deep: int
) -> Iterator[str]:
    """Yield segments in the order of the nodes: some are left out, some repeated."""
    for place, node in enumerate(nodes):
        first = deep > 0 and place == 0
        if node[0] in {"UNT", "UGH", "UGS"}:
            continue
        if not first and chance.random() < 0.4:
            continue
        times = 1 if first else chance.randint(1, min(node[1], 2))
        for _ in range(times):
            if len(node) == 2:
                yield segment(node[0], flags.get(node[0], "s"), chance)
            elif deep < DEEP:
                yield from segments(node[2], flags, chance, deep + 1)


def segment(tag: str, flags: str, chance: random.Random) -> str:
    elements = ["" if chance.random() < 0.3 else element(f, chance) for f in flags]
    while elements and not elements[-1]:
        elements.pop()
    return "+".join([tag, *(elements or ["1"])]) + "'"


def element(flag: str, chance: random.Random) -> str:
    if flag != "c":
        return value(chance)
    values = ["" if chance.random() < 0.3 else value(chance) for _ in range(3)]
    return ":".join([*values, value(chance)])


def value(chance: random.Random) -> str:
    return chance.choice(SPECIAL if chance.random() < 0.15 else WORDS)
