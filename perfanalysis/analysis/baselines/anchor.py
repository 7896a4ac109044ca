"""Slow drift: current runs held against the fixed anchor of a baseline, besides its latest runs.

A baseline that moves along with every accepted run follows a service that becomes slower by 1 % a
week, and no single comparison ever sees more than that. The anchor stays where it is.
"""

from __future__ import annotations

from dataclasses import replace

from perfanalysis.analysis.verdicts import sentence
from perfanalysis.model.baseline import Baseline
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison, Result, Verdict
from perfanalysis.phrases import counted, joined, phrase

_MOST_SHOWN = 3


def with_drift(
    comparison: Comparison, against_anchor: Comparison, baseline: Baseline, *, gate: bool
) -> Comparison:
    """Return a comparison that also says how the current runs stand against the anchor.

    Args:
        comparison: with the recent runs of the baseline.
        against_anchor: with the runs of its anchor, under the same settings.
        baseline: as it is stored.
        gate: whether a regression against the anchor makes the whole one regressed.
    """
    day = min(entry.day for entry in baseline.anchor)
    anchor = phrase("the anchor of {day}", day=f"{day:%Y-%m-%d}")
    worse = [r for r in against_anchor.results if r.gate and r.verdict is Verdict.REGRESSED]
    if not worse:
        return _with_caveats(comparison, _not_comparable(against_anchor, anchor))
    caveat = Caveat(code="drift", message=_drift_message(comparison, worse, anchor))
    found = _with_caveats(comparison, (caveat,))
    if not gate:
        return found
    reasons = tuple(
        phrase("{change} against {anchor}", change=sentence(result), anchor=anchor)
        for result in worse
    )
    own = comparison.reasons if comparison.verdict is Verdict.REGRESSED else ()
    return replace(found, verdict=Verdict.REGRESSED, reasons=(*own, *reasons))


def _drift_message(comparison: Comparison, worse: list[Result], anchor: str) -> str:
    seen = {
        (r.name, r.metric) for r in comparison.results if r.gate and r.verdict is Verdict.REGRESSED
    }
    hidden = [r for r in worse if (r.name, r.metric) not in seen]
    shown = hidden or worse
    told = joined("; ", (sentence(result) for result in shown[:_MOST_SHOWN]))
    if len(shown) > _MOST_SHOWN:
        told = phrase("{first}; and {rest} more", first=told, rest=len(shown) - _MOST_SHOWN)
    if not hidden:
        return phrase("{changes} against {anchor} too", changes=told, anchor=anchor)
    runs = len(comparison.baseline)
    return counted(
        "not regressed against the latest run, but {changes} against {anchor}",
        "not regressed against the last {runs} runs, but {changes} against {anchor}",
        runs,
        runs=runs,
        changes=told,
        anchor=anchor,
    )


def _not_comparable(against_anchor: Comparison, anchor: str) -> tuple[Caveat, ...]:
    """Say that slow drift could not be seen, where nothing could be held against the anchor."""
    if any(r.verdict is not Verdict.UNDECIDED for r in against_anchor.results):
        return ()
    if against_anchor.verdict is not Verdict.UNDECIDED:
        return ()
    reasons = against_anchor.reasons or (phrase("nothing could be judged"),)
    message = phrase(
        "slow drift cannot be seen against {anchor}: {reason}", anchor=anchor, reason=reasons[0]
    )
    return (Caveat(code="no-anchor", message=message),)


def _with_caveats(comparison: Comparison, caveats: tuple[Caveat, ...]) -> Comparison:
    return replace(comparison, caveats=(*comparison.caveats, *caveats))
