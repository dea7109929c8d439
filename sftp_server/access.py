"""Which places a client's request may be about."""

import asyncssh

from gateway.core.model import Top
from sftp_server.paths import TOPS, Item, Nowhere, Place


def item_of(place: Place) -> Item:
    match place:
        case Item():
            return place
        case Nowhere(reason):
            raise asyncssh.SFTPNoSuchFile(reason)
        case _:
            raise asyncssh.SFTPFailure("that is a folder")


def changeable(place: Place) -> Item:
    """Refuse changes of the root and of the five."""
    match place:
        case Item():
            return place
        case Nowhere(reason):
            raise asyncssh.SFTPPermissionDenied(reason)
        case _:
            raise asyncssh.SFTPPermissionDenied(
                f"{TOPS} are always there and cannot be changed"
            )


def partner_writes(top: Top) -> None:
    if not top.partner_writes:
        raise asyncssh.SFTPPermissionDenied(
            f"{top.value}/ is written by the gateway; upload into outbox/ or coutbox/"
        )
