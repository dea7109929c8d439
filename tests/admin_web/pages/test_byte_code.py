"""Compiled templates are kept, and never needed."""

import sys

import pytest
from jinja2 import DictLoader, Environment

from admin_web.pages.byte_code import byte_code


def rendered(folder, text):
    made = Environment(
        autoescape=True,
        loader=DictLoader({"page": text}),
        bytecode_cache=byte_code(folder),
    )
    return made.get_template("page").render(name="<Ann>")


@pytest.fixture(autouse=True)
def writing(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_a_template_is_compiled_once(tmp_path):
    folder = tmp_path / "cache"
    assert rendered(folder, "Hello {{ name }}") == "Hello &lt;Ann&gt;"
    (kept,) = folder.iterdir()
    before = kept.stat().st_mtime_ns
    assert rendered(folder, "Hello {{ name }}") == "Hello &lt;Ann&gt;"
    assert kept.stat().st_mtime_ns == before


def test_a_changed_template_is_compiled_anew(tmp_path):
    rendered(tmp_path, "Hello {{ name }}")
    assert rendered(tmp_path, "Bye {{ name }}") == "Bye &lt;Ann&gt;"


def test_a_damaged_file_is_compiled_anew(tmp_path):
    rendered(tmp_path, "Hello {{ name }}")
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    assert rendered(tmp_path, "Hello {{ name }}") == "Hello &lt;Ann&gt;"


def test_a_folder_that_cannot_be_made_costs_only_time(tmp_path):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "cache"
    assert rendered(folder, "Hello {{ name }}") == "Hello &lt;Ann&gt;"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_who_wants_no_byte_code_gets_none(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    rendered(tmp_path, "Hello {{ name }}")
    assert list(tmp_path.iterdir()) == []
