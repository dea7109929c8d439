"""The forms of a mailbox: what is shown, what was refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.core.integration import Mailbox


@dataclass(frozen=True, slots=True)
class MailboxForm:
    """Name and aliases, one in a line; *errors* by the name of the field."""

    name: str = ""
    aliases: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def alias_list(self) -> Sequence[str]:
        return [line for line in self.aliases.splitlines() if line.strip()]

    def error(self, name: str) -> str:
        """Return what is wrong with the field, or with one of its lines."""
        for place, why in self.errors.items():
            if place == name:
                return why
            if place.startswith(f"{name}."):
                return f"({int(place.removeprefix(f'{name}.')) + 1}) {why}"
        return ""


@dataclass(frozen=True, slots=True)
class MailboxForms:
    """The dialogs of the page; one that was refused opens again by itself."""

    new: MailboxForm = field(default_factory=MailboxForm)
    change: MailboxForm | None = None
    removal: MailboxForm | None = None

    @property
    def refused(self) -> bool:
        return bool(self.new.errors or self.change or self.removal)


def shown(mailbox: Mailbox) -> MailboxForm:
    """Return the form as it is saved."""
    return MailboxForm(mailbox.name, "\n".join(mailbox.aliases))
