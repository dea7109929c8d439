"""Bytes on their way out of the gateway: named, typed, measured, in chunks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A file as a caller downloads it; *size* is in bytes, None if not known yet."""

    name: str
    content_type: str
    size: int | None
    chunks: AsyncIterator[bytes]
