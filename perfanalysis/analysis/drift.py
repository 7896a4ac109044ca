"""Runs that drift: one figure does not describe them, and one pair of them proves nothing.

Several runs a side show in their differences what drift does to them; one run against one does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.load import side_word
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Result, Severity, Verdict
from perfanalysis.phrases import phrase
from perfanalysis.stats.dependence import BATCHES
from perfanalysis.stats.trend import total_trend
from perfanalysis.units import format_change

_MIN_REQUESTS = 200


def drift_of(run: RunEvidence, name: str) -> float:
    """Return the change of a name's median from the first to the last third of its run.

    Zero without a clear trend, with fewer than 200 requests, or without requests over time.
    """
    evidence = run.names.get(name)
    data = evidence.latencies if evidence is not None else None
    if data is None or data.n < _MIN_REQUESTS:
        return 0.0
    medians = data.batched.medians()
    if len(medians) < BATCHES or min(medians) <= 0:
        return 0.0
    return float(np.expm1(total_trend(np.log(medians))))


def undecided_where_drifting(
    results: Iterable[Result], current: RunEvidence, baseline: RunEvidence, tolerance: float
) -> tuple[Result, ...]:
    """Return results with those of drifting names undecided, and the reason said.

    Args:
        results: of one current run against one baseline run.
        current: the current run.
        baseline: the baseline run.
        tolerance: a drift within it does not matter.
    """
    reasons: dict[str, Caveat | None] = {}
    found = []
    for result in results:
        if result.name not in reasons:
            reasons[result.name] = _reason(result.name, current, baseline, tolerance)
        caveat = reasons[result.name]
        if caveat is None or not result.metric.startswith("latency."):
            found.append(result)
            continue
        found.append(
            replace(
                result,
                verdict=Verdict.UNDECIDED,
                severity=Severity.NONE,
                caveats=(*result.caveats, caveat),
            )
        )
    return tuple(found)


def _reason(
    name: str, current: RunEvidence, baseline: RunEvidence, tolerance: float
) -> Caveat | None:
    for side, run in (("current", current), ("baseline", baseline)):
        drift = drift_of(run, name)
        if drift > tolerance or drift < 1 / (1 + tolerance) - 1:
            message = phrase(
                "the {side} run drifts: its median moved by {moved} from the first to the last "
                "third, so one figure does not describe it; longer or more runs would",
                side=side_word(side),
                moved=format_change(drift),
            )
            return Caveat(code="drifting", message=message)
    return None
