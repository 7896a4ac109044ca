"""Shapes on real runs whose truth is known: how often identical ones are called changed."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from perfanalysis import api
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.shape import compare_shapes

pytestmark = pytest.mark.slow

NAMES = ("add_to_cart", "browse", "checkout", "login", "product_detail", "search")


@pytest.fixture(scope="module")
def runs(shared):
    """The runs by what was done to them: `base`, `browsetail3`, `search120`, ..."""
    found = {}
    for path in sorted((shared / "data" / "truth").glob("*.json.gz")):
        found.setdefault(path.name.split("-")[0], []).append(RunEvidence(api.load(path)))
    return found


def compared(current, baseline):
    return compare_shapes(NAMES, current, baseline, Settings())


def named(found):
    return {shape.name: str(shape.kind) for shape in found if shape.kind != "none"}


def splits(runs, baseline, current, count, seed):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        order = rng.permutation(len(runs))
        yield (
            [runs[i] for i in order[baseline : baseline + current]],
            [runs[i] for i in order[:baseline]],
        )


def test_one_identical_run_against_another_is_called_changed_in_at_most_one_of_twenty(runs):
    pairs = [compared([a], [b]) for a, b in permutations(runs["base"], 2)]
    excluded = [any(q.low > 0 or q.high < 0 for s in pair for q in s.curve) for pair in pairs]
    assert len(pairs) == 90
    assert np.mean(excluded) <= 0.05
    assert np.mean([bool(named(pair)) for pair in pairs]) <= 0.05


@pytest.mark.parametrize(("baseline", "current"), [(5, 1), (3, 3), (5, 3), (5, 5)])
def test_identical_runs_are_called_changed_in_at_most_one_of_twenty(runs, baseline, current):
    found = [compared(*sides) for sides in splits(runs["base"], baseline, current, 60, 1)]
    assert np.mean([bool(named(shapes)) for shapes in found]) <= 0.05


@pytest.mark.parametrize(("kind", "name"), [("tail", "browse"), ("shift", "search")])
def test_one_run_a_side_mostly_names_the_change_and_no_other(runs, kind, name):
    changed = runs[{"tail": "browsetail3", "shift": "search120"}[kind]]
    found = [named(compared([run], [base])) for run in changed for base in runs["base"]]
    assert np.mean([names == {name: kind} for names in found]) >= 0.8


@pytest.mark.parametrize(("kind", "name"), [("tail", "browse"), ("shift", "search")])
def test_three_runs_against_five_name_the_change_and_no_other(runs, kind, name):
    changed = runs[{"tail": "browsetail3", "shift": "search120"}[kind]]
    found = [
        named(compared(changed, baseline)) for _, baseline in splits(runs["base"], 5, 3, 20, 2)
    ]
    assert np.mean([names == {name: kind} for names in found]) >= 0.95


def test_only_the_search_that_a_cache_answers_has_two_modes(runs):
    single = {shape.name: shape for run in runs["base"] for shape in compared([run], runs["base"])}
    counts = {name: len(shape.current_modes) for name, shape in single.items()}
    assert counts == {**dict.fromkeys(NAMES, 1), "search": 2}
    assert [mode.share for mode in single["search"].baseline_modes] == pytest.approx(
        [0.7, 0.3], 0.1
    )
