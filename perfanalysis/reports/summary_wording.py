"""Summary wording: what a run was and measured in words, alike in every format.

As in `wording`, nothing here is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import SeriesSummary, Summary, ThresholdOutcome
from perfanalysis.model.run import Evidence, Fidelity
from perfanalysis.reports.escape import shortened
from perfanalysis.reports.wording import name_text, plural, started
from perfanalysis.units import format_bytes, format_quantity, significant

_LONGEST_UNIT = 12
_OUTCOME_ORDER = (Outcome.BROKEN, Outcome.UNDECIDED, Outcome.MET)


def summary_sentence(summary: Summary) -> str:
    """Return what was run and measured: tool, start, duration, counts, and what figures rest on."""
    run = summary.run
    tool = run.tool if run.tool_version is None else f"{run.tool} {run.tool_version}"
    facts = [tool, started(run.started_at)]
    if run.duration_s is not None:
        facts.append(f"{significant(run.duration_s)} s")
    facts.append(plural(run.counts.requests, "request"))
    facts.append(plural(run.counts.failures, "failure"))
    if run.counts.rejected_rows:
        facts.append(plural(run.counts.rejected_rows, "rejected row"))
    facts.append(f"evidence: {run.evidence}")
    fidelity = common_fidelity(summary)
    if fidelity is not None and has_requests(summary):
        facts.append(f"latencies {fidelity}")
    return f"{name_text(run.name)}: {', '.join(facts)}"


def has_requests(summary: Summary) -> bool:
    """Return whether there is more than a monitor's series to show."""
    return summary.run.evidence is not Evidence.SERIES


def common_fidelity(summary: Summary) -> Fidelity | None:
    """Return the fidelity that all names have, or None where they differ."""
    fidelities = {entry.fidelity for entry in (*summary.names, summary.total)}
    return fidelities.pop() if len(fidelities) == 1 else None


def threshold_sentence(threshold: ThresholdOutcome) -> str:
    """Return how a threshold came out and, unless that says it, how it was declared."""
    if threshold.source in threshold.message:
        return threshold.message
    return f"{threshold.message} ({threshold.source})"


def thresholds_by_outcome(thresholds: Iterable[ThresholdOutcome]) -> list[ThresholdOutcome]:
    """Return thresholds with the broken ones first, then undecided, then met."""
    return sorted(thresholds, key=lambda threshold: _OUTCOME_ORDER.index(threshold.outcome))


def threshold_counts(thresholds: Sequence[ThresholdOutcome]) -> str:
    """Return how many thresholds had which outcome: `Thresholds: 1 broken, 23 met`."""
    counts = Counter(threshold.outcome for threshold in thresholds)
    shown = [f"{counts[outcome]} {outcome}" for outcome in _OUTCOME_ORDER if counts[outcome]]
    return f"Thresholds: {', '.join(shown)}"


def series_figures(series: SeriesSummary) -> tuple[str, str, str, str]:
    """Return mean, 95th percentile, maximum and, of a counter, the total of a series.

    The mean of a counter is its rate.
    """
    unit = shortened(series.unit or "", _LONGEST_UNIT)
    mean = _figure(series.mean, unit)
    if series.kind == "counter":
        mean = f"{mean}/s" if unit else f"{mean} /s"
    return (
        mean,
        _figure(series.p95, unit),
        _figure(series.max, unit),
        _figure(series.total, unit),
    )


def _figure(value: float | None, unit: str) -> str:
    if unit == "bytes/s" and value is not None:
        return f"{format_bytes(value)}/s"
    return format_quantity(value, unit)
