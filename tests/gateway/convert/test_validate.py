"""The validation files of a rule: what they include, hold and say."""

import pytest

from gateway.convert.conversion import Conversions
from gateway.convert.task import Converted, Limits, Task
from gateway.core.model import Problem
from gateway.core.rules import Validation

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
COPY = (
    '<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
    '<xsl:template match="/">{}</xsl:template></xsl:stylesheet>'
)


def schema(name, *parts, more=""):
    text = f"<xs:schema {XS} {more}>{''.join(parts)}</xs:schema>"
    return Validation(name, text)


def int_root(name, root):
    return schema(name, f'<xs:element name="{root}" type="xs:int"/>')


def asserting(name, test, said="no", more=""):
    return schematron(
        name,
        f'<sch:pattern><sch:rule context="/*"><sch:assert test="{test}" {more}>{said}'
        "</sch:assert></sch:rule></sch:pattern>",
    )


def schematron(name, body, more=""):
    text = (
        f'<sch:schema xmlns:sch="http://purl.oclc.org/dsdl/schematron" {more}>\n'
        f"{body}</sch:schema>"
    )
    return Validation(name, text)


def part(name, body):
    """Return a file that is part of a schema: one element with its namespace."""
    declared = 'pattern xmlns:sch="http://purl.oclc.org/dsdl/schematron"'
    return Validation(name, body.replace("pattern", declared, 1))


@pytest.fixture
def run(saxon, tmp_path):
    """Convert `xml`; by default into itself."""
    source = tmp_path / "source"
    conversions = Conversions(Limits(), saxon)

    def convert(xml, *files, stylesheet="", on="RESULT"):
        source.write_text(xml)
        task = Task(
            stylesheet=stylesheet,
            source=source,
            seed="s",
            validations=files,
            validate_on=on,
        )
        return conversions.convert(task, lambda lookups: [None] * len(lookups))

    return convert


def refused(result) -> Problem:
    assert isinstance(result, Problem), result
    assert (result.step, bool(result.remedy)) == ("validate", True)
    return result


def test_every_file_speaks_and_every_message_is_kept(run):
    rows = "\n".join(f"<l>{n}</l>" for n in range(30))
    lines = '<xs:element name="l" type="xs:date" maxOccurs="99"/>'
    found = refused(
        run(
            f"<o>\n{rows}</o>",
            schema(
                "o.xsd",
                '<xs:element name="o"><xs:complexType><xs:sequence>',
                f"{lines}</xs:sequence></xs:complexType></xs:element>",
            ),
            asserting("r.sch", "count(l) = 2", "two lines, not <sch:value-of"
                      " select='count(l)'/>"),
        )
    )  # fmt: skip
    assert found.code == "validation-xsd"
    assert found.line == 2
    assert "o.xsd: line 2:" in found.message
    assert "and 11 more" in found.message
    assert len(found.details) == 31
    assert found.details[-1] == "r.sch: line 1: two lines, not 30"


def test_source_envelope_or_both_are_checked_as_the_rule_says(run):
    to_b = COPY.format("<b>x</b>")
    a, b = int_root("a.xsd", "a"), int_root("b.xsd", "b")
    good, bad = "<a>1</a>", "<a>no</a>"
    assert isinstance(run(good, a, stylesheet=to_b, on="SOURCE"), Converted)
    assert "The source" in refused(run(bad, a, stylesheet=to_b, on="SOURCE")).message
    assert "The result" in refused(run(good, b, stylesheet=to_b)).message
    assert "The source" in refused(run(bad, a, b, stylesheet=to_b, on="BOTH")).message
    result = refused(run(good, a, b, stylesheet=to_b, on="BOTH"))
    assert "The result does not satisfy b.xsd" in result.message
    fitting = COPY.format("<b>2</b>")
    assert isinstance(run(good, a, b, stylesheet=fitting, on="BOTH"), Converted)


def test_one_schema_must_know_the_document_and_the_others_do_not_count(run):
    library = schema("types.xsd", '<xs:element name="part" type="xs:int"/>')
    a = int_root("a.xsd", "a")
    assert isinstance(run("<a>1</a>", library, a), Converted)
    assert refused(run("<a>x</a>", library, a)).message.count(".xsd:") == 1
    found = refused(run("<z>1</z>", library, a))
    assert [told.partition(":")[0] for told in found.details] == ["types.xsd", "a.xsd"]
    both = refused(run("<z>1</z>", a, stylesheet=COPY.format("<a>2</a>"), on="BOTH"))
    assert "The source does not satisfy a.xsd" in both.message


def test_each_of_several_envelopes_is_checked(run):
    files = [int_root("e.xsd", "envelope"), asserting("r.sch", ". != '3'", "three")]
    xml = "<envelopes>\n<envelope>1</envelope>\n<envelope>3</envelope></envelopes>"
    found = refused(run(xml, *files))
    assert found.details == ("r.sch: envelope 2, line 3: three",)
    assert isinstance(run(xml.replace("3", "2"), *files), Converted)


def test_schemas_that_include_each_other_are_not_forgotten(run):
    def ring(name, other, root):
        include = f'<xs:include schemaLocation="{other}"/>'
        return schema(name, include, f'<xs:element name="{root}" type="xs:int"/>')

    files = [ring("a.xsd", "b.xsd", "a"), ring("b.xsd", "a.xsd", "b")]
    assert "a.xsd" in refused(run("<b>x</b>", *files)).message
    assert isinstance(run("<b>1</b>", *files), Converted)


def test_other_namespaces_are_imported_from_the_rules_own_files(run):
    imported = schema(
        "n.xsd", '<xs:element name="n" type="xs:int"/>', more='targetNamespace="urn:n"'
    )
    main = schema(
        "main.xsd",
        '<xs:import namespace="urn:n" schemaLocation="sub/n.xsd"/>'
        '<xs:element name="o"><xs:complexType><xs:sequence><xs:element ref="n:n"/>'
        "</xs:sequence></xs:complexType></xs:element>",
        more='xmlns:n="urn:n"',
    )
    assert isinstance(run('<o><n xmlns="urn:n">1</n></o>', main, imported), Converted)
    bad = refused(run('<o><n xmlns="urn:n">x</n></o>', main, imported))
    assert bad.message.count("main.xsd") == 1


# --- Schematron -------------------------------------------------------------------


def test_warnings_come_along_with_the_result(run):
    doubt = asserting("r.sch", "false()", "odd", 'id="W" role="warning"')
    result = run("<a>1</a>", doubt)
    assert isinstance(result, Converted)
    assert result.warnings == ["r.sch: line 1: [W] odd"]


def test_diagnostics_explain_further(run):
    files = schematron(
        "r.sch",
        '<sch:pattern><sch:rule context="a"><sch:assert test="false()"'
        ' diagnostics="d">no</sch:assert></sch:rule></sch:pattern><sch:diagnostics>'
        '<sch:diagnostic id="d">it is <sch:value-of select="."/></sch:diagnostic>'
        "</sch:diagnostics>",
    )
    assert refused(run("<a>7</a>", files)).details == ("r.sch: line 1: no it is 7",)
    lost = Validation("r.sch", files.content.replace('id="d"', 'id="e"'))
    assert "no diagnostic d" in refused(run("<a/>", lost)).message


def test_only_the_patterns_of_the_default_phase_count(run):
    files = schematron(
        "r.sch",
        '<sch:phase id="p"><sch:active pattern="one"/>'
        '<sch:let name="most" value="5"/></sch:phase>'
        '<sch:pattern id="one"><sch:rule context="a">'
        '<sch:assert test=". &lt; $most">too much</sch:assert></sch:rule></sch:pattern>'
        '<sch:pattern id="two"><sch:rule context="a"><sch:assert test="false()">never'
        "</sch:assert></sch:rule></sch:pattern>",
        'defaultPhase="p"',
    )
    assert isinstance(run("<a>4</a>", files), Converted)
    assert refused(run("<a>7</a>", files)).details == ("r.sch: line 1: too much",)


def test_two_patterns_may_use_one_name_for_their_variables(run):
    def pattern(value):
        return (
            f'<sch:pattern><sch:let name="n" value="{value}"/><sch:rule context="l">'
            '<sch:assert test=". = $n">not <sch:value-of select="$n"/></sch:assert>'
            "</sch:rule></sch:pattern>"
        )

    both = pattern("count(//l)") + pattern("/a/@n")
    files = schematron("r.sch", both, 'queryBinding="xslt2"')
    assert isinstance(run("<a n='1'><l>1</l></a>", files), Converted)
    found = refused(run("<a n='3'><l>1</l></a>", files))
    assert found.details == ("r.sch: line 1: not 3",)
    old = refused(run("<a/>", schematron("r.sch", both, 'queryBinding="xslt"')))
    assert "Another pattern has a let n, too" in old.message


RULE = (
    '<sch:rule id="R" context="a"><sch:assert test=". = 1">not one</sch:assert>'
    "</sch:rule>"
)


def test_parts_of_other_files_are_included(run):
    pattern = part("p.sch", f"<sch:pattern>{RULE}</sch:pattern>")
    main = schematron("r.sch", '<sch:include href="p.sch"/>')
    assert refused(run("<a>2</a>", main, pattern)).details == (
        "r.sch: line 1: not one",
    )
    chosen = schematron(
        "r.sch",
        '<sch:pattern><sch:rule context="a"><sch:extends href="whole.sch#R"/>'
        "</sch:rule></sch:pattern>",
    )
    other = schematron("whole.sch", f"<sch:pattern>{RULE}</sch:pattern>")
    assert refused(run("<a>2</a>", chosen, other)).details == (
        "r.sch: line 1: not one",
    )


def test_what_cannot_be_included_is_explained(run):
    whole = schematron("w.sch", "")
    ring = part("ring.sch", '<sch:pattern><sch:include href="ring.sch"/></sch:pattern>')
    broken = part("b.sch", '<sch:pattern><sch:rule id="x"/></sch:pattern>')
    for href, file, says in (
        ("w.sch", whole, "w.sch is a whole schema"),
        ("b.sch#nothing", broken, "b.sch has nothing with the id nothing"),
        ("b.sch", broken, "In b.sch: The rule has no attribute context"),
        ("ring.sch", ring, "ring.sch includes itself"),
        ("file:///etc/passwd", whole, "passwd is not among"),
    ):
        main = schematron("m.sch", f'<sch:include href="{href}"/>')
        found = refused(run("<a/>", main, file))
        assert says in found.message, found.message


def test_an_unknown_query_language_is_refused(run):
    files = schematron("r.sch", "", 'queryBinding="stx"')
    assert "queryBinding stx is not known" in refused(run("<a/>", files)).message


def test_the_document_type_of_a_schema_counts_for_nothing(run):
    """The schema of XML Signature has one, in every set of schemas for invoices."""
    plain = int_root("a.xsd", "a")
    doctype = (
        '<!-- > -->\n<!DOCTYPE schema [\n<!ENTITY e SYSTEM "file:///etc/passwd">\n]>\n'
    )
    typed = Validation("a.xsd", f'<?xml version="1.0"?>{doctype}{plain.content}')
    assert isinstance(run("<a>1</a>", typed), Converted)
    assert "a.xsd" in refused(run("<a>x</a>", typed)).message
    entity = Validation("a.xsd", typed.content.replace('name="a"', 'name="&e;"'))
    assert "line 5" in refused(run("<a>1</a>", entity)).message
    main = schema("m.xsd", '<xs:include schemaLocation="a.xsd"/>')
    assert isinstance(run("<a>1</a>", main, typed), Converted)
