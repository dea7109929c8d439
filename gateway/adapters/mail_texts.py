"""What a notification looks like: one pair of templates for each kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

FOLDER = Path(__file__).parent / "mails"
KINDS = (
    "failure",
    "delivery-failed",
    "envelope-arrived",
    "envelope-rejected",
    "envelope-expiring",
    "certificate-expiring",
    "digest",
    "test",
    "server-test",
)
SUBJECT_MAX = 200


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's words; the subject is one line of printable characters."""

    subject: str
    text: str
    html: str


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["instant"] = _instant
    return environment


@dataclass(frozen=True, slots=True)
class MailTexts:
    """Renders notifications; the templates are parsed once."""

    environment: Environment = field(default_factory=_environment)

    def render(self, kind: str, data: Mapping[str, object]) -> Rendered:
        """Return the mail of one of KINDS; jinja2's error if *data* lacks a name."""
        text = self.environment.get_template(f"{kind}.txt")
        html = self.environment.get_template(f"{kind}.html")
        subject = "".join(text.blocks["subject"](text.new_context(dict(data))))
        return Rendered(
            _one_line(subject), _plain(text.render(data)), _plain(html.render(data))
        )


def _instant(text: str) -> str:
    """Show an ISO instant the same way everywhere."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _plain(text: str) -> str:
    """Replace what UTF-8 cannot carry and control characters no reader shows."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(c for c in whole if c in "\n\t" or ord(c) >= ord(" "))


def _one_line(text: str) -> str:
    """Make a header's value: nothing in it can end the line."""
    line = "".join(c if c.isprintable() else " " for c in _plain(text))
    line = " ".join(line.split())
    return line if len(line) <= SUBJECT_MAX else line[: SUBJECT_MAX - 1] + "…"
