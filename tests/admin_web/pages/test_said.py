"""What is made below the pages is told in the reader's language, too."""

import ast
import re
from pathlib import Path

import pytest
from markupsafe import Markup
from transfer_builders import put_received

from admin_web.pages.formats import said
from admin_web.pages.reader import READER, Reader
from gateway.core.desk import sentences
from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.model import Problem

ROOT = Path(__file__).parents[3]
UKRAINIAN = {"Cookie": "language=uk"}


@pytest.fixture
def ukrainian():
    before = READER.set(Reader("uk"))
    yield
    READER.reset(before)


def test_every_sentence_has_a_translation(ukrainian):
    same = [
        each for each in sentences.SENTENCES if said(each.template) == each.template
    ]
    assert same == []


REFUSALS = {"Conflict", "Forbidden", "Invalid", "NotFound", "QuotaExceeded"}
FOLDERS = ("gateway/engine/desk", "gateway/core", "admin_web/pages")
WORDS = re.compile(r"[a-z]{2,}(\0| )+[a-z]{2,}")


def refusals():
    """Return each call that refuses something on the pages, with where it is."""
    for file in (one for folder in FOLDERS for one in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSALS:
                yield f"{file.name}:{node.lineno}", node


def bare(node):
    """Return the words that are said without a mark for the translators."""
    if isinstance(node, ast.Call | ast.Name | ast.Attribute):
        return ""  # marked, or made elsewhere
    if isinstance(node, ast.Dict):
        return " | ".join(map(bare, node.values))
    if isinstance(node, ast.keyword):
        return bare(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (p.value if isinstance(p, ast.Constant) else "\0" for p in node.values)
        return "".join(parts)
    return str(node.value) if isinstance(node, ast.Constant) else ""


def test_whatever_a_page_refuses_is_there_to_be_translated():
    english = [
        f"{where}: {bare(argument)}"
        for where, call in refusals()
        for argument in (*call.args, *call.keywords)
        if WORDS.search(bare(argument))
    ]
    assert english == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("must be a port, 1 to 65535", "має бути: порт, від 1 до 65535"),
        ("must be 1 to 7", "має бути від 1 до 7"),
        (
            "The new password needs 9 characters or more.",
            "The new password needs 9 characters or more.",  # no sentence of ours
        ),
        (
            "the template has no such field; did you mean ean?",
            "шаблон не має такого поля; можливо, ean?",
        ),
        ("the template has no such field", "шаблон не має такого поля"),
        (
            "Recipient certificate CN=bob: It ended on 2026-01-02.",
            "Сертифікат отримувача CN=bob: Закінчився 2026-01-02.",
        ),
    ],
)
def test_a_sentence_is_translated_with_what_stands_in_it(ukrainian, text, told):
    assert said(text) == told


def test_an_english_reader_reads_what_was_written():
    told = sentences.NO_RULE(file="a.csv", folder="coutbox", tried=3)
    assert said(told) == told


def test_what_a_template_made_is_left_alone(ukrainian):
    shown = Markup("{} refuses connections").format("<b>")
    assert said(shown) is shown


async def test_a_failed_transfer_is_told_in_ukrainian(owner, desk, db, clock):
    box = (await desk.mailboxes.create(COMMAND_LINE, "Alder ERP", ())).id
    problem = Problem(
        "no-rule",
        sentences.NO_RULE(file="a<1>.csv", folder="coutbox", tried=3),
        "match",
        remedy="Send large content as an attachment.",
    )
    await put_received(db, box, clock(), "t1", problem=problem)
    await owner.post("/language", {"language": "uk", "next": "/admin/transfers"})
    await owner.get("/admin/transfers/t1")
    told = "жодне правило OUT не підходить до a&lt;1&gt;.csv "
    assert f'<p class="wrap">{told}' in owner.text
    assert f"невдача: {told}" in owner.text  # the trace
    assert "правил OUT: 3)" in owner.text
    assert "<li>Великий вміст надсилайте як вкладення.</li>" in owner.text
    await owner.get("/admin/transfers")
    assert "жодне правило OUT не підходить" in owner.text
    assert (await desk.transfers.get("t1")).problem == problem


async def test_who_cannot_sign_in_reads_why_in_ukrainian(stranger):
    await stranger.get("/login")
    await stranger.post("/language", {"language": "uk", "next": "/login"})
    await stranger.sign_in("owner", "wrong")
    assert stranger.status == 401
    assert "пароль не підходять один до одного." in stranger.text


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/admin/transfers/none", "Немає передачі none."),
        ("/admin/nothing", "адресою /admin/nothing нічого немає."),
    ],
)
async def test_what_is_not_there_is_told_in_ukrainian(owner, path, told):
    await owner.post("/language", {"language": "uk", "next": "/admin/transfers"})
    await owner.get(path)
    assert (owner.status, told in owner.text) == (404, True)


async def test_what_the_script_says_is_in_the_page(owner):
    await owner.post("/language", {"language": "uk", "next": "/admin/transfers"})
    await owner.get("/admin/transfers")
    assert 'data-offline="Шлюз не відповідає."' in owner.text
    assert 'data-no-copy="Браузер не дозволяє' in owner.text
