"""A file read as a rule with some attributes reads it."""

import hashlib

import pytest
from lxml import etree

from gateway.convert.source import Described, Source, read_source
from gateway.convert.unfit import Unfit


def described(name="f", content_type="", depth=50, **attributes) -> Described:
    return Described(
        name=name,
        size=0,
        sha256=hashlib.sha256().hexdigest(),
        content_type=content_type,
        depth=depth,
        attributes=attributes,
    )


def source(data, name="f", **attributes) -> Source:
    data = data.encode() if isinstance(data, str) else data
    return read_source(data, described(name, **attributes))


def body(data, name="f", **attributes) -> str:
    """Return the XML without its declaration; it is parsed by somebody else first."""
    xml = source(data, name, **attributes).xml
    etree.fromstring(xml)
    return xml.decode().partition("\n")[2]


def refusal(data, name="f", **attributes):
    """Return the problem of a file that cannot be read; it says what to do."""
    with pytest.raises(Unfit) as stopped:
        source(data, name, **attributes)
    problem = stopped.value.problem
    assert problem.step == "read"
    assert problem.remedy
    return problem
