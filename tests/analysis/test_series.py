"""Series are told apart by metric and labels, whatever their order and number."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from perfanalysis.analysis import series
from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.analysis.views import view_run
from perfanalysis.model.series import SERIES, SeriesKind


def cores(series_of, n, metric="system.cpu.core"):
    return [
        series_of(metric, [10.0 * c, 10.0 * c + 5], unit="%", labels={"core": str(c)})
        for c in range(n)
    ]


@pytest.fixture
def rows():
    """A batch of points `(second, metric, value, labels)` in the order given."""

    def make(*points, kind="gauge"):
        return pa.RecordBatch.from_pylist(
            [
                {
                    "time": 1_767_225_600_000_000 + round(second * 1e6),
                    "metric": metric,
                    "value": float(value),
                    "unit": None,
                    "kind": kind,
                    "labels": labels,
                }
                for second, metric, value, labels in points
            ],
            schema=SERIES,
        )

    return make


def test_each_set_of_labels_is_a_series_of_its_own(rows_run, rows):
    run = rows_run(
        series=[
            rows(
                (0, "cpu", 1, [("core", "0"), ("host", "a")]),
                (0, "cpu", 2, [("core", "1"), ("host", "a")]),
                # The same labels in another order.
                (1, "cpu", 3, [("host", "a"), ("core", "0")]),
                (0, "cpu", 4, []),
                (1, "cpu", 5, None),
                (0, "mem", 6, [("core", "0"), ("host", "a")]),
                # Not the labels of core 0 and host a: names and values are swapped.
                (0, "cpu", 7, [("0", "core"), ("a", "host")]),
            )
        ]
    )
    found = {(s.metric, s.labels): s.value.tolist() for s in series.series_of(run)}
    assert found == {
        ("cpu", ""): [4, 5],
        ("cpu", "0=core, a=host"): [7],
        ("cpu", "core=0, host=a"): [1, 3],
        ("cpu", "core=1, host=a"): [2],
        ("mem", "core=0, host=a"): [6],
    }


def test_points_are_in_order_of_time(rows_run, rows):
    labels = [("core", "0")]
    run = rows_run(series=[rows((2, "cpu", 3, labels), (0, "cpu", 1, labels), (1, "cpu", 2, []))])
    whole, core = series.series_of(run)
    assert (whole.value.tolist(), core.value.tolist()) == ([2], [1, 3])
    assert np.all(np.diff(core.time_us) > 0)


def test_numbers_in_labels_are_in_order_of_their_size(rows_run, series_of):
    found = series.series_of(rows_run(series=cores(series_of, 12)))
    assert [entry.labels for entry in found] == [f"core={n}" for n in range(12)]


def test_kinds_and_metrics_can_be_left_out(rows_run, series_of):
    run = rows_run(
        series=[
            series_of("a", [1.0]),
            series_of("b", [1.0], kind="trend"),
            series_of("errors", [1.0]),
        ]
    )
    found = series.series_of(run, kinds=[SeriesKind.GAUGE], without=series.NOT_RESOURCES)
    assert [entry.metric for entry in found] == ["a"]


def test_a_run_without_series_has_none(rows_run, load_of):
    assert series.series_of(rows_run(load_of("a", [1.0]))) == []


def test_each_core_has_a_curve(rows_run, series_of):
    curves = view_run(rows_run(series=cores(series_of, 3))).curves
    assert [(c.labels, c.value.tolist()) for c in curves] == [
        ("core=0", [0, 5]),
        ("core=1", [10, 15]),
        ("core=2", [20, 25]),
    ]


def test_of_too_many_curves_every_metric_has_one_first(rows_run, series_of):
    run = rows_run(
        series=[
            *cores(series_of, 64),
            series_of("vus", [1.0, 2.0]),
            series_of("zero", [0.0, 0.0]),
        ]
    )
    drawn = [(c.metric, c.labels) for c in view_run(run).curves]
    assert len(drawn) == 40
    assert ("vus", "") in drawn
    assert drawn[:39] == [("system.cpu.core", f"core={n}") for n in range(39)]


def test_gauges_of_other_labels_are_summarised_apart(rows_run, series_of):
    found = summarize_run(rows_run(series=cores(series_of, 2))).series
    assert [(s.metric, s.labels, s.mean, s.n) for s in found] == [
        ("system.cpu.core", "core=0", 2.5, 2),
        ("system.cpu.core", "core=1", 12.5, 2),
    ]


def test_counters_are_summarised_as_a_whole_and_by_their_labels(rows_run, series_of):
    run = rows_run(
        series=[
            series_of("sent", [value] * 10, kind="counter", labels={"to": to})
            for to, value in (("a", 1.0), ("b", 2.0))
        ]
    )
    found = summarize_run(run).series
    assert [(s.labels, s.total, s.n) for s in found] == [
        ("", 30.0, 20),
        ("to=a", 10.0, 10),
        ("to=b", 20.0, 10),
    ]


def test_a_counter_of_one_set_of_labels_is_listed_once_with_them(rows_run, series_of):
    run = rows_run(series=[series_of("sent", [1.0], kind="counter", labels={"to": "a"})])
    assert [(s.labels, s.total) for s in summarize_run(run).series] == [("to=a", 1.0)]


@pytest.mark.parametrize("kind", ["rate", "trend"])
def test_measured_values_are_summarised_whatever_their_labels(rows_run, series_of, kind):
    run = rows_run(
        series=[
            series_of("took", [value], kind=kind, labels={"step": step})
            for step, value in (("a", 0.0), ("b", 1.0))
        ]
    )
    assert [(s.labels, s.mean, s.n) for s in summarize_run(run).series] == [("", 0.5, 2)]


def test_what_is_not_listed_is_told(rows_run, series_of):
    few = summarize_run(rows_run(series=cores(series_of, 24)))
    many = summarize_run(rows_run(series=cores(series_of, 30)))
    assert (len(few.series), few.total.caveats) == (24, ())
    assert len(many.series) == 24
    (caveat,) = many.total.caveats
    assert caveat.code == "series-left-out"
    assert caveat.message == "not all series are listed: of other labels there are 6 more"


def test_lists_of_errors_are_not_split(rows_run, interval_rows, series_of):
    listed = [
        series_of("errors", [n], kind="counter", labels={"error": f"error {n}"}) for n in (1.0, 2.0)
    ]
    totals = interval_rows({"name": "a", "requests": 50, "failures": 3})
    found = summarize_run(rows_run(intervals=[totals], series=listed)).series
    assert [(s.metric, s.labels, s.total) for s in found] == [("errors", "", 3.0)]
