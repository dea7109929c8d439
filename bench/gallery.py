"""README's table of every page, made anew from the pictures that are there."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

BEGIN, END = "<!-- every page: made by `make screenshots` -->", "<!-- /every page -->"
_BLOCK = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)
_KIND = re.compile(r"-(light|dark|narrow)\Z")


def show(pictures: Path, readme: Path) -> None:
    """Put the pictures of the folder into the README's table."""
    names = sorted(each.stem for each in pictures.glob("*.webp"))
    place = pictures.relative_to(readme.parent).as_posix()
    table = "\n".join((BEGIN, *_table(names, place), END))
    text = readme.read_text()
    if not _BLOCK.search(text):
        raise SystemExit(f"{readme} has no place for the pictures: {BEGIN}")
    readme.write_text(_BLOCK.sub(lambda _: table, text))


def _table(names: Iterable[str], place: str) -> Iterator[str]:
    pages: dict[str, list[str]] = {}
    for name in names:
        pages.setdefault(_KIND.sub("", name), []).append(name)
    yield "| page | light | dark | telephone |"
    yield "|---|---|---|---|"
    for page, found in pages.items():
        cells = [
            f'<img alt="{page}, {kind}" src="{place}/{page}-{kind}.webp" width="300">'
            if f"{page}-{kind}" in found
            else ""
            for kind in ("light", "dark", "narrow")
        ]
        yield f"| {page.replace('-', ' ')} | {' | '.join(cells)} |"
