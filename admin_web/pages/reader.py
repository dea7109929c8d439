"""Who reads a page: in which language, in which time zone; both told by cookies."""

import gettext
import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.messages.mofile import read_mo

from gateway.core.desk.sentences import Sentence, sentences_of

LANGUAGES: Mapping[str, str] = {"en": "English", "uk": "Українська"}
LANGUAGE_COOKIE, ZONE_COOKIE = "language", "zone"
_UTC = ZoneInfo("UTC")
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+/-]{1,63}")
_WANTED = re.compile(
    r"\s*([a-z]{2,3})(?:-[\w-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?"
)
_MOST_WANTED = 20


@dataclass(frozen=True, slots=True)
class Reader:
    """What the times and texts of one answer are made for."""

    language: str = "en"
    zone: ZoneInfo = _UTC

    @property
    def texts(self) -> gettext.NullTranslations:
        return catalogue(self.language)


READER: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039 - frozen


def reader_of(request: web.Request) -> Reader:
    """Return the person's choice, else what the browser wants, else English in UTC."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    wanted = request.headers.get("Accept-Language", "")
    return Reader(
        chosen if chosen in LANGUAGES else _best(wanted),
        zone_of(request.cookies.get(ZONE_COOKIE, "")),
    )


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of that name; UTC if there is none."""
    if not _ZONE.fullmatch(name):
        return _UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown; no zone's file; a folder
        return _UTC


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the texts of the language; English is what the templates say."""
    name = files("admin_web") / "locale" / language / "LC_MESSAGES" / "messages.mo"
    if not name.is_file():
        return gettext.NullTranslations()
    with name.open("rb") as file:
        return gettext.GNUTranslations(file)


@cache
def known_to(language: str) -> Sequence[Sentence]:
    """Return the sentences with values that the language can say."""
    name = files("admin_web") / "locale" / language / "LC_MESSAGES" / "messages.mo"
    if not name.is_file():
        return ()
    with name.open("rb") as file:
        return sentences_of(
            each.id for each in read_mo(file) if isinstance(each.id, str)
        )


def _best(wanted: str) -> str:
    """Return the language of ours that the browser wants most, the first of equals."""
    best, most = "en", 0.0
    for part in wanted.lower().replace(" ", "").split(",")[:_MOST_WANTED]:
        match = _WANTED.fullmatch(part)
        weight = float(match[2] or 1) if match else 0
        if match and match[1] in LANGUAGES and weight > most:
            best, most = match[1], weight
    return best
