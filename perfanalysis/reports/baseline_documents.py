"""JSON documents about baselines: their list, one of them, and what became of runs."""

from __future__ import annotations

from collections.abc import Iterable

from perfanalysis.model.baseline import Baseline
from perfanalysis.model.baseline_results import (
    Acceptance,
    BaselineFigure,
    BaselineList,
    BaselineOverview,
    BaselineReport,
)
from perfanalysis.model.caveat import Caveat
from perfanalysis.reports.times import timestamp

JsonObject = dict[str, object]

SCHEMA_VERSION = 1


def baseline_list_document(found: BaselineList) -> JsonObject:
    """Return the document `perfanalysis.baselines`."""
    return {
        "schema": "perfanalysis.baselines",
        "schema_version": SCHEMA_VERSION,
        "store": found.store,
        "baselines": [_overview(entry) for entry in found.baselines],
    }


def baseline_document(report: BaselineReport) -> JsonObject:
    """Return the document `perfanalysis.baseline-report`."""
    stored = stored_document(report.baseline)
    return {
        "schema": "perfanalysis.baseline-report",
        "schema_version": SCHEMA_VERSION,
        "store": report.store,
        "name": stored["name"],
        "environment": stored["environment"],
        "branch": stored["branch"],
        "age_days": report.age_days,
        "calibrated": report.calibrated,
        "settings": stored["settings"],
        "accepted": stored["accepted"],
        "entries": stored["entries"],
        "figures": [_figure(figure) for figure in report.figures],
        "history": stored["history"],
        "earlier_events": stored["earlier_events"],
        "caveats": _caveats(report.caveats),
    }


def acceptance_document(acceptance: Acceptance) -> JsonObject:
    """Return the document `perfanalysis.acceptance`."""
    baseline, comparison = acceptance.baseline, acceptance.comparison
    return {
        "schema": "perfanalysis.acceptance",
        "schema_version": SCHEMA_VERSION,
        "store": acceptance.store,
        "name": acceptance.name,
        "refused": acceptance.refused,
        "already": acceptance.already,
        "forced": acceptance.forced,
        "refusals": _caveats(acceptance.refusals),
        "entries": [entry.model_dump(mode="json") for entry in acceptance.accepted],
        "dropped": list(acceptance.dropped),
        "recent": 0 if baseline is None else len(baseline.recent),
        "anchor": 0 if baseline is None else len(baseline.anchor),
        "verdict": None if comparison is None else str(comparison.verdict),
        "reasons": [] if comparison is None else list(comparison.reasons),
        "caveats": _caveats(acceptance.caveats),
    }


def stored_document(baseline: Baseline) -> JsonObject:
    """Return the document `perfanalysis.baseline`, as it is stored."""
    return baseline.model_dump(mode="json", by_alias=True)


def _overview(entry: BaselineOverview) -> JsonObject:
    baseline = entry.baseline
    latest = baseline.recent[-1]
    return {
        "name": baseline.name,
        "environment": baseline.environment,
        "branch": baseline.branch,
        "recent": len(baseline.recent),
        "anchor": len(baseline.anchor),
        "accepted": baseline.accepted,
        "newest": timestamp(max(e.day for e in baseline.recent)),
        "age_days": entry.age_days,
        "old": entry.old,
        "accepted_at": timestamp(latest.accepted_at),
        "accepted_by": latest.accepted_by,
        "commit": None if latest.commit is None else latest.commit.model_dump(mode="json"),
    }


def _figure(figure: BaselineFigure) -> JsonObject:
    return {
        "name": figure.name,
        "metric": figure.metric,
        "unit": figure.unit,
        "better": figure.better,
        "value": figure.value,
        "anchor": figure.anchor,
        "change": figure.change,
        "ci_low": figure.ci_low,
        "ci_high": figure.ci_high,
        "tolerance": figure.tolerance,
        "gate": figure.gate,
        "trend": None if figure.trend is None else str(figure.trend),
    }


def _caveats(caveats: Iterable[Caveat]) -> list[JsonObject]:
    return [{"code": caveat.code, "message": caveat.message} for caveat in caveats]
