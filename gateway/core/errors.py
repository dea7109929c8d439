"""Every exception this project raises on purpose: one class per reaction."""


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text that people are told; it is returned as it is.

    Stored and told to programs in English; the pages translate it when it is shown.
    """
    return text


class GatewayError(Exception):
    """The gateway's own fault or its environment's; never a partner's."""


class ConfigError(GatewayError):
    """The configuration is unusable; the text names file, key and what is allowed."""


class StorageError(GatewayError):
    """A blob or a row could not be written or read back."""


class Outage(StorageError):
    """The disk is full or the database does not answer: it passes, so try again."""


class LeaseLost(GatewayError):
    """Another worker took the job over; what was done must not be written."""


class Refusal(Exception):
    """What a person or a program asked for cannot be done; the caller is told.

    *code* is kebab-case and stable, *message* a sentence with the remedy, *data*
    maps the name of a field (camelCase) to what is wrong with it.
    """

    code = "refused"

    def __init__(
        self, message: str, code: str = "", data: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.data = data or {}


class NotFound(Refusal):
    """There is no such thing, or it is not the caller's to see."""

    code = "not-found"


class Invalid(Refusal):
    """A value breaks a rule; *data* names the fields."""

    code = "invalid"


class Conflict(Refusal):
    """The thing exists already, is in use, or has changed meanwhile."""

    code = "conflict"


class Forbidden(Refusal):
    """The caller is known but may not."""

    code = "forbidden"


class QuotaExceeded(Refusal):
    """No room is left for this mailbox."""

    code = "quota-exceeded"


class Unauthenticated(Refusal):
    """The caller did not prove who they are."""

    code = "unauthorized"


class TooManyAttempts(Refusal):
    """The caller must wait; *retry_after* is in seconds."""

    code = "too-many-attempts"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, data={"retryAfter": str(retry_after)})
        self.retry_after = retry_after
