"""Comparing with a stored baseline: its rules and its calibration, its anchor and its age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from perfanalysis.analysis.baselines.anchor import with_drift
from perfanalysis.analysis.baselines.standing import standing
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.baseline import MetricRule
from perfanalysis.model.results import Comparison
from perfanalysis.store.baselines.stored_run import OpenedBaseline, StoredRun
from perfanalysis.store.bundle import Run
from perfanalysis.store.calibrations import calibration_beside, read_calibration


def compare_sides(
    current: Sequence[Run],
    baseline: Sequence[Run],
    *,
    settings: Settings,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
    allow_missing: Sequence[str] = (),
    now: datetime | None = None,
) -> Comparison:
    """Compare runs as `compare_runs` does, and heed what a stored baseline says about itself.

    Runs of a stored baseline bring their rules and the calibration beside them. Its recent runs
    are held against the current ones, and so is its anchor; a side that mixes them with other
    runs is nothing but runs.

    Args:
        current: the new runs, at least one.
        baseline: what they are held against, at least one.
        settings: those of `compare_runs`; rules and calibration go before those of the baseline.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs of names to compare; empty for all.
        allow_missing: globs of names that may be missing on either side.
        now: stands for the time of current runs whose source does not tell it.

    Raises:
        ConfigError: an unknown metric.
        UsageError: a glob of `names` matches nothing, the warm-up is longer than a run, or pairs
            were asked for and the sides differ in number.
    """
    opened = stored_baseline(baseline)
    rules = () if opened is None else _rules(opened, settings)
    settings = _beside(baseline, settings) if opened is None else settings_for(opened, settings)

    def against(side: Sequence[Run], chosen: Settings) -> Comparison:
        return compare_runs(
            current,
            side,
            settings=chosen,
            metrics=metrics,
            names=names,
            allow_missing=allow_missing,
        )

    found = against(baseline, settings)
    if opened is None or any(isinstance(r, StoredRun) and r.role == "anchor" for r in baseline):
        return found
    told = standing(found, opened.baseline, now=now or datetime.now(UTC), rules=rules)
    found = replace(found, caveats=(*found.caveats, *told))
    if not opened.has_own_anchor:
        return found
    # Pairs are planned with the latest runs, never with the anchor.
    gate = settings.gate_drift or opened.baseline.settings.gate_drift
    anchor = against(opened.anchor, replace(settings, paired=False))
    return with_drift(found, anchor, opened.baseline, gate=gate)


def stored_baseline(runs: Sequence[Run]) -> OpenedBaseline | None:
    """Return the baseline that runs are of, all of them; None where they are of none, or several.

    >>> stored_baseline([]) is None
    True
    """
    opened = {id(run.baseline): run.baseline for run in runs if isinstance(run, StoredRun)}
    if len(opened) != 1 or not all(isinstance(run, StoredRun) for run in runs):
        return None
    return next(iter(opened.values()))


def settings_for(opened: OpenedBaseline, settings: Settings) -> Settings:
    """Return settings with what a baseline brings: its rules, and the calibration beside it."""
    return replace(
        settings,
        rules=(*_rules(opened, settings), *settings.rules),
        calibration=settings.calibration or opened.calibration,
    )


def _rules(opened: OpenedBaseline, settings: Settings) -> tuple[MetricRule, ...]:
    """Return the rules of a baseline, without the tolerances that the user stated himself."""
    found = []
    for rule in opened.baseline.settings.metrics:
        kind = "error_rate_tolerance" if rule.metric == "error_rate" else "tolerance"
        kept = rule.model_copy(update={"tolerance": None}) if kind in settings.stated else rule
        if (kept.tolerance, kept.better, kept.level) != (None, None, None):
            found.append(kept)
    return tuple(found)


def _beside(baseline: Sequence[Run], settings: Settings) -> Settings:
    """Return the settings with the calibration that lies beside a baseline's bundle, if any."""
    path = calibration_beside(baseline[0].path)
    if settings.calibration is not None or len(baseline) > 1 or not path.is_file():
        return settings
    return replace(settings, calibration=read_calibration(path))
