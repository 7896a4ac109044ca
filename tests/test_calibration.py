"""False alarms and power: what identical and known-to-differ runs are called.

The real runs are k6 against a service of known latency (six names, 30 s): `base-N` are identical,
the others have one known change. The simulated ones have what real ones have and textbooks lack:
requests that depend on their neighbours, and runs that differ from each other.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from perfanalysis import api
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.requests import TIMESTAMP

pytestmark = pytest.mark.slow

START_US = 1_767_225_600_000_000


def alarms(comparison):
    """Return name, metric and verdict of whatever gates and is called changed."""
    return {
        (result.name, result.metric, str(result.verdict))
        for result in comparison.results
        if result.gate and result.verdict in ("regressed", "improved")
    }


@pytest.fixture(scope="module")
def truth(shared):
    """Real runs by name: base-1 .. base-10, search120-1 .. 3, ..."""
    files = sorted((shared / "data/truth").glob("*.json.gz"))
    return {file.name.partition(".")[0]: api.load(file) for file in files}


@pytest.fixture(scope="module")
def identical(truth):
    return [truth[f"base-{i}"] for i in range(1, 11)]


@pytest.fixture(scope="module")
def found(truth, identical):
    """Hold the three runs of a kind against each of the ten identical ones."""

    def compare(kind):
        changed = [truth[f"{kind}-{i}"] for i in (1, 2, 3)]
        return [alarms(api.compare(run, base)) for run in changed for base in identical]

    return compare


def test_at_most_one_in_twenty_pairs_of_identical_runs_raises_an_alarm(identical):
    """Rules of thumb reach 23 % (p95 moved 10 %) to 93 % (p95 moved 5 %) on these pairs."""
    pairs = list(combinations(identical, 2))
    alarmed = [pair for pair in pairs if alarms(api.compare(*pair))]
    assert len(pairs) == 45
    assert len(alarmed) <= 0.05 * len(pairs)


def test_identical_groups_of_runs_raise_no_alarm_more_often_than_pairs(identical):
    rng = np.random.default_rng(1)
    splits = [rng.permutation(10) for _ in range(40)]
    alarmed = sum(
        bool(alarms(api.compare([identical[i] for i in order[:3]], [identical[i] for i in rest])))
        for order in splits
        for rest in [order[3:8]]
    )
    # 40 splits at 5 %: more than 6 would happen once in a hundred times.
    assert alarmed <= 6


@pytest.mark.parametrize(
    ("kind", "name", "metrics"),
    [
        ("search120", "search", {"latency.p10", "latency.p50", "latency.p95", "latency.p99"}),
        ("browsetail3", "browse", {"latency.p99"}),
        ("checkouterr5", "checkout", {"error_rate"}),
    ],
)
def test_a_known_change_is_found_in_half_of_single_pairs_and_only_there(found, kind, name, metrics):
    pairs = found(kind)
    hits = [pair for pair in pairs if any(entry[0] == name for entry in pair)]
    assert len(pairs) == 30
    assert len(hits) >= 15
    everything = set().union(*pairs)
    assert {entry[0] for entry in everything} == {name}
    assert {entry[1] for entry in everything} <= metrics
    assert {entry[2] for entry in everything} == {"regressed"}


@pytest.mark.parametrize(("kind", "name"), [("search120", "search"), ("checkouterr5", "checkout")])
def test_several_runs_a_side_find_a_known_change(truth, identical, kind, name):
    current = [truth[f"{kind}-{i}"] for i in (1, 2, 3)]
    for baseline in (identical[:5], identical[5:]):
        raised = alarms(api.compare(current, baseline))
        assert name in {entry[0] for entry in raised}


@pytest.fixture(scope="module")
def simulated(write_run):
    """Make a run of 30 s: lognormal latencies whose level wanders like AR(1)."""

    def make(rng, *, phi=0.9, factor=1.0, between=0.0, n=4000, group=20):
        groups = n // group
        steps = rng.normal(0, 0.1 * np.sqrt(1 - phi**2), groups)
        level = np.empty(groups)
        level[0] = rng.normal(0, 0.1)
        for i in range(1, groups):
            level[i] = phi * level[i - 1] + steps[i]
        own = rng.normal(0, between)
        values = 50 * factor * np.exp(own + np.repeat(level, group) + rng.normal(0, 0.5, n))
        start = START_US + (np.arange(n) * (30_000_000 / n)).astype(np.int64)
        columns = {
            "started_at": pa.array(start, TIMESTAMP),
            "name": pa.array(["a"] * n),
            "latency_ms": pa.array(values),
            "ok": pa.array([True] * n),
            "kind": pa.array(["request"] * n),
        }
        return write_run({"requests": [pa.RecordBatch.from_pydict(columns)]})

    return make


def alarm_share(make_pair, pairs, **options):
    raised = 0
    for _ in range(pairs):
        ours, theirs = make_pair()
        raised += bool(alarms(compare_runs(ours, theirs, settings=Settings(), **options)))
    return raised / pairs


@pytest.mark.parametrize(
    "phi",
    [
        0.0,
        0.5,
        0.9,
        pytest.param(
            0.98,
            marks=pytest.mark.xfail(
                reason="a level that wanders for a quarter of the run looks like a change: "
                "22 of 100 pairs; neither 10 batches nor the assumed noise cover it"
            ),
        ),
    ],
)
def test_dependent_requests_of_single_runs_raise_few_alarms(simulated, phi):
    rng = np.random.default_rng(int(phi * 100))

    def pair():
        return [simulated(rng, phi=phi)], [simulated(rng, phi=phi)]

    assert alarm_share(pair, 100) <= 0.05


def test_runs_that_differ_from_each_other_are_measured_not_assumed(simulated):
    """Three against five runs that differ by 8 %: one pair alone would cry wolf."""
    rng = np.random.default_rng(8)

    def pair():
        return tuple([simulated(rng, between=0.08) for _ in range(k)] for k in (3, 5))

    # 50 comparisons at 5 %: more than 7 would happen once in a hundred times.
    assert alarm_share(pair, 50) <= 7 / 50


def test_a_rise_of_a_third_is_nearly_always_found(simulated):
    rng = np.random.default_rng(9)

    def pair():
        return [simulated(rng, factor=1.33)], [simulated(rng)]

    assert alarm_share(pair, 40) >= 0.8
