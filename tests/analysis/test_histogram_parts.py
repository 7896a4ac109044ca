"""A histogram table is split into its names in one pass."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from perfanalysis.analysis.bucketed import parts_of
from perfanalysis.model.histograms import HISTOGRAMS

_NAMES = ["b", "a", "b", "c", "a", "b", "a"]
_KINDS = ["request", "transaction", "request", "request", "request", "transaction", "request"]


def _table(*, encoded: bool) -> pa.Table:
    rows = [
        {"window": n, "name": name, "kind": kind, "ok": True, "bucket": 7 - n, "count": n}
        for n, (name, kind) in enumerate(zip(_NAMES, _KINDS, strict=True))
    ]
    table = pa.Table.from_pylist(rows, HISTOGRAMS)
    if not encoded:
        return table
    for column in ("name", "kind"):
        at = table.schema.get_field_index(column)
        # Row groups have dictionaries of their own.
        chunks = [part.column(column).combine_chunks() for part in (table[:3], table[3:])]
        codes = [chunk.dictionary_encode() for chunk in chunks]
        table = table.set_column(at, column, pa.chunked_array(codes).unify_dictionaries())
    return table


@pytest.mark.parametrize("encoded", [False, True], ids=["plain", "encoded"])
def test_every_row_is_in_the_part_of_its_kind_and_name_and_in_order(encoded):
    table = _table(encoded=encoded)
    parts = parts_of(table)
    assert [(kind, name) for kind, name, _ in parts] == [
        ("request", "a"),
        ("request", "b"),
        ("request", "c"),
        ("transaction", "a"),
        ("transaction", "b"),
    ]
    for kind, name, part in parts:
        own = pc.and_(pc.equal(table.column("kind"), kind), pc.equal(table.column("name"), name))
        assert part.to_pylist() == table.filter(own).to_pylist()


def test_a_table_without_rows_has_no_parts():
    assert parts_of(HISTOGRAMS.empty_table()) == []
