"""Runs that are to join a baseline: held against it, and made into entries of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from perfanalysis.analysis.baselines.admission import (
    elsewhere,
    invalid,
    not_passing,
    over_budget,
    unlike,
)
from perfanalysis.analysis.judge import Settings
from perfanalysis.api import provenance
from perfanalysis.api.checking import BudgetsLike, check_runs, load_budgets, with_budgets
from perfanalysis.api.provenance import (
    Origin,
    certain_branch,
    commit_here,
    environment_of,
    person,
)
from perfanalysis.api.stored_baseline import compare_sides
from perfanalysis.model.baseline import Baseline, BaselineEntry
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison
from perfanalysis.store.baselines.slim import Files, folder_of, slim_files
from perfanalysis.store.baselines.stored_run import OpenedBaseline
from perfanalysis.store.bundle import Run


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a run must stand before it may join a baseline: the arguments of `compare`."""

    settings: Settings = field(default_factory=Settings)
    metrics: Sequence[str] = ()
    names: Sequence[str] = ()
    allow_missing: Sequence[str] = ()
    budgets: BudgetsLike = ()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A run that is to join, with what is kept of it and what speaks against it by itself."""

    run: Run
    folder: str
    files: Files
    problems: tuple[Caveat, ...]


DEFAULT_TERMS = Terms()


def candidate_of(run: Run) -> Candidate:
    """Return a run with what would be kept of it.

    Raises:
        InputError: the run is damaged.
    """
    files = slim_files(run)
    return Candidate(run=run, folder=folder_of(files), files=files, problems=tuple(invalid(run)))


def compared(candidate: Candidate, opened: OpenedBaseline, terms: Terms) -> Comparison | None:
    """Hold a run against a baseline; None where it has nothing to hold against it."""
    if not candidate.run.info.counts.requests:
        return None
    comparison = compare_sides(
        [candidate.run],
        opened.recent,
        settings=terms.settings,
        metrics=terms.metrics,
        names=terms.names,
        allow_missing=terms.allow_missing,
    )
    return with_budgets(comparison, [candidate.run], opened.recent, terms.budgets, terms.settings)


def refusals_together(candidates: Sequence[Candidate], budgets: BudgetsLike) -> tuple[Caveat, ...]:
    """Return everything that speaks against runs as a new baseline.

    Raises:
        ConfigError: a budget file is wrong, or names what the runs do not hold.
    """
    runs = [one.run for one in candidates]
    found = [problem for one in candidates for problem in one.problems]
    found += unlike(runs)
    wanted = load_budgets(budgets)
    if wanted.budgets:
        found += [c for run in runs for c in over_budget(check_runs([run], wanted).results)]
    return tuple(found)


def refusals_of(
    candidate: Candidate, baseline: Baseline, origin: Origin, comparison: Comparison | None
) -> tuple[Caveat, ...]:
    """Return everything that speaks against a run as the next one of a baseline."""
    given = {
        "environment": environment_of([candidate.run], origin),
        "branch": certain_branch(candidate.run, origin),
    }
    expected = {"environment": baseline.environment, "branch": baseline.branch}
    return (
        *candidate.problems,
        *elsewhere(given, expected, candidate.run.info.name),
        *(not_passing(comparison) if comparison is not None else ()),
        *(over_budget(comparison.budgets) if comparison is not None else ()),
    )


def entry_of(
    candidate: Candidate, origin: Origin, reason: str | None, refusals: Sequence[Caveat]
) -> BaselineEntry:
    """Return what a baseline says about a run; its number and place are the baseline's matter."""
    info = candidate.run.info
    return BaselineEntry(
        number=1,
        folder=candidate.folder,
        run=info.id,
        name=info.name,
        started_at=info.started_at,
        accepted_at=origin.at or provenance.clock(),
        accepted_by=origin.by or person(),
        commit=origin.commit or info.commit or commit_here(),
        reason=reason,
        forced=tuple(dict.fromkeys(refusal.code for refusal in refusals)),
        recent=True,
        anchor=True,
    )
