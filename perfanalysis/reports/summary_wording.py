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
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import listed, translated
from perfanalysis.reports.numbers import counted, format_quantity, significant
from perfanalysis.reports.times import started
from perfanalysis.reports.wording import name_text
from perfanalysis.reports.words import count_word, word

_LONGEST_UNIT = 12
_OUTCOME_ORDER = (Outcome.BROKEN, Outcome.UNDECIDED, Outcome.MET)


def summary_sentence(summary: Summary) -> str:
    """Return what was run and measured: tool, start, duration, counts, and what figures rest on."""
    run = summary.run
    tool = run.tool if run.tool_version is None else f"{run.tool} {run.tool_version}"
    facts = [tool, started(run.started_at)]
    if run.duration_s is not None:
        facts.append(_("{seconds} s").format(seconds=significant(run.duration_s)))
    facts.append(counted("{num} request", "{num} requests", run.counts.requests))
    facts.append(counted("{num} failure", "{num} failures", run.counts.failures))
    rejected = run.counts.rejected_rows
    if rejected:
        facts.append(counted("{num} rejected row", "{num} rejected rows", rejected))
    facts.append(_("evidence: {evidence}").format(evidence=word(run.evidence)))
    fidelity = common_fidelity(summary)
    if fidelity is not None and has_requests(summary):
        facts.append(_("latencies {fidelity}").format(fidelity=word(fidelity)))
    return f"{name_text(run.name)}: {listed(facts)}"


def has_requests(summary: Summary) -> bool:
    """Return whether there is more than a monitor's series to show."""
    return summary.run.evidence is not Evidence.SERIES


def common_fidelity(summary: Summary) -> Fidelity | None:
    """Return the fidelity that all names have, or None where they differ."""
    fidelities = {entry.fidelity for entry in (*summary.names, summary.total)}
    return fidelities.pop() if len(fidelities) == 1 else None


def threshold_sentence(threshold: ThresholdOutcome) -> str:
    """Return how a threshold came out and, unless that says it, how it was declared."""
    message = translated(threshold.message)
    return message if threshold.source in message else f"{message} ({threshold.source})"


def thresholds_by_outcome(thresholds: Iterable[ThresholdOutcome]) -> list[ThresholdOutcome]:
    """Return thresholds with the broken ones first, then undecided, then met."""
    return sorted(thresholds, key=lambda threshold: _OUTCOME_ORDER.index(threshold.outcome))


def threshold_counts(thresholds: Sequence[ThresholdOutcome]) -> str:
    """Return how many thresholds had which outcome: `Thresholds: 1 broken, 23 met`."""
    counts = Counter(threshold.outcome for threshold in thresholds)
    shown = [count_word(counts[o], word(o)) for o in _OUTCOME_ORDER if counts[o]]
    return _("Thresholds: {counts}").format(counts=listed(shown))


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
    return format_quantity(value, unit)
