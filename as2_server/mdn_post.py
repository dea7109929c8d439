"""Carrying an asynchronous MDN to the partner."""

from dataclasses import dataclass, replace
from http import HTTPStatus

from yarl import URL

from as2_server.addresses import mdn_url
from as2_server.client import HttpClient, Peer
from as2_server.failures import NoAnswer
from gateway.core.as2 import As2Profile
from gateway.core.as2_log import MdnRecord
from gateway.core.model import Problem, Refused, Sent

_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True)
class HttpMdnPost:
    """The port MdnPost."""

    client: HttpClient

    async def post(self, profile: As2Profile, mdn: MdnRecord) -> Sent | Refused:
        url = mdn_url(mdn.url, profile.recipient_url)
        if url is None:  # the settings have changed since the message came
            return _refused(
                f"{mdn.url} is not on the host of the Recipient URL",
                "Correct the Recipient URL; the partner then sends its message again.",
                permanent=True,
            )
        answer = await self.client.post(_peer(profile, url), mdn.headers, mdn.body)
        if isinstance(answer, NoAnswer):
            return _refused(answer.reason, answer.remedy, permanent=answer.permanent)
        status = answer.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return Sent(f"HTTP {status}")
        refused = status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _LATER
        return _refused(
            f"the partner's server answered HTTP {status}",
            "Ask the partner why its server does not take the MDN.",
            permanent=refused,
        )


def _peer(profile: As2Profile, url: str) -> Peer:
    """Show our credentials only to the very server that they are for."""
    peer = Peer.of(profile, url)
    if URL(url).origin() == URL(profile.recipient_url).origin():
        return peer
    return replace(
        peer, user="", password="", headers={}, client_certificate="", client_key=""
    )


def _refused(reason: str, remedy: str, *, permanent: bool) -> Refused:
    problem = Problem("as2-mdn-not-sent", reason, "deliver", remedy=remedy)
    return Refused(problem, permanent=permanent)
