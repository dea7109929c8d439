"""The doctor's check of the mailboxes' AS2 certificates: which end, and when."""

from datetime import datetime

from certs.expiry import THRESHOLDS
from gateway.commands.findings import Finding, ok, warn
from gateway.core.desk.certificates import Listed, PairState
from gateway.engine.desk.certificates import Certificates
from gateway.store.database import Database

NAME = "AS2 certificates"
NAMED = 5


async def certificates(db: Database, now: datetime) -> Finding:
    """Name the certificates of partners and mailboxes that end soon or have ended."""
    listed = await Certificates(db=db, clock=lambda: now).all()
    if not listed:
        return ok(NAME, "none are there")
    ending = [each for each in listed if _ends(each)]
    if not ending:
        return ok(NAME, f"{len(listed)}, none ends within {max(THRESHOLDS)} days")
    named = "; ".join(_words(each) for each in ending[:NAMED])
    more = f"; and {len(ending) - NAMED} more" if len(ending) > NAMED else ""
    return warn(
        NAME,
        f"{named}{more}; roll the mailboxes' own over, ask partners for new ones",
    )


def _ends(listed: Listed) -> bool:
    known = listed.certificate
    if known is None or listed.state is PairState.OLD:
        return False
    return known.days_left < max(THRESHOLDS)


def _words(listed: Listed) -> str:
    known = listed.certificate
    end = f"{known.not_after:%Y-%m-%d}" if known else ""
    return f"{listed.purpose.value} of {listed.mailbox_name} ends on {end}"
