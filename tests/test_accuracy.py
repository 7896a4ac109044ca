"""The promise in numbers: false alarms at most 5 % over all names together, real changes found.

Runs of shared/data: k6 against a service of known latency (six names, 30 s), and pgbench on a noisy
virtual machine. `make accuracy` prints these rates with their errors, and many more.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from perfanalysis import api
from perfanalysis.analysis.compare import compare_evidence
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Settings

pytestmark = pytest.mark.slow

DRAWS = 300


@pytest.fixture(scope="module")
def evidence(shared):
    """Evidence of every run, by kind: base, search120, ..., pgbench-base, pgbench-more."""
    found = {
        kind: api.load_runs(str(shared / "data/truth" / f"{kind}-*.json.gz"))
        for kind in ("base", "search120", "checkout115", "browsetail3", "checkouterr5")
    }
    for kind in ("base", "more"):
        found[f"pgbench-{kind}"] = api.load_runs(str(shared / "data/pgbench-aa" / f"{kind}-*"))
    return {kind: [RunEvidence(run) for run in runs] for kind, runs in found.items()}


def alarms(current, baseline):
    """Names that gate and are called changed, for better or worse."""
    comparison = compare_evidence(current, baseline, settings=Settings())
    return {
        result.name
        for result in comparison.results
        if result.gate and result.verdict in ("regressed", "improved")
    }


def drawn(runs, others, design, draws=DRAWS):
    """Draw (current, baseline) for a design (baseline runs, current runs)."""
    rng = np.random.default_rng(11)
    for _ in range(draws):
        order = rng.permutation(len(runs))
        baseline = [runs[i] for i in order[: design[0]]]
        if others is None:
            yield [runs[i] for i in order[design[0] : sum(design)]], baseline
        else:
            yield [others[i] for i in rng.permutation(len(others))[: design[1]]], baseline


def share(outcomes):
    counted = list(outcomes)
    return sum(counted) / len(counted)


def test_one_run_against_one_raises_at_most_one_alarm_in_twenty(evidence):
    pairs = list(combinations(evidence["base"], 2))
    assert share(bool(alarms([a], [b])) for a, b in pairs) <= 0.05


def test_one_run_against_five_raises_at_most_one_alarm_in_twenty(evidence):
    """Every one of the 1260 ways to hold one of ten identical runs against five others."""
    base = evidence["base"]
    splits = [
        (current, baseline)
        for current in base
        for baseline in combinations([run for run in base if run is not current], 5)
    ]
    assert len(splits) == 1260
    assert share(bool(alarms([current], list(rest))) for current, rest in splits) <= 0.05


@pytest.mark.parametrize(
    ("kind", "design"),
    [
        ("base", (5, 3)),
        ("base", (5, 5)),
        ("pgbench-base", (5, 1)),
        ("pgbench-base", (5, 5)),
    ],
)
def test_several_runs_raise_at_most_one_alarm_in_twenty(evidence, kind, design):
    assert share(bool(alarms(*pair)) for pair in drawn(evidence[kind], None, design)) <= 0.05


@pytest.mark.parametrize(
    ("kind", "name", "design", "bound"),
    [
        ("search120", "search", (1, 1), 0.5),
        ("search120", "search", (5, 1), 0.8),
        ("browsetail3", "browse", (5, 1), 0.8),
        ("checkouterr5", "checkout", (5, 1), 0.8),
        ("search120", "search", (5, 3), 0.95),
        ("checkout115", "checkout", (5, 3), 0.95),
        ("browsetail3", "browse", (5, 3), 0.95),
        ("checkouterr5", "checkout", (5, 3), 0.95),
    ],
)
def test_a_known_change_is_found_as_often_as_promised(evidence, kind, name, design, bound):
    pairs = drawn(evidence["base"], evidence[kind], design, draws=60)
    assert share(name in alarms(*pair) for pair in pairs) >= bound


def test_one_more_statement_is_found_among_five_noisy_runs_a_side(evidence):
    pairs = drawn(evidence["pgbench-base"], evidence["pgbench-more"], (5, 5))
    assert share(bool(alarms(*pair)) for pair in pairs) >= 0.95
