"""Rows in any order as tables of a bundle, against one stable sort and counting one by one."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfanalysis.model.requests import REQUESTS
from perfanalysis.store import histograms, requests
from perfanalysis.store.conform import ENCODED_REQUESTS
from tests.oracle.comparing import assert_table_is
from tests.oracle.reading import request_row
from tests.oracle.store import histogram_rows, sorted_rows, window_width_us

START_US = 1_767_225_600_000_000
NAMES = st.sampled_from(["a", "b", "", "\u00e9", "z\0", "\U0001f600", "\uffff", "a\n"])
TEXTS = st.none() | NAMES
# As finely as tools write them, to the nanosecond: on the very edge of a bucket the last bit of a
# logarithm decides, and that bit depends on the processor.
LATENCIES = st.one_of(
    st.none(),
    st.integers(0, 10**9).map(lambda ns: ns / 1e6),
    st.integers(0, 10**14).map(lambda ns: ns / 1e6),
    st.sampled_from([0.0, -0.0, 1e-12, 1.005, 1.010025, 1e11]),
)
# Few different starts, in reach of each other, or years apart.
STARTS = st.one_of(
    st.integers(0, 9).map(lambda n: START_US + n),
    st.integers(0, 10**9).map(lambda us: START_US + us),
    st.sampled_from([0, -1, -125_001, START_US // 2]),
)
ROWS = st.builds(
    request_row,
    started_at=STARTS,
    name=NAMES,
    latency_ms=LATENCIES,
    ok=st.booleans(),
    kind=st.sampled_from(["request", "request", "check", "transaction"]),
    status=TEXTS,
    worker=TEXTS,
    bytes_received=st.none() | st.integers(-(2**63), 2**63 - 1),
    scheduled_at=st.none() | STARTS,
    wait_ms=st.none() | st.floats(0, 1e300),
    tags=st.none() | st.dictionaries(NAMES, NAMES, max_size=2).map(lambda tags: list(tags.items())),
)


@pytest.mark.parametrize("schema", [REQUESTS, ENCODED_REQUESTS], ids=["plain", "encoded"])
@settings(max_examples=30, deadline=None)
@given(batches=st.lists(st.lists(ROWS, min_size=1, max_size=8), min_size=1, max_size=8))
def test_rows_are_sorted_as_by_one_stable_sort_and_counted_one_by_one(write_run, schema, batches):
    numbered(batches)
    made = [pa.RecordBatch.from_pylist(rows, schema=REQUESTS) for rows in batches]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests, "ROW_GROUP_ROWS", 6)
        patch.setattr(requests, "HELD_BACK_ROWS", 3)
        patch.setattr(histograms, "_COUNT_ROWS", 5)
        patch.setattr(histograms, "_COMPACT_ROWS", 9)
        run = write_run({"requests": [batch.cast(schema) for batch in made]})
    rows = [row for batch in batches for row in batch]
    assert_table_is(run.table("requests"), sorted_rows(rows), "requests")
    assert_table_is(run.table("histograms"), histogram_rows(rows), "histograms")


def numbered(batches: list[list[dict[str, object]]]) -> None:
    """Let every row tell where it came in: equal rows could change places unseen."""
    for number, row in enumerate(row for batch in batches for row in batch):
        row["bytes_sent"] = number


@pytest.mark.parametrize("windows", [1, 255, 256, 257, 511, 512, 513, 70_000])
@pytest.mark.parametrize("into_window_us", [0, 124_999])
def test_windows_double_where_a_run_would_need_more_than_256(write_run, windows, into_window_us):
    starts = {0, windows // 2, windows - 1}
    rows = [
        request_row(
            started_at=START_US + number * 125_000 + into_window_us,
            name="a",
            latency_ms=1.0,
            ok=True,
            kind="request",
        )
        for number in sorted(starts)
    ]
    run = write_run({"requests": [pa.RecordBatch.from_pylist(rows, schema=REQUESTS)]})
    assert_table_is(run.table("histograms"), histogram_rows(rows), "histograms")
    assert run.info.window_s == window_width_us(rows) / 1e6


def test_late_rows_begin_new_runs_that_are_merged(write_run, monkeypatch):
    merged: list[int] = []
    merge = requests.RequestSorter._merge

    def counted(self, path):
        merged.append(len(self._runs))
        merge(self, path)

    monkeypatch.setattr(requests, "ROW_GROUP_ROWS", 40)
    monkeypatch.setattr(requests, "HELD_BACK_ROWS", 20)
    monkeypatch.setattr(requests.RequestSorter, "_merge", counted)
    rows = [
        request_row(
            started_at=START_US + (number * 37) % 500 * 1_000,
            name=f"name {number % 3}",
            latency_ms=float(number % 7),
            ok=number % 5 > 0,
            kind="request",
            bytes_sent=number,
        )
        for number in range(1_000)
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=REQUESTS)
    run = write_run({"requests": [batch[i : i + 50] for i in range(0, 1_000, 50)]})
    assert_table_is(run.table("requests"), sorted_rows(rows), "requests")
    assert_table_is(run.table("histograms"), histogram_rows(rows), "histograms")
    assert merged[0] > 5
