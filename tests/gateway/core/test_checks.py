import pytest

from gateway.core.checks import HINTS, Violation, check
from gateway.core.envelope import Document, Draft, Field, FieldGroup, Role
from gateway.core.template import DocumentDef, FieldDef, FieldType, RoleDef, Template


def a_def(name, kind=FieldType.TEXT, **more):
    return FieldDef(document="d", name=name, type=kind, **more)


def a_template(*fields):
    return Template(
        id="t",
        version="v",
        name="Order",
        documents=[DocumentDef("d", "D", fields)],
        roles=[RoleDef(id="r", order=2), RoleDef(id="s", order=1)],
    )


def a_draft(*fields, groups=(), **more):
    given = {
        "template": "t",
        "template_version": "v",
        "roles": [Role("s", ""), Role("r", "m2")],
        "documents": [Document("d", fields, groups)],
        **more,
    }
    return Draft(**given)


def a_field(name, *values, **more):
    return Field(name=name, values=values, **more)


def found(draft, template):
    return [(v.code, v.where) for v in check(draft, template)]


def test_an_envelope_that_fits_has_no_violations():
    template = a_template(
        a_def("n", required=True, role="s"),
        a_def("later", required=True, role="r"),
        a_def("computed", FieldType.AUTONUMBER, required=True),
        a_def("many", multiple=True),
        a_def("p", FieldType.NUMBER, group="g", required=True),
        a_def("k", FieldType.DICTIONARY, required=True),
        a_def("f", FieldType.ATTACHMENT, required=True),
    )
    draft = a_draft(
        a_field("n", "1"),
        a_field("many", "1", "2"),
        a_field("k", record="x"),
        a_field("f", attachment="a"),
        groups=[FieldGroup("g", [[a_field("p", "1")]])],
    )
    assert check(draft, template) == []


def test_letters_of_a_uuid_count_in_any_case_and_the_version_may_be_left_out():
    assert check(a_draft(template="T", template_version=None), a_template()) == []


def test_another_template_or_version_is_told():
    draft = a_draft(template="x", template_version="y")
    assert check(draft, a_template()) == [
        Violation("template-other", "is x, and must be t", "envelope/@templateUuid"),
        Violation(
            "template-version-other", "is y, and must be v", "envelope/@templateVersion"
        ),
    ]


def test_every_role_but_the_sending_one_needs_a_mailbox():
    draft = a_draft(roles=[Role("x", "m"), Role("r", " ")])
    assert check(draft, a_template()) == [
        Violation(
            "role-unknown",
            "the template has no such role; its roles are r, s",
            "flow/roles/role[x]",
        ),
        Violation("role-missing", "needs a mailboxUuid", "flow/roles/role[r]"),
    ]


def test_what_the_template_does_not_know_is_named_with_a_hint():
    template = a_template(a_def("number"), a_def("price", group="lines"))
    draft = a_draft(
        a_field("numbr", "1"),
        a_field("price", "1"),
        groups=[
            FieldGroup("line", []),
            FieldGroup("lines", [[], [a_field("number"), a_field("zzz")]]),
        ],
    )
    draft = a_draft(documents=[*draft.documents, Document("e", ())])
    d = "documents/document[d]"
    assert check(draft, template) == [
        Violation(
            "field-unknown",
            "the template has no such field; did you mean number?",
            f"{d}/numbr",
        ),
        Violation("field-misplaced", "belongs into table lines", f"{d}/price"),
        Violation(
            "table-unknown",
            "the template has no such table; did you mean lines?",
            f"{d}/line",
        ),
        Violation(
            "field-misplaced", "belongs into the document", f"{d}/lines[1]/number"
        ),
        Violation(
            "field-unknown", "the template has no such field", f"{d}/lines[1]/zzz"
        ),
        Violation(
            "document-unknown",
            "the template has no such document",
            "documents/document[e]",
        ),
    ]


def test_hints_end_when_too_many_names_are_unknown():
    draft = a_draft(*(a_field(f"number{n}", "1") for n in range(HINTS + 5)))
    hinted = [
        v for v in check(draft, a_template(a_def("number"))) if "mean" in v.message
    ]
    assert len(hinted) == HINTS


def test_required_fields_must_be_filled_in_every_row_and_in_absent_documents():
    template = a_template(
        a_def("n", required=True), a_def("p", group="g", required=True)
    )
    d = "documents/document[d]"
    blank = a_draft(
        a_field("n", " "), groups=[FieldGroup("g", [[a_field("p", "1")], []])]
    )
    assert found(blank, template) == [
        ("field-required", f"{d}/n"),
        ("field-required", f"{d}/g[1]/p"),
    ]
    assert found(a_draft(documents=[]), template) == [("field-required", f"{d}/n")]


def test_one_value_is_the_rule():
    draft = a_draft(a_field("n", "1", " ", "2"))
    assert check(draft, a_template(a_def("n"))) == [
        Violation(
            "field-single", "has 2 values, and may have one", "documents/document[d]/n"
        )
    ]


def test_attachments_belong_into_attachment_fields():
    template = a_template(a_def("f", FieldType.ATTACHMENT), a_def("n"))
    draft = a_draft(a_field("f", "order.pdf"), a_field("n", attachment="a"))
    assert found(draft, template) == [
        ("attachment-missing", "documents/document[d]/f"),
        ("field-type", "documents/document[d]/n"),
    ]


GOOD = {
    FieldType.NUMBER: ["0", "-12", "+1.50", "1,5", " 7 "],
    FieldType.CURRENCY: ["1284.60", "1284.60 EUR", "EUR 12", "12EUR"],
    FieldType.DATE: ["2024-01-11", "2024-02-29", "2024-01-11T09:30:00Z"],
    FieldType.DATETIME: ["2024-01-11T09:30", "2024-01-11T09:30:15.123+02:00"],
    FieldType.TIME: ["09:30", "23:59:59", "09:30:00Z"],
    FieldType.CHECKBOX: ["true", "false"],
    FieldType.EMAIL: ["a.b@example.com"],
    FieldType.SELECT: ["A"],
    FieldType.TEXT: ["anything\nat all"],
    FieldType.LOOKUP: ["anything"],
}
BAD = {
    FieldType.NUMBER: ["x", "1.2.3", "1 000", ".", "1e5", "\u0661"],
    FieldType.CURRENCY: ["EUR", "12 euro", "1,284.60"],
    FieldType.DATE: ["11.01.2024", "20240111", "2024-13-01", "2023-02-29", "09:30"],
    FieldType.DATETIME: ["2024-01-11 09:30", "2024-01-11T25:00"],
    FieldType.TIME: ["9:30", "0930", "24:30", "2024-01-11"],
    FieldType.CHECKBOX: ["yes", "TRUE", "1"],
    FieldType.EMAIL: ["a@b", "a b@example.com", "a@example.com,b@example.com"],
    FieldType.SELECT: ["a", "B"],
}


@pytest.mark.parametrize(
    ("kind", "value"), [(k, v) for k, values in GOOD.items() for v in values], ids=str
)
def test_a_value_of_the_fields_type_is_taken(kind, value):
    template = a_template(a_def("n", kind, options=["A"]))
    assert check(a_draft(a_field("n", value)), template) == []


@pytest.mark.parametrize(
    ("kind", "value"), [(k, v) for k, values in BAD.items() for v in values], ids=str
)
def test_a_value_of_another_type_is_told_with_what_it_must_be(kind, value):
    template = a_template(a_def("n", kind, options=["A"]))
    (violation,) = check(a_draft(a_field("n", value)), template)
    assert violation.code in {"field-type", "field-option"}
    assert violation.message.startswith(f"is {value!r}; ")
    assert violation.where == "documents/document[d]/n"


def test_a_long_value_is_told_in_short():
    template = a_template(a_def("n", FieldType.NUMBER))
    (violation,) = check(a_draft(a_field("n", "x" * 999)), template)
    assert len(violation.message) < 120


def test_a_select_without_options_takes_any_value():
    template = a_template(a_def("n", FieldType.SELECT))
    assert check(a_draft(a_field("n", "B")), template) == []
