"""The printable version as HTML: one file that needs no other, or a page's body."""

from collections.abc import Iterable
from html import escape

from gateway.convert.printable.sheet import Cell, Paper, Sheet, Table
from gateway.core.desk.printing import STYLE, Surroundings


def html(sheet: Sheet, around: Surroundings) -> bytes:
    """Return the document, UTF-8; texts of any direction stand as they are."""
    parts = [
        f'<!doctype html>\n<html lang="{escape(around.language)}">\n<head>',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(sheet.title)}</title>",
        *_head(around),
        "</head>\n<body>",
        *_navigation(sheet, around),
        f'<h1 dir="auto">{escape(sheet.title)}</h1>',
        '<table class="fields"><tbody>',
        *(_line(label, Cell(text)) for label, text in sheet.facts),
        "</tbody></table>",
    ]
    if sheet.message:
        parts += [
            f"<h2>{escape(sheet.words['message'])}</h2>",
            f'<p class="message" dir="auto">{escape(sheet.message)}</p>',
        ]
    parts += _table(sheet.parties, sheet, "h2")
    for paper in sheet.papers:
        parts += _paper(paper, sheet)
    if sheet.files.rows:
        parts += _table(sheet.files, sheet, "h2")
    else:
        parts.append(f"<h2>{escape(sheet.files.name)}</h2>")
        parts.append(f'<p class="dim">{escape(sheet.words["none"])}</p>')
    parts.append("</body>\n</html>\n")
    return "\n".join(parts).encode()


def _head(around: Surroundings) -> Iterable[str]:
    links = around.links
    if not links:
        yield f"<style>{STYLE}</style>"
        return
    yield f'<link rel="icon" href="{escape(links["icon"])}">'
    yield f'<link rel="stylesheet" href="{escape(links["style"])}">'
    yield f'<script src="{escape(links["script"])}" defer></script>'


def _navigation(sheet: Sheet, around: Surroundings) -> Iterable[str]:
    if around.links:
        button = f'<button type="button" data-print>{escape(sheet.words["print"])}'
        link = (
            f'<a href="{escape(around.links["pdf"])}">{escape(sheet.words["as_pdf"])}'
        )
        yield f"<nav>{button}</button>{link}</a></nav>"


def _paper(paper: Paper, sheet: Sheet) -> Iterable[str]:
    yield f'<h2 dir="auto">{escape(paper.title)}</h2>'
    if paper.lines:
        yield '<table class="fields"><tbody>'
        for label, cell in paper.lines:
            yield _line(label, cell)
        yield "</tbody></table>"
    for table in paper.tables:
        yield from _table(table, sheet, "h3")


def _line(label: str, cell: Cell) -> str:
    title = f'<th scope="row" dir="auto">{escape(label)}</th>'
    return f"<tr>{title}{_cell(cell, 'dim' if cell.dim else '')}</tr>"


def _table(table: Table, sheet: Sheet, heading: str) -> Iterable[str]:
    yield f'<{heading} dir="auto">{escape(table.name)}</{heading}>'
    if table.rows:
        names = "".join(
            f'<th scope="col" dir="auto"{_class("num" if numeric else "")}>'
            f"{escape(title)}</th>"
            for title, numeric in table.columns
        )
        label = escape(table.name)
        yield f'<div class="wide" role="group" tabindex="0" aria-label="{label}">'
        yield f"<table><thead><tr>{names}</tr></thead><tbody>"
        for row in table.rows:
            cells = zip(row, table.columns, strict=True)
            shown = "".join(_cell(each, _look(each, column)) for each, column in cells)
            yield f"<tr>{shown}</tr>"
        yield "</tbody></table></div>"
    elif not table.left_from:
        yield f'<p class="dim">{escape(sheet.words["empty"])}</p>'
    if table.left_from:
        left = sheet.words["rows_left"].format(row=table.left_from)
        yield f'<p class="dim">{escape(left)}</p>'


def _look(cell: Cell, column: tuple[str, bool]) -> str:
    return " ".join(["num"] * column[1] + ["dim"] * cell.dim)


def _cell(cell: Cell, look: str) -> str:
    return f'<td dir="auto"{_class(look)}>{escape(cell.text)}</td>'


def _class(look: str) -> str:
    return f' class="{look}"' if look else ""
