"""Whole conversions inside this process; the workers have tests of their own."""

import re

import pytest

from gateway.convert.conversion import Conversions
from gateway.convert.task import Converted, Limits, Task
from gateway.core.model import Problem
from gateway.core.rules import Validation

HEAD = (
    '<xsl:stylesheet version="{version}"'
    ' xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
    ' xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:wd="java:com.whitedoc.xslt.extensions.WdExtensions"'
    ' xmlns:uuid="java:java.util.UUID" exclude-result-prefixes="#all">\n'
)
HEAD_1 = HEAD.replace(' exclude-result-prefixes="#all"', "")
XML_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'


def sheet(body: str, version: str = "3.0") -> str:
    return HEAD.format(version=version) + body + "\n</xsl:stylesheet>"


def template(body: str, version: str = "3.0") -> str:
    return sheet(f'<xsl:template match="/">\n{body}</xsl:template>', version)


@pytest.fixture
def run(saxon, tmp_path):
    """Convert `xml` with `stylesheet`; `answers` maps function names to answers."""
    source = tmp_path / "source"
    asked: list[list] = []

    def convert(stylesheet="", xml=b"<a b='1'>x</a>", *, limits=None, **task):
        answers = task.pop("answers", {})
        source.write_bytes(xml)
        made = Task(stylesheet=stylesheet, source=source, **{"seed": "s", **task})

        def ask(lookups):
            asked.append(list(lookups))
            found = [answers.get(name) for name, _ in lookups]
            return [
                one(*values) if callable(one) else one
                for one, (_, values) in zip(found, lookups, strict=True)
            ]

        return Conversions(limits or Limits(), saxon).convert(made, ask)

    convert.asked = asked
    return convert


def done(result) -> bytes:
    assert isinstance(result, Converted), result
    return result.output.removeprefix(XML_HEAD)


def failed(result) -> Problem:
    assert isinstance(result, Problem), result
    assert result.remedy
    return result


# --- Source ----------------------------------------------------------------------


def test_a_document_may_have_more_than_100_000_escaped_signs(run):
    # the parser's own limit, against entities that blow up; there are none here
    xml = b"<a>" + b"&amp;" * 100_001 + b"</a>"
    length = template('<n><xsl:value-of select="string-length(a)"/></n>')
    assert done(run(length, xml)) == b"<n>100001</n>"


def test_without_a_stylesheet_the_source_is_the_result(run):
    result = run()
    assert done(result) == b"<a b='1'>x</a>"
    assert result.source_xml == b""


def test_the_source_comes_along_when_it_is_wanted(run):
    result = run(template("<o/>"), want_source=True)
    assert done(result) == b"<o/>"
    assert result.source_xml == XML_HEAD + b"<a b='1'>x</a>"


def test_a_file_is_read_by_its_content_and_an_envelope_as_xml(run):
    edi = b"UNB+UNOC:3+A'UNZ+0'"
    stylesheet = template('<o><xsl:value-of select="name(/*)"/></o>')
    assert done(run(stylesheet, edi)) == b"<o>EDIFACT</o>"
    assert failed(run(stylesheet, edi, source_kind="XML")).code == "xml-syntax"


def test_any_file_can_be_wrapped_as_an_attachment(run):
    result = run(
        template('<f n="{/file/@name}" a="{wd:createAttachementWithSourceFile()}"/>'),
        b"\x00\x01",
        file_name="x.bin",
        size=2,
    )
    (attachment,) = result.attachments
    assert done(result).decode() == f'<f n="x.bin" a="{attachment}"/>'


def test_a_source_that_is_too_large_is_refused(run):
    found = failed(run(xml=b"<a>123</a>", limits=Limits(source_bytes=9)))
    assert (found.code, found.step) == ("source-too-large", "read")


def test_a_file_that_is_only_wrapped_may_have_any_size(run):
    wrap = template('<o><xsl:value-of select="/file/@name"/></o>')
    result = run(wrap, bytes(5000), file_name="x", limits=Limits(source_bytes=100))
    assert done(result) == b"<o>x</o>"


def test_the_readers_warnings_are_the_conversions_warnings(run):
    result = run(template("<o/>"), b"UNB+UNOC:3+A'UNZ+7'")
    assert "counts 7 messages" in result.warnings[0]


def test_xml_1_1_is_refused_or_read_but_never_raises(run):
    assert run(template("<o/>"), b"<?xml version='1.1'?><a/>")


# --- Stylesheets of every version -------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "2.0", "3.0"])
def test_stylesheets_of_every_version_work(run, version):
    head = HEAD_1 if version == "1.0" else HEAD
    body = '<xsl:template match="/a"><o><xsl:value-of select="@b + 1"/></o>'
    text = head.format(version=version) + body + "</xsl:template></xsl:stylesheet>"
    result = run(text)
    assert b">2</o>" in done(result)
    assert not result.warnings


def test_features_of_xslt_3_work(run):
    body = "<o><xsl:value-of select=\"map{'k': 'v'}?k, sort((2, 1)) ! string()\"/></o>"
    assert done(run(template(body))) == b"<o>v 1 2</o>"


def test_a_literal_result_element_is_a_stylesheet(run):
    text = (
        '<o xsl:version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        '<xsl:value-of select="/a"/></o>'
    )
    assert b">x</o>" in done(run(text))


def test_an_empty_stylesheet_copies_the_text(run):
    empty = HEAD.format(version="3.0").rstrip().removesuffix(">") + "/>"
    assert done(run(empty)) == b"x"


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_a_type_error_is_tried_again_as_1_0_with_a_warning(run, version):
    body = '<o><xsl:value-of select="concat(/a/(@b, .), 1)"/></o>'
    result = run(template(body, version))
    assert done(result) == b"<o>x1</o>"
    assert "rules of XSLT 1.0, because line 3" in result.warnings[0]


def test_a_static_type_error_is_tried_again_as_1_0(run):
    result = run(template("<o><xsl:value-of select=\"1 + '2'\"/></o>"))
    assert done(result) == b"<o>3</o>"
    assert "XPTY0004" in result.warnings[0]


def test_a_type_error_that_1_0_does_not_cure_is_reported_as_it_was(run):
    found = failed(run(template('<xsl:value-of select="xs:date(1)"/>')))
    assert found.code == "xslt-compile"
    assert "XPTY0004" in found.message
    late = template(
        '<xsl:value-of select="concat(/a/(@b,.),1)"/><o a="{xs:date(/a)}"/>'
    )
    assert failed(run(late)).code == "xslt-runtime"


def test_parameters_fit_any_declared_type_and_unknown_ones_do_no_harm(run):
    text = sheet(
        '<xsl:param name="n" as="xs:integer"/><xsl:param name="s" as="xs:string"/>'
        '<xsl:param name="AS2-From"/><xsl:template match="/">'
        "<o><xsl:value-of select=\"$n + 1, $s, $AS2-From = 'me'\"/></o></xsl:template>"
    )
    parameters = {
        "n": "3",
        "s": "a\x00b",
        "AS2-From": "me",
        "UNKNOWN": "u",
        "no name": "",
        "{urn:x}y": "z",
    }
    assert done(run(text, parameters=parameters)).decode() == "<o>4 a\ufffdb true</o>"


# --- Results ----------------------------------------------------------------------


def output(attributes: str, body: str) -> str:
    return sheet(
        f'<xsl:output {attributes}/><xsl:template match="/">{body}</xsl:template>'
    )


@pytest.mark.parametrize(
    ("attributes", "body", "expected"),
    [
        ('method="text"', "é", "é".encode()),
        ('method="text" encoding="ISO-8859-1"', "é", b"\xe9"),
        ('method="json"', '<xsl:sequence select="map{1: 2}"/>', b'{"1":2}'),
        (
            'encoding="ISO-8859-1"',
            "<o>é€</o>",
            b'<?xml version="1.0" encoding="ISO-8859-1"?><o>\xe9&#8364;</o>',
        ),
        (
            'encoding="windows-1251" omit-xml-declaration="yes"',
            "<o>ж</o>",
            b"<o>\xe6</o>",
        ),
        (
            'encoding="UTF-16"',
            "<o/>",
            '<?xml version="1.0" encoding="UTF-16"?><o/>'.encode("utf-16"),
        ),
        ('method="xml"', "", b""),
    ],
)
def test_the_result_is_written_as_xsl_output_says(run, attributes, body, expected):
    assert done(run(output(attributes, body))) == expected


def test_html_names_its_encoding(run):
    body = "<html><head/><body>é€</body></html>"
    made = done(run(output('method="html" encoding="ISO-8859-1"', body)))
    assert b"charset=ISO-8859-1" in made
    assert b"\xe9&#8364;" in made


def test_a_character_that_a_text_cannot_hold_is_named(run):
    found = failed(run(output('method="text" encoding="US-ASCII"', "a€")))
    assert "'€', which US-ASCII cannot write" in found.message


def test_an_unknown_output_encoding_is_named(run):
    found = failed(run(output('encoding="klingon"', "<o/>")))
    assert "'klingon', which is not known" in found.message


def test_an_encoding_that_is_none_of_texts_is_an_error_of_the_rule(run):
    text = "x" * 70  # longer than a label of a host's name
    found = failed(run(output('method="text" encoding="idna"', text)))
    assert "which idna cannot write" in found.message


def test_more_look_ups_than_are_allowed_do_not_leave_the_worker(run):
    asks = template(
        '<o><xsl:for-each select="1 to 20"><xsl:value-of'
        ' select="wd:getMailboxUuidByAlias(string(.))"/></xsl:for-each></o>'
    )
    found = failed(run(asks, limits=Limits(lookups=10)))
    assert (found.code, run.asked) == ("conversion-lookups", [])


def test_a_result_that_is_too_large_is_refused(run):
    found = failed(run(template("<o>12345</o>"), limits=Limits(output_bytes=40)))
    assert (found.code, found.step) == ("conversion-output", "convert")


# --- Errors -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code", "line", "says"),
    [
        ('<o>\n<xsl:value-of select="foo("/></o>', "xslt-compile", 4, "XPST0003"),
        ('<o>\n<xsl:value-of select="$nope"/></o>', "xslt-compile", 4, "$nope"),
        ("<o>\n\n<xsl:nonsense/></o>", "xslt-compile", 5, "nonsense"),
        ("<o>\n</p>", "xslt-compile", 4, "mismatched tag"),
        ('<xsl:value-of select="xs:date(/a)"/>', "xslt-runtime", 3, "FORG0001"),
        ('<xsl:value-of select="error()"/>', "xslt-runtime", 3, "FOER0000"),
        (
            '<xsl:value-of select="wd:getMailboxUuidByAlias()"/>',
            "xslt-compile",
            3,
            "XPST0017",
        ),
        (
            "\n<xsl:message terminate='yes'>No <b>way</b></xsl:message>",
            "xslt-runtime",
            4,
            "stopped with the message: No way",
        ),
    ],
)
def test_errors_name_the_line_of_the_customers_stylesheet(run, body, code, line, says):
    uses = '<xsl:variable name="u" select="uuid:randomUUID()"/>'
    found = failed(run(sheet(f'<xsl:template match="/">\n{body}</xsl:template>{uses}')))
    assert (found.code, found.step) == (code, "convert")
    assert says in found.message
    assert found.line == line
    assert f"line {line}" in found.message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_declaration_and_any_line_ends_leave_lines_where_they_are(run, end):
    text = '<?xml version="1.0"\nencoding="ISO-8859-1"?>\n' + template(
        '<o é="1">\n<xsl:value-of select="$nope"/></o>'
    )
    assert failed(run(text.replace("\n", end))).line == 6


@pytest.mark.parametrize(
    "expression",
    [
        "doc('file:///etc/passwd')",
        "document('/etc/passwd')",
        "document('')",
        "unparsed-text('file:///etc/passwd')",
        "unparsed-text-lines('http://127.0.0.1/')",
        "json-doc('file:///etc/passwd')",
        "collection('file:///etc')",
        "uri-collection('file:///etc')",
        "doc('jar:file:/a.jar!/b')",
    ],
)
def test_no_stylesheet_reads_files_or_addresses(run, expression):
    found = failed(run(template(f'<o><xsl:copy-of select="{expression}"/></o>')))
    assert found.code == "xslt-runtime"
    assert "dictionary" in found.remedy
    assert found.line == 3


@pytest.mark.parametrize(
    "text",
    [
        sheet('<xsl:import href="file:///etc/passwd"/>'),
        sheet('<xsl:include href="other.xsl"/>'),
        template(
            '<xsl:result-document href="file:///tmp/x"><o/></xsl:result-document>'
        ),
        template('<xsl:evaluate xpath="/a"/>'),
        template('<xsl:value-of select="s:exit(1)" xmlns:s="java:java.lang.System"/>'),
        template('<xsl:source-document href="/etc/passwd"><o/></xsl:source-document>'),
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{template("&e;")}',
    ],
)
def test_no_stylesheet_reaches_outside(run, text):
    assert failed(run(text)).code in {"xslt-compile", "xslt-runtime"}


def test_no_stylesheet_sees_the_environment(run):
    body = '<o><xsl:value-of select="available-environment-variables()"/></o>'
    assert done(run(template(body))) == b"<o/>"


def test_the_sample_that_reads_files_is_refused(run, samples):
    text = (samples / "evil/readfile.xslt").read_text()
    assert "prohibited" in failed(run(text)).message


def test_messages_that_do_not_stop_are_warnings(run):
    body = '<xsl:for-each select="1 to 102"><xsl:message select="."/></xsl:for-each>'
    warnings = run(template(body)).warnings
    assert warnings[0] == "Message: 1"
    assert warnings[-1] == "2 more messages"


# --- Extension functions ----------------------------------------------------------


def test_a_look_up_is_asked_once_and_answered(run):
    body = (
        '<o><xsl:for-each select="1 to 3"><xsl:value-of'
        " select=\"wd:getValueFromDictionary('d', 'c', 'v', 'f')\"/></xsl:for-each></o>"
    )
    result = run(template(body), answers={"getValueFromDictionary": "!"})
    assert done(result) == b"<o>!!!</o>"
    assert run.asked == [[("getValueFromDictionary", ("d", "c", "v", "f"))]]


@pytest.mark.parametrize("version", ["1.0", "2.0", "3.0"])
def test_look_ups_of_look_ups_take_several_rounds(run, version):
    text = (
        HEAD_1.format(version=version) + '<xsl:template match="/"><o>'
        '<xsl:value-of select="wd:getMailboxUuidByAlias(wd:getMailboxUuidByAlias('
        'wd:getMailboxUuidByAlias(/a/@b)))"/></o></xsl:template></xsl:stylesheet>'
    )
    result = run(
        text, answers={"getMailboxUuidByAlias": lambda v: f"<{v}>" if v else None}
    )
    assert b"&lt;&lt;&lt;1&gt;&gt;&gt;</o>" in done(result)
    assert len(run.asked) == 3


def test_a_stop_for_want_of_an_answer_is_not_an_error_before_it_came(run):
    body = (
        '<xsl:variable name="m" select="wd:getMailboxUuidByAlias(/a/@b)"/>'
        '<xsl:if test="not($m)"><xsl:message terminate="yes">unknown</xsl:message>'
        '</xsl:if><o><xsl:value-of select="$m"/></o>'
    )
    assert done(run(template(body), answers={"getMailboxUuidByAlias": "m"})) == (
        b"<o>m</o>"
    )
    assert "unknown" in failed(run(template(body))).message


def test_what_is_not_found_is_nothing(run):
    body = (
        "<o><xsl:value-of select=\"empty(wd:findEnvelopeUuidByField('t','f','v')),"
        " wd:getRecordUuidByValueFromDictionary('d', 'c', ())\"/></o>"
    )
    assert done(run(template(body))) == b"<o>true</o>"
    (asked,) = run.asked
    assert ("getRecordUuidByValueFromDictionary", ("d", "c", "")) in asked


def test_look_ups_that_never_settle_are_an_error(run):
    body = (
        '<xsl:variable name="f" select="function($f, $v, $n) { if ($n) then'
        ' $f($f, wd:getMailboxUuidByAlias($v), $n - 1) else $v }"/>'
        "<o><xsl:value-of select=\"$f($f, '0', 200)\"/></o>"
    )
    result = run(
        template(body),
        answers={"getMailboxUuidByAlias": lambda v: str(int(v or "0") + 1)},
    )
    assert "do not settle" in failed(result).message


def test_a_chained_envelope_is_reported_if_it_is_there(run):
    body = "<o><xsl:value-of select=\"wd:chainEnvelope('e1')\"/></o>"
    result = run(template(body), answers={"chainEnvelope": "e1"})
    assert (done(result), result.chain) == (b"<o>e1</o>", "e1")
    assert run(template(body)).chain is None


def test_an_envelope_that_only_an_early_round_chained_is_not_reported(run):
    body = (
        "<o><xsl:choose><xsl:when test=\"wd:getMailboxUuidByAlias('a')\">m</xsl:when>"
        "<xsl:otherwise><xsl:value-of select=\"wd:chainEnvelope('e1')\"/>"
        "</xsl:otherwise></xsl:choose></o>"
    )
    result = run(
        template(body), answers={"getMailboxUuidByAlias": "m", "chainEnvelope": "e1"}
    )
    assert (done(result), result.chain) == (b"<o>m</o>", None)


UUIDS = template(
    '<o><xsl:for-each select="1 to 500"><xsl:value-of'
    " select=\"uuid:randomUUID(), wd:createAttachementWithSourceFile(), ''\"/>"
    "</xsl:for-each></o>"
)


def test_random_uuids_are_different_well_formed_and_known_by_their_kind(run):
    result = run(UUIDS)
    made = done(result)[3:-4].decode().split()
    assert len(set(made)) == 1000
    pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(f"({pattern})+", "".join(made))
    assert list(result.attachments) == made[1::2]
    assert len({each[:8] for each in made}) == 1000


def test_the_same_seed_gives_the_same_uuids_and_another_seed_others(run):
    first = done(run(UUIDS))
    assert done(run(UUIDS)) == first
    other = done(run(UUIDS, seed="t"))
    assert not set(other[3:-4].split()) & set(first[3:-4].split())


def test_random_uuids_stay_the_same_over_the_rounds_of_look_ups(run):
    body = (
        "<o><xsl:value-of"
        ' select="wd:getMailboxUuidByAlias(string(uuid:randomUUID()))"/></o>'
    )
    result = run(template(body), answers={"getMailboxUuidByAlias": lambda v: v})
    assert len(run.asked) == 1
    assert run.asked[0][0][1][0] in done(result).decode()


def test_attachments_that_are_not_in_the_result_are_not_reported(run):
    length = "string-length(wd:createAttachementWithSourceFile())"
    body = f'<o><xsl:value-of select="{length}"/></o>'
    result = run(template(body))
    assert (done(result), list(result.attachments)) == (b"<o>36</o>", [])


# --- Validation files -------------------------------------------------------------

XSD = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\n'
    '<xs:include schemaLocation="types.xsd"/>'
    '<xs:element name="o" type="T"/></xs:schema>'
)
TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
    '<xs:simpleType name="T"><xs:restriction base="xs:int"/></xs:simpleType>'
    "</xs:schema>"
)
FILES = [Validation("o.xsd", XSD), Validation("types.xsd", TYPES)]


def test_a_result_that_fits_its_schema_passes(run):
    assert done(run(template("<o>1</o>"), validations=FILES)) == b"<o>1</o>"


def test_a_result_that_does_not_fit_names_line_and_schema(run):
    found = failed(run(template("<o>\nx</o>"), validations=FILES))
    assert (found.code, found.step, found.line) == ("validation-xsd", "validate", 1)
    assert "o.xsd: line 1" in found.message


def test_the_source_is_validated_when_the_rule_says_so(run):
    stylesheet = template("<o>1</o>")
    found = failed(run(stylesheet, validations=FILES, validate_on="SOURCE"))
    assert "The source does not satisfy" in found.message
    good = run(stylesheet, b"<o>2</o>", validations=FILES, validate_on="SOURCE")
    assert done(good) == b"<o>1</o>"


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("missing.xsd", "missing.xsd is not among the rule's validation files"),
        ("file:///etc/passwd", "passwd is not among"),
        ("http://127.0.0.1/x.xsd", "x.xsd is not among"),
    ],
)
def test_a_schema_includes_nothing_but_the_rules_own_files(run, location, says):
    files = [Validation("o.xsd", XSD.replace("types.xsd", location)), FILES[1]]
    found = failed(run(template("<o>1</o>"), validations=files))
    assert says in found.message
    assert found.line == 2


def test_a_schema_that_is_none_is_named_with_its_line(run):
    for text in ("<a/>", "<a>\n<b></a>", XSD.replace('type="T"', 'type="Nope"')):
        files = [Validation("o.xsd", text), FILES[1]]
        found = failed(run(template("<o>1</o>"), validations=files))
        assert found.code == "validation-xsd"
        assert "o.xsd" in found.message


def test_a_text_result_cannot_be_validated(run):
    found = failed(run(output('method="text"', "hello"), validations=FILES))
    assert "it is not XML" in found.message


def test_a_validation_file_of_another_kind_is_refused(run):
    found = failed(run(template("<o/>"), validations=[Validation("o.rng", "<a/>")]))
    assert found.code == "validation-file"


def schematron(body: str, binding: str = "xslt2", more: str = "") -> list[Validation]:
    text = (
        f'<sch:schema xmlns:sch="http://purl.oclc.org/dsdl/schematron" {more}'
        f' queryBinding="{binding}">\n{body}</sch:schema>'
    )
    return [Validation("rules.sch", text)]


RULES = (
    '<sch:ns prefix="n" uri="urn:n"/><sch:let name="limit" value="5"/>'
    '<sch:pattern><sch:rule context="n:line">'
    '<sch:let name="q" value="number(@q)"/>'
    '<sch:assert id="Q" test="$q &lt; $limit">q is <sch:value-of select="@q"/> in'
    " <sch:emph>one</sch:emph> <sch:name/></sch:assert>"
    '<sch:report test="@bad">bad</sch:report></sch:rule>'
    '<sch:rule context="n:*"><sch:assert test="n:line">no line</sch:assert></sch:rule>'
    "</sch:pattern>"
)


@pytest.mark.parametrize("binding", ["xslt", "xslt2", "xslt3"])
def test_an_assertion_that_fails_is_told_in_its_own_words(run, binding):
    files = schematron(RULES, binding)
    good = b'<o xmlns="urn:n"><line q="1"/></o>'
    assert done(run("", good, validations=files)) == good
    bad = b'<o xmlns="urn:n">\n<line q="1"/>\n<line q="7"/>\n<line q="1" bad=""/></o>'
    found = failed(run("", bad, validations=files))
    assert (found.code, found.step) == ("validation-schematron", "validate")
    assert "[Q] q is 7 in one" in found.message
    assert "; " in found.message
    assert binding == "xslt" or found.line == 3


def test_attributes_can_be_the_context_and_give_their_elements_line(run):
    files = schematron(
        '<sch:pattern><sch:rule context="@q"><sch:assert test=". = 1">no</sch:assert>'
        "</sch:rule></sch:pattern>"
    )
    found = failed(run("", b'<o>\n<l q="2"/></o>', validations=files))
    assert found.line == 2


def test_warnings_of_a_schematron_do_not_stop(run):
    files = schematron(
        '<sch:pattern><sch:rule context="/*"><sch:assert role="warning" test="false()">'
        "hm</sch:assert></sch:rule></sch:pattern>"
    )
    assert done(run("", validations=files))


def test_abstract_rules_and_patterns_are_filled_in(run):
    files = schematron(
        '<sch:pattern abstract="true" id="P"><sch:rule context="$where">'
        '<sch:assert test="$what">no $what here</sch:assert></sch:rule></sch:pattern>'
        '<sch:pattern is-a="P" id="p"><sch:param name="where" value="a"/>'
        '<sch:param name="what" value="@c"/></sch:pattern>'
        '<sch:pattern><sch:rule abstract="true" id="R"><sch:assert test="@d">no d'
        '</sch:assert></sch:rule><sch:rule context="a"><sch:extends rule="R"/>'
        "</sch:rule></sch:pattern>"
    )
    found = failed(run(validations=files))
    assert "here" in found.message
    assert "no d" in found.message
    assert done(run("", b'<a c="" d=""/>', validations=files))


EXTENDS = '<sch:rule context="a"><sch:extends rule="R"/></sch:rule></sch:pattern>'
ABSTRACT = '<sch:pattern><sch:rule abstract="true" id="R"><sch:extends rule="R"/>'
TEST = '<sch:pattern><sch:rule context="a"><sch:assert test="{}"/></sch:rule>'


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('<sch:include href="x"/>', "it includes x, and x is not among"),
        ('<sch:pattern is-a="Q"/>', "no abstract pattern Q"),
        (f"<sch:pattern>{EXTENDS}", "no abstract rule R"),
        (f"{ABSTRACT}</sch:rule>{EXTENDS}", "R extends itself"),
        ("<sch:pattern><sch:rule/></sch:pattern>", "no attribute context"),
        (TEST.format("foo(") + "</sch:pattern>", "foo()"),
        (TEST.format("foo +") + "</sch:pattern>", "XPST0003"),
        (TEST.format("error()") + "</sch:pattern>", "FOER0000"),
        ("<sch:pattern>", "mismatched tag"),
    ],
)
def test_a_schematron_that_cannot_be_used_is_explained(run, body, says):
    found = failed(run(validations=schematron(body)))
    assert found.code == "validation-schematron"
    assert says in found.message


def test_a_file_that_is_no_schematron_is_refused(run):
    files = [Validation("x.sch", "<a/>")]
    assert "not schema of ISO Schematron" in failed(run(validations=files)).message


# --- Attributes ------------------------------------------------------------------

SHOWS = template(
    '<x p="{$P}" q="{$Q + 1}"/>',
).replace("<xsl:template", '<xsl:param name="P"/><xsl:param name="Q"/><xsl:template', 1)


def test_an_attribute_that_is_xpath_is_worked_out_on_the_document(run):
    given = {"P": "xpath://b/@id", "Q": "xpath:count(//*:b)", "FILE_NAME": "xpath:1"}
    result = run(
        SHOWS,
        b"<a xmlns='urn:x'><b xmlns='' id='1'/><b xmlns='' id='2'/></a>",
        attributes=given,
        parameters={**given, "FILE_NAME": "order.xml"},
    )
    assert done(result) == b'<x p="1 2" q="3"/>'


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("//b[", "expected"),
        ("", "empty"),
        ("$nothing", "nothing"),
        ("unparsed-text('/etc/passwd')", "prohibited"),
        ("doc('file:///etc/passwd')", "prohibited"),
        ("1 idiv 0", "zero"),
        ("string-join((1 to 9999) ! 'xx')", "19998 characters"),
        ("map{'a': 1}", "string value"),
        ("(1, [2])", "string value"),
    ],
)
def test_an_attribute_whose_xpath_is_wrong_is_named(run, path, why):
    problem = failed(run(SHOWS, attributes={"P": f"xpath:{path}"}))
    assert problem.code == "attribute-xpath"
    assert problem.message.startswith("Attribute P: ")
    assert why in problem.message.lower()


# --- Tables ------------------------------------------------------------------------


def test_a_table_comes_in_by_the_rules_attributes_and_goes_out_by_them(run):
    move = template(
        '<rows><xsl:for-each select="//row"><row><cell name="Код"><xsl:value-of'
        " select=\"cell[@name='No']\"/></cell></row></xsl:for-each></rows>"
    ).replace("<xsl:template", '<xsl:output encoding="windows-1251"/><xsl:template')
    result = run(
        move,
        "No;Qty\n007;1\nя;2\n".encode("windows-1251"),
        file_name="order.dat",
        attributes={"CSV_HEADER": "yes", "ENCODING": "windows-1251"},
        output_format="CSV",
    )
    assert done(result).decode("windows-1251") == "Код\r\n007\r\nя\r\n"
    wrong = run(template("<o/>"), b"<a/>", output_format="JSON")
    assert failed(wrong).code == "output-format"
