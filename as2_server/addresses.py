"""Where an asynchronous MDN may go: to the partner's own host and nowhere else."""

from yarl import URL


def mdn_url(asked: str, recipient_url: str) -> str | None:
    """Return the address in the form that is dialled; None if it is not allowed.

    The sender of a message chooses the address before it has proved who it is, so
    anything but the host of the configured Recipient URL could be aimed at others.
    """
    wanted, known = _parsed(asked), _parsed(recipient_url)
    if wanted is None or known is None or wanted.host != known.host:
        return None
    return str(wanted)


def _parsed(text: str) -> URL | None:
    try:
        url = URL(text.strip())
        usable = url.scheme in {"http", "https"} and url.host and url.user is None
        return url.with_fragment(None) if usable and url.password is None else None
    except ValueError:
        return None
