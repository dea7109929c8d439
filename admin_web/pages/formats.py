"""Times and numbers as the reader writes them: the filters of the templates."""

from datetime import UTC, date, datetime, timedelta

from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal
from markupsafe import Markup

from admin_web.harmless import shown
from admin_web.pages.reader import READER, known_to
from admin_web.pages.texts import N_
from gateway.core.desk.sentences import translated

DAY = "d MMM y"
CLOCK = "HH:mm:ss"
_BYTES = (N_("B"), N_("kB"), N_("MB"), N_("GB"), N_("TB"))
_STEP = 1000


def moment(at: datetime) -> Markup:
    """Return the time with its seconds and zone: 2 Nov 2025, 15:41:07 UTC+2."""
    return _time(at, moment_text(at))


def clock(at: datetime) -> Markup:
    """Return the time of day to the millisecond; pointed at, it tells all of it."""
    local = at.astimezone(READER.get().zone)
    text = f"{local:%H:%M:%S}.{local.microsecond // 1000:03}"
    return _time(at, text, moment_text(at))


def day(at: date) -> Markup:
    """Return the day: 2 Nov 2025; that of a time is the reader's."""
    reader = READER.get()
    local = at.astimezone(reader.zone) if isinstance(at, datetime) else at
    text = format_date(local, DAY, locale=reader.language)
    if isinstance(at, datetime):
        return _time(at, text, moment_text(at))
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), text)


def weekday(at: date) -> str:
    """Return the day as a chart names it: Mon 2 Nov."""
    return format_skeleton("MMMEd", at, locale=READER.get().language)


def month(at: date) -> str:
    """Return the month, short: Nov."""
    return format_date(at, "LLL", locale=READER.get().language)


def moment_text(at: datetime) -> str:
    """Return what `moment` shows, for places where no element may stand."""
    reader = READER.get()
    local = at.astimezone(reader.zone)
    text = format_datetime(
        local, f"{DAY}, {CLOCK}", tzinfo=reader.zone, locale=reader.language
    )
    return f"{text} {_offset(local)}"


def number(value: float) -> str:
    """Return the number with its digits grouped."""
    return format_decimal(value, locale=READER.get().language)


def size(count: int) -> str:
    """Return a number of bytes: 1.2 MB."""
    value, unit = float(count), 0
    while value >= _STEP and unit + 1 < len(_BYTES):
        value, unit = value / _STEP, unit + 1
    pattern = "#,##0.#" if unit else "#,##0"
    reader = READER.get()
    shown = format_decimal(value, pattern, locale=reader.language)
    return f"{shown} {reader.texts.gettext(_BYTES[unit])}"


def said(text: str) -> str:
    """Return what the gateway told in English, in the reader's language.

    What is safe already was made by a template, in that language.
    """
    if isinstance(text, Markup):
        return text
    reader = READER.get()
    return translated(text, reader.texts.gettext, known_to(reader.language))


def _time(at: datetime, text: str, title: str = "") -> Markup:
    exact = at.astimezone(UTC).isoformat(timespec="milliseconds")
    stamp = exact.replace("+00:00", "Z")
    if title:
        made = Markup('<time datetime="{}" title="{}">{}</time>')
        return made.format(stamp, title, text)
    return Markup('<time datetime="{}">{}</time>').format(stamp, text)


def _offset(local: datetime) -> str:
    """Return the zone as everybody understands it: UTC, UTC+2, UTC-3:30."""
    offset = local.utcoffset() or timedelta()
    if not offset:
        return "UTC"
    minutes = abs(int(offset.total_seconds())) // 60
    sign = "-" if offset < timedelta() else "+"
    rest = f":{minutes % 60:02}" if minutes % 60 else ""
    return f"UTC{sign}{minutes // 60}{rest}"


FILTERS = {
    "moment": moment,
    "moment_text": moment_text,
    "clock": clock,
    "day": day,
    "weekday": weekday,
    "month": month,
    "number": number,
    "size": size,
    "said": said,
    "shown": shown,
}
