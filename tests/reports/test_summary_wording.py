from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.model.outcome import Outcome
from perfanalysis.model.run import Counts, Evidence, Fidelity
from perfanalysis.reports import summary_wording as wording


def test_summary_sentence_tells_what_was_run_and_measured(summary):
    assert wording.summary_sentence(summary) == (
        "base: k6 2.2.0, started 2026-01-01T00:00:00Z, 30.1 s, 5395 requests, 3 failures, "
        "evidence: requests, latencies exact"
    )


def test_summary_sentence_leaves_out_what_is_unknown_and_tells_rejected_rows(summary, make_run):
    run = make_run(
        tool_version=None,
        started_at=None,
        duration_s=None,
        counts=Counts(requests=1, failures=0, rejected_rows=2),
    )
    assert wording.summary_sentence(replace(summary, run=run)) == (
        "base: k6, start unknown, 1 request, 0 failures, 2 rejected rows, "
        "evidence: requests, latencies exact"
    )


def test_common_fidelity_needs_all_names_and_the_total(summary):
    assert wording.common_fidelity(summary) is Fidelity.EXACT
    bucketed = replace(summary.total, fidelity=Fidelity.BUCKETED)
    assert wording.common_fidelity(replace(summary, total=bucketed)) is None


def test_a_monitor_alone_has_no_latencies_to_speak_of(summary, make_run):
    monitor = replace(summary, run=make_run(evidence=Evidence.SERIES))
    assert wording.summary_sentence(monitor).endswith("3 failures, evidence: series")


def test_broken_thresholds_come_first_and_met_last(summary):
    ordered = wording.thresholds_by_outcome(summary.thresholds)
    assert [t.outcome for t in ordered] == [Outcome.BROKEN, Outcome.UNDECIDED, Outcome.MET]
    assert wording.threshold_counts(summary.thresholds[:1]) == "Thresholds: 1 met"


def test_a_threshold_that_quotes_its_source_does_not_repeat_it(summary):
    threshold = summary.thresholds[0]
    assert wording.threshold_sentence(threshold) == (
        "latency.p95: 80.8 ms, limit 500 ms (http_req_duration: p(95)<500)"
    )
    quoting = replace(threshold, message=f"{threshold.source}: met, found 80.8")
    assert wording.threshold_sentence(quoting) == "http_req_duration: p(95)<500: met, found 80.8"


@pytest.mark.parametrize(
    ("kind", "unit", "figures"),
    [
        ("gauge", "%", ("1536 %", "2048 %", "3072 %", "–")),
        ("counter", "bytes", ("1.50 KiB/s", "2.00 KiB", "3.00 KiB", "–")),
        ("gauge", "bytes/s", ("1.50 KiB/s", "2.00 KiB/s", "3.00 KiB/s", "–")),
        ("counter", None, ("1536 /s", "2048", "3072", "–")),
        ("trend", "a unit of hostile length", ("1536 a unit…ength",) * 1),
    ],
)
def test_series_figures_carry_their_unit(summary, kind, unit, figures):
    series = replace(summary.series[0], kind=kind, unit=unit, mean=1536.0, p95=2048.0, max=3072.0)
    assert wording.series_figures(series)[: len(figures)] == figures
