"""Which resource series went together with latency, in time; this says nothing of causes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.series import Series
from perfanalysis.model.series import SeriesKind
from perfanalysis.model.views import Correlation, Timeline
from perfanalysis.phrases import Phrase, phrase
from perfanalysis.stats.correlation import MIN_POINTS, RankCorrelation, rank_correlation
from perfanalysis.stats.multiplicity import holm

Floats = npt.NDArray[np.float64]

_ALPHA = 0.05


def correlations_of(
    series: Sequence[Series], timeline: Timeline | None, *, start_us: int, warmup_s: float
) -> tuple[Correlation, ...]:
    """Return how each series and the latency of all requests went together, strongest first.

    Both are taken in the windows of the timeline. A series that never changes, or has too few
    values, has no entry. What is called distinct would be so by chance in one run of twenty, all
    series taken together (Holm).

    Args:
        series: of the run.
        timeline: of all requests; None without any.
        start_us: start of the run, microseconds since 1970.
        warmup_s: what lies within the first seconds is left out.
    """
    chosen = None if timeline is None else _latency(timeline, warmup_s)
    if timeline is None or chosen is None:
        return ()
    against, latency = chosen
    tested: list[tuple[Series, RankCorrelation]] = []
    for entry in series:
        found = rank_correlation(_in_windows(entry, timeline.offset_s, start_us), latency)
        if found is not None:
            tested.append((entry, found))
    adjusted = holm(np.array([found.p_value for _, found in tested]))
    entries = [
        _entry(entry, against, found, distinct=bool(p < _ALPHA and found.low is not None))
        for (entry, found), p in zip(tested, adjusted.tolist(), strict=True)
    ]
    return tuple(sorted(entries, key=lambda e: (not e.distinct, -abs(e.coefficient), e.metric)))


def _latency(timeline: Timeline, warmup_s: float) -> tuple[str, Floats] | None:
    """Return the highest percentile that enough windows carry; NaN during the warm-up."""
    kept = timeline.offset_s >= warmup_s
    for metric, values in (
        ("latency.p95", timeline.p95_ms),
        ("latency.p50", timeline.p50_ms),
        ("latency.mean", timeline.mean_ms),
    ):
        after = np.where(kept, values, np.nan)
        if np.isfinite(after).sum() >= MIN_POINTS:
            return metric, after
    return None


def _in_windows(series: Series, offset_s: Floats, start_us: int) -> Floats:
    """Return a gauge's mean, or what a counter counted, in each window; NaN without a value."""
    n = len(offset_s)
    if n < 2:
        return np.full(n, np.nan)
    # The first middle may be off: a run begins within its first window.
    width = float(offset_s[-1] - offset_s[-2])
    begin = float(offset_s[-1]) - (n - 0.5) * width
    position = np.floor(((series.time_us - start_us) / 1e6 - begin) / width).astype(np.int64)
    inside = (position >= 0) & (position < n)
    sums = np.bincount(position[inside], weights=series.value[inside], minlength=n)
    count = np.bincount(position[inside], minlength=n)
    divisor = np.where(count > 0, 1 if series.kind == SeriesKind.COUNTER else count, np.nan)
    values: Floats = sums / divisor
    return values


def _entry(series: Series, against: str, found: RankCorrelation, *, distinct: bool) -> Correlation:
    return Correlation(
        metric=series.metric,
        labels=series.labels,
        against=against,
        coefficient=found.coefficient,
        ci_low=found.low,
        ci_high=found.high,
        n_effective=found.n_effective,
        distinct=distinct,
        message=_sentence(series, against, found, distinct=distinct),
    )


def _sentence(series: Series, against: str, found: RankCorrelation, *, distinct: bool) -> Phrase:
    named = {
        "series": f"{series.metric} ({series.labels})" if series.labels else series.metric,
        "latency": against,
        "coefficient": _number(found.coefficient),
    }
    if found.low is None or found.high is None:
        return phrase(
            "whether {series} and {latency} went together cannot be said: Spearman {coefficient}, "
            "but too few windows are independent of each other",
            **named,
        )
    interval = {"low": _number(found.low), "high": _number(found.high)}
    if not distinct:
        return phrase(
            "{series} and {latency} did not go together beyond chance: Spearman {coefficient} "
            "({low} to {high})",
            **named,
            **interval,
        )
    if found.coefficient > 0:
        return phrase(
            "{series} and {latency} rose and fell together: Spearman {coefficient} "
            "({low} to {high})",
            **named,
            **interval,
        )
    return phrase(
        "{series} fell when {latency} rose, and rose when it fell: Spearman {coefficient} "
        "({low} to {high})",
        **named,
        **interval,
    )


def _number(value: float) -> str:
    """Return a coefficient; one that rounds to 1 is not called perfect.

    >>> _number(0.823), _number(0.9996), _number(-0.001)
    ('0.82', '0.999', '0.00')
    """
    text = f"{value:.2f}"
    if text in ("1.00", "-1.00") and abs(value) < 1:
        text = f"{np.trunc(value * 1000) / 1000:.3f}"
    return "0.00" if text == "-0.00" else text
