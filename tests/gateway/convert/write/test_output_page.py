"""The examples of docs/output.md are written as the page shows them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.convert.source import Described, read_source
from gateway.convert.write import Wanted, write

DOCS = Path(__file__).parents[4] / "docs"
PAGE = (DOCS / "output.md").read_text()
PAIR = re.compile(r"```xml (\S+)\n([^`]*)```\n\n```(edifact|x12|csv|json)\n([^`]*)```")
EXAMPLES = list(PAIR.finditer(PAGE))
FILE = Described(name="a", size=0, sha256="", content_type="", depth=100)


@pytest.mark.parametrize("found", EXAMPLES, ids=lambda found: found[1])
def test_each_example_is_written_so(found):
    name, xml, kind, expected = found.groups()
    written = write(
        kind.upper(), xml.encode(), Wanted(ask=lambda wanted: ["1"] * len(wanted))
    )
    assert written.decode().replace("\r\n", "\n") == expected
    again = read_source(written, replace(FILE, name=name))
    assert again.warnings == []


def test_the_examples_of_what_is_read_are_written_as_they_were():
    page = (DOCS / "source-xml.md").read_text()
    seen = []
    for kind, file in re.findall(r"```(edifact|x12) \S+\n([^`]*)```", page):
        xml = read_source(file.encode(), FILE).xml
        assert write(kind.upper(), xml, Wanted()).decode() == file.replace("\n", "")
        seen.append(kind)
    assert {"edifact", "x12"} <= set(seen)


def test_no_example_is_overlooked():
    assert PAGE.count("```xml") == len(EXAMPLES) >= 2
