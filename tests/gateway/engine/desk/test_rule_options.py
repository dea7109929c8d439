"""What the gateway obeys is checked when a rule is saved."""

import pytest

from gateway.core.rules import RuleDirection
from gateway.engine.desk import rule_options

IN, OUT = RuleDirection.IN, RuleDirection.OUT


@pytest.mark.parametrize(
    ("direction", "attributes", "wrong"),
    [
        (IN, {"OUTPUT_FORMAT": "EDIFACT", "own": "anything"}, {}),
        (OUT, {"ACKNOWLEDGE": "yes", "own": "anything"}, {}),
        (IN, {"OUTPUT_FORMAT": "edifact"}, {"OUTPUT_FORMAT": "must be XML, TEXT"}),
        (OUT, {"OUTPUT_FORMAT": "X12"}, {"OUTPUT_FORMAT": "is only for IN rules"}),
        (OUT, {"ACKNOWLEDGE": "true"}, {"ACKNOWLEDGE": "must be yes or no"}),
        (IN, {"ACKNOWLEDGE": "yes"}, {"ACKNOWLEDGE": "is only for OUT rules"}),
        (
            IN,
            {"CSV_DELIMITER": "|", "CSV_QUOTE": "|"},
            {"CSV_QUOTE": "must not be CSV_DELIMITER too"},
        ),
    ],
)
def test_a_wrong_value_or_direction_is_told_with_its_field(
    direction, attributes, wrong
):
    found = dict(rule_options.wrong(direction, attributes))
    assert set(found) == {f"attributes.{name}" for name in wrong}
    for name, why in wrong.items():
        assert found[f"attributes.{name}"].startswith(why)
