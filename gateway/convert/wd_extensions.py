"""The extension functions of SPEC section 4, added to a customer's stylesheet.

Saxon calls no foreign code here. The functions are XSLT: a look-up that has no answer
yet gives nothing and says in an xsl:message what it needs; the host finds the answers
and runs the stylesheet again, until nothing new is asked.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.convert.wire import Lookup

WD = "java:com.whitedoc.xslt.extensions.WdExtensions"
UUID = "java:java.util.UUID"
GW = "urn:envelope-gateway:extensions"

LOOKUPS: Mapping[str, int] = {
    "getValueFromDictionary": 4,
    "getRecordUuidByValueFromDictionary": 3,
    "getMailboxUuidByAlias": 1,
    "findEnvelopeUuidByField": 3,
    "chainEnvelope": 1,
}
"""Function to number of arguments."""

CHAIN = "chainEnvelope"
TOLD = "told"
"""The library's parameter that is not empty if known answers are asked for, too."""
_CREATE = "createAttachementWithSourceFile"
_ASK = "\ue01e"
_GAP = "\ue01f"
_SPACE = 1 << 32

_NAMES = (
    'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
    ' xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:map="http://www.w3.org/2005/xpath-functions/map"'
    f' xmlns:wd="{WD}" xmlns:uuid="{UUID}" xmlns:gw="{GW}"'
)


_ANSWERS = (
    f'<xsl:variable {_NAMES} name="gw:answers" as="map(*)"'
    ' select="parse-json($gw:json)"/>'
)


def needed(stylesheet: str) -> bool:
    """Whether the stylesheet names a namespace of ours."""
    return WD in stylesheet or UUID in stylesheet


def random(stylesheet: str) -> bool:
    """Whether the stylesheet may call a function that gives something new each time."""
    return needed(stylesheet) and ("randomUUID" in stylesheet or _CREATE in stylesheet)


def library() -> str:
    """Return top-level declarations on one line: no line of the customer's moves."""
    parts = [
        f'<xsl:param {_NAMES} name="gw:json" as="xs:string" select="\'{{}}\'"/>',
        f'<xsl:param {_NAMES} name="gw:{TOLD}" as="xs:string" select="\'\'"/>',
        _ANSWERS,
        *(_lookup(name, count) for name, count in LOOKUPS.items()),
        _NUMBER,
        *(_random(kind) for kind in ("plain", "attachment")),
        _function("uuid:randomUUID", '<xsl:sequence select="gw:plain()"/>'),
        _function(
            f"wd:{_CREATE}",
            '<xsl:sequence select="gw:attachment()"/>',
        ),
    ]
    return "".join(parts).replace("\n", " ")


def _function(name: str, body: str, result: str = "xs:string") -> str:
    return (
        f'<xsl:function {_NAMES} version="3.0" name="{name}" as="{result}"'
        f' new-each-time="yes">{body}</xsl:function>'
    )


def _lookup(name: str, count: int) -> str:
    """Return a function that finds its answer in the map, or asks for it.

    chainEnvelope asks every time: what counts is whether the last run called it.
    """
    parameters = "".join(f'<xsl:param name="a{n}" as="item()*"/>' for n in range(count))
    values = "".join(
        f",'{_GAP}',translate(string($a{n}[1]),'{_GAP}','')" for n in range(count)
    )
    asks = "true()" if name == CHAIN else f"$gw:{TOLD} or not($known)"
    return (
        f'<xsl:function {_NAMES} version="3.0" name="wd:{name}" as="xs:string?">'
        f"{parameters}"
        f'<xsl:variable name="key" select="concat(\'{name}\'{values})"/>'
        '<xsl:variable name="known" select="map:contains($gw:answers,$key)"/>'
        f'<xsl:if test="{asks}"><xsl:message>{_ASK}<xsl:sequence select="$key"/>'
        "</xsl:message></xsl:if>"
        '<xsl:sequence select="map:get($gw:answers,$key)"/></xsl:function>'
    )


# A fresh node's identity counts the calls: the same calls give the same numbers in
# every run, because they are taken relative to the run's first.
_NUMBER = (
    _function(
        "gw:number",
        '<xsl:variable name="fresh"><gw:fresh/></xsl:variable>'
        '<xsl:sequence select="xs:integer(translate(generate-id($fresh),'
        "'abcdefghijklmnopqrstuvwxyz',''))\"/>",
        "xs:integer",
    )
    + f'<xsl:variable {_NAMES} name="gw:base" as="xs:integer" select="gw:number()"/>'
    + f'<xsl:function {_NAMES} version="3.0" name="gw:hex" as="xs:string">'
    '<xsl:param name="value" as="xs:integer"/><xsl:sequence select="string-join('
    "for $place in (268435456,16777216,1048576,65536,4096,256,16,1) return"
    " substring('0123456789abcdef',1+($value idiv $place) mod 16,1))\"/></xsl:function>"
)


def _random(kind: str) -> str:
    """Return a function that gives a new uuid of `kind` at every call.

    The first and the last eight digits count (multiplied by odd numbers, so that no
    two calls agree), what lies between is the conversion's own.
    """
    texts = (
        f'<xsl:param {_NAMES} name="gw:{kind}" as="xs:string" select="\'0 0 0\'"/>'
        f'<xsl:variable {_NAMES} name="gw:{kind}-parts" as="xs:string+"'
        f" select=\"tokenize($gw:{kind},' ')\"/>"
    )
    first, last, middle = (f"$gw:{kind}-parts[{n}]" for n in (1, 2, 3))
    return texts + _function(
        f"gw:{kind}",
        '<xsl:variable name="n" select="gw:number() - $gw:base + 65536"/>'
        f'<xsl:sequence select="gw:hex(($n * 2654435761 + xs:integer({first}))'
        f" mod {_SPACE})||'-'||{middle}||gw:hex(($n * 2246822519"
        f' + xs:integer({last})) mod {_SPACE})"/>',
    )


@dataclass(frozen=True, slots=True)
class Dice:
    """The random parts of one conversion, made from its seed."""

    seed: str

    def parameters(self) -> Mapping[str, str]:
        """Return the values of the library's parameters, by their local names."""
        return {kind: " ".join(self._parts(kind)) for kind in ("plain", "attachment")}

    def attachments(self, text: str) -> list[str]:
        """Return the attachment uuids in `text`, each once, in order."""
        middle = self._parts("attachment")[2]
        if middle not in text:  # most documents; the search below is slow
            return []
        found = re.findall(rf"\b[0-9a-f]{{8}}-{middle}[0-9a-f]{{8}}\b", text)
        return list(dict.fromkeys(found))

    def _parts(self, kind: str) -> tuple[str, str, str]:
        digits = hashlib.sha256(f"{kind}:{self.seed}".encode()).hexdigest()
        middle = f"{digits[:4]}-4{digits[4:7]}-8{digits[7:10]}-{digits[10:14]}"
        return str(int(digits[16:24], 16)), str(int(digits[24:32], 16)), middle


def request(message: str) -> Lookup | None:
    """Return the look-up that an xsl:message asks for; None if it is the customer's."""
    if not message.startswith(_ASK):
        return None
    name, *values = message.removeprefix(_ASK).split(_GAP)
    return (name, tuple(values)) if name in LOOKUPS else None


def answers_json(answers: Mapping[Lookup, str | None]) -> str:
    """Return the answers as the library reads them."""
    keyed = {_GAP.join((name, *values)): to for (name, values), to in answers.items()}
    return json.dumps(keyed)


def chained(requests: Iterable[Lookup], answers: Mapping[Lookup, str | None]) -> str:
    """Return the envelope that was chained; empty if none was."""
    found = [answers.get(each) for each in requests if each[0] == CHAIN]
    return next((each for each in found if each), "")
