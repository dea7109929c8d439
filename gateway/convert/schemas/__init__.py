"""The documents that ship with the gateway: its schemas and the File template."""

from functools import cache
from importlib.resources import files


def envelope_xsd() -> bytes:
    """Return the schema of native envelopes (SPEC section 7), UTF-8."""
    return _resource("envelope.xsd")


def template_xsd() -> bytes:
    """Return the schema of templates, UTF-8."""
    return _resource("template.xsd")


def file_template() -> bytes:
    """Return the built-in template "File" as XML, UTF-8."""
    return _resource("file_template.xml")


@cache
def _resource(name: str) -> bytes:
    return files(__name__).joinpath(name).read_bytes()
