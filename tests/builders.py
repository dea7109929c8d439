"""Valid values with sensible defaults; a test names only what it is about."""

from gateway.core.model import (
    BlobRef,
    Channel,
    FileName,
    Folder,
    MailboxId,
    Top,
    Upload,
)


def an_upload(
    *, mailbox: str = "m1", name: str = "order.edi", folder: Top = Top.COUTBOX
) -> Upload:
    return Upload(
        mailbox=MailboxId(mailbox),
        channel=Channel.SFTP,
        name=FileName(name),
        folder=Folder(folder),
        blob=BlobRef("0" * 64, 3),
    )
