"""The examples of the documentation are taken by the gateway and fit each other."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from gateway.convert import envelope_xml, template_xml
from gateway.convert.example_file import example_file
from gateway.convert.schemas import envelope_xsd, template_xsd
from gateway.core.checks import check
from gateway.core.desk.rehearsal import Outcome
from gateway.core.model import MailboxId, TemplateId, TemplateVersionId
from gateway.core.template import FieldType

DOCS = Path(__file__).parents[3] / "docs"


def example(page):
    (xml,) = re.findall(r"```xml\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    return xml.encode()


def test_the_example_envelope_fits_the_example_template():
    parsed = template_xml.parse(example("template.md"))
    template = template_xml.to_template(
        parsed, parsed.uuid or TemplateId(""), TemplateVersionId("v")
    )
    draft = envelope_xml.parse(example("envelope.md"))
    assert check(draft, template) == []


@pytest.mark.parametrize(
    ("page", "schema"),
    [("envelope.md", envelope_xsd), ("template.md", template_xsd)],
    ids=["envelope", "template"],
)
def test_the_examples_obey_the_published_schemas(page, schema):
    etree.XMLSchema(etree.fromstring(schema())).assertValid(
        etree.fromstring(example(page))
    )


def test_the_schema_and_the_documentation_name_every_field_type():
    schema = etree.fromstring(template_xsd())
    path = "{*}simpleType[@name='FieldType']//{*}enumeration"
    assert [e.get("value") for e in schema.findall(path)] == [
        kind.value for kind in FieldType
    ]
    page = " ".join((DOCS / "template.md").read_text().split())
    assert " ".join(kind.value for kind in FieldType) in page


def test_the_example_file_is_the_one_that_is_made_of_the_example_template():
    parsed = template_xml.parse(example("template.md"))
    template = template_xml.to_template(
        parsed, parsed.uuid or TemplateId(""), TemplateVersionId("v")
    )
    at = datetime(2026, 10, 12, 15, 39, tzinfo=UTC)
    alias = "GLN::4829900003228"
    made = example_file(template, MailboxId(""), alias, at).decode()
    assert made.partition("\n")[2] == example("rules.md").decode()


def test_every_outcome_of_a_dry_run_is_explained():
    page = (DOCS / "rules.md").read_text()
    assert re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE) == [
        each.value for each in Outcome
    ]
