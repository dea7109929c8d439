"""VALIDATE: what it may say, and what the conversion makes of it."""

from gateway.core.model import MailboxId, RuleId, TemplateId
from gateway.core.rules import Level, Rule, RuleDirection
from gateway.engine.conversion import _validated
from gateway.engine.desk import rule_options


def rule(**attributes):
    return Rule(
        id=RuleId("r"),
        mailbox=MailboxId("m"),
        level=Level.MAILBOX,
        direction=RuleDirection.OUT,
        name="New rule",
        enabled=True,
        template=TemplateId("t"),
        template_version=None,
        attributes=attributes,
    )


def test_a_target_that_is_none_is_refused_with_its_field():
    def wrong(direction, value):
        return dict(rule_options.wrong(direction, {"VALIDATE": value}))

    assert wrong(RuleDirection.OUT, "BOTH") == {}
    assert wrong(RuleDirection.OUT, "RESULT") == {
        "attributes.VALIDATE": "must be SOURCE, ENVELOPE or BOTH"
    }
    assert (
        "only for OUT rules" in wrong(RuleDirection.IN, "BOTH")["attributes.VALIDATE"]
    )


def test_the_source_is_validated_unless_the_rule_says_otherwise():
    assert _validated(rule()) == "SOURCE"
    assert _validated(rule(VALIDATE="ENVELOPE")) == "RESULT"
    assert _validated(rule(VALIDATE="BOTH")) == "BOTH"
