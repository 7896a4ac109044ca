"""From differences to words: verdict and severity of each result, and of the whole comparison.

The rule (statistics.md, 3d), with positive meaning worse and T the tolerance:
regressed if the change is beyond T and significant; improved likewise; unchanged if the 90 %
interval lies within -T..T (two one-sided tests at 5 %: shown, not merely "not significant");
otherwise undecided. What gates must be significant over all names and metrics together (Holm).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfanalysis.analysis.judge import CONFIDENCE, Judged, Settings
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import NotJudged, Result, Severity, Verdict
from perfanalysis.stats.multiplicity import benjamini_hochberg
from perfanalysis.units import format_change, format_ratio


def decide(
    judged: Sequence[Judged], adjusted: Sequence[float | None], settings: Settings
) -> tuple[Result, ...]:
    """Return the results, worst first.

    Args:
        judged: the differences.
        adjusted: Holm's p-value of each gating one, None of the others.
        settings: alpha.
    """
    listed = benjamini_hochberg(np.array([entry.p_value for entry in judged]))
    results = []
    for entry, holm_p, list_p in zip(judged, adjusted, listed, strict=True):
        p_adjusted = float(list_p) if holm_p is None else holm_p
        verdict = _verdict(entry, p_adjusted, settings.alpha)
        results.append(_result(entry, p_adjusted, verdict, settings.alpha))
    order = {
        Verdict.REGRESSED: 0,
        Verdict.UNDECIDED: 1,
        Verdict.IMPROVED: 2,
        Verdict.UNCHANGED: 3,
        Verdict.NOT_REGRESSED: 4,
    }
    return tuple(sorted(results, key=lambda r: (order[r.verdict], r.name)))


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
        return Verdict.UNDECIDED, ("nothing could be judged",)
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
    return Verdict.UNCHANGED, (f"all {len(gating)} judged results lie within their tolerance",)


def sentence(result: Result) -> str:
    """Return a result in words: `search latency.p95 rose 20.3 %`."""
    change = result.change or 0.0
    moved = "rose" if change > 0 else "fell"
    if result.metric == "error_rate":
        values = f"{format_ratio(result.baseline)} to {format_ratio(result.current)}"
        return f"{result.name} {result.metric} {moved} from {values}"
    return f"{result.name} {result.metric} {moved} {format_change(abs(change)).lstrip('+')}"


def _could_hide(undecided: Sequence[Result], judged: int) -> str:
    relative = [r for r in undecided if r.metric != "error_rate" and r.detectable_change]
    text = f"{len(undecided)} of {judged} judged results are undecided"
    if not relative:
        return text
    worst = max(relative, key=lambda r: r.detectable_change or 0.0)
    size = format_change(worst.detectable_change).lstrip("+")
    return f"{text}; a change of up to {size} could hide in {worst.name} {worst.metric}"


def _verdict(entry: Judged, p_adjusted: float, alpha: float) -> Verdict:
    low, high = entry.interval
    beyond = abs(entry.change) >= entry.tolerance
    significant = p_adjusted <= alpha and (low > 0 or high < 0)
    if beyond and significant:
        return Verdict.REGRESSED if entry.change * entry.worse > 0 else Verdict.IMPROVED
    near, far = entry.equivalence
    floor = -entry.tolerance
    if entry.metric.key != "error_rate":
        # The tolerance is symmetric in ratio: 5 % up is undone by 4.76 % down.
        floor = 1 / (1 + entry.tolerance) - 1
    if near > floor and far < entry.tolerance:
        return Verdict.UNCHANGED
    return Verdict.UNDECIDED


def _severity(entry: Judged, verdict: Verdict) -> Severity:
    if verdict not in (Verdict.REGRESSED, Verdict.IMPROVED):
        return Severity.NONE
    size = abs(entry.change) / entry.tolerance if entry.tolerance else np.inf
    if size < 2:
        return Severity.MINOR
    return Severity.MAJOR if size < 4 else Severity.CRITICAL


def _result(entry: Judged, p_adjusted: float, verdict: Verdict, alpha: float) -> Result:
    caveats = list(entry.caveats)
    beyond = abs(entry.change) >= entry.tolerance
    if verdict is Verdict.UNDECIDED and beyond and entry.p_value <= alpha:
        message = "significant alone, not among all names and metrics that were judged"
        caveats.append(Caveat(code="not-significant-together", message=message))
    return Result(
        name=entry.name,
        metric=entry.metric.key,
        unit=entry.metric.unit,
        better=entry.metric.better,
        baseline=entry.baseline,
        current=entry.current,
        change=entry.change,
        ci_low=_finite(entry.interval[0]),
        ci_high=_finite(entry.interval[1]),
        confidence=CONFIDENCE,
        p_value=entry.p_value,
        p_adjusted=p_adjusted,
        tolerance=entry.tolerance,
        verdict=verdict,
        severity=_severity(entry, verdict),
        detectable_change=_finite(max(entry.detectable, entry.tolerance)),
        n_baseline=entry.n_baseline,
        n_current=entry.n_current,
        n_effective=entry.n_effective,
        method=entry.method,
        gate=entry.gate,
        caveats=tuple(caveats),
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
