"""Slow drift: every run passes against the last ones, and the anchor tells."""

from __future__ import annotations

import pytest

from perfanalysis.analysis.baselines.anchor import with_drift
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.results import Verdict
from tests.store.baselines.made_runs import baseline_of, make_run

SETTINGS = Settings(warmup="none")


@pytest.fixture
def drifted(tmp_path):
    """Compare with three recent runs that are 20 % slower, and three of the anchor."""
    anchor = [make_run(tmp_path, f"first-{i}", seed=i, day=i) for i in (1, 2, 3)]
    recent = [make_run(tmp_path, f"last-{i}", seed=i, day=90, factor=1.2) for i in (4, 5, 6)]

    def call(factor=1.2, *, gate=False, **changes):
        current = [make_run(tmp_path, "current", seed=7, day=91, factor=factor, **changes)]
        against_last, against_first = (
            compare_runs(current, side, settings=SETTINGS) for side in (recent, anchor)
        )
        return with_drift(against_last, against_first, baseline_of(*anchor), gate=gate)

    return call


def told(comparison):
    return {c.code: c.message for c in comparison.caveats}


def test_drift_that_no_single_comparison_sees_is_told_and_does_not_fail(drifted):
    found = drifted()
    assert found.verdict in (Verdict.UNCHANGED, Verdict.NOT_REGRESSED)
    message = told(found)["drift"]
    assert message.startswith("not regressed against the last 3 runs, but search latency.p")
    assert message.endswith("against the anchor of 2026-01-02")
    assert "rose 20.0 %" in message or "rose 20" in message


def test_drift_fails_the_comparison_where_that_was_asked_for(drifted):
    found = drifted(gate=True)
    assert found.verdict is Verdict.REGRESSED
    assert all(reason.endswith("against the anchor of 2026-01-02") for reason in found.reasons)
    assert "drift" in told(found)


def test_without_drift_nothing_is_told_whether_or_not_it_would_fail(drifted):
    for gate in (False, True):
        found = drifted(factor=1.0, gate=gate)
        assert found.verdict is not Verdict.REGRESSED
        assert not {"drift", "no-anchor"} & set(told(found))


def test_a_regression_against_both_is_told_once_and_keeps_its_reasons_first(drifted):
    found = drifted(factor=1.8, gate=True)
    assert found.verdict is Verdict.REGRESSED
    own = [reason for reason in found.reasons if "anchor" not in reason]
    assert found.reasons[: len(own)] == tuple(own)
    assert own
    assert told(found)["drift"].endswith("against the anchor of 2026-01-02 too")


def test_an_anchor_that_cannot_be_compared_is_told(tmp_path):
    anchor = make_run(tmp_path, "first", n=600)
    recent, current = (make_run(tmp_path, name, seed=i) for i, name in enumerate("ab", start=2))
    found = with_drift(
        compare_runs([current], [recent], settings=SETTINGS),
        compare_runs([current], [anchor], settings=SETTINGS),
        baseline_of(anchor),
        gate=True,
    )
    assert found.verdict is not Verdict.REGRESSED
    assert (
        "slow drift cannot be seen against the anchor of 2026-01-01: not comparable"
        in (told(found)["no-anchor"])
    )
