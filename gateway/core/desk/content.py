"""Bytes on their way out of the gateway: named, typed, measured, in chunks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A stored file as a caller downloads it; *size* is in bytes."""

    name: str
    content_type: str
    size: int
    chunks: AsyncIterator[bytes]
