"""What an MDN says became of a message (RFC 4130 section 7.4.3, RFC 3798)."""

import re
from dataclasses import dataclass

from gateway.core.errors import Refusal

_MODE = "automatic-action/MDN-sent-automatically"
_LINE = re.compile(
    r"(?P<mode>[^;]*);\s*(?P<type>[a-z]+)\s*"
    r"(?:/\s*(?P<modifier>[a-z-]+)\s*(?::\s*(?P<detail>.*))?)?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Disposition:
    """*type* is processed or failed; *modifier* error, failure, warning or empty."""

    type: str
    modifier: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        """The value of the Disposition field."""
        text = f"{_MODE}; {self.type}"
        if self.modifier:
            text += f"/{self.modifier}"
        return f"{text}: {self.detail}" if self.detail else text

    @property
    def positive(self) -> bool:
        """Whether the receiver took the message; a warning is still a yes."""
        return self.type == "processed" and self.modifier in {"", "warning"}

    @property
    def duplicate(self) -> bool:
        """Whether the receiver has had the message before; some call that an error."""
        return self.detail.lower().replace(" ", "-") == "duplicate-document"

    @classmethod
    def parse(cls, text: str) -> "Disposition":
        """Read the field's value with any spacing and case; ProtocolError if none."""
        found = _LINE.fullmatch(text.strip())
        if found is None:
            raise ProtocolError(f"The MDN's disposition {text[:200]!r} is unreadable.")
        return cls(
            found["type"].lower(),
            (found["modifier"] or "").lower(),
            " ".join((found["detail"] or "").split()),
        )


def _error(detail: str) -> Disposition:
    return Disposition("processed", "error", detail)


def _failure(detail: str) -> Disposition:
    return Disposition("failed", "failure", detail)


PROCESSED = Disposition("processed")
DUPLICATE = Disposition("processed", "warning", "duplicate-document")
AUTHENTICATION_FAILED = _error("authentication-failed")
DECRYPTION_FAILED = _error("decryption-failed")
DECOMPRESSION_FAILED = _error("decompression-failed")
INSUFFICIENT_SECURITY = _error("insufficient-message-security")
INTEGRITY_FAILED = _error("integrity-check-failed")
UNEXPECTED_ERROR = _error("unexpected-processing-error")
UNSUPPORTED_FORMAT = _failure("unsupported format")
UNSUPPORTED_MIC = _failure("unsupported MIC-algorithms")


class ProtocolError(Refusal):
    """The peer broke a rule; *message* is for the owner, *disposition* for the peer."""

    code = "as2-message"

    def __init__(
        self, message: str, disposition: Disposition = UNEXPECTED_ERROR
    ) -> None:
        super().__init__(message)
        self.disposition = disposition


class BelowPolicy(ProtocolError):
    """The message is less secure than the mailbox requires."""

    def __init__(self, message: str) -> None:
        super().__init__(message, INSUFFICIENT_SECURITY)


class TooLarge(ProtocolError):
    """The payload exceeds a limit."""
