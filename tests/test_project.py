"""Rules about the source that no off-the-shelf tool checks."""

import re
import statistics
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "sftp_server", "as2_server", "admin_web", "certs")
SOURCES = sorted(
    path
    for name in PACKAGES
    for path in (ROOT / name).rglob("*.py")
    if path.name != "__init__.py" and "versions" not in path.parts
)
TEXTS = {".py", ".toml", ".md", ".txt", ".service", ".conf", ".yml", ".yaml", ".mako"}
MAX_LINES = 350
MAX_MEDIAN_LINES = 150
ENTRIES = {
    *PACKAGES,
    "systemd",
    "tests",
    "requirements",
    "pyproject.toml",
    "Makefile",
    "README.md",
    "LICENSE",
}
# written in pieces, so that this file does not find itself
FOREIGN = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"]))


def tracked() -> list[Path]:
    """Return the files of the project; without git, those of its folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    names = listed.stdout.decode().split("\0") if listed.returncode == 0 else []
    files = [ROOT / name for name in names if name] or [
        path
        for entry in ENTRIES
        for path in [ROOT / entry, *(ROOT / entry).rglob("*")]
        if path.is_file()
    ]
    return [path for path in files if path.exists()]


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=str(p.relative_to(ROOT))) for p in SOURCES]
)
def test_a_module_fits_on_a_few_screens(path):
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_the_usual_module_fits_on_two_screens():
    lengths = [len(path.read_text().splitlines()) for path in SOURCES]
    assert statistics.median(lengths) <= MAX_MEDIAN_LINES


def test_every_top_level_entry_is_there():
    assert {path.name for path in ROOT.iterdir()} >= ENTRIES


def test_nothing_names_the_machine_it_was_written_on():
    texts = [path for path in tracked() if path.suffix in TEXTS]
    assert texts
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line)
    ]
    assert found == []


def test_every_dependency_has_one_locked_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["postgres"]]
    names = {re.split(r"[\[<>=!~ ]", text, maxsplit=1)[0].lower() for text in wanted}
    locked = [
        line.split("==")[0].split(";")[0].strip().lower()
        for line in (ROOT / "requirements" / "locked.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert names <= set(locked)


def test_every_make_target_that_is_promised_exists():
    text = (ROOT / "Makefile").read_text()
    promised = set(re.findall(r"^\t@echo \"make (\S+)", text, re.MULTILINE))
    defined = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    assert promised
    assert promised <= defined


def test_the_readme_shows_every_picture_there_is():
    shown = set(
        re.findall(r'src="(docs/screenshots/[^"]+)"', (ROOT / "README.md").read_text())
    )
    there = {str(p.relative_to(ROOT)) for p in (ROOT / "docs/screenshots").iterdir()}
    assert shown == there
