"""Windowed histograms, built batch by batch."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from perfanalysis.model.histograms import HISTOGRAMS
from perfanalysis.store.conform import ENCODED_REQUESTS, conform
from perfanalysis.store.histograms import MAX_WINDOWS, HistogramBuilder


def built(*batches):
    builder = HistogramBuilder()
    for batch in batches:
        builder.add(conform(batch, ENCODED_REQUESTS, origin="test"))
    return builder, builder.finish()


def test_counts_add_up_to_the_requests_also_without_latency(batch_of):
    _, table = built(batch_of([0, 1, 2], [1.0, None, 3.0]))
    assert table.schema.equals(HISTOGRAMS)
    assert pc.sum(table.column("count")).as_py() == 3
    assert table.column("bucket").null_count == 1


def test_short_runs_get_narrow_windows_and_long_ones_wide(batch_of):
    assert built(batch_of([0, 30], [1, 1]))[0].width_us == 125_000
    assert built(batch_of([0, 3600], [1, 1]))[0].width_us == 16_000_000
    weekend, table = built(batch_of(np.arange(0, 172_800, 60), [1.0] * 2880))
    assert len(table.column("window").unique()) <= MAX_WINDOWS
    assert weekend.width_us == 1_024_000_000


def test_batches_and_their_order_do_not_matter(batch_of):
    rng = np.random.default_rng(5)
    offsets, latencies = rng.uniform(0, 500, 3000), rng.lognormal(3, 1, 3000)
    _, whole = built(batch_of(offsets, latencies))
    pieces = [batch_of(offsets[i::7], latencies[i::7]) for i in range(7)]
    _, parts = built(*reversed(pieces))
    assert parts.equals(whole)


def test_windows_of_different_runs_line_up(batch_of):
    _, table = built(batch_of([0.3, 1.7], [1, 1]))
    starts = table.column("window").cast("int64").to_numpy()
    assert np.all(starts % 125_000 == 0)


def test_outcomes_and_kinds_are_kept_apart(batch_of):
    _, table = built(
        batch_of([0], [1], ok=True), batch_of([0], [1], ok=False), batch_of([0], [1], kind="check")
    )
    assert table.num_rows == 3
