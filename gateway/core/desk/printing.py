"""The printable version of an envelope: its words, its looks, what stands around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from gateway.core.errors import N_


class PrintForm(Enum):
    """HTML stands alone and prints from any browser, PDF is paged already."""

    HTML = "HTML"
    PDF = "PDF"


WORDS: Mapping[str, str] = {
    "untitled": N_("No subject"),
    "envelope": N_("Envelope"),
    "status": N_("Status"),
    "template": N_("Template"),
    "version": N_("Version"),
    "created": N_("Created"),
    "ended": N_("Ended"),
    "expires": N_("Expires"),
    "chain": N_("Answers"),
    "reason": N_("Reason"),
    "message": N_("Message"),
    "parties": N_("Who takes part"),
    "role": N_("Role"),
    "mailbox": N_("Mailbox"),
    "when": N_("When"),
    "field": N_("Field"),
    "value": N_("Value"),
    "row": N_("Row"),
    "blank": N_("Not filled in"),
    "empty": N_("It has no rows."),
    "attachments": N_("Attachments"),
    "file": N_("File"),
    "bytes": N_("Bytes"),
    "none": N_("It carries none."),
    "yes": N_("Yes"),
    "no": N_("No"),
    "rows_left": N_("The rows from {row} on are left out here; the XML has them all."),
    "text_cut": N_("(shortened; the XML has it whole)"),
    "page": N_("Page {page} of {pages}"),
    "print": N_("Print"),
    "as_pdf": N_("As PDF"),
    "SENT": N_("Sent"),
    "WAITING": N_("Waiting"),
    "COMPLETED": N_("Completed"),
    "CANCELLED": N_("Cancelled"),
    "EXPIRED": N_("Expired"),
}
"""What a printable says, by name; a page translates it for its reader."""

STYLE = """
:root { color-scheme: light; }
body { margin: 2rem auto; padding: 0 1.5rem; max-width: 60rem; background: #fff;
  color: #1a1a1a; font: 10.5pt/1.45 system-ui, "Noto Sans", Arial, sans-serif; }
h1 { font-size: 18pt; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 12pt; margin: 1.6rem 0 .4rem; break-after: avoid; }
h3 { font-size: 10.5pt; margin: 1rem 0 .3rem; break-after: avoid; }
p { margin: .3rem 0; }
table { width: 100%; border-collapse: collapse; }
.wide { overflow-x: auto; }
.wide td, .wide th { overflow-wrap: break-word; }
thead { display: table-header-group; }
th, td { text-align: start; vertical-align: top; padding: .25rem .4rem;
  border-bottom: 1px solid #c9ccd1; overflow-wrap: anywhere; white-space: pre-wrap; }
thead th { color: #50555c; font-size: 9pt; border-bottom-color: #50555c; }
tr { break-inside: avoid; }
.fields th { width: 32%; font-weight: 400; color: #50555c; }
.num { text-align: right; font-variant-numeric: tabular-nums; }
.dim { color: #50555c; }
.message { white-space: pre-wrap; overflow-wrap: anywhere; }
nav { display: flex; gap: .6rem; justify-content: end; }
nav a, nav button { font: inherit; color: inherit; background: #f1f2f4;
  border: 1px solid #8a9099; border-radius: .4rem; padding: .35rem .9rem;
  text-decoration: none; cursor: pointer; }
@page { margin: 16mm; }
@media print { .wide { overflow: visible; }
  .wide td, .wide th { overflow-wrap: anywhere; }
  body { margin: 0; padding: 0; max-width: none; } nav { display: none; } }
"""
"""How the HTML looks: it stands inside of a file, and behind an address for a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: WORDS in their language; *zone*, *links* as in Surroundings."""

    words: Mapping[str, str] = field(default_factory=lambda: WORDS)
    language: str = "en"
    zone: str = "UTC"
    links: Mapping[str, str] = field(default_factory=dict)


ANYBODY = Reader()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine:
    """Who takes part: role ids, the mailbox's name, what became of its part, when."""

    roles: Sequence[str]
    name: str
    status: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """An attachment; *size* is in bytes."""

    uuid: str
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the envelope's own XML does not say; instants are ISO texts.

    *template* is its XML, empty if it is not there any more. *words* are WORDS in the
    reader's *language*, instants in their *zone* (IANA's name). A page gives *links*:
    the addresses of its style, its script, and of the PDF; a file that stands alone has
    none.
    """

    template: str
    template_name: str
    status: str
    created_at: str
    ended_at: str = ""
    expires_at: str = ""
    reason: str = ""
    parties: Sequence[PartyLine] = ()
    files: Sequence[FileLine] = ()
    words: Mapping[str, str] = field(default_factory=lambda: WORDS)
    language: str = "en"
    zone: str = "UTC"
    links: Mapping[str, str] = field(default_factory=dict)
