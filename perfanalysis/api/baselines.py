"""Accepted baselines: begun, added to, shown, removed."""

from __future__ import annotations

import random
import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime

from perfanalysis.analysis.baselines.admission import unlike
from perfanalysis.analysis.baselines.figures import figures_of
from perfanalysis.analysis.baselines.standing import age_days, old_baseline
from perfanalysis.api import provenance
from perfanalysis.api.candidates import (
    DEFAULT_TERMS,
    Terms,
    candidate_of,
    compared,
    entry_of,
    over_budgets,
    refusals_of,
)
from perfanalysis.api.checking import BudgetsLike, load_budgets
from perfanalysis.api.provenance import UNKNOWN, Origin, branch_of, environment_of
from perfanalysis.api.stored_baseline import settings_for
from perfanalysis.api.verbs import RunLike, RunsLike, load, load_runs
from perfanalysis.errors import BundleError, UsageError
from perfanalysis.model.baseline import (
    MOST_RUNS,
    Baseline,
    BaselineSettings,
    begun,
)
from perfanalysis.model.baseline_results import (
    Acceptance,
    BaselineList,
    BaselineOverview,
    BaselineReport,
)
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison
from perfanalysis.store.baselines.store import BaselineStore, Snapshot, open_store
from perfanalysis.store.baselines.stored_run import OpenedBaseline

# A run is judged without the lock; whoever comes too late so often judges it under the lock.
_TRIES_WITHOUT_LOCK = 1
_MOST_TRIES = 100
_LONGEST_WAIT_S = 2.0


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
    opened = open_store(store)
    before = _before(opened, name, force=force)
    if before.baseline is not None and not force:
        raise UsageError(
            f"baseline {name!r} is there already, in {opened.location}",
            hint="perfanalysis baseline accept adds a run to it; --force --reason TEXT replaces it",
        )
    _require_reason(reason, needed=force)
    loaded = load_runs(runs)
    if not loaded:
        raise UsageError("expected at least one run")
    candidates = [candidate_of(run) for run in loaded]
    own = [problem for one in candidates for problem in one.problems]
    refusals = (*own, *unlike(loaded), *over_budgets(loaded, budgets))
    if refusals and not force:
        return _refusal(name, opened, before.baseline, refusals, None)
    entries = tuple(entry_of(one, origin, reason, refusals) for one in candidates)
    known = before.baseline
    baseline = begun(
        entries,
        name=name,
        environment=environment_of(loaded, origin) or (known.environment if known else None),
        branch=branch_of(loaded, origin) or (known.branch if known else None),
        settings=_settings_for(len(entries), known, settings),
        before=known,
    )
    added = {one.folder: one.files for one in candidates}
    if not opened.commit(baseline, version=before.version, added=added):
        raise UsageError(f"baseline {name!r} was changed meanwhile by another job")
    return _acceptance(opened, known, baseline, len(entries), refusals, None)


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
    _require_reason(reason, needed=True)
    opened_store = open_store(store)
    if opened_store.read(name).baseline is None:
        # A wrong name is told before the work is done, not after it.
        raise opened_store.missing(name)
    candidate = candidate_of(load(run))
    terms = replace(terms, budgets=load_budgets(terms.budgets))
    for attempt in range(_MOST_TRIES):
        under_lock = attempt >= _TRIES_WITHOUT_LOCK
        with opened_store.exclusive(name) if under_lock else nullcontext():
            opened = opened_store.open(name)
            if opened.baseline.holds(candidate.run.info.id):
                return _already(opened)
            comparison = compared(candidate, opened, terms)
            refusals = refusals_of(candidate, opened.baseline, origin, comparison)
            if refusals and not force:
                return _refusal(name, opened_store, opened.baseline, refusals, comparison)
            entry = entry_of(candidate, origin, reason, refusals)
            baseline = _with_settings(opened.baseline, settings).accepting(
                entry, new_anchor=new_anchor
            )
            added = {candidate.folder: candidate.files}
            if opened_store.commit(baseline, version=opened.version, added=added):
                before = opened.baseline
                return _acceptance(opened_store, before, baseline, 1, refusals, comparison)
        _wait(attempt)
    raise UsageError(
        f"baseline {name!r} was changed by other jobs {_MOST_TRIES} times while this one tried"
    )


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


def _require_reason(reason: str | None, *, needed: bool) -> None:
    if needed and not (reason or "").strip():
        raise UsageError(
            "expected a reason",
            hint="--reason TEXT: whoever reads the baseline in a year will want to know",
        )


def _before(store: BaselineStore, name: str, *, force: bool) -> Snapshot:
    """Return what is there under a name; a damaged baseline can be replaced by force."""
    try:
        return store.read(name)
    except BundleError:
        if not force:
            raise
        return Snapshot(baseline=None, version=store.version(name))


def _settings_for(
    runs: int, before: Baseline | None, given: BaselineSettings | None
) -> BaselineSettings:
    """Return the settings of a new baseline: with room for the runs that it begins with."""
    if runs > MOST_RUNS:
        raise UsageError(f"a baseline holds at most {MOST_RUNS} runs, found {runs}")
    chosen = _merged(BaselineSettings() if before is None else before.settings, given)
    if chosen.keep >= runs:
        return chosen
    if given is not None and "keep" in given.model_fields_set:
        raise UsageError(f"--keep {chosen.keep}: expected at least the {runs} runs that are given")
    return chosen.model_copy(update={"keep": runs})


def _with_settings(baseline: Baseline, given: BaselineSettings | None) -> Baseline:
    return baseline.model_copy(update={"settings": _merged(baseline.settings, given)})


def _merged(settings: BaselineSettings, given: BaselineSettings | None) -> BaselineSettings:
    if given is None:
        return settings
    changed = {key: getattr(given, key) for key in given.model_fields_set}
    return settings.model_copy(update=changed)


def _refusal(
    name: str,
    store: BaselineStore,
    baseline: Baseline | None,
    refusals: tuple[Caveat, ...],
    comparison: Comparison | None,
) -> Acceptance:
    return Acceptance(
        baseline=baseline,
        name=name,
        store=store.location,
        accepted=(),
        dropped=(),
        refusals=refusals,
        forced=False,
        already=False,
        comparison=comparison,
        caveats=() if comparison is None else comparison.caveats,
    )


def _already(opened: OpenedBaseline) -> Acceptance:
    return Acceptance(
        baseline=opened.baseline,
        name=opened.baseline.name,
        store=opened.location,
        accepted=(),
        dropped=(),
        refusals=(),
        forced=False,
        already=True,
        comparison=None,
        caveats=(),
    )


def _acceptance(
    store: BaselineStore,
    before: Baseline | None,
    baseline: Baseline,
    joined: int,
    refusals: tuple[Caveat, ...],
    comparison: Comparison | None,
) -> Acceptance:
    held = {entry.folder for entry in baseline.recent}
    earlier = () if before is None else before.recent
    return Acceptance(
        baseline=baseline,
        name=baseline.name,
        store=store.location,
        accepted=baseline.recent[-joined:],
        dropped=tuple(entry.name for entry in earlier if entry.folder not in held),
        refusals=refusals,
        forced=bool(refusals),
        already=False,
        comparison=comparison,
        caveats=() if comparison is None else comparison.caveats,
    )


def _wait(attempt: int) -> None:
    """Let others go first: in a bucket, where there is no lock to wait for."""
    longest = min(0.01 * 2 ** min(attempt, 10), _LONGEST_WAIT_S)
    time.sleep(random.uniform(0, longest))  # noqa: S311  (spreads retries, guards nothing)
