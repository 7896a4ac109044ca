"""The verdict on a history, and the reasons for it in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from perfanalysis.analysis.verdicts import named
from perfanalysis.model.results import NotJudged, Verdict
from perfanalysis.model.trend import FigureTrend, Trend
from perfanalysis.phrases import phrase
from perfanalysis.stats.change_points import MIN_FIGURES
from perfanalysis.units import format_change, format_ratio


def overall(
    trend: Trend, blocking: Sequence[NotJudged], *, strict: bool
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict of the whole history and the reasons for it.

    Args:
        trend: its figures, judged.
        blocking: what was not judged and forbids a green verdict.
        strict: whether any undecided figure does so too.
    """
    gating = [figure for figure in trend.figures if figure.gate]
    regressed = [figure for figure in gating if figure.verdict is Verdict.REGRESSED]
    if regressed:
        return Verdict.REGRESSED, tuple(step_sentence(figure, trend) for figure in regressed)
    if blocking:
        return Verdict.UNDECIDED, tuple(entry.message for entry in blocking)
    judged = [figure for figure in gating if len(figure.points) >= MIN_FIGURES]
    if not judged:
        return Verdict.UNDECIDED, (_nothing_judged(trend, gating),)
    suspected = [figure for figure in judged if _is_suspected(figure)]
    if suspected:
        return Verdict.UNDECIDED, tuple(suspicion_sentence(figure) for figure in suspected)
    return _without_regression(gating, trend, strict=strict)


def _is_suspected(figure: FigureTrend) -> bool:
    return figure.newest is not None and figure.newest.suspected == "worse"


def _nothing_judged(trend: Trend, gating: Sequence[FigureTrend]) -> str:
    if not gating:
        return phrase("nothing could be judged")
    return phrase(
        "{runs} runs are too few to tell a step from noise: at least {needed} are needed",
        runs=len(trend.runs),
        needed=MIN_FIGURES,
    )


def _without_regression(
    gating: Sequence[FigureTrend], trend: Trend, *, strict: bool
) -> tuple[Verdict, tuple[str, ...]]:
    undecided = [figure for figure in gating if figure.verdict is Verdict.UNDECIDED]
    improved = tuple(
        step_sentence(figure, trend) for figure in gating if figure.verdict is Verdict.IMPROVED
    )
    if undecided:
        reason = _could_hide(undecided, len(gating))
        if strict:
            return Verdict.UNDECIDED, (reason,)
        return Verdict.NOT_REGRESSED, (*improved, reason)
    if improved:
        return Verdict.IMPROVED, improved
    return Verdict.UNCHANGED, (
        phrase(
            "none of {judged} judged figures stepped by more than its tolerance within the "
            "newest {recent} runs",
            judged=len(gating),
            recent=trend.recent,
        ),
    )


def step_sentence(figure: FigureTrend, trend: Trend) -> str:
    """Return how a figure changed and with which run: `search latency.p95 rose 20.3 % with 'x'`.

    Args:
        figure: with at least one step.
        trend: what it is part of.
    """
    change = figure.change or 0.0
    values = {
        "name": named(figure.name),
        "metric": figure.metric,
        "run": repr(trend.runs[figure.steps[-1].run].name),
    }
    if figure.metric == "error_rate":
        now = figure.levels[-1].value
        values |= {"before": format_ratio(max(now - change, 0.0)), "now": format_ratio(now)}
        if change > 0:
            return phrase("{name} {metric} rose from {before} to {now} with run {run}", **values)
        return phrase("{name} {metric} fell from {before} to {now} with run {run}", **values)
    size = format_change(abs(change)).lstrip("+")
    if change > 0:
        return phrase("{name} {metric} rose {size} with run {run}", size=size, **values)
    return phrase("{name} {metric} fell {size} with run {run}", size=size, **values)


def suspicion_sentence(figure: FigureTrend) -> str:
    """Return in which figure the newest run is out of line, and by how much."""
    newest = figure.newest
    assert newest is not None  # noqa: S101  (without it nothing is suspected)
    values = {"name": named(figure.name), "metric": figure.metric}
    if figure.metric == "error_rate":
        values |= {"now": format_ratio(newest.value), "level": format_ratio(newest.level)}
        if newest.runs == 1:
            return phrase(
                "{name} {metric} of the newest run is {now}, of the level before it {level}: "
                "suspected, until more runs show whether it stays",
                **values,
            )
        return phrase(
            "{name} {metric} of the newest two runs is {now}, of the level before them {level}: "
            "suspected, until another run shows whether it stays",
            **values,
        )
    size = format_change(abs(newest.change)).lstrip("+")
    if newest.runs == 1:
        return phrase(
            "{name} {metric} of the newest run is {size} off the level before it: suspected, "
            "until more runs show whether it stays",
            size=size,
            **values,
        )
    return phrase(
        "{name} {metric} of the newest two runs is {size} off the level before them: suspected, "
        "until another run shows whether it stays",
        size=size,
        **values,
    )


def _could_hide(undecided: Sequence[FigureTrend], judged: int) -> str:
    values = {"undecided": len(undecided), "judged": judged}
    relative = [f for f in undecided if f.metric != "error_rate" and f.detectable_change]
    if not relative:
        return phrase("{undecided} of {judged} judged figures are undecided", **values)
    worst = max(relative, key=lambda figure: figure.detectable_change or 0.0)
    return phrase(
        "{undecided} of {judged} judged figures are undecided; "
        "a recent step of up to {size} could hide in {name} {metric}",
        size=format_change(worst.detectable_change).lstrip("+"),
        name=named(worst.name),
        metric=worst.metric,
        **values,
    )
