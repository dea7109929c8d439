"""Any other file: what is known about it, so that a rule can wrap it (SPEC 4)."""

from xml.sax.saxutils import quoteattr

from gateway.convert.source.base import Described, Source


def read_other(_data: bytes, file: Described) -> Source:
    attributes = {
        "name": file.name,
        "size": str(file.size),
        "sha256": file.sha256,
        "contentType": file.content_type,
    }
    text = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    return Source(f'<?xml version="1.0" encoding="UTF-8"?>\n<file {text}/>'.encode())
