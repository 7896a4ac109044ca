"""The JSON document `perfanalysis.trend`; its keys and their order are the contract."""

from __future__ import annotations

from perfanalysis.model.results import NotJudged
from perfanalysis.model.trend import (
    FigureTrend,
    NameHistory,
    NewestRun,
    Trend,
    TrendEpisode,
    TrendLevel,
    TrendPoint,
    TrendSlope,
    TrendStep,
)
from perfanalysis.reports.document_phrases import phrase_objects
from perfanalysis.reports.run_object import run_object

SCHEMA_VERSION = 1
JsonObject = dict[str, object]


def trend_document(trend: Trend) -> JsonObject:
    """Return the document `perfanalysis.trend`, ready for `render_json`."""
    document: JsonObject = {
        "schema": "perfanalysis.trend",
        "schema_version": SCHEMA_VERSION,
        "verdict": str(trend.verdict),
        "reasons": list(trend.reasons),
        "tolerance": trend.tolerance,
        "error_rate_tolerance": trend.error_rate_tolerance,
        "alpha": trend.alpha,
        "recent": trend.recent,
        "order": trend.order,
        "runs": [run_object(run) for run in trend.runs],
        "judged": trend.judged,
        "figures": [_figure(figure) for figure in trend.figures],
        "not_judged": [_not_judged(entry) for entry in trend.not_judged],
        "names": [_name(entry) for entry in trend.names],
        "caveats": [{"code": c.code, "message": c.message} for c in trend.caveats],
    }
    return {**document, "phrases": phrase_objects(document)}


def _figure(figure: FigureTrend) -> JsonObject:
    return {
        "name": figure.name,
        "metric": figure.metric,
        "unit": figure.unit,
        "better": figure.better,
        "points": [_point(point) for point in figure.points],
        "levels": [_level(level) for level in figure.levels],
        "steps": [_step(step) for step in figure.steps],
        "episodes": [_episode(episode) for episode in figure.episodes],
        "newest": None if figure.newest is None else _newest(figure.newest),
        "slope": None if figure.slope is None else _slope(figure.slope),
        "change": figure.change,
        "verdict": str(figure.verdict),
        "severity": str(figure.severity),
        "tolerance": figure.tolerance,
        "detectable_change": figure.detectable_change,
        "gate": figure.gate,
        "caveats": [{"code": c.code, "message": c.message} for c in figure.caveats],
    }


def _point(point: TrendPoint) -> JsonObject:
    return {
        "run": point.run,
        "value": point.value,
        "ci_low": point.ci_low,
        "ci_high": point.ci_high,
    }


def _level(level: TrendLevel) -> JsonObject:
    return {
        "first": level.first,
        "last": level.last,
        "runs": level.runs,
        "value": level.value,
        "ci_low": level.ci_low,
        "ci_high": level.ci_high,
    }


def _step(step: TrendStep) -> JsonObject:
    return {
        "run": step.run,
        "earliest": step.earliest,
        "latest": step.latest,
        "before": step.before,
        "after": step.after,
        "change": step.change,
        "ci_low": step.ci_low,
        "ci_high": step.ci_high,
        "p_value": step.p_value,
        "p_adjusted": step.p_adjusted,
        "direction": step.direction,
        "severity": str(step.severity),
    }


def _episode(episode: TrendEpisode) -> JsonObject:
    return {
        "first": episode.first,
        "last": episode.last,
        "change": episode.change,
        "direction": episode.direction,
    }


def _newest(newest: NewestRun) -> JsonObject:
    return {
        "value": newest.value,
        "level": newest.level,
        "change": newest.change,
        "ci_low": newest.ci_low,
        "ci_high": newest.ci_high,
        "confidence": newest.confidence,
        "suspected": newest.suspected,
        "runs": newest.runs,
    }


def _slope(slope: TrendSlope) -> JsonObject:
    return {
        "per_run": slope.per_run,
        "ci_low": slope.ci_low,
        "ci_high": slope.ci_high,
        "total": slope.total,
        "p_value": slope.p_value,
        "drifting": slope.drifting,
    }


def _not_judged(entry: NotJudged) -> JsonObject:
    return {
        "name": entry.name,
        "metric": entry.metric,
        "reason": entry.reason,
        "message": entry.message,
    }


def _name(entry: NameHistory) -> JsonObject:
    return {"name": entry.name, "event": entry.event, "run": entry.run, "message": entry.message}
