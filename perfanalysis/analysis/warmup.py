"""Warm-up: leaving out the same first seconds of every run.

Caches fill, code is compiled, pools grow: the first requests tell about that and not about the
service as it runs. All runs are cut alike, or none is. Left to itself ("auto"), the cut is made
only if most runs show a warm-up beyond doubt: a warm-up belongs to the test, whereas the slow
start of one run among many is noise between runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.evidence import NameEvidence, RunEvidence, Total, Windows
from perfanalysis.analysis.load import side_word
from perfanalysis.errors import UsageError
from perfanalysis.model.buckets import GROWTH, bucket_of
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.run import Evidence
from perfanalysis.phrases import phrase
from perfanalysis.stats.dependence import WindowedHistogram
from perfanalysis.stats.histogram import columns_of, stretches_of
from perfanalysis.stats.warmup import warmup_points
from perfanalysis.units import significant

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Seconds, or a word.
Warmup: TypeAlias = float | Literal["auto", "none"]
# Steps of about 2 %, as many to each side of a name's median as make a factor of about 150.
_BUCKETS_A_STEP, _REACH = 4, 250
_LOWER, _UPPER = 0.25, 0.75


@dataclass(frozen=True, kw_only=True, eq=False)
class Trimmed:
    """Runs without their warm-up.

    Attributes:
        obstacles: a cut that was demanded and cannot be made forbids a comparison.
        caveats: what was left out, or looks as if it should be and was not.
    """

    current: Sequence[RunEvidence]
    baseline: Sequence[RunEvidence]
    obstacles: tuple[Caveat, ...] = ()
    caveats: tuple[Caveat, ...] = ()


def parse_warmup(text: str) -> Warmup:
    """Return what `auto`, `none` or a number of seconds such as `30` or `30s` means.

    Raises:
        ValueError: the text is none of these.

    >>> parse_warmup("auto"), parse_warmup("2.5 s")
    ('auto', 2.5)
    """
    words: dict[str, Warmup] = {"auto": "auto", "none": "none"}
    if text in words:
        return words[text]
    try:
        seconds = float(text.strip().removesuffix("s"))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"expected auto, none or seconds, found {text!r}")
    return seconds


def without_warmup(
    current: Sequence[RunEvidence], baseline: Sequence[RunEvidence], warmup: Warmup
) -> Trimmed:
    """Leave the warm-up out of every run.

    Args:
        current: the new runs; none where identical runs are held against each other.
        baseline: what they are held against.
        warmup: seconds to leave out, `auto`, or `none`.

    Raises:
        UsageError: a run does not last for so many seconds.
    """
    whole = [run for run in (*current, *baseline) if run.info.evidence is not Evidence.REQUESTS]
    if warmup == "none" or not warmup or (warmup == "auto" and whole):
        return Trimmed(current=current, baseline=baseline)
    if warmup == "auto":
        return _without_what_shows(current, baseline)
    if whole:
        names = ", ".join(repr(run.info.name) for run in whole[:3])
        message = phrase(
            "no warm-up can be left out of {names}: the source has no single requests",
            names=names,
        )
        obstacle = Caveat(code="warm-up-not-cut", message=message)
        return Trimmed(current=current, baseline=baseline, obstacles=(obstacle,))
    for run in (*current, *baseline):
        lasted_s = run.info.duration_s or 0.0
        if lasted_s <= warmup:
            name = run.info.name
            raise UsageError(f"--warmup {warmup:g}: {name!r} lasts {significant(lasted_s)} s only")
    message = phrase(
        "the first {seconds} s of every run were left out as warm-up, as demanded",
        seconds=significant(warmup),
    )
    return _cut(current, baseline, warmup, message)


def warmup_seconds(run: RunEvidence) -> float:
    """Return how long the warm-up of a run is; 0 where it shows none beyond doubt."""
    starts, level = level_over_time(run)
    points = warmup_points(level)
    return (int(starts[points]) - _start_us(run)) / 1e6 if points else 0.0


def level_over_time(run: RunEvidence) -> tuple[Ints, Floats]:
    """Return start (microseconds) and log latency of each window, all names taken together.

    Each name counts relative to its own median, so that the mix of requests does not matter. The
    level is the mean of the middle half: as robust as a median, and no step of a coarse clock.
    """
    parts = [n.latencies for n in run.names.values() if n.latencies is not None and n.latencies.n]
    if not parts:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    own = [stretches_of(part.window) for part in parts]
    starts = np.unique(np.concatenate([windows for windows, _ in own]))
    width = 2 * _REACH + 1
    cells = np.zeros((len(starts), width))
    for part, (windows, place_of) in zip(parts, own, strict=True):
        first_cell = np.searchsorted(starts, windows) * width
        place = first_cell[place_of] + _steps_around_median(part) + _REACH
        counts = np.bincount(place, weights=part.count, minlength=cells.size)
        cells += counts.reshape(cells.shape)
    after = np.cumsum(cells, axis=1) / cells.sum(axis=1, keepdims=True)
    below = np.clip(after, _LOWER, _UPPER)
    weight = np.diff(below, axis=1, prepend=_LOWER) / (_UPPER - _LOWER)
    level: Floats = weight @ np.arange(-_REACH, _REACH + 1) * _BUCKETS_A_STEP * np.log(GROWTH)
    return starts, level


def _steps_around_median(data: WindowedHistogram) -> Ints:
    """Return how many steps each entry lies from the median, at most `_REACH` to each side."""
    median = bucket_of(np.array([data.cdf().quantile(0.5)]))
    column, buckets = columns_of(data.bucket)
    steps = np.rint((buckets - median[0]) / _BUCKETS_A_STEP).astype(np.int64)
    around: Ints = np.clip(steps, -_REACH, _REACH)[column]
    return around


def _without_what_shows(current: Sequence[RunEvidence], baseline: Sequence[RunEvidence]) -> Trimmed:
    seconds = [[warmup_seconds(run) for run in side] for side in (current, baseline)]
    longest = max(found for side in seconds for found in side)
    showing, runs = sum(map(_showing, seconds)), len(current) + len(baseline)
    if 2 * showing > runs:
        message = phrase(
            "the first {seconds} s of every run were left out as warm-up, which {showing} of "
            "{runs} runs show",
            seconds=significant(longest),
            showing=showing,
            runs=runs,
        )
        return _cut(current, baseline, longest, message)
    for side, found in zip(("current", "baseline"), seconds, strict=True):
        if 2 * _showing(found) > len(found):
            message = phrase(
                "{showing} of {runs} {side} runs began with up to {seconds} s unlike the rest, "
                "the other side did not: nothing was left out as warm-up",
                showing=_showing(found),
                runs=len(found),
                side=side_word(side),
                seconds=significant(max(found)),
            )
            caveat = Caveat(code="warm-up-of-one-side", message=message)
            return Trimmed(current=current, baseline=baseline, caveats=(caveat,))
    return Trimmed(current=current, baseline=baseline)


def _showing(seconds: Sequence[float]) -> int:
    return sum(found > 0 for found in seconds)


def _cut(
    current: Sequence[RunEvidence], baseline: Sequence[RunEvidence], seconds: float, message: str
) -> Trimmed:
    return Trimmed(
        current=[after_start(run, seconds) for run in current],
        baseline=[after_start(run, seconds) for run in baseline],
        caveats=(Caveat(code="warm-up-cut", message=message),),
    )


def after_start(run: RunEvidence, seconds: float) -> RunEvidence:
    """Return a run without the windows of time that begin within its first seconds.

    Args:
        run: with single requests.
        seconds: from the start of the run.
    """
    since_us = _start_us(run) + round(seconds * 1e6)
    kept = [n.windows.start_us for n in run.names.values() if n.windows is not None]
    later = np.concatenate([starts[starts >= since_us] for starts in kept])
    gone_s = (int(later.min(initial=np.iinfo(np.int64).max)) - _start_us(run)) / 1e6
    gone_s = max(seconds, gone_s) if len(later) else seconds
    return run.with_names(
        {name: _later(found, since_us, gone_s) for name, found in run.names.items()}
    )


def _start_us(run: RunEvidence) -> int:
    if run.info.started_at is not None:
        return round(run.info.started_at.timestamp() * 1e6)
    windows = [n.windows for n in run.names.values() if n.windows is not None]
    return min(int(w.start_us[0]) for w in windows)


def _later(found: NameEvidence, since_us: int, gone_s: float) -> NameEvidence:
    windows, data = found.windows, found.latencies
    if windows is None or data is None:
        return found
    kept, timed = windows.start_us >= since_us, data.window >= since_us
    later = Windows(
        start_us=windows.start_us[kept],
        requests=windows.requests[kept],
        failures=windows.failures[kept],
        mean_ms=None if windows.mean_ms is None else windows.mean_ms[kept],
    )
    latencies = replace(
        data, window=data.window[timed], bucket=data.bucket[timed], count=data.count[timed]
    )
    requests = int(later.requests.sum())
    share = requests / found.requests if found.requests else 0.0
    return replace(
        found,
        requests=requests,
        failures=int(later.failures.sum()),
        duration_s=None if found.duration_s is None else found.duration_s - gone_s,
        latencies=latencies,
        windows=later,
        total=None if found.total is None else _part(found.total, share, gone_s),
    )


def _part(total: Total, share: float, gone_s: float) -> Total:
    """Return what is left of a tool's own count, of which the log may hold but a sample."""
    return Total(
        requests=round(total.requests * share),
        failures=round(total.failures * share),
        duration_s=None if total.duration_s is None else total.duration_s - gone_s,
        mean_ms=None,
        quantiles={},
        quantile_error=None,
    )
