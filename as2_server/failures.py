"""Why nothing came back from a partner's server, in words for the mailbox's owner."""

import errno
from dataclasses import dataclass

import aiohttp
from yarl import URL

from gateway.core.desk import sentences
from gateway.core.errors import N_

_ASK = N_("Ask the partner whether its AS2 server runs, and compare the Recipient URL.")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing usable came back; *permanent*: trying again cannot help."""

    reason: str
    remedy: str = _ASK
    permanent: bool = False


def explained(error: Exception, url: str, proxy: str, seconds: float) -> NoAnswer:
    """Say what went wrong on the way; never what was sent."""
    host = _shown(url)
    match error:
        case aiohttp.ClientConnectorCertificateError():
            why = error.certificate_error
            found = NoAnswer(
                sentences.UNTRUSTED(host=host, why=why),
                N_(
                    "Enter the partner's CA certificate in the AS2 settings, or have "
                    "the partner renew its server's certificate."
                ),
            )
        case aiohttp.ClientConnectorDNSError():
            found = NoAnswer(sentences.UNKNOWN_HOST(host=host, why=error.os_error))
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            found = NoAnswer(
                sentences.PROXY_CLOSED(proxy=_shown(proxy), why=error),
                N_("Check the proxy, its user and its password."),
            )
        case TimeoutError():
            found = NoAnswer(sentences.SILENT(host=host, seconds=f"{seconds:.0f}"))
        case aiohttp.InvalidURL() | ValueError():
            found = NoAnswer(
                sentences.NOT_DIALLED(host=host, why=error),
                N_("Correct the AS2 settings."),
                permanent=True,
            )
        case OSError(errno=errno.ECONNREFUSED):
            found = NoAnswer(sentences.CLOSED(host=host))
        case _:
            kind = type(error).__name__
            found = NoAnswer(
                sentences.NO_ANSWER(host=host, why=f"{str(error) or kind} ({kind})")
            )
    return found


def _shown(url: str) -> str:
    """Return the URL without what may be secret in it."""
    try:
        parts = URL(url)
        return str(parts.origin().with_path(parts.path))
    except ValueError:
        return "the address in the AS2 settings"
