"""A bundle held against what the plain readers say, bit for bit."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa

from perfanalysis import api
from perfanalysis.importers.base import Importer, Rows
from perfanalysis.importers.rejects import Rejects, Tolerance
from perfanalysis.importers.source import InputFile, Source
from perfanalysis.model.requests import Kind
from perfanalysis.store.bundle import Run
from perfanalysis.store.conform import SCHEMAS, conform
from tests.oracle.reading import Reading, Row
from tests.oracle.store import duration_s, histogram_rows, sorted_rows, summary_of

MORE_ROWS = 3
ANY_NUMBER = Tolerance(rows=10**9, share=None)


def assert_bundle_is(run: Run, reading: Reading) -> None:
    """Compare the three tables of a bundle, and the counts of its run.json."""
    rows = sorted_rows(reading.requests)
    assert_table_is(run.table("requests"), rows, "requests")
    assert_table_is(run.table("series"), reading.series, "series")
    assert_table_is(run.table("histograms"), histogram_rows(rows), "histograms")
    timed = [row for row in rows if row["kind"] == Kind.REQUEST]
    assert run.info.counts.rejected_rows == reading.rejected
    assert run.info.counts.requests == len(timed)
    assert run.info.counts.failures == sum(not row["ok"] for row in timed)


def assert_rows_are(importer: Importer, path: Path, reading: Reading) -> None:
    """Compare what an importer yields for a file, in its order; without a bundle it is quick."""
    rejects = Rejects(ANY_NUMBER)
    tables = {name: [SCHEMAS[name].empty_table()] for name in ("requests", "series")}
    names = importer.companions(path.name, [file.name for file in path.parent.iterdir()])
    files = tuple(InputFile(path=path.with_name(name), label=name) for name in names)
    for chunk in importer.read(Source(files=files, timezone=UTC), rejects):
        if isinstance(chunk, Rows) and chunk.table in tables:
            batch = conform(chunk.batch, SCHEMAS[chunk.table], origin=importer.name)
            tables[chunk.table].append(pa.Table.from_batches([batch]))
    assert_table_is(pa.concat_tables(tables["requests"]), reading.requests, "requests")
    assert_table_is(pa.concat_tables(tables["series"]), reading.series, "series")
    assert rejects.count == reading.rejected


def assert_table_is(table: pa.Table, rows: list[Row], what: str) -> None:
    """Compare a table with rows, column by column; floats must have the same bits."""
    if table.num_rows != len(rows):
        raise AssertionError(f"{what}: {table.num_rows} rows, by the oracle {len(rows)}")
    for name in table.column_names:
        found = values_of(table.column(name))
        expected = [bits(row[name]) for row in rows]
        if found == expected:
            continue
        wrong = [i for i in range(len(rows)) if found[i] != expected[i]]
        shown = "; ".join(
            f"row {i}: {found[i]!r}, by the oracle {expected[i]!r}" for i in wrong[:MORE_ROWS]
        )
        if Counter(map(repr, found)) == Counter(map(repr, expected)):
            shown += " (the same values in another order)"
        context = table.slice(wrong[0], 1).to_pylist()[0]
        raise AssertionError(
            f"{what}: column {name!r} differs in {len(wrong)} of {len(rows)} rows: {shown}\n"
            f"the first such row: {context}\nby the oracle: {rows[wrong[0]]}"
        )


def values_of(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values = column.to_pylist()
    return [bits(value) for value in values] if pa.types.is_floating(column.type) else values


def bits(value: object) -> object:
    """Return a float as text that tells all of its bits, and anything else as it is."""
    return value.hex() if isinstance(value, float) else value


def assert_summary_is(run: Run, reading: Reading) -> None:
    """Compare the figures of a summary; its mean is a sum in another order."""
    # A single moment has no length.
    assert run.info.duration_s == (duration_s(reading.requests) or None)
    summary = api.summarize(run)
    groups: dict[tuple[str | None, str], list[Row]] = {}
    for row in reading.requests:
        groups.setdefault((row["name"], row["kind"]), []).append(row)
    checks = {name: rows for (name, kind), rows in groups.items() if kind == Kind.CHECK}
    groups = {key: rows for key, rows in groups.items() if key[1] != Kind.CHECK}
    assert [(check.name, check.passes, check.fails) for check in summary.checks] == [
        (name, sum(row["ok"] for row in rows), sum(not row["ok"] for row in rows))
        for name, rows in sorted(checks.items())
    ]
    assert sorted((entry.name, entry.kind) for entry in summary.names) == sorted(groups)
    timed = [row for row in reading.requests if row["kind"] == Kind.REQUEST]
    for entry in (*summary.names, summary.total):
        rows = timed if entry.name is None else groups[entry.name, entry.kind]
        expected = summary_of(rows)
        found = {key: getattr(entry.latency, key, None) for key in expected}
        for key in ("requests", "failures", "error_rate", "bytes_received"):
            found[key] = getattr(entry, key)
        if any(caveat.code == "sampled-log" for caveat in entry.caveats):
            # Then counts are those of the tool's own report.
            for key in ("requests", "failures", "error_rate"):
                del found[key], expected[key]
        else:
            seconds = duration_s(reading.requests)
            assert entry.throughput == (len(rows) / seconds if seconds else None)
        means = found.pop("mean"), expected.pop("mean")
        assert means[0] is means[1] is None or math.isclose(*means, rel_tol=1e-12)
        assert found == expected, (entry.name, entry.kind)
