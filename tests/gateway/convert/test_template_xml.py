import re

import pytest

from gateway.convert.schemas import file_template
from gateway.convert.template_xml import parse, to_template
from gateway.core.errors import Invalid
from gateway.core.model import TemplateId, TemplateVersionId
from gateway.core.template import (
    FILE_TEMPLATE,
    FieldDef,
    FieldType,
    RoleDef,
)

FLOW = "<flow><roles><role id='s'/><role id='r' title='R' order='7'/></roles></flow>"


def template(body, flow=FLOW, name="name='Order'"):
    text = (
        f"<template {name}>\n<documents>\n<document id='d' name='D'>"
        f"<body>\n{body}</body></document></documents>{flow}</template>"
    )
    return text.encode()


def refusal(data):
    with pytest.raises(Invalid) as caught:
        parse(data)
    assert caught.value.code == "template-invalid"
    data, message = caught.value.data, caught.value.message
    assert data == {"data": message, "line": re.match(r"Line (\d+): ", message)[1]}
    return message


def test_the_built_in_file_template_has_one_attachment_and_two_roles():
    parsed = parse(file_template())
    assert parsed.uuid == FILE_TEMPLATE
    assert parsed.name == "File"
    (document,) = parsed.documents
    (field,) = document.fields
    assert (field.name, field.type) == ("file", FieldType.ATTACHMENT)
    assert [role.id for role in parsed.roles] == ["sender", "recipient"]


def test_fields_are_found_among_layout_with_all_they_say():
    parsed = parse(
        template(
            "<table style='x'><row><label>Number</label>"
            "<field type='text' name='n' title='T' roleId='s' required='yes'"
            " data-x='1'/></row></table>"
            "<fieldgroup name='g'><p><field type='select' name='c' multiple='true'"
            " role='r'><option>A</option><option value='b'>B</option></field></p>"
            "</fieldgroup>"
            "<field type='dictionary' name='k' dictionaryUuid='u'/>"
        )
    )
    assert parsed.documents[0].fields == [
        FieldDef(
            document="d",
            name="n",
            type=FieldType.TEXT,
            title="T",
            role="s",
            required=True,
            options=[],
        ),
        FieldDef(
            document="d",
            name="c",
            type=FieldType.SELECT,
            group="g",
            role="r",
            multiple=True,
            options=["A", "b"],
        ),
        FieldDef(
            document="d",
            name="k",
            type=FieldType.DICTIONARY,
            dictionary="u",
            options=[],
        ),
    ]


def test_roles_without_an_order_count_as_written():
    assert parse(template("")).roles == [
        RoleDef(id="s", order=0),
        RoleDef(id="r", title="R", order=7),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("name='A'><info><name>B</name></info", "A"),
        ("><info><name> B </name></info", "B"),
        ("><name>C</name", "C"),
    ],
)
def test_the_name_comes_from_the_attribute_or_an_element(name, expected):
    assert parse(template("", name=name)).name == expected


def test_a_template_gets_the_identity_it_is_given():
    parsed = parse(template("<field name='a' type='date'/>"))
    made = to_template(parsed, TemplateId("t"), TemplateVersionId("v"))
    assert (made.id, made.version, made.name) == ("t", "v", "Order")
    assert made.documents == parsed.documents
    assert made.roles == parsed.roles


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Line 1: The document is empty."),
        (b"<template>", "Line 1: Not well-formed XML: "),
        (b"<!DOCTYPE t><template/>", "Line 1: A DOCTYPE is not allowed."),
        (b"<order/>", "Line 1: The root element is order; it must be <template> or"),
        (b"<field name='a' type='text'/>", "Line 1: The root element is field"),
        (
            template("<field type='txt' name='a'/>"),
            "Line 4: <field> has type='txt'; allowed is one of text, textarea,",
        ),
        (template("<field type='text'/>"), "Line 4: <field> must have the attribute n"),
        (
            template("<field type='text' name='a'/>\n<field type='date' name='a'/>"),
            "Line 5: Document d has a second field a;",
        ),
        (
            template("<fieldgroup name='a'/><fieldgroup name='a'/>"),
            "Line 4: Table a stands here a second time.",
        ),
        (
            template("<fieldgroup name='a'><fieldgroup name='b'/></fieldgroup>"),
            "Line 4: Table b stands inside another.",
        ),
        (
            template("<field type='text' name='a' roleId='x'/>"),
            "Line 4: Field a is of role x, which is not in flow/roles; there: r, s.",
        ),
        (template("", flow=""), "Line 1: The template has no role;"),
        (template("", flow="<flow><roles/></flow>"), "Line 4: <roles> is incomplete"),
        (
            template("", FLOW.replace("'r'", "'s'")),
            "Line 4: Role s stands here a second time.",
        ),
        (template("", name=""), "Line 1: The template has no name"),
        (template("", name=f"><name>{'x' * 256}</name"), "Line 1: The template's name"),
        (
            template("", name="uuid='1'"),
            "Line 1: <template> has uuid='1'; allowed is a",
        ),
        (
            f"<template name='a'>{FLOW}</template>".encode(),
            "Line 1: The template has no document",
        ),
        (
            template("</body></document><document id='d'><body>"),
            "Line 4: Document d stands here a second time.",
        ),
    ],
    ids=range(19),
)
def test_a_wrong_template_is_refused_with_its_line(data, said):
    assert refusal(data).startswith(said)
