"""Sorting requests, in memory and out of core."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq

from perfanalysis.model.requests import REQUESTS
from perfanalysis.store import requests
from perfanalysis.store.conform import ENCODED_REQUESTS, conform


def written(tmp_path, batches):
    sorter = requests.RequestSorter(tmp_path)
    for batch in batches:
        sorter.add(conform(batch, ENCODED_REQUESTS, origin="test"))
    sorter.write(tmp_path / "requests.parquet")
    return pq.read_table(tmp_path / "requests.parquet")


def test_sorting_out_of_core_gives_what_sorting_in_memory_gives(tmp_path, batch_of, monkeypatch):
    rng = np.random.default_rng(6)
    # Whole tenths of a second: many rows start together and must keep their order.
    batches = [
        batch_of(np.round(rng.uniform(0, 10, 500), 1), np.arange(500.0) + 1000 * i)
        for i in range(8)
    ]
    (tmp_path / "memory").mkdir()
    (tmp_path / "spilled").mkdir()
    in_memory = written(tmp_path / "memory", batches)
    monkeypatch.setattr(requests, "ROW_GROUP_ROWS", 100)
    monkeypatch.setattr(requests, "HELD_BACK_ROWS", 600)
    spilled = written(tmp_path / "spilled", batches)
    assert spilled.equals(in_memory)
    assert spilled.schema.equals(REQUESTS)
    assert [path.name for path in (tmp_path / "spilled").iterdir()] == ["requests.parquet"]
    starts = spilled.column("started_at").cast("int64").to_numpy()
    assert np.all(np.diff(starts) >= 0)
