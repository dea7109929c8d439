"""Why nothing came back from a partner's server, in words for the mailbox's owner."""

import errno
from dataclasses import dataclass

import aiohttp
from yarl import URL

_ASK = "Ask the partner whether its AS2 server runs, and compare the Recipient URL."


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
                f"the certificate of {host} is not trusted: {why}",
                "Enter the partner's CA certificate in the AS2 settings, or have the "
                "partner renew its server's certificate.",
            )
        case aiohttp.ClientConnectorDNSError():
            found = NoAnswer(f"the name in {host} is not known: {error.os_error}")
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            found = NoAnswer(
                f"the proxy {_shown(proxy)} does not let us through: {error}",
                "Check the proxy, its user and its password.",
            )
        case TimeoutError():
            found = NoAnswer(f"{host} did not answer in time ({seconds:.0f} s)")
        case aiohttp.InvalidURL() | ValueError():
            found = NoAnswer(
                f"{host} cannot be dialled: {error}",
                "Correct the AS2 settings.",
                permanent=True,
            )
        case OSError(errno=errno.ECONNREFUSED):
            found = NoAnswer(f"{host} refuses connections")
        case _:
            kind = type(error).__name__
            found = NoAnswer(f"no answer from {host}: {str(error) or kind} ({kind})")
    return found


def _shown(url: str) -> str:
    """Return the URL without what may be secret in it."""
    try:
        parts = URL(url)
        return str(parts.origin().with_path(parts.path))
    except ValueError:
        return "the address in the AS2 settings"
