"""The token proves what was executed, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.vault import FileVault
from gateway.core.desk.rules import RuleDraft
from gateway.core.errors import Invalid
from gateway.core.model import BlobRef, MailboxId, TemplateId
from gateway.core.rules import Level, RuleDirection
from gateway.engine.desk.execute_token import ExecuteTokens, KeptExample

ANNA, BEN = MailboxId("anna"), MailboxId("ben")
DRAFT = RuleDraft(
    direction=RuleDirection.IN,
    template=TemplateId("t"),
    file_name_pattern="a.xml",
    attributes={"A": "1", "B": "2"},
)
KEPT = KeptExample("a.edi", BlobRef("0" * 64, 3))


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    return FileVault.create(tmp_path_factory.mktemp("keys") / "master.key")


@pytest.fixture
def tokens(vault, clock):
    return ExecuteTokens(vault, clock)


def test_it_gives_back_the_example(tokens):
    assert tokens.check(tokens.make(ANNA, DRAFT, KEPT), ANNA, DRAFT) == KEPT
    generated = KeptExample("", None)
    assert tokens.check(tokens.make(ANNA, DRAFT, generated), ANNA, DRAFT) == generated


def test_name_switch_and_order_of_attributes_do_not_matter(tokens):
    token = tokens.make(ANNA, DRAFT, KEPT)
    other = replace(DRAFT, name="other", enabled=False, attributes={"B": "2", "A": "1"})
    assert tokens.check(token, ANNA, other) == KEPT


def test_an_account_rule_may_be_executed_for_any_mailbox(tokens):
    account = replace(DRAFT, level=Level.ACCOUNT)
    assert tokens.check(tokens.make(ANNA, account, KEPT), BEN, account) == KEPT
    with pytest.raises(Invalid, match="another mailbox"):
        tokens.check(tokens.make(ANNA, DRAFT, KEPT), BEN, DRAFT)


def test_a_token_of_another_appliance_is_worth_nothing(tokens, tmp_path, clock):
    other = ExecuteTokens(FileVault.create(tmp_path / "other.key"), clock)
    with pytest.raises(Invalid, match="no token of this gateway"):
        tokens.check(other.make(ANNA, DRAFT, KEPT), ANNA, DRAFT)


def test_any_text_is_refused_clearly(tokens):
    @given(st.text())
    def refused(text: str) -> None:
        with pytest.raises(Invalid) as error:
            tokens.check(text, ANNA, DRAFT)
        assert error.value.code == "execute-required"

    refused()


def test_no_byte_of_a_token_can_be_changed(tokens):
    token = tokens.make(ANNA, DRAFT, KEPT)
    # the last character may carry bits that belong to no byte
    for place in range(0, len(token) - 1, 7):
        changed = "A" if token[place] != "A" else "B"
        with pytest.raises(Invalid):
            tokens.check(token[:place] + changed + token[place + 1 :], ANNA, DRAFT)


def test_an_example_is_remembered_for_a_day(tokens, clock):
    token = tokens.remember(KEPT)
    clock.tick(timedelta(hours=23))
    assert tokens.remembered(token) == KEPT
    clock.tick(timedelta(hours=2))
    with pytest.raises(Invalid, match="Choose the file again"):
        tokens.remembered(token)


def test_one_kind_of_token_never_passes_as_the_other(tokens):
    with pytest.raises(Invalid, match="no token of this gateway"):
        tokens.remembered(tokens.make(ANNA, DRAFT, KEPT))
    with pytest.raises(Invalid, match="no token of this gateway"):
        tokens.check(tokens.remember(KEPT), ANNA, DRAFT)


def test_no_text_passes_as_an_example(tokens):
    @given(st.text())
    def refused(text: str) -> None:
        with pytest.raises(Invalid, match="example is not there"):
            tokens.remembered(text)

    refused()
