"""What a reader must know about a stored baseline: its age, its machine, what it does not cover.

Age is counted from the newest accepted run to the current one, not to the clock: what was compared
once compares alike for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from perfanalysis.model.baseline import Baseline, BaselineEntry, MetricRule
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison, NotJudged
from perfanalysis.model.run import RunInfo
from perfanalysis.phrases import joined, phrase
from perfanalysis.units import format_ratio

_MOST_SHOWN = 5


def standing(
    comparison: Comparison,
    baseline: Baseline,
    *,
    now: datetime,
    rules: Sequence[MetricRule] = (),
) -> list[Caveat]:
    """Return what a comparison with a stored baseline has to tell about it.

    Args:
        comparison: of current runs with the recent runs of the baseline.
        baseline: as it is stored.
        now: stands for the time of current runs whose source does not tell it.
        rules: those of the baseline that were applied.
    """
    starts = [run.started_at for run in comparison.current if run.started_at is not None]
    old = old_baseline(baseline, max(starts, default=now))
    return [
        *(() if old is None else (old,)),
        *_machine(comparison.current, comparison.baseline),
        *_environment(comparison.current, baseline),
        *_coverage(comparison.not_judged, len(comparison.baseline)),
        *_applied(comparison, rules),
    ]


def old_baseline(baseline: Baseline, moment: datetime) -> Caveat | None:
    """Return that a baseline is older at a moment than its settings allow; None if it is not."""
    days = age_days(baseline.recent, moment)
    limit = baseline.settings.max_age_days
    if days <= limit:
        return None
    newest = max(entry.day for entry in baseline.recent)
    message = phrase(
        "the baseline {baseline} is {days} days old (its newest run is of {newest}, the limit is "
        "{limit} days): machines and neighbours change",
        baseline=repr(baseline.name),
        days=f"{days:.0f}",
        newest=f"{newest:%Y-%m-%d}",
        limit=limit,
    )
    return Caveat(code="old-baseline", message=message)


def age_days(entries: Iterable[BaselineEntry], moment: datetime) -> float:
    """Return how many days before a moment the newest of these runs was made; 0 if after it."""
    newest = max(entry.day for entry in entries)
    return max((moment - newest).total_seconds() / 86_400, 0.0)


def _machine(current: Sequence[RunInfo], baseline: Sequence[RunInfo]) -> Iterable[Caveat]:
    """Say what differs of the machine; its class and processors forbid a comparison anyway."""
    for what in ("cpu_model", "os"):
        ours, theirs = (
            {value for run in side if (value := getattr(run.environment, what))}
            for side in (current, baseline)
        )
        if ours and theirs and ours != theirs:
            values = {"current": _listed(sorted(ours)), "baseline": _listed(sorted(theirs))}
            message = (
                phrase(
                    "the operating system is {current} of the current runs and {baseline} of the "
                    "baseline's",
                    **values,
                )
                if what == "os"
                else phrase(
                    "the processor is {current} of the current runs and {baseline} of the "
                    "baseline's",
                    **values,
                )
            )
            yield Caveat(code="other-machine", message=message)


def _environment(current: Sequence[RunInfo], baseline: Baseline) -> Iterable[Caveat]:
    told = {run.tags["environment"] for run in current if "environment" in run.tags}
    if baseline.environment is not None and told and told != {baseline.environment}:
        message = phrase(
            "the current runs are of environment {current}, the baseline {baseline} of {other}",
            current=_listed(sorted(told)),
            baseline=repr(baseline.name),
            other=repr(baseline.environment),
        )
        yield Caveat(code="other-environment", message=message)


def _coverage(not_judged: Sequence[NotJudged], runs: int) -> Iterable[Caveat]:
    """Say which names of the current runs are not gated, for lack of a baseline."""
    new = [entry for entry in not_judged if entry.reason == "missing-in-baseline"]
    if new:
        names = _listed([repr(entry.name) for entry in new])
        message = (
            phrase(
                "{count} of the current names cannot be judged, as not each of the {runs} runs of "
                "the baseline has them: {names}",
                count=len(new),
                runs=runs,
                names=names,
            )
            if runs > 1
            else phrase(
                "{count} of the current names have no baseline and are not judged: {names}",
                count=len(new),
                names=names,
            )
        )
        yield Caveat(code="uncovered-names", message=message)


def _applied(comparison: Comparison, rules: Sequence[MetricRule]) -> Iterable[Caveat]:
    used = [r for r in rules if any(r.fits(e.name, e.metric) for e in comparison.results)]
    if used:
        rules_told = _listed([_rule_text(rule) for rule in used])
        message = phrase("as stored with the baseline: {rules}", rules=rules_told)
        yield Caveat(code="stored-rules", message=message)


def _rule_text(rule: MetricRule) -> str:
    parts: list[str] = []
    if rule.tolerance is not None:
        parts.append(phrase("tolerance {tolerance}", tolerance=format_ratio(rule.tolerance)))
    if rule.better is not None:
        lower = rule.better == "lower"
        parts.append(phrase("lower is better") if lower else phrase("higher is better"))
    if rule.level is not None:
        parts.append(phrase("level {level}", level=rule.level))
    demands = joined(", ", parts)
    if rule.name == "*":
        return phrase("{metric} {demands}", metric=rule.metric, demands=demands)
    return phrase(
        "{metric} of {name} {demands}",
        metric=rule.metric,
        name=repr(rule.name),
        demands=demands,
    )


def _listed(texts: Sequence[str]) -> str:
    shown = joined(", ", texts[:_MOST_SHOWN])
    rest = len(texts) - _MOST_SHOWN
    return shown if rest <= 0 else phrase("{first} and {rest} more", first=shown, rest=rest)
