"""The values of a list's filters, as they stand in its address."""

from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import TypeVar
from zoneinfo import ZoneInfo

from admin_web.pages.place import ALL
from admin_web.pages.texts import N_
from gateway.core.errors import Invalid
from gateway.core.model import MailboxId

E = TypeVar("E", bound=Enum)


def one_of(kind: type[E], value: str) -> E | None:
    """Return the member; None for "", Invalid for what is none."""
    if not value:
        return None
    try:
        return kind(value)
    except ValueError as error:
        allowed = ", ".join(str(each.value) for each in kind)
        raise Invalid(
            N_("{value} is none of {allowed}.").format(
                value=repr(value), allowed=allowed
            )
        ) from error


def mailbox_of(value: str) -> MailboxId | None:
    """Return the mailbox that an address names; None for all of them."""
    return None if value in {"", ALL} else MailboxId(value.lower())


def midnight(
    day: str, zone: ZoneInfo, later: timedelta = timedelta()
) -> datetime | None:
    """Return when the reader's day begins, *later* added; None for "", Invalid."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day) + later, time(), zone)
    except (ValueError, OverflowError) as error:
        raise Invalid(
            N_("{day} is no day; write it as 2026-01-31.").format(day=repr(day))
        ) from error
