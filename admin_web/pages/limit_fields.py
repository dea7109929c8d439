"""The limits as fields: sizes in the unit that fits, read in any."""

import re
from collections.abc import Mapping, Sequence

from admin_web.pages.page import Form
from admin_web.pages.texts import N_
from gateway.core.desk.settings import Configured, Limit
from gateway.core.errors import Invalid

_LARGEST = 10**15  # that a field may hold
_UKRAINIAN = str.maketrans("БКМГТІ", "BKMGTI")
_SIZE = re.compile(r"(\d{1,16})(?:[.,](\d{1,3}))?\s*([KMGT]?)(I?)B?")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB")
_WRONG_SIZE = N_("must be a size, such as 500 MB or 2 GiB")
_WRONG_NUMBER = N_("must be a whole number")


def is_size(limit: Configured) -> bool:
    return "bytes" in limit.key


def shown(limit: Configured, value: Limit) -> str:
    """Return the value as the field holds it, to the byte."""
    if isinstance(value, bool) or not is_size(limit):
        return str(value)
    for step, base in ((1024, _BINARY), (1000, ("B", "kB", "MB", "GB", "TB"))):
        number, unit = value, 0
        while number and number % step == 0 and unit + 1 < len(base):
            number, unit = number // step, unit + 1
        if unit:
            return f"{number} {base[unit]}"
    return f"{value} B"


def values_of(limits: Sequence[Configured]) -> Mapping[str, str]:
    """Return what the fields hold: nothing where the default counts."""
    return {
        each.name: shown(each, each.value) if each.chosen or each.origin else ""
        for each in limits
    }


def entered(form: Form, limits: Sequence[Configured]) -> Mapping[str, str]:
    """Return what was typed, to show it again."""
    return {each.name: form.text(each.name) for each in limits}


def read(form: Form, limits: Sequence[Configured]) -> Mapping[str, Limit | None]:
    """Return the values that were sent, None for the default; Invalid names each."""
    found: dict[str, Limit | None] = {}
    wrong: dict[str, str] = {}
    for each in limits:
        if each.origin or not form.has(each.name):
            continue  # a field that is set elsewhere is not sent
        text = form.text(each.name)
        value = _value(each, text) if text else None
        if text and value is None:
            wrong[each.name] = _WRONG_SIZE if is_size(each) else _WRONG_NUMBER
        found[each.name] = value
    if wrong:
        name, why = next(iter(wrong.items()))
        raise Invalid(f"{name} {why}.", data=wrong)
    return found


def _value(limit: Configured, text: str) -> Limit | None:
    if isinstance(limit.default, bool):
        return {"True": True, "False": False}.get(text)
    if is_size(limit):
        return _bytes(text)
    plain = text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST))
    return int(text) if plain else None


def _bytes(text: str) -> int | None:
    """Return the bytes that "1.5 GB", "512 MiB" or "1000" are; None for others."""
    match = _SIZE.fullmatch(text.upper().translate(_UKRAINIAN))
    if not match:
        return None
    whole, part, unit, binary = match.groups()
    scale = (1024 if binary else 1000) ** " KMGT".index(unit or " ")
    thousandths = int(whole) * 1000 + int((part or "").ljust(3, "0") or 0)
    found = thousandths * scale // 1000
    return found if found <= _LARGEST else None
