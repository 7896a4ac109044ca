"""Thresholds judged while a run goes on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from perfanalysis.analysis.thresholds import judge_thresholds
from perfanalysis.api.live_thresholds import LIVE_METRICS, LiveThresholds
from perfanalysis.generator.scenario.model import Threshold
from perfanalysis.model import run as stored
from perfanalysis.model.requests import REQUESTS


def live(metric: str, expression: str, delay: str = "0 s") -> LiveThresholds:
    rule = Threshold(threshold=expression, abortOnFail=True, delayAbortEval=delay)
    return LiveThresholds({metric: (rule,)})


def rows(latencies, *, ok=True, kind="request", name="search", **columns) -> pa.RecordBatch:
    count = len(latencies)
    full = {
        "started_at": pa.array([1_700_000_000_000_000 + n for n in range(count)]),
        "name": [name] * count,
        "latency_ms": pa.array(latencies, pa.float64()),
        "ok": list(ok) if isinstance(ok, list) else [ok] * count,
        "kind": [kind] * count,
        **columns,
    }
    return pa.RecordBatch.from_pylist(
        [
            dict(zip(full, entry, strict=True))
            for entry in zip(*map(_listed, full.values()), strict=True)
        ],
        schema=REQUESTS,
    )


def _listed(values):
    return values.to_pylist() if isinstance(values, pa.Array) else values


@pytest.mark.parametrize(
    ("metric", "expression", "broken"),
    [
        ("http_req_duration", "p(95)<500", True),
        ("http_req_duration", "p(50)<500", False),
        ("http_req_duration", "avg<150", True),
        ("http_req_duration", "med<=100.5", False),
        ("http_req_duration", "max<1000", True),
        ("http_req_duration", "min>100", True),
        ("http_req_duration{name:search}", "max<1001", False),
        ("http_req_duration{name:other}", "max<1", False),
        ("http_req_failed", "rate<0.1", False),
        ("http_req_failed", "rate<0.01", True),
        ("http_reqs", "count>10", False),
        ("http_reqs", "rate>100", True),
        ("checks", "rate>0.9", False),
    ],
)
def test_a_threshold_is_judged_on_the_rows_so_far(metric, expression, broken):
    thresholds = live(metric, expression)
    for start in (0, 50):
        latencies = [100.0] * 47 + [1000.0] * 3
        thresholds.add(rows(latencies, ok=[n + start != 3 for n in range(50)]))
    found = thresholds.broken(elapsed_s=10.0)
    assert (found is not None) == broken
    assert thresholds.first_broken == found
    if found is not None:
        assert found.startswith(f"{metric}: {expression} is broken, found ")


def test_it_is_not_judged_before_its_delay_nor_without_a_row():
    thresholds = live("http_req_failed", "rate<0.5", delay="10 s")
    assert thresholds.broken(elapsed_s=20.0) is None
    thresholds.add(rows([1.0], ok=False))
    assert thresholds.broken(elapsed_s=9.9) is None
    assert thresholds.broken(elapsed_s=10.0) == ("http_req_failed: rate<0.5 is broken, found 1.000")


def test_rows_of_other_kinds_do_not_count():
    thresholds = live("http_req_duration", "max<10")
    thresholds.add(rows([50.0], kind="transaction"))
    assert thresholds.broken(elapsed_s=1.0) is None
    groups = live("group_duration{group:::buy}", "max<10")
    groups.add(rows([50.0], kind="transaction"))
    assert groups.broken(elapsed_s=1.0) is None


def test_tags_select_too():
    thresholds = live("http_req_duration{kind:write,expected_response:true}", "max<10")
    thresholds.add(rows([50.0], tags=[[("kind", "read")]]))
    thresholds.add(rows([50.0]))
    thresholds.add(rows([50.0], ok=False, tags=[[("kind", "write")]]))
    assert thresholds.broken(elapsed_s=1.0) is None
    thresholds.add(rows([50.0], tags=[[("kind", "write")]]))
    assert thresholds.broken(elapsed_s=1.0) is not None


def test_only_those_that_may_end_the_run_are_judged():
    rule = Threshold(threshold="max<10")
    thresholds = LiveThresholds({"http_req_duration": (rule,), "custom": (rule,)})
    thresholds.add(rows([50.0]))
    assert thresholds.broken(elapsed_s=1.0) is None


@pytest.mark.parametrize(
    ("metric", "expression", "message"),
    [
        ("my_trend", "p(95)<1", "cannot be judged while the test runs"),
        ("http_req_duration", "p95<1", "is no threshold"),
        ("http_req_failed", "p(95)<1", "'p' is nothing that http_req_failed has"),
        ("http_reqs", "avg<1", "'avg' is nothing that http_reqs has"),
        ("http_req_duration", "rate<1", "'rate' is nothing that http_req_duration has"),
    ],
)
def test_what_cannot_be_judged_early_is_refused(metric, expression, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        live(metric, expression)


@pytest.mark.parametrize("metric", LIVE_METRICS)
def test_a_figure_agrees_with_that_of_the_finished_run(metric, write_run):
    rng = np.random.default_rng(7)
    kinds = {"checks": "check", "iteration_duration": "iteration", "group_duration": "transaction"}
    kind = kinds.get(metric, "request")
    count = 4000
    phases = {
        column: rng.lognormal(3, 1, count).tolist()
        for column in ("blocked_ms", "connect_ms", "tls_ms", "send_ms", "wait_ms", "receive_ms")
    }
    batch = rows(
        rng.lognormal(3, 1, count).tolist(),
        ok=(rng.random(count) < 0.9).tolist(),
        kind=kind,
        **phases,
    )
    expression = "p(90)" if metric not in ("checks", "http_req_failed", "http_reqs") else "rate"
    declared = stored.Threshold(metric=metric, expression=f"{expression}<0")
    run = write_run({"requests": [batch]}, thresholds=(declared,))
    (outcome,) = judge_thresholds(run)
    assert outcome.value is not None
    # Bounded by the buckets, and by the gap between two order statistics of the tail.
    within = outcome.value * 0.02
    for limit, broken in ((outcome.value - within, True), (outcome.value + within, False)):
        thresholds = live(metric, f"{expression}<{limit:.9f}")
        thresholds.add(batch)
        assert (thresholds.broken(run.info.duration_s) is not None) == broken
