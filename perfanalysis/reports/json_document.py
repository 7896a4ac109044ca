"""JSON documents: the complete, versioned output, for programs.

Keys and their order are the contract: they are written out here one by one, so that renaming a
field of `model.results` cannot rename a key. Within a schema version fields may be added, never
renamed or removed; therefore the JSON Schemas in `schemas/` allow fields that they do not know,
and a reader that validates against today's schema accepts tomorrow's documents.

Not computable is null; NaN and infinity never occur.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, cast

from perfanalysis.model.budget_results import Check
from perfanalysis.model.calibration import CalibrationReport, FalseAlarms, FigureNoise
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import (
    CheckSummary,
    Comparison,
    Latency,
    NameSummary,
    NotJudged,
    Result,
    SeriesSummary,
    Summary,
    ThresholdOutcome,
)
from perfanalysis.model.run import RunInfo
from perfanalysis.reports.budgets.document import budget_object
from perfanalysis.reports.document_phrases import phrase_objects
from perfanalysis.reports.run_object import run_object
from perfanalysis.reports.shape_object import shape_object
from perfanalysis.reports.times import timestamp

DocumentName = Literal[
    "acceptance",
    "baseline-report",
    "baselines",
    "calibration-report",
    "check",
    "comparison",
    "summary",
    "trend",
]
JsonObject = dict[str, object]

SCHEMA_VERSION = 1

# Raw, these would steer a terminal that shows the document or, as surrogates, fail to encode.
# They stand only inside strings, where an escape means the same.
_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def summary_document(summary: Summary) -> JsonObject:
    """Return the document `perfanalysis.summary`, ready for `render_json`."""
    return {
        "schema": "perfanalysis.summary",
        "schema_version": SCHEMA_VERSION,
        "run": _run(summary.run),
        "names": [_name(entry) for entry in summary.names],
        "total": _name(summary.total),
        "series": [_series(entry) for entry in summary.series],
        "checks": [_check(entry) for entry in summary.checks],
        "thresholds": [_threshold(entry) for entry in summary.thresholds],
    }


def comparison_document(comparison: Comparison) -> JsonObject:
    """Return the document `perfanalysis.comparison`, ready for `render_json`."""
    document: JsonObject = {
        "schema": "perfanalysis.comparison",
        "schema_version": SCHEMA_VERSION,
        "verdict": str(comparison.verdict),
        "reasons": list(comparison.reasons),
        "design": comparison.design,
        "tolerance": comparison.tolerance,
        "alpha": comparison.alpha,
        "correction": comparison.correction,
        "current": [run_object(run) for run in comparison.current],
        "baseline": [run_object(run) for run in comparison.baseline],
        "judged": comparison.judged,
        "not_judged": [_not_judged(entry) for entry in comparison.not_judged],
        "results": [_result(result) for result in comparison.results],
        "shapes": [shape_object(shape) for shape in comparison.shapes],
        "budgets": [budget_object(result) for result in comparison.budgets],
        "caveats": _caveats(comparison.caveats),
    }
    return {**document, "phrases": phrase_objects(document)}


def check_document(check: Check) -> JsonObject:
    """Return the document `perfanalysis.check`, ready for `render_json`."""
    document: JsonObject = {
        "schema": "perfanalysis.check",
        "schema_version": SCHEMA_VERSION,
        "outcome": str(check.outcome),
        "runs": [run_object(run) for run in check.runs],
        "budgets": [budget_object(result) for result in check.results],
        "caveats": _caveats(check.caveats),
    }
    return {**document, "phrases": phrase_objects(document)}


def calibration_document(report: CalibrationReport) -> JsonObject:
    """Return the document `perfanalysis.calibration-report`, ready for `render_json`."""
    return {
        "schema": "perfanalysis.calibration-report",
        "schema_version": SCHEMA_VERSION,
        "runs": [_run_reference(run) for run in report.runs],
        "tolerance": report.tolerance,
        "error_rate_tolerance": report.error_rate_tolerance,
        "alpha": report.alpha,
        "figures": [_figure(figure) for figure in report.figures],
        "false_alarms": [_false_alarms(entry) for entry in report.false_alarms],
        "not_measured": [_not_judged(entry) for entry in report.not_measured],
        "caveats": _caveats(report.caveats),
    }


def render_json(document: Mapping[str, object] | Sequence[object]) -> str:
    r"""Return a document as indented JSON with a line end; text stays readable, not `\u`-escaped.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot hold.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + "\n"


def schema_path(name: DocumentName) -> Path:
    """Return where the JSON Schema (draft 2020-12) of a document lies in the package."""
    return Path(__file__).parent / "schemas" / f"{name}.schema.json"


def load_schema(name: DocumentName) -> JsonObject:
    """Return the JSON Schema of a document."""
    return cast("JsonObject", json.loads(schema_path(name).read_text(encoding="utf-8")))


def _run_reference(run: RunInfo) -> JsonObject:
    return {
        "id": run.id,
        "name": run.name,
        "started_at": _started_at(run),
        "caveats": _caveats(run.caveats),
    }


def _run(run: RunInfo) -> JsonObject:
    return {
        "id": run.id,
        "name": run.name,
        "tool": run.tool,
        "started_at": _started_at(run),
        "duration_s": run.duration_s,
        "evidence": str(run.evidence),
        "requests": run.counts.requests,
        "failures": run.counts.failures,
        "rejected_rows": run.counts.rejected_rows,
        "caveats": _caveats(run.caveats),
    }


def _started_at(run: RunInfo) -> str | None:
    return None if run.started_at is None else timestamp(run.started_at)


def _caveats(caveats: Iterable[Caveat]) -> list[JsonObject]:
    return [{"code": caveat.code, "message": caveat.message} for caveat in caveats]


def _name(entry: NameSummary) -> JsonObject:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "requests": entry.requests,
        "failures": entry.failures,
        "error_rate": entry.error_rate,
        "throughput": entry.throughput,
        "latency": _latency(entry.latency),
        "fidelity": str(entry.fidelity),
        "bytes_received": entry.bytes_received,
        "caveats": _caveats(entry.caveats),
    }


def _latency(latency: Latency) -> JsonObject:
    return {
        "mean": latency.mean,
        "min": latency.min,
        "p50": latency.p50,
        "p75": latency.p75,
        "p90": latency.p90,
        "p95": latency.p95,
        "p99": latency.p99,
        "p99.9": latency.p999,
        "max": latency.max,
    }


def _series(entry: SeriesSummary) -> JsonObject:
    return {
        "metric": entry.metric,
        "unit": entry.unit,
        "mean": entry.mean,
        "p95": entry.p95,
        "max": entry.max,
        "n": entry.n,
        "kind": entry.kind,
        "total": entry.total,
        "labels": entry.labels,
    }


def _check(entry: CheckSummary) -> JsonObject:
    return {"name": entry.name, "passes": entry.passes, "fails": entry.fails}


def _threshold(entry: ThresholdOutcome) -> JsonObject:
    return {
        "metric": entry.metric,
        "name": entry.name,
        "source": entry.source,
        "limit": entry.limit,
        "value": entry.value,
        "outcome": str(entry.outcome),
        "message": entry.message,
    }


def _not_judged(entry: NotJudged) -> JsonObject:
    return {
        "name": entry.name,
        "metric": entry.metric,
        "reason": entry.reason,
        "message": entry.message,
    }


def _figure(figure: FigureNoise) -> JsonObject:
    measured = figure.measured
    return {
        "name": figure.name,
        "metric": figure.metric,
        "unit": figure.unit,
        "value": figure.value,
        "noise": figure.noise,
        "sd": measured.sd,
        "df": measured.df,
        "within_share": measured.within_share,
        "detectable": [{"runs": d.runs, "change": d.change} for d in figure.detectable],
        "tolerance": measured.tolerance,
    }


def _false_alarms(entry: FalseAlarms) -> JsonObject:
    return {
        "design": entry.design,
        "calibrated": entry.calibrated,
        "comparisons": entry.comparisons,
        "alarms": entry.alarms,
        "rate": entry.rate,
        "ci_low": entry.ci_low,
        "ci_high": entry.ci_high,
        "confidence": entry.confidence,
        "rate_per_name": entry.rate_per_name,
        "names": [{"name": name.name, "alarms": name.alarms} for name in entry.names],
        "runs": list(entry.runs),
    }


def _result(result: Result) -> JsonObject:
    return {
        "name": result.name,
        "metric": result.metric,
        "unit": result.unit,
        "better": result.better,
        "baseline": result.baseline,
        "current": result.current,
        "change": result.change,
        "ci_low": result.ci_low,
        "ci_high": result.ci_high,
        "confidence": result.confidence,
        "p_value": result.p_value,
        "p_adjusted": result.p_adjusted,
        "tolerance": result.tolerance,
        "verdict": str(result.verdict),
        "severity": str(result.severity),
        "detectable_change": result.detectable_change,
        "runs_needed": result.runs_needed,
        "tolerance_needed": result.tolerance_needed,
        "n_baseline": result.n_baseline,
        "n_current": result.n_current,
        "n_effective": result.n_effective,
        "method": result.method,
        "gate": result.gate,
        "caveats": _caveats(result.caveats),
    }
