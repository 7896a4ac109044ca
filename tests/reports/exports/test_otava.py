"""Apache Otava's CSV, read by the rules of its importer."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest

from perfanalysis.errors import UsageError
from perfanalysis.reports.exports.measurements import MeasuredRun, dashboard_only
from perfanalysis.reports.exports.otava import otava_table


def at(run, day, *, without=()):
    info = run.run.model_copy(update={"started_at": datetime(2026, 1, day, tzinfo=UTC)})
    return MeasuredRun(
        run=info, measurements=tuple(f for f in run.measurements if f.metric not in without)
    )


def rows_of(text):
    return list(csv.DictReader(StringIO(text)))


def test_there_is_a_row_for_each_run_in_order_of_time(run_measured):
    text, left_out = otava_table([at(run_measured, day) for day in (3, 1, 2)])
    rows = rows_of(text)
    assert [row["time"] for row in rows] == [f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3)]
    assert {row["commit"] for row in rows} == {"9f8e7d6"}
    assert {row["branch"] for row in rows} == {"main"}
    assert rows[0]["login latency.p95"] == "72.25"
    assert rows[0]["system.cpu.mean"] == "41.5"
    assert left_out == ()


def test_runs_that_started_at_the_same_time_are_all_kept(run_measured):
    rows = rows_of(otava_table([at(run_measured, 1), at(run_measured, 1)])[0])
    assert len(rows) == 2


def test_a_metric_that_a_run_lacks_is_left_out_and_named(run_measured):
    run = dashboard_only(run_measured)
    text, left_out = otava_table([at(run, 1), at(run, 2, without=["latency.p99"])])
    assert left_out == (
        "login latency.p99",
        "search latency.p99",
        "transaction: journey latency.p99",
        "all requests latency.p99",
    )
    cells = [cell for row in rows_of(text) for column, cell in row.items() if "latency" in column]
    assert cells
    assert all(float(cell) > 0 for cell in cells)


def test_a_run_without_a_start_has_no_place_in_a_history(run_measured):
    run = replace(run_measured, run=run_measured.run.model_copy(update={"started_at": None}))
    with pytest.raises(UsageError, match="base: no start is known"):
        otava_table([run])


def test_hostile_texts_are_no_formulas_and_stay_on_their_line(hostile_measured):
    (row,) = rows_of(otava_table([hostile_measured])[0])
    assert not any(text.startswith(("=", "+", "-", "@")) for text in [*row, *row.values()])
    assert not any(set(text) & set("\n\r\x1b\x07") for text in [*row, *row.values()])
    measurements = [column for column in row if column.endswith("latency.p95")]
    assert len(measurements) == 12
    assert row["commit"] == "'=cmd()"
