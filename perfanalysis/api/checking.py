"""Runs held against budgets: a budget file's, or those that the load script declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from perfanalysis.analysis.budgets.judging import judge_budgets, judge_declared
from perfanalysis.analysis.budgets.observing import Observed
from perfanalysis.analysis.budgets.reading import read_budgets
from perfanalysis.analysis.budgets.relative import Against
from perfanalysis.analysis.judge import Settings
from perfanalysis.api.stored_baseline import settings_for, stored_baseline
from perfanalysis.errors import UsageError
from perfanalysis.model.budget import Budgets
from perfanalysis.model.budget_results import BudgetResult, Check, overall_outcome
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run

BudgetSource: TypeAlias = str | Path | Mapping[str, object]
BudgetsLike: TypeAlias = BudgetSource | Sequence[BudgetSource] | Budgets

# How the interval of a single run was made: of runs that it stands for it knows nothing.
_OF_ONE_RUN = frozenset({"woodruff", "batch-means", "wilson"})


def load_budgets(sources: BudgetsLike) -> Budgets:
    """Return the budgets of budget files, or of objects that are written like one.

    Args:
        sources: path or paths of files, YAML or JSON; or their content as dictionaries.

    Raises:
        ConfigError: a file cannot be read, or says something that is no budget; the message names
            file, line and key.

    >>> found = load_budgets({"budgets": [{"metric": "latency.p95", "limit": "500 ms"}]})
    >>> found.budgets[0].source
    'latency.p95: limit 500 ms'
    """
    if isinstance(sources, Budgets):
        return sources
    if isinstance(sources, str | Path | Mapping):
        sources = [sources]
    return read_budgets(sources)


def check_runs(runs: Sequence[Run], budgets: BudgetsLike) -> Check:
    """Hold runs of one side against budgets: their figures are judged together.

    Args:
        runs: at least one.
        budgets: none for what the load script declared.

    Raises:
        UsageError: neither budgets nor declared thresholds.
        ConfigError: a budget file is wrong, or names what the runs do not hold.
    """
    observed = [Observed(run) for run in runs]
    wanted = load_budgets(budgets)
    results = judge_budgets(wanted.budgets, observed) if wanted.budgets else _declared(observed)
    return Check(
        runs=tuple(run.info for run in runs),
        outcome=overall_outcome(results),
        results=results,
        caveats=(*wanted.notes, *_single_run(results, len(runs))),
    )


def with_budgets(
    comparison: Comparison,
    current: Sequence[Run],
    baseline: Sequence[Run],
    budgets: BudgetsLike,
    settings: Settings,
) -> Comparison:
    """Return a comparison with its current runs held against budgets.

    Args:
        comparison: of these runs.
        current: what is judged.
        baseline: what relative limits are held against; and whether it was over budget too.
        budgets: of files, or as dictionaries.
        settings: those of the comparison.

    Raises:
        ConfigError: a budget file is wrong, or names what the runs do not hold.
    """
    wanted = load_budgets(budgets)
    if not wanted.budgets:
        return comparison
    opened = stored_baseline(baseline)
    ours, theirs = ([Observed(run) for run in side] for side in (current, baseline))
    chosen = settings if opened is None else settings_for(opened, settings)
    results = judge_budgets(wanted.budgets, ours, Against(ours, theirs, comparison, chosen))
    return replace(comparison, budgets=results, caveats=(*comparison.caveats, *wanted.notes))


def _declared(observed: Sequence[Observed]) -> tuple[BudgetResult, ...]:
    thresholds = dict.fromkeys(t for run in observed for t in run.info.thresholds)
    if not thresholds:
        names = ", ".join(repr(run.info.name) for run in observed[:3])
        raise UsageError(
            f"expected budgets, found none: {names} declares no thresholds",
            hint="name a budget file: perfanalysis check RUN --budget budget.yml",
        )
    return judge_declared(list(thresholds), observed)


def _single_run(results: Sequence[BudgetResult], runs: int) -> tuple[Caveat, ...]:
    if runs > 1 or not any(result.method in _OF_ONE_RUN for result in results):
        return ()
    message = phrase(
        "the intervals say how well this one run shows its own figures; identical runs differ by "
        "more than that, and several of them would show it"
    )
    return (Caveat(code="one-run", message=message),)
