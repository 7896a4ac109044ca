from __future__ import annotations

import pytest

from perfanalysis.errors import ConfigError, UsageError
from perfanalysis.reports.exports.measurements import (
    Measurement,
    dashboard_only,
    measured,
    name_label,
    plain_label,
    requests_only,
    selected,
)
from perfanalysis.reports.exports.openmetrics import LONGEST_LABEL


def measurement(**changes):
    known = {
        "scope": "name",
        "name": "search",
        "kind": "request",
        "metric": "latency.p95",
        "unit": "ms",
        "better": "lower",
        "value": 48.1,
        "low": None,
        "high": None,
    }
    return Measurement(**known | changes)


def test_every_number_of_a_summary_is_a_measurement(run_measured):
    found = {(f.scope, f.name, f.metric): f.value for f in run_measured.measurements}
    assert found["name", "login", "latency.p95"] == 72.25
    assert found["name", "search", "error_rate"] == 0.0025
    assert found["total", None, "requests"] == 2399
    assert found["series", "system.cpu", "system.cpu.mean"] == 41.5
    assert found["series", "iterations", "iterations.total"] == 899.0


def test_what_a_run_does_not_tell_is_left_out(run_measured):
    found = {(f.name, f.metric) for f in run_measured.measurements}
    assert ("login", "latency.p99.9") not in found
    assert ("journey", "throughput") not in found
    assert ("system.cpu", "system.cpu.total") not in found


def test_intervals_belong_to_requests_of_their_name(summary):
    intervals = {("login", "latency.p95"): (70.0, 75.0), ("journey", "latency.p95"): (1.0, 2.0)}
    found = {(f.name, f.metric): (f.low, f.high) for f in measured(summary, intervals).measurements}
    assert found["login", "latency.p95"] == (70.0, 75.0)
    assert found["login", "latency.p50"] == (None, None)
    assert found["journey", "latency.p95"] == (None, None)


def test_transactions_are_no_requests(run_measured):
    kinds = {f.kind for f in requests_only(run_measured).measurements}
    assert kinds == {"request", "gauge", "counter"}


def test_a_dashboard_gets_few_measurements_of_each_name(run_measured):
    metrics = {f.metric for f in dashboard_only(run_measured).measurements}
    assert metrics == {"latency.p50", "latency.p95", "latency.p99", "throughput", "error_rate"}


def test_globs_choose_names_and_leave_out_what_has_none(run_measured):
    (chosen,) = selected([run_measured], metrics=["latency.p95"], names=["sea*"])
    assert [(f.name, f.metric) for f in chosen.measurements] == [("search", "latency.p95")]


def test_an_unknown_metric_is_an_error_with_a_suggestion(run_measured):
    with pytest.raises(ConfigError, match=r"'latancy\.p95'") as raised:
        selected([run_measured], metrics=["latancy.p95"], names=[])
    assert raised.value.hint == "did you mean 'latency.p95'?"


def test_a_metric_that_resembles_nothing_is_an_error_with_what_is_known(run_measured):
    with pytest.raises(ConfigError) as raised:
        selected([run_measured], metrics=["zzz"], names=[])
    assert raised.value.hint.startswith("known: bytes_received, error_rate")


def test_a_glob_that_matches_nothing_is_an_error(run_measured):
    with pytest.raises(UsageError, match=r"'nope\*' matches none of the names: journey, login"):
        selected([run_measured], metrics=[], names=["nope*"])


@pytest.mark.parametrize("name", ["GET /users/{id}?q=1", "检索接口", "a|b", "=1+1"])
def test_plain_names_stay_as_they_are(name):
    assert name_label(measurement(name=name), longest=LONGEST_LABEL) == name


def test_names_that_look_alike_stay_apart():
    seen = ["a\x1bb", "a␛b", "a b ", "a b", "", " ", "\x00", "␀"]
    labels = {name_label(measurement(name=name), longest=LONGEST_LABEL) for name in seen}
    assert len(labels) == len(seen)


def test_long_names_are_bounded_and_stay_apart(long_name):
    labels = {name_label(measurement(name=name), longest=64) for name in long_name}
    assert len(labels) == 2
    assert {len(label) for label in labels} == {64}


def test_a_request_cannot_take_the_place_of_all_requests_or_of_a_transaction():
    total = measurement(scope="total", name=None)
    transaction = measurement(name="cart", kind="transaction")
    for other, name in ((total, "all requests"), (transaction, "transaction: cart")):
        assert name_label(other, longest=100) == name
        assert name_label(measurement(name=name), longest=100) != name


def test_the_label_of_a_name_never_changes():
    assert plain_label("two\nlines", longest=100) == "two⏎lines (~edc8c128)"


def test_hostile_names_become_one_line_each(hostile_names):
    labels = [name_label(measurement(name=name), longest=100) for name in hostile_names]
    assert len(set(labels)) == len(hostile_names)
    assert all(label.isprintable() and 0 < len(label) <= 100 for label in labels)
