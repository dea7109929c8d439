"""The printable version as PDF: A4, paged, with a font inside that has Cyrillic.

What the font lacks (Chinese, Arabic, Hebrew) is shown as a box; the HTML shows all.
The same envelope gives the same bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import fontpkg
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table
from typing_extensions import override

from gateway.convert.printable import sheet as sheets
from gateway.convert.printable.sheet import Cell, Sheet
from gateway.core.desk.printing import Surroundings

FONT = "NotoSans"
MARGIN = 45  # points of 1/72 inch
PADDING = 6  # what the library adds to it
WIDE = 7  # columns that fit upright
WIDEST = 14  # columns that fit across; what has more is written row by row
PIECE = 50  # rows that are laid out at once
DIM_WEB = "#50555c"
INK, DIM, RULE = HexColor("#1a1a1a"), HexColor(DIM_WEB), HexColor("#c9ccd1")
_CELL = (4, 3)  # points beside and above a text in a table


def pdf(sheet: Sheet, around: Surroundings) -> bytes:
    """Return the document."""
    _font()
    columns = max(
        (len(table.columns) for paper in sheet.papers for table in paper.tables),
        default=0,
    )
    size = landscape(A4) if WIDE < columns <= WIDEST else A4
    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=size,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=sheet.title,
        author="Envelope Gateway",
        lang=around.language,
        invariant=1,
    )
    width = size[0] - 2 * (MARGIN + PADDING)
    document.build(list(_story(sheet, width)), canvasmaker=_numbered(sheet))
    return target.getvalue()


def _story(sheet: Sheet, width: float) -> Iterator[Flowable]:
    yield _text(sheet.title, _style(16, after=4))
    yield from _pairs([(label, Cell(text)) for label, text in sheet.facts], width)
    if sheet.message:
        yield _heading(sheet.words["message"])
        yield _text(sheet.message, _style())
    yield from _table(sheet.parties, sheet, width)
    for paper in sheet.papers:
        yield _heading(paper.title)
        yield from _pairs(paper.lines, width)
        for table in paper.tables:
            yield from _table(table, sheet, width)
    if sheet.files.rows:
        yield from _table(sheet.files, sheet, width)
    else:
        yield _heading(sheet.files.name)
        yield _text(sheet.words["none"], _style(dim=True))


def _table(table: sheets.Table, sheet: Sheet, width: float) -> Iterator[Flowable]:
    yield _heading(table.name)
    if len(table.columns) > WIDEST:
        yield from _listed(table)
    elif table.rows:
        yield from _gridded(table, width)
    elif not table.left_from:
        yield _text(sheet.words["empty"], _style(dim=True))
    if table.left_from:
        left = sheet.words["rows_left"].format(row=table.left_from)
        yield _text(left, _style(dim=True))


def _listed(table: sheets.Table) -> Iterator[Flowable]:
    """Write each row of a table with too many columns as one text."""
    titles = [title for title, _ in table.columns]
    for row in table.rows:
        filled = [
            f'<font color="{DIM_WEB}">{escape(title)}</font> {_marked(cell.text)}'
            for title, cell in zip(titles, row, strict=True)
            if cell.text
        ]
        yield Paragraph("; ".join(filled), _style(8, after=5))


def _gridded(table: sheets.Table, width: float) -> Iterator[Flowable]:
    right = [numeric for _, numeric in table.columns]
    head = [
        _text(title, _style(8, dim=True, right=numeric))
        for title, numeric in table.columns
    ]
    widths = _widths(table, width)
    for start in range(0, len(table.rows), PIECE):
        rows = [
            [
                _text(cell.text, _style(8, dim=cell.dim, right=numeric))
                for cell, numeric in zip(row, right, strict=True)
            ]
            for row in table.rows[start : start + PIECE]
        ]
        if start == 0:
            yield _grid([head, *rows], widths, repeat=1)
        else:
            yield _grid(rows, widths)


def _widths(table: sheets.Table, width: float) -> Sequence[float]:
    """Share the width by what stands in the columns."""
    seen = table.rows[:100]
    wanted = []
    for place, (title, _) in enumerate(table.columns):
        longest = max(len(row[place].text) for row in seen)
        wanted.append(min(max(longest, len(title), 5), 30))
    return [width * each / sum(wanted) for each in wanted]


def _pairs(lines: Sequence[tuple[str, Cell]], width: float) -> Iterator[Flowable]:
    """Write titles beside values."""
    for start in range(0, len(lines), PIECE):
        rows = [
            [
                _text(title, _style(dim=True)),
                _text(cell.text, _style(dim=cell.dim)),
            ]
            for title, cell in lines[start : start + PIECE]
        ]
        yield _grid(rows, [width * 0.3, width * 0.7])


def _grid(
    rows: Sequence[Sequence[Flowable]], widths: Sequence[float], repeat: int = 0
) -> Flowable:
    beside, above = _CELL
    return Table(
        rows,
        colWidths=widths,
        repeatRows=repeat,
        splitInRow=1,  # a text may be longer than a page
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), beside),
            ("RIGHTPADDING", (0, 0), (-1, -1), beside),
            ("TOPPADDING", (0, 0), (-1, -1), above),
            ("BOTTOMPADDING", (0, 0), (-1, -1), above),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE),
        ],
    )


def _heading(text: str) -> Flowable:
    return _text(text, _style(11, above=12, after=4))


def _text(text: str, style: ParagraphStyle) -> Flowable:
    return Paragraph(_marked(text), style)


def _marked(text: str) -> str:
    return escape(text).replace("\n", "<br/>")


@cache
def _style(
    size: float = 9,
    *,
    dim: bool = False,
    right: bool = False,
    above: float = 0,
    after: float = 0,
) -> ParagraphStyle:
    return ParagraphStyle(
        "text",
        fontName=FONT,
        fontSize=size,
        leading=size * 1.35,
        textColor=DIM if dim else INK,
        alignment=TA_RIGHT if right else TA_LEFT,
        spaceBefore=above,
        spaceAfter=after,
        keepWithNext=above > 0,
        splitLongWords=1,
    )


@cache
def _font() -> None:
    """Load the font, once in a process."""
    pdfmetrics.registerFont(TTFont(FONT, fontpkg.path("Noto Sans")))
    pdfmetrics.registerFontFamily(FONT, FONT, FONT, FONT, FONT)


def _numbered(sheet: Sheet) -> Callable[..., Canvas]:
    """Return a canvas that writes "Page 1 of 3" when it knows how many there are."""

    class Numbered(Canvas):  # type: ignore[misc]  # the library has no types
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            self._pages: list[dict[str, Any]] = []

        @override
        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        @override
        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                said = sheet.words["page"].format(page=number, pages=len(self._pages))
                self.setFont(FONT, 8)
                self.setFillColor(DIM)
                self.drawRightString(self._pagesize[0] - MARGIN, MARGIN / 2, said)
                self.drawString(MARGIN, MARGIN / 2, sheet.title[:80])
                super().showPage()
            super().save()

    return Numbered
