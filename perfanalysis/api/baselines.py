"""Accepted baselines: begun, added to, shown, removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from perfanalysis.analysis.baselines.figures import figures_of
from perfanalysis.analysis.baselines.standing import age_days, old_baseline
from perfanalysis.api import provenance
from perfanalysis.api.acceptances import refusing
from perfanalysis.api.candidates import (
    DEFAULT_TERMS,
    Terms,
    candidate_of,
    entry_of,
    refusals_together,
)
from perfanalysis.api.checking import BudgetsLike, load_budgets
from perfanalysis.api.joining import (
    Beginning,
    Joining,
    begin,
    free_or_forced,
    join,
    require_reason,
)
from perfanalysis.api.provenance import UNKNOWN, Origin
from perfanalysis.api.stored_baseline import settings_for
from perfanalysis.api.verbs import RunLike, RunsLike, load, load_runs
from perfanalysis.errors import UsageError
from perfanalysis.model.baseline import Baseline, BaselineSettings
from perfanalysis.model.baseline_results import (
    Acceptance,
    BaselineList,
    BaselineOverview,
    BaselineReport,
)
from perfanalysis.store.baselines.store import open_store


def baseline_save(
    name: str,
    runs: RunsLike,
    *,
    reason: str | None = None,
    force: bool = False,
    origin: Origin = UNKNOWN,
    budgets: BudgetsLike = (),
    settings: BaselineSettings | None = None,
    store: str | None = None,
) -> Acceptance:
    """Begin a baseline with runs, or replace one deliberately.

    Args:
        name: such as `main` or `main/staging`.
        runs: valid ones, comparable among each other.
        reason: kept with the baseline; needed to replace one, and to force.
        force: replace a baseline that is there, and accept runs whatever speaks against them.
        origin: who accepts them, and what they are of.
        budgets: files, or dictionaries, that every run has to meet.
        settings: how the baseline is used; what is not set stays as it was, or is the default.
        store: a folder, or s3://, gs:// or az:// with bucket and folder; None for what the
            variable `PERFANALYSIS_BASELINES` says, or else the folder `baselines`.

    Returns:
        What became of them; see `Acceptance.refused`.

    Raises:
        UsageError: the name is none or taken, a reason is missing, or nothing can be written.
        ConfigError: budgets are wrong, or name what the runs do not hold.
        InputError: a run cannot be read.
    """
    if force:
        require_reason(reason)
    opened = open_store(store)
    before = free_or_forced(opened, name, force=force)
    candidates = [candidate_of(run) for run in load_runs(runs)]
    if not candidates:
        raise UsageError("expected at least one run")
    refusals = refusals_together(candidates, budgets)
    if refusals and not force:
        return refusing(opened, name, before.baseline, refusals)
    entries = tuple(entry_of(one, origin, reason, refusals) for one in candidates)
    return begin(
        opened,
        name,
        before,
        Beginning(
            candidates=candidates,
            entries=entries,
            origin=origin,
            settings=settings,
            refusals=refusals,
        ),
    )


def baseline_accept(  # noqa: PLR0913  (each says another thing about the run)
    name: str,
    run: RunLike,
    *,
    reason: str,
    force: bool = False,
    new_anchor: bool = False,
    origin: Origin = UNKNOWN,
    terms: Terms = DEFAULT_TERMS,
    settings: BaselineSettings | None = None,
    store: str | None = None,
) -> Acceptance:
    """Let a run join a baseline, if it is valid and does not regress against it.

    Two jobs that do so at once lose nothing: the run is judged against the baseline as it is when
    it joins.

    Args:
        name: of the baseline.
        run: the run; one that has joined before changes nothing.
        reason: kept with the baseline.
        force: accept it whatever speaks against it, which the baseline then tells of.
        new_anchor: take what the baseline holds then for its new anchor.
        origin: who accepts it, and what it is of.
        terms: how it is compared, and which budgets it has to meet; rules and calibration of the
            baseline apply.
        settings: what is set in them replaces the settings of the baseline.
        store: where the baseline lies, as in `baseline_save`.

    Returns:
        What became of it; see `Acceptance.refused`.

    Raises:
        UsageError: there is no such baseline, the reason is empty, or nothing can be written.
        ConfigError: budgets are wrong, or name what the run does not hold.
        InputError: the run or the baseline cannot be read.
    """
    require_reason(reason)
    opened = open_store(store)
    if opened.read(name).baseline is None:
        # A wrong name is told before the work is done, not after it.
        raise opened.missing(name)
    joining = Joining(
        candidate=candidate_of(load(run)),
        reason=reason,
        force=force,
        new_anchor=new_anchor,
        origin=origin,
        terms=replace(terms, budgets=load_budgets(terms.budgets)),
        settings=settings,
    )
    return join(opened, name, joining)


def baseline_list(*, store: str | None = None, now: datetime | None = None) -> BaselineList:
    """Return all baselines of a store, by name.

    Args:
        store: where they lie, as in `baseline_save`.
        now: their age is counted to this moment; None for now.

    Raises:
        UsageError: no such store.
        InputError: a baseline cannot be read.
    """
    opened, moment = open_store(store), now or provenance.clock()
    found = [baseline for name in opened.names() if (baseline := opened.read(name).baseline)]
    return BaselineList(
        store=opened.location,
        baselines=tuple(
            BaselineOverview(
                baseline=baseline,
                age_days=age_days(baseline.recent, moment),
                old=old_baseline(baseline, moment) is not None,
            )
            for baseline in found
        ),
    )


def baseline_show(
    name: str,
    *,
    terms: Terms = DEFAULT_TERMS,
    store: str | None = None,
    now: datetime | None = None,
) -> BaselineReport:
    """Return what a baseline holds, its figures, and where they have gone since its anchor.

    Args:
        name: of the baseline.
        terms: those of comparisons, for the figures and their trend.
        store: where it lies, as in `baseline_save`.
        now: its age is counted to this moment; None for now.

    Raises:
        UsageError: there is no such baseline.
        InputError: it cannot be read.
    """
    opened, moment = open_store(store).open(name), now or provenance.clock()
    old = old_baseline(opened.baseline, moment)
    return BaselineReport(
        baseline=opened.baseline,
        store=opened.location,
        age_days=age_days(opened.baseline.recent, moment),
        calibrated=opened.calibration is not None,
        figures=figures_of(
            opened.recent,
            opened.anchor,
            settings=settings_for(opened, terms.settings),
            metrics=terms.metrics,
            names=terms.names,
        ),
        caveats=() if old is None else (old,),
    )


def baseline_remove(name: str, *, store: str | None = None) -> Baseline:
    """Remove a baseline with its runs, and return what it was; its calibration stays.

    Args:
        name: of the baseline.
        store: where it lies, as in `baseline_save`.

    Raises:
        UsageError: there is no such baseline, or it cannot be removed.
        InputError: it cannot be read.
    """
    return open_store(store).remove(name)
