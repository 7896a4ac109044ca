"""How often comparisons of identical runs call anything changed: counted, not assumed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from perfanalysis.analysis.compare import compare_evidence
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.calibration import Calibration, FalseAlarms, NameAlarms
from perfanalysis.model.results import Comparison, Verdict
from perfanalysis.stats.differences import student_quantile
from perfanalysis.stats.rates import Share, wilson

CONFIDENCE = 0.95
MAX_SPLITS = 200
_MIN_SPLITS = 20
# Of all splits together: what hundreds of names cost must stay within reason.
_MAX_RESULTS = 20_000

# Positions of the current and of the baseline runs.
Split = tuple[tuple[int, ...], tuple[int, ...]]
Compare = Callable[[Sequence[RunEvidence], Sequence[RunEvidence], Settings], Comparison]


class AlarmCounter:
    """Compares identical runs in many ways and counts what is called changed.

    Args:
        runs: identical ones, in the order in which they were made.
        metrics: keys; empty for the default set.
        names: globs; empty for all.
        figures: how many results a comparison has; bounds the number of comparisons.
        rng: draws splits where there are too many to try all.
    """

    def __init__(
        self,
        runs: Sequence[RunEvidence],
        *,
        metrics: Sequence[str],
        names: Sequence[str],
        figures: int,
        rng: np.random.Generator,
    ) -> None:
        self._runs = runs
        self._metrics = metrics
        self._names = names
        self._limit = min(max(_MAX_RESULTS // figures, _MIN_SPLITS), MAX_SPLITS)
        self._rng = rng

    def count(self, settings: Settings) -> tuple[FalseAlarms, ...]:
        """Return the false alarms of one run against one, one against all others, half and half."""
        n = len(self._runs)
        designs = [
            single_pairs(n, self._limit, self._rng),
            leave_one_out(n),
            halves(n, self._limit, self._rng),
        ]
        return tuple(self._count(splits, lambda _: settings) for splits in designs)

    def count_calibrated(
        self, settings: Settings, calibrate: Callable[[Sequence[int]], Calibration]
    ) -> FalseAlarms:
        """Return the false alarms of one run against one, each with the noise of the other runs.

        Args:
            settings: all but the calibration.
            calibrate: returns the noise of the runs at some positions.
        """

        def without(split: Split) -> Settings:
            used = {*split[0], *split[1]}
            others = [index for index in range(len(self._runs)) if index not in used]
            return replace(settings, calibration=calibrate(others))

        splits = single_pairs(len(self._runs), self._limit, self._rng)
        return self._count(splits, without, calibrated=True)

    def _count(
        self,
        splits: Sequence[Split],
        settings_of: Callable[[Split], Settings],
        *,
        calibrated: bool = False,
    ) -> FalseAlarms:
        judged: set[str] = set()
        alarms: Counter[str] = Counter()
        blamed: set[int] = set()
        total = 0
        for split in splits:
            comparison = self._compare(split, settings_of(split))
            judged |= {result.name for result in comparison.results if result.gate}
            alarmed = _changed_names(comparison)
            alarms.update(alarmed)
            total += bool(alarmed)
            if alarmed and len(split[0]) == 1:
                blamed.add(split[0][0])
        share = Share(events=total, n=len(splits), design_effect=1.0)
        low, high = wilson(share, student_quantile(0.5 + CONFIDENCE / 2, np.inf))
        return FalseAlarms(
            design="v".join(str(len(side)) for side in splits[0]),
            calibrated=calibrated,
            comparisons=len(splits),
            alarms=total,
            ci_low=low,
            ci_high=high,
            confidence=CONFIDENCE,
            names=tuple(NameAlarms(name=name, alarms=alarms[name]) for name in sorted(judged)),
            runs=tuple(self._runs[index].info.name for index in sorted(blamed)),
        )

    def _compare(self, split: Split, settings: Settings) -> Comparison:
        current, baseline = ([self._runs[index] for index in side] for side in split)
        return compare_evidence(
            current, baseline, settings=settings, metrics=self._metrics, names=self._names
        )


def _changed_names(comparison: Comparison) -> set[str]:
    changed = (Verdict.REGRESSED, Verdict.IMPROVED)
    return {r.name for r in comparison.results if r.gate and r.verdict in changed}


def single_pairs(n: int, limit: int, rng: np.random.Generator) -> list[Split]:
    """Return pairs of runs, the later one current: all of them if few, else random ones.

    >>> single_pairs(3, 10, np.random.default_rng(1))
    [((1,), (0,)), ((2,), (0,)), ((2,), (1,))]
    """
    return [((late,), (early,)) for early, late in _subsets(n, 2, limit, rng)]


def leave_one_out(n: int) -> list[Split]:
    """Return each run as the current one against all others."""
    return [((one,), tuple(other for other in range(n) if other != one)) for one in range(n)]


def halves(n: int, limit: int, rng: np.random.Generator) -> list[Split]:
    """Return splits into halves; of an odd number of runs the baseline has one more.

    Of two equal halves either may be the current one: that is one split, not two.

    >>> rng = np.random.default_rng(1)
    >>> len(halves(10, 200, rng)), len(halves(5, 200, rng))
    (126, 10)
    """
    if n % 2:
        chosen = _subsets(n, n // 2, limit, rng)
    else:
        rest = _subsets(n - 1, n // 2 - 1, limit, rng)
        chosen = [(0, *(index + 1 for index in some)) for some in rest]
    return [(some, tuple(index for index in range(n) if index not in some)) for some in chosen]


def _subsets(n: int, size: int, limit: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Return all subsets of 0..n-1 of a size if they are few, else `limit` random ones."""
    if math.comb(n, size) <= limit:
        return list(combinations(range(n), size))
    found: dict[tuple[int, ...], None] = {}
    while len(found) < limit:
        found[tuple(sorted(rng.choice(n, size, replace=False).tolist()))] = None
    return list(found)
