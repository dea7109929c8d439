"""What a listing shows of a file: neutral owners, fixed modes, real sizes."""

import stat
from datetime import datetime

import asyncssh

from gateway.core.ports import Entry

FILE_MODE = stat.S_IFREG | 0o640
FOLDER_MODE = stat.S_IFDIR | 0o750
BLOCK = 1024
UNLIMITED = 1 << 50  # bytes told where there is no quota
NO_SETUID = 2  # f_flag, as statvfs@openssh.com defines it


def of_folder(modified_at: datetime) -> asyncssh.SFTPAttrs:
    return _attrs(FOLDER_MODE, 0, modified_at)


def of_entry(entry: Entry) -> asyncssh.SFTPAttrs:
    if entry.is_folder:
        return of_folder(entry.modified_at)
    return _attrs(FILE_MODE, entry.size, entry.modified_at)


def of_file(size: int, modified_at: datetime) -> asyncssh.SFTPAttrs:
    return _attrs(FILE_MODE, size, modified_at)


def of_quota(used: int, allowed: int) -> asyncssh.SFTPVFSAttrs:
    """Return the quota as a file system of that size (statvfs@openssh.com)."""
    total = allowed or UNLIMITED
    free = max(total - used, 0) // BLOCK
    return asyncssh.SFTPVFSAttrs(
        bsize=BLOCK,
        frsize=BLOCK,
        blocks=total // BLOCK,
        bfree=free,
        bavail=free,
        flags=NO_SETUID,
        namemax=255,
    )


def _attrs(mode: int, size: int, modified_at: datetime) -> asyncssh.SFTPAttrs:
    # version 3 has 32 bits for a time; a stored one may lie outside of them
    seconds = min(max(int(modified_at.timestamp()), 0), 0xFFFFFFFF)
    return asyncssh.SFTPAttrs(
        size=size,
        uid=0,
        gid=0,
        permissions=mode,
        atime=seconds,
        mtime=seconds,
        nlink=1,
    )
