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
    message = (
        f"the baseline {baseline.name!r} is {days:.0f} days old (its newest run is of "
        f"{newest:%Y-%m-%d}, the limit is {limit} days): machines and neighbours change"
    )
    return Caveat(code="old-baseline", message=message)


def age_days(entries: Iterable[BaselineEntry], moment: datetime) -> float:
    """Return how many days before a moment the newest of these runs was made; 0 if after it."""
    newest = max(entry.day for entry in entries)
    return max((moment - newest).total_seconds() / 86_400, 0.0)


def _machine(current: Sequence[RunInfo], baseline: Sequence[RunInfo]) -> Iterable[Caveat]:
    """Say what differs of the machine; its class and processors forbid a comparison anyway."""
    for what, word in (("cpu_model", "processor"), ("os", "operating system")):
        ours, theirs = (
            {value for run in side if (value := getattr(run.environment, what))}
            for side in (current, baseline)
        )
        if ours and theirs and ours != theirs:
            message = (
                f"the {word} is {_listed(sorted(ours))} of the current runs and "
                f"{_listed(sorted(theirs))} of the baseline's"
            )
            yield Caveat(code="other-machine", message=message)


def _environment(current: Sequence[RunInfo], baseline: Baseline) -> Iterable[Caveat]:
    told = {run.tags["environment"] for run in current if "environment" in run.tags}
    if baseline.environment is not None and told and told != {baseline.environment}:
        message = (
            f"the current runs are of environment {_listed(sorted(told))}, the baseline "
            f"{baseline.name!r} of {baseline.environment!r}"
        )
        yield Caveat(code="other-environment", message=message)


def _coverage(not_judged: Sequence[NotJudged], runs: int) -> Iterable[Caveat]:
    """Say which names of the current runs are not gated, for lack of a baseline."""
    new = [entry for entry in not_judged if entry.reason == "missing-in-baseline"]
    if new:
        names = _listed([repr(entry.name) for entry in new])
        message = (
            f"{len(new)} of the current names cannot be judged, as not each of the {runs} runs of "
            f"the baseline has them: {names}"
            if runs > 1
            else f"{len(new)} of the current names have no baseline and are not judged: {names}"
        )
        yield Caveat(code="uncovered-names", message=message)


def _applied(comparison: Comparison, rules: Sequence[MetricRule]) -> Iterable[Caveat]:
    used = [r for r in rules if any(r.fits(e.name, e.metric) for e in comparison.results)]
    if used:
        message = f"as stored with the baseline: {_listed([_rule_text(rule) for rule in used])}"
        yield Caveat(code="stored-rules", message=message)


def _rule_text(rule: MetricRule) -> str:
    parts = [
        "" if rule.tolerance is None else f"tolerance {format_ratio(rule.tolerance)}",
        "" if rule.better is None else f"{rule.better} is better",
        "" if rule.level is None else f"level {rule.level}",
    ]
    name = "" if rule.name == "*" else f" of {rule.name!r}"
    return f"{rule.metric}{name} {', '.join(part for part in parts if part)}"


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _MOST_SHOWN} more" if len(texts) > _MOST_SHOWN else ""
    return ", ".join(texts[:_MOST_SHOWN]) + more
