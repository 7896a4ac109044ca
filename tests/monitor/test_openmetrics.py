"""Metrics as text: what becomes of each type, and what strangers may send."""

from __future__ import annotations

import pytest

from perfanalysis.model.series import SeriesKind
from perfanalysis.monitor.openmetrics import Exposition
from perfanalysis.monitor.source import MAX_POINTS, ReadingError
from perfanalysis.traces.series_entry import points_of_entry

EXPOSITION = """
# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{path="/a",code="200"} %(requests)d
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 12.5
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 1024
# TYPE lag_seconds histogram
lag_seconds_bucket{le="0.1"} 5
lag_seconds_bucket{le="+Inf"} %(requests)d
lag_seconds_sum %(sum)s
lag_seconds_count %(requests)d
# TYPE rpc_seconds summary
rpc_seconds{quantile="0.5"} 0.25
rpc_seconds{quantile="0.99"} NaN
rpc_seconds_sum 4
rpc_seconds_count %(requests)d
# TYPE build_info gauge
build_info{version="1"} 1
"""


@pytest.fixture
def restarts():
    """Counters that fell."""
    return {}


@pytest.fixture
def exposition(restarts):
    return Exposition(None, restarts)


def points(exposition, text, *, is_openmetrics=False):
    return list(
        points_of_entry(exposition.sampled(text.encode(), is_openmetrics=is_openmetrics).entry)
    )


def values(found):
    return {(point.metric, *point.labels.values()): point.value for point in found}


def test_gauges_are_told_at_once_and_counters_by_what_they_grew(exposition):
    first = values(points(exposition, EXPOSITION % {"requests": 10, "sum": "1.5"}))
    assert first == {
        ("app.process_resident_memory_bytes",): 1024.0,
        ("app.rpc_seconds", "0.5"): 0.25,
        ("app.build_info", "1"): 1.0,
    }
    second = points(exposition, EXPOSITION % {"requests": 14, "sum": "2.0"})
    assert {p.metric: p.value for p in second if p.kind is SeriesKind.COUNTER} == {
        "app.http_requests_total": 4.0,
        "app.process_cpu_seconds_total": 0.0,
        "app.lag_seconds_sum": 0.5,
        "app.lag_seconds_count": 4.0,
        "app.rpc_seconds_sum": 0.0,
        "app.rpc_seconds_count": 4.0,
    }


def test_units_come_from_the_names_and_labels_are_kept(exposition):
    points(exposition, EXPOSITION % {"requests": 10, "sum": "1.5"})
    found = {p.metric: p for p in points(exposition, EXPOSITION % {"requests": 14, "sum": "2"})}
    units = {metric: point.unit for metric, point in found.items()}
    assert units["app.process_cpu_seconds_total"] == "s"
    assert units["app.process_resident_memory_bytes"] == "bytes"
    assert units["app.lag_seconds_count"] is None
    assert units["app.http_requests_total"] is None
    assert found["app.http_requests_total"].labels == {"path": "/a", "code": "200"}


def test_openmetrics_tells_units_and_has_info_and_states(exposition):
    text = (
        "# TYPE lag_seconds gauge\n# UNIT lag_seconds seconds\nlag_seconds 0.5\n"
        '# TYPE app info\napp_info{version="1"} 1\n'
        '# TYPE mode stateset\nmode{mode="on"} 1\nmode{mode="off"} 0\n'
        '# TYPE jobs counter\njobs_total 3 # {trace="x"} 1\njobs_created 1700000000\n# EOF\n'
    )
    found = points(exposition, text, is_openmetrics=True)
    assert values(found) == {
        ("app.lag_seconds",): 0.5,
        ("app.mode", "on"): 1.0,
        ("app.mode", "off"): 0.0,
    }
    assert found[0].unit == "s"
    found = points(exposition, text.replace("jobs_total 3", "jobs_total 5"), is_openmetrics=True)
    assert values(found)["app.jobs_total",] == 2.0


def test_a_counter_that_began_anew_has_no_increment_and_is_told(exposition, restarts):
    for value, expected in ((5, None), (7, 2.0), (1, None), (4, 3.0)):
        found = values(points(exposition, f"# TYPE a_total counter\na_total {value}\n"))
        assert found.get(("app.a_total",)) == expected
    assert restarts == {"app.a_total": 1}


def test_a_counter_without_a_declared_type_is_known_by_its_name(exposition):
    points(exposition, "jobs_total 3\nqueue 5\n")
    found = {p.metric: (p.kind, p.value) for p in points(exposition, "jobs_total 4\nqueue 6\n")}
    assert found == {
        "app.jobs_total": (SeriesKind.COUNTER, 1.0),
        "app.queue": (SeriesKind.GAUGE, 6.0),
    }


def test_a_thousand_labels_are_a_thousand_series(exposition):
    lines = [f'hits_total{{user="{n}"}} {n}' for n in range(1000)]
    text = "# TYPE hits_total counter\n" + "\n".join(lines) + "\n"
    assert points(exposition, text) == []
    found = points(exposition, text.replace("} ", "} 1"))
    assert len(found) == 1000
    assert {point.labels["user"] for point in found} == {str(n) for n in range(1000)}


def test_a_metric_with_a_thousand_labels_is_read(exposition):
    labels = ",".join(f'l{n}="{n}"' for n in range(1000))
    (point,) = points(exposition, f"wide{{{labels}}} 1\n")
    assert len(point.labels) == 1000


def test_labels_that_come_and_go_take_no_memory(exposition):
    for block in range(50):
        lines = [f'hits_total{{user="{block}-{n}"}} 1' for n in range(100)]
        points(exposition, "\n".join(lines) + "\n")
    assert len(exposition._increments._before) == 100


def test_values_beyond_the_limit_are_counted_and_left_out(exposition):
    text = "".join(f"m{n} {n}\n" for n in range(MAX_POINTS + 5))
    sampled = exposition.sampled(text.encode(), is_openmetrics=False)
    assert sampled.numbers == MAX_POINTS
    assert sampled.left_out == 5


@pytest.mark.parametrize("is_openmetrics", [True, False])
def test_lines_beyond_the_limit_are_not_even_parsed(exposition, is_openmetrics):
    lines = [f"m{n} {n}" for n in range(30_000)]
    lines[1] = 'm1{x="' + "y" * 100_000 + '"} 1'
    text = "\n".join([*lines, "# EOF", ""])
    sampled = exposition.sampled(text.encode(), is_openmetrics=is_openmetrics)
    assert sampled.numbers == MAX_POINTS
    assert sampled.left_out > 10_000


@pytest.mark.parametrize(
    "text",
    [
        "{",
        'a{b="c} 1',
        "a 1 2 3 4 x",
        "# TYPE a\n",
        "a\n",
        'a{="x"} 1',
        "a{b=1} 1",
        "a one\n",
        "\ufeffa 1",
        "\x00",
    ],
)
def test_garbage_is_a_failed_reading(exposition, text):
    with pytest.raises(ReadingError, match="is no metrics text"):
        points(exposition, text)


def test_openmetrics_without_its_end_is_a_failed_reading(exposition):
    with pytest.raises(ReadingError, match="EOF"):
        points(exposition, "a 1\n", is_openmetrics=True)


def test_hostile_names_are_cut_and_can_always_be_stored(exposition):
    text = '{"\x1b[31m' + "x" * 500 + '", "l\u202e"="' + "v" * 500 + '"} 1\n'
    (point,) = points(exposition, text)
    assert len(point.metric) <= 130
    assert [len(text) <= 120 for pair in point.labels.items() for text in pair] == [True, True]
    point.metric.encode()


def test_numbers_of_no_sensible_size_are_counted_and_left_out(exposition):
    sampled = exposition.sampled(b"a 1e300\nb -1e19\nc +Inf\nd 1\n", is_openmetrics=False)
    assert values(points_of_entry(sampled.entry)) == {("app.d",): 1.0}
    assert sampled.left_out == 2
