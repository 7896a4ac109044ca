"""Runs that drift."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.compare import compare_evidence
from perfanalysis.analysis.drift import drift_of
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.results import Verdict


@pytest.fixture
def run_with(rows_run, load_of, lognormal):
    """A run of search whose level grows from 1 to `end`, and of a steady browse."""

    def make(end=1.0, *, factor=1.0, seed=1):
        level = np.linspace(1.0, end, 4000) * factor
        search = lognormal(20.0, 0.3, 4000, seed) * level
        return RunEvidence(
            rows_run(load_of("search", search), load_of("browse", lognormal(9.0, 0.3, 4000, seed)))
        )

    return make


def test_a_level_that_doubles_is_measured_and_a_steady_one_is_not(run_with):
    run = run_with(2.0)
    assert drift_of(run, "search") == pytest.approx(0.6, abs=0.1)
    assert drift_of(run, "browse") == 0
    assert drift_of(run, "gone") == 0


def test_one_drifting_run_against_one_leaves_its_name_undecided_and_says_why(run_with):
    found = compare_evidence([run_with(2.0)], [run_with(seed=7)], settings=Settings())
    latency = [r for r in found.results if r.name == "search" and r.metric.startswith("latency.")]
    assert {result.verdict for result in latency} == {Verdict.UNDECIDED}
    assert all("drifting" in {c.code for c in result.caveats} for result in latency)
    browse = [result for result in found.results if result.name == "browse"]
    assert not any(c.code == "drifting" for result in browse for c in result.caveats)


def test_several_drifting_runs_are_judged(run_with):
    current = [run_with(2.0, factor=1.5, seed=i) for i in range(3)]
    baseline = [run_with(2.0, seed=10 + i) for i in range(3)]
    found = compare_evidence(current, baseline, settings=Settings())
    assert found.verdict is Verdict.REGRESSED
