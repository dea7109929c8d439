"""Skeletons run unchanged: on the example of their own direction, and on each other."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree

from gateway.convert.conversion import Conversions
from gateway.convert.envelope_xml import parse, write
from gateway.convert.example import example_envelope
from gateway.convert.example_file import example_file
from gateway.convert.schemas import file_template
from gateway.convert.skeleton import in_skeleton, out_skeleton
from gateway.convert.task import Converted, Limits, Task
from gateway.convert.template_xml import parse as parse_template
from gateway.convert.template_xml import to_template
from gateway.core.checks import check
from gateway.core.envelope import Draft
from gateway.core.model import MailboxId, TemplateId, TemplateVersionId
from gateway.core.template import FieldType

NOW = datetime(2026, 10, 12, 15, 39, tzinfo=UTC)
SENDER = MailboxId("0a000000-0000-4000-8000-000000000001")
RECIPIENT = MailboxId("0a000000-0000-4000-8000-000000000002")

ORDER = """
<template name="Order -- of {things}">
  <documents>
    <document id="1 d'" name="Order">
      <body>
        <field type="text" name="NUMBER" required="true"
          title="Number &amp; 'so' --- on"/>
        <field type="text" name="a {b} &quot;c&quot; 'd'" multiple="true" roleId="r"/>
        <field type="text" name="a  b"/>
        <field type="text" name="a--b"/>
        <field type="text" name="a__b"/>
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
          <field type="attachment" name="PROOF" required="true"/>
        </fieldgroup>
        <fieldgroup name="NUMBER"><field type="text" name="div"/></fieldgroup>
      </body>
    </document>
  </documents>
  <flow><roles><role id="s" title="Buyer"/><role id="r"/><role id="'x'"/></roles></flow>
</template>
"""


def every_type(**attributes):
    """Return a template with a field of each type, alone and in a table."""
    more = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    options = "<option>one &amp; two</option><option>3</option>"
    fields = "".join(
        f'<field type="{kind.value}" name="{{}}{kind.value}" {more}>{options}</field>'
        for kind in FieldType
    ).replace("{}", "{0}")
    documents = "".join(
        f'<document id="{name}" name="{name}"><body>{fields.format("")}'
        f'<fieldgroup name="rows">{fields.format("row ")}</fieldgroup></body>'
        "</document>"
        for name in ("subject", "roles", "ü 2")
    )
    return (
        f'<template name="All"><documents>{documents}</documents><flow><roles>'
        '<role id="a" order="2"/><role id="b" order="1"/></roles></flow></template>'
    )


TEMPLATES = {
    "odd names": ORDER.encode(),
    "every type": every_type().encode(),
    "every type required": every_type(required="true").encode(),
    "every type of the sender": every_type(required="true", roleId="b").encode(),
    "every type of the recipient": every_type(required="true", roleId="a").encode(),
    "several values": every_type(multiple="true", required="true").encode(),
    "the built-in one": file_template(),
}


def template_of(xml):
    version = TemplateVersionId("0b000000-0000-4000-8000-000000000002")
    template = TemplateId("0b000000-0000-4000-8000-000000000001")
    return to_template(parse_template(xml), template, version)


def example_of(template):
    return example_envelope(template, SENDER, RECIPIENT, NOW)


@pytest.fixture
def run(saxon, tmp_path):
    """Run a stylesheet as a rule runs it; the alias PARTNER is the recipient's."""
    source = tmp_path / "order.xml"
    conversions = Conversions(Limits(), saxon)

    def answer(name, values):
        known = (name, *values) == ("getMailboxUuidByAlias", "PARTNER")
        return RECIPIENT if known else None

    def convert(stylesheet, data, kind="FILE"):
        source.write_bytes(data)
        task = Task(
            stylesheet=stylesheet,
            source=source,
            seed="s",
            source_kind=kind,
            parameters={"SENDER_MAILBOX": SENDER, "FILE_NAME": "order.xml"},
        )
        done = conversions.convert(task, lambda wanted: [answer(*x) for x in wanted])
        assert isinstance(done, Converted), done
        return done

    return convert


def draft_of(done) -> Draft:
    draft = parse(done.output)
    assert isinstance(draft, Draft), draft
    return draft


@pytest.mark.parametrize("xml", TEMPLATES.values(), ids=list(TEMPLATES))
def test_each_skeleton_runs_unchanged_on_its_example_and_on_the_others_result(run, xml):
    template = template_of(xml)
    outward, inward = out_skeleton(template), in_skeleton(template)

    # OUT on the generated file: valid, with every value of the example
    for file in (
        example_file(template, RECIPIENT, "", NOW),
        example_file(template, RECIPIENT, "PARTNER", NOW),
    ):
        done = run(outward, file)
        draft = draft_of(done)
        assert check(draft, template) == []
        assert [role.mailbox for role in draft.roles] == [
            SENDER if role == template.sending_role else RECIPIENT
            for role in template.roles
        ]
        assert set(draft.attachments) == set(done.attachments)
        assert plain(draft) == plain(example_of(template).draft)

    # IN on the example envelope: XML, of which OUT makes the same envelope again
    envelope = example_of(template)
    result = run(inward, write(envelope), "XML").output
    again = draft_of(run(outward, result))
    assert check(again, template) == []
    assert plain(again) == plain(envelope.draft)
    assert again.subject == envelope.draft.subject
    assert again.message == envelope.draft.message


def plain(draft):
    """Return the values of all that is no attachment, by their places."""
    found = {}
    for document in draft.documents:
        rows = [("", document.fields)]
        for group in document.groups:
            rows += [(f"{group.name}{n}", row) for n, row in enumerate(group.rows)]
        for place, row in rows:
            for field in row:
                if not field.attachment:
                    found[document.id, place, field.name] = list(field.values)
    return found


def test_the_out_skeleton_has_a_place_for_every_field(run):
    order = template_of(ORDER.encode())
    draft = draft_of(run(out_skeleton(order), b"<any/>"))
    (document,) = draft.documents
    assert document.id == "1 d'"
    assert [f.name for f in document.fields if not f.attachment] == [
        field.name
        for field in order.documents[0].fields
        if not field.group and field.type is not FieldType.ATTACHMENT
    ]
    assert [group.name for group in document.groups] == ["LINES", "NUMBER"]
    assert draft.subject == "order.xml"


def test_what_the_out_skeleton_finds_nothing_for_is_told_by_the_checks(run):
    order = template_of(ORDER.encode())
    draft = draft_of(run(out_skeleton(order), b"<any/>"))
    found = [(v.code, v.where.rpartition("/")[2]) for v in check(draft, order)]
    assert found == [
        ("role-missing", "role[r]"),
        ("role-missing", "role['x']"),
        ("field-required", "NUMBER"),
    ]


def test_an_attachment_that_was_uploaded_is_taken_over(run):
    order = template_of(ORDER.encode())
    uuid = "0c000000-0000-4000-8000-000000000001"
    xml = f'<message><_1_d_><FILE uuid="{uuid}">x.pdf</FILE></_1_d_></message>'
    done = run(out_skeleton(order), xml.encode())
    fields = {f.name: f for f in draft_of(done).documents[0].fields}
    assert (fields["FILE"].attachment, list(fields["FILE"].values)) == (uuid, ["x.pdf"])
    assert fields["MORE"].attachment in done.attachments


def test_the_in_skeleton_gives_every_value_of_an_envelope(run):
    order = template_of(ORDER.encode())
    envelope = example_of(order)
    root = etree.fromstring(run(in_skeleton(order), write(envelope), "XML").output)
    (document,) = root.findall("_1_d_")
    assert root.findtext("subject") == "Example of Order -- of {things}"
    assert root.get("envelope") == envelope.id
    assert document.findtext("NUMBER") == "Number & 'so' --- on"
    assert [e.text for e in document.findall("a__b___c___d_")] == [
        "a {b} \"c\" 'd' 1",
        "a {b} \"c\" 'd' 2",
    ]
    assert [document.findtext(tag) for tag in ("a__b", "a--b", "a__b_2")] == [
        "a  b",
        "a--b",
        "a__b",
    ]
    assert document.findtext("DATE") == "2026-10-12"
    assert [e.text for e in document.findall("KINDS")] == ["A", "B"]
    assert document.find("FILE").get("uuid")
    assert document.find("PLACE").get("record")
    rows = document.findall("LINES/row")
    assert [row.findtext("QUANTITY") for row in rows] == ["12", "12"]


def test_an_example_fits_its_template_and_is_always_the_same():
    order = template_of(ORDER.encode())
    example = example_of(order)
    assert check(example.draft, order) == []
    assert example == example_of(order)
    assert (example.sender, example.created_at) == (SENDER, NOW)
    assert [role.mailbox for role in example.draft.roles] == [
        SENDER,
        RECIPIENT,
        RECIPIENT,
    ]
    other = replace(order, version=TemplateVersionId("v-2"))
    assert example_of(other).id != example.id


def test_an_example_survives_being_written():
    order = template_of(ORDER.encode())
    example = example_of(order)
    read = parse(write(example))
    assert read.documents == example.draft.documents
    assert read.uuid == example.id
