from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.desk.dictionary_files import CsvFile
from gateway.core.dictionary import Column, Record
from gateway.core.errors import Invalid
from gateway.engine.desk.dictionary_csv import read, rows_of
from gateway.engine.desk.dictionary_rows import matched

COLUMNS = (Column("u1", "a"), Column("u2", "b"))
cells = st.sampled_from(["1", "2", "3"])
tables = st.lists(st.tuples(cells, cells), max_size=12)


def records(rows):
    return [Record(f"old-{n}", row) for n, row in enumerate(rows)]


@given(old=tables, new=tables)
def test_each_row_has_its_own_uuid_and_an_unchanged_one_keeps_it(old, new):
    numbers = count()
    before = records(old)
    after = matched(before, new, lambda: f"new-{next(numbers)}")
    assert [record.values for record in after] == new
    uuids = [record.uuid for record in after]
    assert len(set(uuids)) == len(uuids)
    for row in set(old) & set(new):
        was = [r.uuid for r in before if r.values == row]
        now = [r.uuid for r in after if r.values == row]
        assert now[: len(was)] == was[: len(now)]


@given(rows=tables)
def test_the_same_rows_change_nothing(rows):
    before = records(rows)
    assert matched(before, rows, lambda: "new") == before


@given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_rows_or_a_refusal(data):
    for row in rows_or_none(b"a,b\n" + data):
        assert len(row) == 2


def rows_or_none(data):
    try:
        return rows_of(read(CsvFile(data=data), COLUMNS))
    except Invalid:
        return []
