"""SQL on the tables of a bundle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perfanalysis.errors import UsageError
from perfanalysis.store.bundle import Run
from perfanalysis.store.writer import bundle_writer


@pytest.fixture
def run(tmp_path, batch_of, provenance):
    path = tmp_path / "it's [1].run"
    with bundle_writer(path) as writer:
        writer.write("requests", batch_of([0, 1, 2, 3], [1.0, 2.0, 3.0, None]), origin="test")
        writer.finish(provenance)
    return Run.open(path)


def test_a_quantile_is_that_of_numpy(run):
    found = run.sql("SELECT name, quantile_cont(latency_ms, 0.95) AS p95 FROM requests GROUP BY 1")
    assert found["name"].tolist() == ["search"]
    assert found["p95"][0] == pytest.approx(np.quantile([1.0, 2.0, 3.0], 0.95))


def test_times_are_utc(run):
    first = run.sql("SELECT min(started_at) AS first FROM requests")["first"][0]
    assert first == pd.Timestamp(run.info.started_at)
    assert first.utcoffset().total_seconds() == 0


def test_parameters_are_values_and_never_sql(run):
    statement = "SELECT count(*) AS n FROM requests WHERE name = ?"
    assert run.sql(statement, ["' OR 1=1 --"])["n"][0] == 0


def test_a_table_that_the_run_lacks_is_empty(run):
    assert run.sql("SELECT time, value FROM series").empty


def test_a_wrong_statement_is_the_users_fault_and_names_the_tables(run):
    with pytest.raises(UsageError, match="nix") as caught:
        run.sql("SELECT * FROM nix")
    assert caught.value.hint == "the tables are: requests, intervals, series, histograms"
