"""The examples in docs/source-xml.md are what the readers make of them."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from lxml import etree

from gateway.convert.source import Described, read_source
from gateway.convert.tables import read_table
from gateway.convert.write import Wanted, write

PAGE = (Path(__file__).parents[3] / "docs" / "source-xml.md").read_text()
PAIR = re.compile(
    r"```(?!xml)\w+ (?P<name>\S+)(?P<attributes>(?: \w+=\S+)*)\n(?P<file>[^`]*)```\n\n"
    r"```xml\n(?P<xml>[^`]*)```"
)
EXAMPLES = {found["name"]: found for found in PAIR.finditer(PAGE)}


def canonical(xml: bytes) -> bytes:
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(xml, parser), method="c14n")


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_becomes_the_xml_beside_it(name):
    example = EXAMPLES[name]
    data = example["file"].encode()
    if name.endswith(".xlsx"):  # shown as a drawing; made by the writer
        data = write("XLSX", example["xml"].encode(), Wanted())
    file = Described(
        name=name,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        content_type="application/octet-stream",
        depth=50,
        attributes=dict(
            pair.split("=", 1) for pair in example["attributes"].split() if "=" in pair
        ),
    )
    source = read_source(data, file)
    assert canonical(source.xml) == canonical(example["xml"].encode())
    assert not source.warnings


def test_no_example_is_overlooked():
    assert {"order.edi", "order.x12", "order.xlsx", "order.csv"} <= set(EXAMPLES)
    assert PAGE.count("```xml") == len(EXAMPLES)


def test_the_example_of_a_table_is_one():
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert read_table(text.encode(), "860.json")[1] == ()
