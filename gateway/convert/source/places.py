"""Columns as spreadsheets call them: A, B ... Z, AA ..."""

from functools import cache

COLUMNS = 16_384
"""Columns of a table: as many as a spreadsheet has."""

AREA_MOST = 100_000_000
"""Rows times columns that the cells of a sheet may reach over."""


@cache
def column_name(index: int) -> str:
    """Return the letters of a column, counted from 0."""
    name = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


@cache
def column_index(name: str) -> int:
    """Return the column (from 0) that letters A-Z name."""
    index = 0
    for letter in name:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
