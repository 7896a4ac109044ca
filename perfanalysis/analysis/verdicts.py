"""From differences to words: verdict and severity of each result, and of the whole comparison.

The rule, with positive meaning worse and T the tolerance:
regressed if the change is beyond T and significant; improved likewise; unchanged if the 90 %
interval lies within -T..T (two one-sided tests at 5 %: shown, not merely "not significant");
otherwise undecided. What gates must be significant over all names and metrics together (Holm).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.evidence import ALL_REQUESTS
from perfanalysis.analysis.judge import CONFIDENCE, Judged, Settings
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.metric import Metric
from perfanalysis.model.results import NotJudged, Result, Severity, Verdict
from perfanalysis.phrases import phrase
from perfanalysis.stats.multiplicity import benjamini_hochberg, holm
from perfanalysis.units import format_change, format_ratio

_ORDER = {
    Verdict.REGRESSED: 0,
    Verdict.UNDECIDED: 1,
    Verdict.IMPROVED: 2,
    Verdict.UNCHANGED: 3,
    Verdict.NOT_REGRESSED: 4,
}
# How alpha is divided among the metrics of a name, fixed in advance: small changes matter in the
# middle, where they can also be seen; a change of the tail or of errors worth an alarm is large.
_FLOOR_WEIGHT, _CENTER_WEIGHT, _TAIL_WEIGHT, _FAR_TAIL_WEIGHT = 0.25, 0.35, 0.2, 0.1
_ERROR_WEIGHT = 0.1
_COMMON_SHARE = 0.8
_MIN_NAMES_IN_COMMON = 3


def decide(judged: Sequence[Judged], settings: Settings) -> tuple[Result, ...]:
    """Return the results, worst first.

    Args:
        judged: the differences.
        settings: alpha.
    """
    p_values = np.array([entry.p_value for entry in judged])
    listed = benjamini_hochberg(p_values)
    gating = np.array([entry.gate for entry in judged], dtype=bool)
    weights = np.array([_weight(entry.metric) for entry in judged])
    adjusted = listed.copy()
    adjusted[gating] = holm(p_values[gating], weights[gating])
    selected = listed <= settings.alpha
    # Intervals of what was picked for being conspicuous are too narrow at 95 %: with R of m picked
    # the false coverage rate holds at 1 - R alpha / m (Benjamini and Yekutieli, JASA 100 (2005)).
    widened = 1 - settings.alpha * selected.sum() / max(len(judged), 1)
    results = []
    for entry, p_adjusted, picked in zip(judged, adjusted, selected, strict=True):
        confidence = float(widened) if picked else CONFIDENCE
        verdict = _verdict(entry, float(p_adjusted), settings.alpha)
        results.append(_result(entry, float(p_adjusted), verdict, settings.alpha, confidence))
    return tuple(sorted(results, key=lambda r: (_ORDER[r.verdict], r.name)))


def _weight(metric: Metric) -> float:
    if metric.key == "error_rate":
        return _ERROR_WEIGHT
    if metric.quantile is not None and metric.quantile <= 0.25:
        return _FLOOR_WEIGHT
    if metric.quantile is None or metric.quantile <= 0.5:
        return _CENTER_WEIGHT
    return _TAIL_WEIGHT if metric.quantile <= 0.95 else _FAR_TAIL_WEIGHT


def common_shift(judged: Sequence[Judged], alpha: float) -> tuple[Caveat, ...]:
    """Say once that nearly every name moved the same way: that is no fault of any one of them."""
    medians = [entry for entry in judged if entry.metric.quantile == 0.5]
    if len(medians) < _MIN_NAMES_IN_COMMON:
        return ()
    changes = np.array([entry.change for entry in medians])
    for sign in (1, -1):
        moved = [e for e in medians if e.change * sign > 0 and e.p_value <= alpha]
        if len(moved) >= _COMMON_SHARE * len(medians):
            message = _common_message(len(moved), changes, rose=sign > 0)
            return (Caveat(code="common-shift", message=message),)
    return ()


def _common_message(moved: int, changes: npt.NDArray[np.float64], *, rose: bool) -> str:
    values = {
        "moved": moved,
        "medians": len(changes),
        "size": format_change(abs(float(np.median(changes)))).lstrip("+"),
    }
    if rose:
        return phrase(
            "{moved} of {medians} medians rose together, by about {size}: suspect the machine, the "
            "network or the load before the code of every single name",
            **values,
        )
    return phrase(
        "{moved} of {medians} medians fell together, by about {size}: suspect the machine, the "
        "network or the load before the code of every single name",
        **values,
    )


def overall(
    results: Sequence[Result], blocking: Sequence[NotJudged], *, strict: bool
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict of the whole comparison and the reasons for it in sentences.

    Args:
        results: everything that was judged.
        blocking: what was not judged and forbids a green verdict.
        strict: whether any undecided result does so too.
    """
    regressed = [r for r in results if r.gate and r.verdict is Verdict.REGRESSED]
    if regressed:
        return Verdict.REGRESSED, tuple(sentence(r) for r in regressed)
    if blocking:
        return Verdict.UNDECIDED, tuple(entry.message for entry in blocking)
    gating = [r for r in results if r.gate]
    if not gating:
        return Verdict.UNDECIDED, (phrase("nothing could be judged"),)
    return _without_regression(gating, strict=strict)


def _without_regression(
    gating: Sequence[Result], *, strict: bool
) -> tuple[Verdict, tuple[str, ...]]:
    undecided = [r for r in gating if r.verdict is Verdict.UNDECIDED]
    improved = [r for r in gating if r.verdict is Verdict.IMPROVED]
    if undecided:
        reason = _could_hide(undecided, len(gating))
        if strict:
            return Verdict.UNDECIDED, (reason,)
        return Verdict.NOT_REGRESSED, (*(sentence(r) for r in improved), reason)
    if improved:
        return Verdict.IMPROVED, tuple(sentence(r) for r in improved)
    reason = phrase("all {judged} judged results lie within their tolerance", judged=len(gating))
    return Verdict.UNCHANGED, (reason,)


def sentence(result: Result) -> str:
    """Return a result in words: `search latency.p95 rose 20.3 %`."""
    change = result.change or 0.0
    values = {"name": named(result.name), "metric": result.metric}
    if result.metric == "error_rate":
        values |= {"before": format_ratio(result.baseline), "now": format_ratio(result.current)}
        if change > 0:
            return phrase("{name} {metric} rose from {before} to {now}", **values)
        return phrase("{name} {metric} fell from {before} to {now}", **values)
    size = format_change(abs(change)).lstrip("+")
    if change > 0:
        return phrase("{name} {metric} rose {size}", size=size, **values)
    return phrase("{name} {metric} fell {size}", size=size, **values)


def named(name: str) -> str:
    """Return the name of a result as sentences have it: that of all requests is ours."""
    return phrase("all requests") if name == ALL_REQUESTS else name


def _could_hide(undecided: Sequence[Result], judged: int) -> str:
    relative = [r for r in undecided if r.metric != "error_rate" and r.detectable_change]
    if not relative:
        return phrase(
            "{undecided} of {judged} judged results are undecided",
            undecided=len(undecided),
            judged=judged,
        )
    worst = max(relative, key=lambda r: r.detectable_change or 0.0)
    return phrase(
        "{undecided} of {judged} judged results are undecided; "
        "a change of up to {size} could hide in {name} {metric}",
        undecided=len(undecided),
        judged=judged,
        size=format_change(worst.detectable_change).lstrip("+"),
        name=named(worst.name),
        metric=worst.metric,
    )


def _verdict(entry: Judged, p_adjusted: float, alpha: float) -> Verdict:
    low, high = entry.interval(CONFIDENCE)
    significant = p_adjusted <= alpha and (low > 0 or high < 0)
    if _is_beyond(entry) and significant:
        return Verdict.REGRESSED if entry.change * entry.worse > 0 else Verdict.IMPROVED
    near, far = entry.equivalence
    if near > _floor(entry) and far < entry.tolerance:
        return Verdict.UNCHANGED
    return Verdict.UNDECIDED


def _floor(entry: Judged) -> float:
    """Return the tolerance downwards, symmetric in ratio: 5 % up is undone by 4.76 % down."""
    if entry.metric.key == "error_rate":
        return -entry.tolerance
    return 1 / (1 + entry.tolerance) - 1


def _is_beyond(entry: Judged) -> bool:
    return entry.change >= entry.tolerance or entry.change <= _floor(entry)


def _severity(entry: Judged, verdict: Verdict) -> Severity:
    if verdict not in (Verdict.REGRESSED, Verdict.IMPROVED):
        return Severity.NONE
    size = abs(entry.change) / entry.tolerance if entry.tolerance else np.inf
    if size < 2:
        return Severity.MINOR
    return Severity.MAJOR if size < 4 else Severity.CRITICAL


def _result(
    entry: Judged, p_adjusted: float, verdict: Verdict, alpha: float, confidence: float
) -> Result:
    low, high = entry.interval(confidence)
    caveats = list(entry.caveats)
    if verdict is Verdict.UNDECIDED and _is_beyond(entry) and entry.p_value <= alpha:
        message = phrase("significant alone, not among all names and metrics that were judged")
        caveats.append(Caveat(code="not-significant-together", message=message))
    return Result(
        name=entry.name,
        metric=entry.metric.key,
        unit=entry.metric.unit,
        better=entry.metric.better,
        baseline=entry.baseline,
        current=entry.current,
        change=entry.change,
        ci_low=_finite(low),
        ci_high=_finite(high),
        confidence=confidence,
        p_value=entry.p_value,
        p_adjusted=p_adjusted,
        tolerance=entry.tolerance,
        verdict=verdict,
        severity=_severity(entry, verdict),
        detectable_change=_finite(max(entry.detectable, entry.tolerance)),
        runs_needed=entry.runs_needed if verdict is Verdict.UNDECIDED else None,
        tolerance_needed=_tolerance_needed(entry) if verdict is Verdict.UNDECIDED else None,
        n_baseline=entry.n_baseline,
        n_current=entry.n_current,
        n_effective=entry.n_effective,
        method=entry.method,
        gate=entry.gate,
        caveats=tuple(caveats),
    )


def _tolerance_needed(entry: Judged) -> float | None:
    """Return the smallest tolerance within which these data would show the change to lie."""
    near, far = entry.equivalence
    if entry.metric.key != "error_rate":
        near = 1 / (1 + near) - 1 if near > -1 else np.inf
    return _finite(max(abs(near), far))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
