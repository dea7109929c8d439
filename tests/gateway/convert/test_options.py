import pytest

from gateway.convert import options
from gateway.convert.options import Field, Record
from gateway.core.rules import RuleDirection
from gateway.engine.desk import rule_options


def test_values_are_understood():
    assert options.delimiter("tab") == "\t"
    assert options.delimiter("|") == "|"
    assert options.quote("NONE") == ""
    assert options.encoding("windows-1251") == "cp1251"
    assert options.source_format("FILE") == "other"
    assert options.yes("yes")
    assert options.fixed_width("a:1-10, b:11") == [
        Record("record", "", [Field("a", 0, 10), Field("b", 10, 11)])
    ]
    kinds = options.fixed_width("x(A)=a:2-3;\n y(AB) = b:3 - 4 ;")
    assert [(kind.name, kind.prefix, kind.width) for kind in kinds] == [
        ("y", "AB", 4),
        ("x", "A", 3),
    ]


def test_a_wrong_value_is_refused_with_the_field_when_the_rule_is_saved():
    for name, value, says in [
        ("CSV_DELIMITER", ";;", "one sign"),
        ("CSV_DELIMITER", "a", "one sign"),
        ("CSV_QUOTE", " ", "one sign"),
        ("CSV_HEADER", "true", "yes or no"),
        ("ENCODING", "klingon", "known encoding"),
        ("ENCODING", "base64", "known encoding"),
        ("ENCODING", "utf\0", "known encoding"),
        ("SOURCE_FORMAT", "csv", "one of XML, EDIFACT"),
        ("SHEET", "", "sheet's name"),
        ("SHEET_HEADER", "1", "yes or no"),
        ("FIXED_WIDTH", " ; ", "has no fields"),
        ("FIXED_WIDTH", "a:1-10 b:11", "not understood at 'a:1-10 b:11'"),
        ("FIXED_WIDTH", "a:5-1", "places go from 1"),
        ("FIXED_WIDTH", "a:0-1", "places go from 1"),
        ("FIXED_WIDTH", "1a:1-2", "has the name '1a'"),
        ("FIXED_WIDTH", "a:1,a:2", "has the field 'a' twice"),
        ("FIXED_WIDTH", "x(A)=a:1; x(B)=a:1", "has the record 'x' twice"),
        ("FIXED_WIDTH", "x(A)=a:1; y(A)=a:1", "has the prefix 'A' twice"),
        ("FIXED_WIDTH", "x y=a:1", "not understood at 'x y=a:1'"),
    ]:
        found = dict(rule_options.wrong(RuleDirection.OUT, {name: value}))
        assert says in found[f"attributes.{name}"], (name, value)


@pytest.mark.parametrize(
    ("direction", "name"),
    [
        (RuleDirection.IN, "SOURCE_FORMAT"),
        (RuleDirection.IN, "ENCODING"),
        (RuleDirection.OUT, "CSV_SAFE"),
    ],
)
def test_an_attribute_of_the_other_direction_is_refused(direction, name):
    found = dict(rule_options.wrong(direction, {name: "yes"}))
    assert "is only for" in found[f"attributes.{name}"]
