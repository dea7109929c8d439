"""Skeletons run unchanged in Saxon; a child process keeps Saxon out of the tests'."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from lxml import etree

from gateway.convert.envelope_xml import parse, write
from gateway.convert.example import example_envelope
from gateway.convert.schemas import file_template
from gateway.convert.skeleton import in_skeleton, out_skeleton
from gateway.convert.template_xml import parse as parse_template
from gateway.convert.template_xml import to_template
from gateway.core.checks import check
from gateway.core.model import MailboxId, TemplateId, TemplateVersionId

NOW = datetime(2026, 10, 12, 15, 39, tzinfo=UTC)

SAXON = """
import json, sys
from saxonche import PySaxonProcessor
with PySaxonProcessor(license=False) as saxon:
    answers = []
    for sheet, source in json.load(sys.stdin):
        engine = saxon.new_xslt30_processor()
        compiled = engine.compile_stylesheet(stylesheet_text=sheet)
        node = saxon.parse_xml(xml_text=source)
        answers.append(compiled.transform_to_string(xdm_node=node))
    json.dump(answers, sys.stdout)
"""

# what the gateway adds to every stylesheet
FUNCTION = """
<xsl:function name="wd:createAttachementWithSourceFile">
  <xsl:sequence select="'att-1'"/>
</xsl:function></xsl:stylesheet>"""

ORDER = """
<template name="Order -- of {things}">
  <documents>
    <document id="1 d'" name="Order">
      <body>
        <field type="text" name="NUMBER" required="true"
          title="Number &amp; 'so' --- on"/>
        <field type="text" name="a {b} &quot;c&quot; 'd'" multiple="true" roleId="r"/>
        <field type="date" name="DATE"/>
        <field type="datetime" name="AT"/>
        <field type="select" name="KIND"><option>A</option><option>B</option></field>
        <field type="select" name="KINDS" multiple="1"><option>A</option>
          <option>B</option></field>
        <field type="select" name="FREE"/>
        <field type="dictionary" name="PLACE" dictionary="u"/>
        <field type="attachment" name="FILE"/>
        <field type="attachment" name="MORE" required="true"/>
        <fieldgroup name="LINES">
          <field type="number" name="QUANTITY" required="true"/>
          <field type="currency" name="PRICE"/>
          <field type="attachment" name="SHEET"/>
        </fieldgroup>
      </body>
    </document>
  </documents>
  <flow><roles><role id="s" title="Buyer"/><role id="r"/></roles></flow>
</template>
"""


def template_of(xml):
    parsed = parse_template(xml)
    return to_template(parsed, TemplateId("t-1"), TemplateVersionId("v-1"))


def example_of(template):
    return example_envelope(template, MailboxId("m1"), MailboxId("m2"), NOW)


@pytest.fixture(scope="module")
def order():
    return template_of(ORDER.encode())


@pytest.fixture(scope="module")
def results(order):
    """Run every stylesheet at once: starting Saxon takes the time."""
    envelope = write(example_of(order)).decode()
    file = template_of(file_template())
    tasks = [
        (out_skeleton(order).replace("</xsl:stylesheet>", FUNCTION), "<any/>"),
        (in_skeleton(order), envelope),
        (out_skeleton(file).replace("</xsl:stylesheet>", FUNCTION), "<file name='a'/>"),
        (in_skeleton(file), write(example_of(file)).decode()),
    ]
    done = subprocess.run(
        [sys.executable, "-c", SAXON],
        input=json.dumps(tasks),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_out_skeleton_makes_an_envelope_with_every_field(results, order):
    draft = parse(results[0].encode())
    assert (draft.template, draft.template_version) == ("t-1", "v-1")
    (document,) = draft.documents
    assert document.id == "1 d'"
    columns = [field for field in order.documents[0].fields if not field.group]
    assert [f.name for f in document.fields] == [field.name for field in columns]
    assert [group.name for group in document.groups] == ["LINES"]
    assert [field.attachment for field in document.fields if field.attachment] == [
        "att-1"
    ]


def test_what_the_out_skeleton_leaves_to_do_is_told_by_the_checks(results, order):
    found = [
        (v.code, v.where.rpartition("/")[2])
        for v in check(parse(results[0].encode()), order)
    ]
    assert found == [
        ("role-missing", "role[r]"),
        ("field-required", "NUMBER"),
        ("field-required", "MORE"),
    ]


def test_the_out_skeleton_of_the_file_template_needs_a_recipient_only(results):
    draft = parse(results[2].encode())
    (wrong,) = check(draft, template_of(file_template()))
    assert wrong.code == "role-missing"
    assert draft.documents[0].fields[0].attachment == "att-1"


def test_the_in_skeleton_gives_every_value_of_an_envelope(results, order):
    root = etree.fromstring(results[1].encode())
    (document,) = root.findall("_1_d_")
    assert root.findtext("subject") == "Example of Order -- of {things}"
    assert root.get("envelope") == example_of(order).id
    assert document.findtext("NUMBER") == "Number & 'so' --- on"
    assert [e.text for e in document.findall("a__b___c___d_")] == [
        "a {b} \"c\" 'd' 1",
        "a {b} \"c\" 'd' 2",
    ]
    assert document.findtext("DATE") == "2026-10-12"
    assert [e.text for e in document.findall("KINDS")] == ["A", "B"]
    assert document.findtext("FILE") == "example.pdf"
    assert document.find("FILE").get("uuid")
    rows = document.findall("LINES/row")
    assert [row.findtext("QUANTITY") for row in rows] == ["12", "12"]


def test_the_in_skeleton_of_the_file_template_names_the_attachment(results):
    root = etree.fromstring(results[3].encode())
    assert root.findtext("file/file") == "example.pdf"


def test_an_example_fits_its_template_and_is_always_the_same(order):
    example = example_of(order)
    assert check(example.draft, order) == []
    assert example == example_of(order)
    assert (example.sender, example.created_at) == ("m1", NOW)
    assert [role.mailbox for role in example.draft.roles] == ["m1", "m2"]


def test_an_example_survives_being_written(order):
    example = example_of(order)
    read = parse(write(example))
    assert read.documents == example.draft.documents
    assert read.uuid == example.id
