"""What the number format of a spreadsheet's cell makes of its number."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Literal

Kind = Literal["number", "date", "time", "duration"]

_BUILT_IN_DATES = {14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)}
_BUILT_IN_TIMES = {18, 19, 20, 21, 45, 47}
_BUILT_IN_DURATION = 46
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_LITERAL = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]', re.DOTALL)
_ZEROS = re.compile(r"00+")
_DAY_MS = 86_400_000
_LAST_DAY = 2_958_465  # 9999-12-31
_LEAP_1900 = 60  # the 29th of February 1900, which never was
_1900 = datetime(1899, 12, 31)  # noqa: DTZ001  a cell has no time zone
_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_DIGITS = 15
_PLAIN = re.compile(r"-?[0-9]{1,15}|-?(?=[0-9.]{3,16}\Z)[0-9]+\.[0-9]+")


@dataclass(frozen=True, slots=True)
class Format:
    """A number format; *zeros* is how many digits it fills up to (0: it does not)."""

    kind: Kind = "number"
    zeros: int = 0


NUMBER = Format()


def format_of(number: int, code: str) -> Format:
    """Return the format of a built-in number or a customer's code."""
    if not code:
        return _built_in(number)
    code = code.split(";", maxsplit=1)[0]
    if _ELAPSED.search(_unquoted(code)):
        return Format("duration")
    signs = _LITERAL.sub("", code).lower()
    if signs.strip() == "general":
        return NUMBER
    if any(sign in signs for sign in "yd") or ("m" in signs and not _clock(signs)):
        return Format("date")
    if _clock(signs):
        return Format("time")
    zeros = signs.strip()
    return Format(zeros=len(zeros)) if _ZEROS.fullmatch(zeros) else NUMBER


def _built_in(number: int) -> Format:
    if number in _BUILT_IN_DATES:
        return Format("date")
    if number in _BUILT_IN_TIMES:
        return Format("time")
    return Format("duration") if number == _BUILT_IN_DURATION else NUMBER


def _unquoted(code: str) -> str:
    return re.sub(r'"[^"]*"|\\.', "", code, flags=re.DOTALL)


def _clock(signs: str) -> bool:
    return "h" in signs or "s" in signs


def plain(text: str) -> str:
    """Return a number without exponent, in the 15 digits that a spreadsheet has.

    ValueError if it is none.
    """
    if _PLAIN.fullmatch(text):
        return text
    short = format(_number(text), f".{_DIGITS}g")
    return format(Decimal(short), "f") if "e" in short else short


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value) or "_" in text:
        raise ValueError(text)
    return value


def shown(text: str, form: Format, *, since_1904: bool) -> tuple[str, str]:
    """Return the cell's type and its value; ValueError if `text` is no number."""
    if form.kind == "number":
        value = plain(text)
        return "number", value.zfill(form.zeros) if value.isdigit() else value
    days = _number(text)
    if form.kind == "duration":
        return "duration", duration(timedelta(milliseconds=round(days * _DAY_MS)))
    if form.kind == "time" and 0 <= days < 1:
        moment = _1904 + timedelta(milliseconds=round(days * _DAY_MS) % _DAY_MS)
        return "time", moment.time().isoformat(_precision(moment))
    return _date(days, since_1904=since_1904) or ("number", plain(text))


def _date(days: float, *, since_1904: bool) -> tuple[str, str] | None:
    """Return a date, with the time unless it is midnight; None if it is none."""
    if since_1904:
        start = _1904
    elif days >= _LEAP_1900 + 1:
        start = _1900 - timedelta(days=1)
    elif 1 <= days < _LEAP_1900:
        start = _1900
    else:
        return None
    if not 0 <= days < _LAST_DAY + 1:
        return None
    moment = start + timedelta(milliseconds=round(days * _DAY_MS))
    if moment.time() == _1904.time():
        return "date", moment.date().isoformat()
    return "dateTime", moment.isoformat(timespec=_precision(moment))


def _precision(moment: datetime) -> str:
    return "milliseconds" if moment.microsecond else "seconds"


def duration(span: timedelta) -> str:
    """Return an xs:dayTimeDuration."""
    sign = "-" if span < timedelta() else ""
    span = abs(span)
    seconds = span.days * 86_400 + span.seconds
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    fraction = f".{span.microseconds // 1000:03}" if span.microseconds else ""
    return f"{sign}PT{hours}H{minutes}M{rest}{fraction}S"
