"""Stretches of a series that are unlike the rest of it, beyond its own noise.

A level is held against its running median in units of the usual residual, by a threshold that
counts in how many values were looked at: robust against the very peaks that are looked for, and
against slow trends. Levels that last are found by least squares with a penalty that grows with the
noise and its correlation (`stats.warmup.stretches`), and kept only where a t test on the effective
number of values agrees and both levels are steady: a series that wanders has no levels.

How often series of mere noise are marked is measured in tests/stats/test_anomalies.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, stdtrit

from perfanalysis.stats.warmup import stretches

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MIN_VALUES = 20
# The chance of any mark at all in a series of noise, over all values that were looked at.
_ALPHA = 0.01
_WINDOW = 31
# Latencies have heavier tails than the normal distribution.
_TAILS = 1.25
_NORMAL = 1.4826
# How much of a variance's precision is left when it is estimated by absolute deviations.
_EFFICIENCY = 0.37
_LEAST_NOISE = 0.02
# Values apart by fewer than this belong to one stretch.
_APART = 3
# Shorter levels are peaks; but near an end a running median takes even these for a trend.
_LEAST_LASTING = 6
_SHORT_WINDOW = 9
_SMOOTHING = 5
# A step between two levels is twice what each of them wanders: a random walk has none.
_STEADY = 2.0
_MOST_CORRELATION = 0.95
_MIN_FAILURES = 5
_TIMES_USUAL = 5.0
_LEAST_EXCESS = 0.01
_ROUNDS = 4


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Values from `start` to before `end`; `size` is their difference from what is usual."""

    start: int
    end: int
    size: float


def peaks(level: Floats, *, least: float, tests: int) -> list[Stretch]:
    """Return where a series lies above its running median by more than chance.

    Args:
        level: on a log scale, equally spaced; NaN where unknown.
        least: the smallest difference that is worth telling.
        tests: how many values are looked at in all series together.

    Returns:
        In order of time; `size` is the greatest difference within the stretch. Empty with fewer
        than 20 known values.

    >>> level = np.random.default_rng(1).normal(0, 0.05, 100)
    >>> level[[40, 41]] = 1.0
    >>> [(s.start, s.end, round(s.size)) for s in peaks(level, least=0.2, tests=100)]
    [(40, 42, 1)]
    """
    known = np.isfinite(level)
    if known.sum() < MIN_VALUES:
        return []
    whole = _without_gaps(level, known)
    residual = whole - running_median(whole, _WINDOW)
    noise, df = _noise(residual[known])
    bound = _TAILS * float(stdtrit(df, 1 - _ALPHA / (2 * max(tests, 1)))) * noise
    hits = np.flatnonzero(known & (residual > max(bound, least)))
    return [
        Stretch(start=start, end=end, size=float(residual[start:end].max()))
        for start, end in _joined(hits)
    ]


def shifts(level: Floats, *, least: float, tests: int) -> list[Stretch]:
    """Return lasting stretches whose level differs from that of the rest by more than chance.

    The longest level is what is usual.

    Args:
        level: as for `peaks`.
        least: as for `peaks`.
        tests: as for `peaks`.

    Returns:
        Stretches of at least six values, in order of time; `size` is negative below the usual.

    >>> level = np.random.default_rng(1).normal(0, 0.05, 100)
    >>> level[60:] += 0.5
    >>> [(s.start, s.end, round(s.size, 1)) for s in shifts(level, least=0.2, tests=100)]
    [(60, 100, 0.5)]
    """
    known = np.isfinite(level)
    if known.sum() < MIN_VALUES:
        return []
    whole = _without_gaps(level, known)
    # A level that lasts moves a short running median: where nothing does, there is none.
    if np.ptp(running_median(whole, _SHORT_WINDOW)) < least:
        return []
    ends = _clear_stretches(whole, least, tests)
    medians = [float(np.median(whole[a:b])) for a, b in ends]
    usual = medians[int(np.argmax([b - a for a, b in ends]))]
    return [
        Stretch(start=a, end=b, size=median - usual)
        for (a, b), median in zip(ends, medians, strict=True)
        if abs(median - usual) >= least and b - a >= _LEAST_LASTING
    ]


def bursts(failures: Ints, requests: Ints, *, tests: int) -> list[Stretch]:
    """Return where far more requests failed than elsewhere in the run.

    A window counts if it has at least five failures, five times the usual share of them, a
    percentage point more than usual, and more than chance (Poisson) explains. What is usual is
    the share in all other windows.

    Args:
        failures: per window.
        requests: per window, failed ones included.
        tests: as for `peaks`.

    Returns:
        In order of time; `size` is the share of requests that failed.

    >>> failures, requests = np.ones(50, np.int64), np.full(50, 100)
    >>> failures[20:22] = 30
    >>> bursts(failures, requests, tests=50)
    [Stretch(start=20, end=22, size=0.3)]
    """
    hit = np.zeros(len(failures), dtype=bool)
    for _ in range(_ROUNDS):
        rest = int(requests[~hit].sum())
        usual = int(failures[~hit].sum()) / rest if rest else 1.0
        share = failures / np.maximum(requests, 1)
        found = (failures >= _MIN_FAILURES) & (
            share >= max(_TIMES_USUAL * usual, usual + _LEAST_EXCESS)
        )
        # P(at least so many) of a Poisson distribution with the usual mean.
        chance = gammainc(np.maximum(failures, 1), usual * requests)
        found &= chance < _ALPHA / max(tests, 1)
        if np.array_equal(found, hit):
            break
        hit = found
    return [
        Stretch(start=a, end=b, size=float(failures[a:b].sum() / requests[a:b].sum()))
        for a, b in _joined(np.flatnonzero(hit))
    ]


def running_median(values: Floats, window: int) -> Floats:
    """Return the median around each value; ends are continued so that a straight line stays one.

    Args:
        values: no NaN, shape (n,).
        window: odd; at most half of the values are taken.

    >>> running_median(np.arange(8.0), 3).tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """
    half = min(window // 2, len(values) // 4)
    if half == 0:
        return values
    # Mirrored at the end of the line through the medians of two blocks: a single odd value at the
    # end must not be the mirror.
    first, last = _end(values[: 2 * half]), _end(values[: -2 * half - 1 : -1])
    wide = np.concatenate(
        [2 * first - values[half - 1 :: -1], values, 2 * last - values[: -half - 1 : -1]]
    )
    windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * half + 1)
    found: Floats = np.median(windows, axis=1)
    return found


def _end(values: Floats) -> float:
    """Return where the line through both halves of some values begins."""
    half = len(values) // 2
    near, far = float(np.median(values[:half])), float(np.median(values[half:]))
    return near - (far - near) / 2


def _without_gaps(level: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    places = np.arange(len(level))
    whole: Floats = np.interp(places, places[known], level[known])
    return whole


def _noise(residual: Floats) -> tuple[float, float]:
    """Return the usual size of a residual, and the degrees of freedom that it is known with."""
    noise = _NORMAL * float(np.median(np.abs(residual)))
    correlation = _correlation(residual, noise)
    # Of a correlated series, fewer values tell of its variance (Bartlett).
    effective = len(residual) * (1 - correlation**2) / (1 + correlation**2)
    return max(noise, _LEAST_NOISE), max(_EFFICIENCY * effective, 3.0)


def _correlation(residual: Floats, noise: float) -> float:
    """Return the correlation of neighbours, never negative; peaks are clipped."""
    clipped = np.clip(residual, -3 * noise, 3 * noise)
    power = float(clipped @ clipped)
    found = float(clipped[1:] @ clipped[:-1]) / power if power > 0 else 0.0
    return min(max(found, 0.0), _MOST_CORRELATION)


def _joined(hits: Ints) -> list[tuple[int, int]]:
    """Return stretches of neighbouring numbers as (first, after the last).

    >>> _joined(np.array([3, 4, 6, 20]))
    [(3, 7), (20, 21)]
    """
    if not len(hits):
        return []
    breaks = np.flatnonzero(np.diff(hits) >= _APART) + 1
    parts = np.split(hits, breaks)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]


def _clear_stretches(level: Floats, least: float, tests: int) -> list[tuple[int, int]]:
    """Return stretches of constant level; neighbours that do not differ clearly are joined."""
    starts = stretches(level)
    smooth = running_median(level, _SMOOTHING)
    while len(starts) > 1:
        ends = list(pairwise([*starts, len(level)]))
        noise, inflation = _within(level, ends)
        df = max(len(level) / inflation - len(ends), 3.0)
        bound = noise * float(stdtrit(df, 1 - _ALPHA / (2 * max(tests, 1))))
        clear = []
        for (a, b), (_, c) in pairwise(ends):
            step = abs(float(np.median(level[b:c])) - float(np.median(level[a:b])))
            error = float(np.sqrt(inflation * (1 / (b - a) + 1 / (c - b))))
            wandering = max(_range(smooth[a:b]), _range(smooth[b:c]), _LEAST_NOISE)
            clear.append(step / max(least, bound * error, _STEADY * wandering))
        weakest = int(np.argmin(clear))
        if clear[weakest] >= 1:
            break
        del starts[weakest + 1]
    return list(pairwise([*starts, len(level)]))


def _within(level: Floats, ends: list[tuple[int, int]]) -> tuple[float, float]:
    """Return the noise within stretches, and by how much its correlation inflates a variance."""
    residual = np.concatenate([level[a:b] - np.median(level[a:b]) for a, b in ends])
    noise = max(_NORMAL * float(np.median(np.abs(residual))), _LEAST_NOISE)
    correlation = _correlation(residual, noise)
    return noise, (1 + correlation) / (1 - correlation)


def _range(smooth: Floats) -> float:
    low, high = np.quantile(smooth, [0.1, 0.9])
    return float(high - low)
