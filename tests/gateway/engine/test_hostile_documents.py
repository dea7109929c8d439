"""Each limit against a document or stylesheet that means harm, on the whole line."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from line_world import SHOP, XSL, Line, envelope, stylesheet

from gateway.convert.pool import Converter
from gateway.convert.task import Limits
from gateway.core.rules import Match, MatchKind, RuleDirection

EVIL = Path(__file__).parents[2] / "samples" / "evil"
GOOD = "<order/>"
TO_GOOD = stylesheet(envelope("1"))
LIMITS = Limits(seconds=2, memory_mb=250, output_bytes=1_000_000, depth=100)


def zip_bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (40 << 20))
    return made.getvalue()


def calls_itself(tail: str) -> str:
    return (
        f'<xsl:stylesheet version="2.0" {XSL} xmlns:my="urn:my">'
        '<xsl:function name="my:f"><xsl:param name="n"/>'
        f'<xsl:sequence select="{tail}"/></xsl:function>'
        '<xsl:template match="/"><o><xsl:value-of select="my:f(1)"/></o>'
        "</xsl:template></xsl:stylesheet>"
    )


TEXT_100 = "string-join(for $i in 1 to 100000 return 'twenty-letters-of-it', '')"
SLOW_MATCH = "matches('aaaaaaaaaaaaaaaaaaaaaaaaa', '^(a?){25}a{25}$')"
BOMB = "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><a>&b;</a>"
# limit, document, stylesheet, codes of the problem, must the worker end
HOSTILE = [
    ("time", GOOD, (EVIL / "infinite.xslt").read_text(), "conversion-timeout", True),
    ("memory", GOOD, (EVIL / "membomb.xslt").read_text(), "conversion-memory", True),
    ("output", GOOD, stylesheet(f'<o><xsl:value-of select="{TEXT_100}"/></o>'),
     "conversion-output", False),
    ("depth", "<a>" * 101 + "</a>" * 101, TO_GOOD, "xml-depth", False),
    ("entity", BOMB, TO_GOOD, "xml-doctype", False),
    ("external file", GOOD,
     stylesheet("<o><xsl:value-of select=\"unparsed-text('/etc/passwd')\"/></o>"),
     "xslt-runtime", False),
    ("network", GOOD,
     stylesheet("<o><xsl:copy-of select=\"doc('http://127.0.0.1:9/a')\"/></o>"),
     "xslt-runtime", False),
    ("zip ratio.xlsx", zip_bomb(), TO_GOOD, "workbook", False),
    (
        "cell range.xlsx",
        (EVIL / "bomb_sparse.xlsx").read_bytes(),
        TO_GOOD,
        "workbook",
        False,
    ),
    ("recursion", GOOD, calls_itself("1 + my:f($n + 1)"),
     "xslt-runtime conversion-timeout", False),
    ("regular expression", GOOD,
     stylesheet(f'<o><xsl:value-of select="{SLOW_MATCH}"/></o>'),
     "conversion-timeout", True),
]  # fmt: skip


async def fate(line: Line, name: str, document: bytes | str) -> tuple[str, str]:
    """Return the state of a file's transfer, and the code that stands beside it."""
    transfer = await line.put(name, document)
    await line.work()
    files = await line.files(SHOP)
    report = json.loads(files.get(f"error/{name}.error.json", b"{}"))
    if report and not (report["message"] and report["remedy"]):
        return "FAILED", f"without words: {report}"
    return (await line.row("transfers", transfer)).state, report.get("code", "")


@pytest.mark.timeout(120)
async def test_each_limit_holds_and_the_next_document_goes_through(db, tmp_path, clock):
    async with Converter(workers=1, limits=LIMITS) as pool:
        line = Line(db, tmp_path, clock, pool)
        await line.settle_in()
        out = RuleDirection.OUT
        await line.rule(out, TO_GOOD, match=Match(MatchKind.NAME, "good.*"))
        assert await fate(line, "good.xml", GOOD) == ("PROCESSED", "")
        wrong = []
        for number, (limit, document, sheet, codes, ends) in enumerate(HOSTILE):
            name = f"hostile {number} {limit}"
            await line.rule(out, sheet, match=Match(MatchKind.NAME, name))
            before = pool.pids
            state, code = await fate(line, name, document)
            ended = before != pool.pids
            if state != "FAILED" or code not in codes or ended < ends:
                wrong.append((limit, state, code, ended))
            good = await fate(line, f"good{number}.xml", GOOD)
            if good != ("PROCESSED", ""):
                wrong.append((limit, "the next document", good))
        assert wrong == []
        assert len(await line.rows("envelopes")) == len(HOSTILE) + 1
