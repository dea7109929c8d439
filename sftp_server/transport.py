"""Delivery into the folders of an SFTP mailbox: the partner fetches it there."""

from dataclasses import dataclass

from typing_extensions import override

from gateway.core.errors import N_
from gateway.core.model import Parcel, SendResult, Sent
from gateway.core.ports import Deposits, Transport


@dataclass(frozen=True, slots=True)
class SftpFolder(Transport):
    """A transport that only has to make the file visible."""

    deposits: Deposits

    @override
    async def send(self, parcel: Parcel) -> SendResult:
        name = await self.deposits.place(
            parcel.mailbox, parcel.folder, parcel.name, parcel.blob, parcel.transfer
        )
        place = f"{parcel.folder.text}/{name.text}"
        return Sent(N_("{place} in the mailbox").format(place=place))
