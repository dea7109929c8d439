"""What SFTP knows and a mailbox has not: links, locks, local files, their owners."""

from typing import NoReturn

import asyncssh
from typing_extensions import override


class NoLocalFiles(asyncssh.SFTPServer):
    """Refuses what asyncssh's server would do to the files of this machine."""

    @override
    def open56(
        self,
        path: bytes,
        desired_access: int,
        flags: int,
        attrs: asyncssh.SFTPAttrs,
    ) -> NoReturn:
        raise asyncssh.SFTPOpUnsupported("SFTP version 3 is spoken here")

    @override
    def readlink(self, path: bytes) -> NoReturn:
        raise _no_links()

    @override
    def symlink(self, oldpath: bytes, newpath: bytes) -> NoReturn:
        raise _no_links()

    @override
    def link(self, oldpath: bytes, newpath: bytes) -> NoReturn:
        raise _no_links()

    @override
    def lock(self, file_obj: object, offset: int, length: int, flags: int) -> NoReturn:
        raise asyncssh.SFTPOpUnsupported("files cannot be locked here")

    @override
    def unlock(self, file_obj: object, offset: int, length: int) -> NoReturn:
        raise asyncssh.SFTPOpUnsupported("files cannot be locked here")

    @override
    def map_path(self, path: bytes) -> NoReturn:
        raise asyncssh.SFTPOpUnsupported("nothing here is a local file")

    @override
    def reverse_map_path(self, path: bytes) -> NoReturn:
        raise asyncssh.SFTPOpUnsupported("nothing here is a local file")

    @override
    def format_user(self, uid: int | None) -> str:
        return "mailbox"

    @override
    def format_group(self, gid: int | None) -> str:
        return "mailbox"


def _no_links() -> asyncssh.SFTPOpUnsupported:
    return asyncssh.SFTPOpUnsupported("there are no links here")
