"""A rule's result is checked as XML, then written; what it cannot be is told."""

import pytest

from gateway.convert.conversion import Conversions
from gateway.convert.task import Converted, Limits, Task
from gateway.core.interchange import CONTROL_NUMBER, Reference
from gateway.core.rules import Validation

X12 = (
    "<X12><ISA><ISA06>A</ISA06><ISA08>B</ISA08><ISA09>261123</ISA09><ISA10>2015</ISA10>"
    "</ISA><GS><GS01>PO</GS01><GS02>A</GS02><GS03>B</GS03><GS04>20261123</GS04><GS05>2015"
    "</GS05><GS07>X</GS07><GS08>004010</GS08></GS><ST850><ST/><N1><N102>Kyiv "
    "\u00e9</N102>"
    "</N1></ST850></X12>"
)
XSD = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
    '<xs:element name="{}"/></xs:schema>'
)


def sheet(body: str, output: str = "") -> str:
    return (
        '<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        f'{output}<xsl:template match="/">{body}</xsl:template></xsl:stylesheet>'
    )


@pytest.fixture
def run(saxon, tmp_path):
    source = tmp_path / "source"
    source.write_text("<envelope/>")

    def convert(stylesheet, **task):
        made = Task(
            stylesheet=stylesheet, source=source, seed="s", source_kind="XML", **task
        )
        return Conversions(Limits(), saxon).convert(
            made, lambda asked: ["7" for name, _ in asked if name == CONTROL_NUMBER]
        )

    return convert


def test_the_result_is_checked_as_xml_and_then_written_and_surveyed(run):
    latin = '<xsl:output encoding="ISO-8859-1"/>'
    checks = [Validation("x.xsd", XSD.format("X12"))]
    made = run(sheet(X12, latin), output_format="X12", validations=checks)
    assert isinstance(made, Converted), made
    assert made.output.startswith(b"ISA*00*          *00*")
    assert b"N1**Kyiv \xe9~SE*3*0001~GE*1*7~IEA*1*000000007~" in made.output
    assert made.survey.references == [Reference("X12", "A", "B", "7")]
    wrong = run(
        sheet(X12),
        output_format="X12",
        validations=[Validation("x.xsd", XSD.format("EDIFACT"))],
    )
    assert wrong.step == "validate"
    text = '<xsl:output method="text"/>'
    plain = run(sheet("ISA*00", text), output_format="X12")
    assert (plain.code, plain.step) == ("output-format", "convert")
    assert "the result must be XML, from which X12 is written" in plain.message
    own = run(sheet("UNB+UNOC:3+A+B+261123:2015+R9'UNZ+0+R9'", text))
    assert own.survey.references == [Reference("EDIFACT", "A", "B", "R9")]
    assert run(sheet("<po/>")).survey is None
