"""Refusals and failures, as an SFTP client gets to see them."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncssh

from gateway.core.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Outage,
    QuotaExceeded,
    Refusal,
)

log = logging.getLogger(__name__)

# version 3 knows few codes: asyncssh sends FX_FAILURE for the later ones
ERRORS: dict[type[Refusal], Callable[[str], asyncssh.SFTPError]] = {
    NotFound: asyncssh.SFTPNoSuchFile,
    Forbidden: asyncssh.SFTPPermissionDenied,
    QuotaExceeded: asyncssh.SFTPQuotaExceeded,
    Conflict: asyncssh.SFTPFileAlreadyExists,
}


@contextmanager
def told() -> Iterator[None]:
    """Turn a Refusal into its SFTP error; all other failures stay in our log.

    An outage is one line there: clients try again, and a full disk may hold the log.
    """
    try:
        yield
    except Refusal as refusal:
        kind = ERRORS.get(type(refusal), asyncssh.SFTPFailure)
        raise kind(refusal.message) from refusal
    except asyncssh.Error:
        raise
    except Outage as outage:
        log.error("an SFTP request failed: %s", outage)  # noqa: TRY400 - no fault of ours to trace
        raise asyncssh.SFTPFailure(
            "the gateway cannot store anything now; nothing was taken; try again later"
        ) from outage
    except Exception as error:
        # asyncssh would send the client its text, an SQL statement for example
        log.exception("an SFTP request failed")
        raise asyncssh.SFTPFailure(
            "the gateway could not do this, for a reason of its own; nothing was "
            "taken; try again later"
        ) from error
