"""A history of runs: their order, the figures that they have, and names that come and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from perfanalysis.analysis.compare import chosen_names, figures
from perfanalysis.analysis.estimates import Estimate, NotEstimableError, estimate_of
from perfanalysis.analysis.evidence import ALL_REQUESTS, RunEvidence
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.warmup import without_warmup
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.metric import Metric
from perfanalysis.model.results import NotJudged
from perfanalysis.model.trend import NameHistory, Order
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run


@dataclass(frozen=True, kw_only=True)
class FigureHistory:
    """One metric of one name in the runs that have it.

    Attributes:
        runs: numbers of these runs, increasing; the newest run of the history is the last.
        estimates: one for each of them.
    """

    name: str
    metric: Metric
    runs: tuple[int, ...]
    estimates: tuple[Estimate, ...]


@dataclass(frozen=True, kw_only=True)
class History:
    """Runs in their order, and what they have.

    Attributes:
        whole: the runs as they are, oldest first.
        order: what that order is.
    """

    whole: tuple[RunEvidence, ...]
    order: Order
    figures: tuple[FigureHistory, ...]
    not_judged: tuple[NotJudged, ...]
    names: tuple[NameHistory, ...]
    obstacles: tuple[Caveat, ...]
    caveats: tuple[Caveat, ...]


def history_of(
    runs: Sequence[Run],
    *,
    settings: Settings,
    order: Order,
    metrics: Sequence[str],
    names: Sequence[str],
) -> History:
    """Return what a history holds.

    Args:
        runs: at least one.
        settings: the warm-up.
        order: by start, or as given.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs of names; empty for all.

    Raises:
        ConfigError: an unknown metric.
        UsageError: a glob matches nothing, or the warm-up is longer than a run.
    """
    sorted_runs, real_order, caveats = _in_order(runs, order)
    whole = [RunEvidence(run) for run in sorted_runs]
    trimmed = without_warmup((), whole, settings.warmup)
    evidence, renamed = _one_name(trimmed.baseline)
    everywhere = {name for run in evidence for name in run.names}
    chosen = chosen_names(everywhere, names)
    present = [name for name in chosen if name in evidence[-1].names]
    wanted = figures(present, evidence, metrics=metrics, names=names)
    found = [_figure(name, metric, evidence) for name, metric in wanted]
    return History(
        whole=tuple(whole),
        order=real_order,
        figures=tuple(entry for entry in found if isinstance(entry, FigureHistory)),
        not_judged=tuple(entry for entry in found if isinstance(entry, NotJudged)),
        names=tuple(_names(chosen, evidence)),
        obstacles=trimmed.obstacles,
        caveats=(*caveats, *trimmed.caveats, *renamed),
    )


def _in_order(runs: Sequence[Run], order: Order) -> tuple[list[Run], Order, list[Caveat]]:
    """Return runs oldest first, each once."""
    distinct = list({run.info.id: run for run in reversed(runs)}.values())[::-1]
    caveats = []
    if len(distinct) < len(runs):
        message = phrase(
            "{number} runs were given more than once and count once",
            number=len(runs) - len(distinct),
        )
        caveats.append(Caveat(code="same-run-twice", message=message))
    starts = [run.info.started_at for run in distinct]
    if order == "given":
        return distinct, "given", caveats
    known = [start for start in starts if start is not None]
    if len(known) < len(starts):
        unknown = next(run for run in distinct if run.info.started_at is None)
        message = phrase(
            "the runs stand in the order in which they were given: the start of {run} is unknown",
            run=repr(unknown.info.name),
        )
        caveats.append(Caveat(code="start-unknown", message=message))
        return distinct, "given", caveats
    pairs: list[tuple[datetime, Run]] = list(zip(known, distinct, strict=True))
    return [run for _, run in sorted(pairs, key=lambda pair: pair[0])], "start", caveats


def _one_name(runs: Sequence[RunEvidence]) -> tuple[Sequence[RunEvidence], tuple[Caveat, ...]]:
    """Where each run exercised one name only, take these for the same whatever they say.

    pgbench names a run's only script after its file, and a new version often is a new file.
    """
    names = list(dict.fromkeys(name for run in runs for name in run.names))
    if len(names) < 2 or any(len(run.names) != 1 for run in runs):
        return runs, ()
    (newest,) = runs[-1].names
    message = phrase(
        "each run has one name only: {names} are taken for {newest}",
        names=", ".join(repr(name) for name in names if name != newest),
        newest=repr(newest),
    )
    same = [
        run if newest in run.names else run.renamed(next(iter(run.names)), newest) for run in runs
    ]
    return same, (Caveat(code="renamed", message=message),)


def _figure(name: str, metric: Metric, runs: Sequence[RunEvidence]) -> FigureHistory | NotJudged:
    numbers, estimates = [], []
    for number, run in enumerate(runs):
        try:
            estimates.append(estimate_of(run, name, metric))
        except NotEstimableError as exc:
            if number == len(runs) - 1:
                message = phrase(
                    "{reason} (newest run {run})", reason=exc.message, run=repr(run.info.name)
                )
                return NotJudged(name=name, metric=metric.key, reason=exc.reason, message=message)
            continue
        numbers.append(number)
    return FigureHistory(name=name, metric=metric, runs=tuple(numbers), estimates=tuple(estimates))


def _names(chosen: Sequence[str], runs: Sequence[RunEvidence]) -> list[NameHistory]:
    """Return the names that are not in the oldest, or not in the newest run."""
    found = []
    for name in chosen:
        having = [number for number, run in enumerate(runs) if name in run.names]
        if name == ALL_REQUESTS:
            continue
        if having[-1] < len(runs) - 1:
            gone = having[-1] + 1
            message = phrase(
                "{name} is in no run since {run}",
                name=repr(name),
                run=repr(runs[gone].info.name),
            )
            found.append(NameHistory(name=name, event="vanished", run=gone, message=message))
        elif having[0] > 0:
            message = phrase(
                "{name} is new since {run}",
                name=repr(name),
                run=repr(runs[having[0]].info.name),
            )
            found.append(NameHistory(name=name, event="new", run=having[0], message=message))
    return found
