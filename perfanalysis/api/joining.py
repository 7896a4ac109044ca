"""How runs get into a baseline: judged against it as it is at that moment, and then committed."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from perfanalysis.api.acceptances import accepting, already_held, refusing
from perfanalysis.api.candidates import Candidate, Terms, compared, entry_of, refusals_of
from perfanalysis.api.provenance import Origin, branch_of, environment_of
from perfanalysis.errors import BundleError, UsageError
from perfanalysis.model.baseline import (
    MOST_RUNS,
    Baseline,
    BaselineEntry,
    BaselineSettings,
    begun,
)
from perfanalysis.model.baseline_results import Acceptance
from perfanalysis.model.caveat import Caveat
from perfanalysis.store.baselines.store import BaselineStore, Snapshot

# A run is judged without the lock; whoever comes too late so often judges it under the lock.
_TRIES_WITHOUT_LOCK = 1
_MOST_TRIES = 100
_LONGEST_WAIT_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """Runs that begin a baseline, and what is known about them."""

    candidates: Sequence[Candidate]
    entries: tuple[BaselineEntry, ...]
    origin: Origin
    settings: BaselineSettings | None
    refusals: tuple[Caveat, ...]


@dataclass(frozen=True, kw_only=True)
class Joining:
    """A run that is to join a baseline, and how."""

    candidate: Candidate
    reason: str
    force: bool
    new_anchor: bool
    origin: Origin
    terms: Terms
    settings: BaselineSettings | None


def require_reason(reason: str | None) -> None:
    """Refuse a change that nobody will understand later.

    Raises:
        UsageError: there is no reason.
    """
    if not (reason or "").strip():
        raise UsageError(
            "expected a reason",
            hint="--reason TEXT: whoever reads the baseline in a year will want to know",
        )


def free_or_forced(store: BaselineStore, name: str, *, force: bool) -> Snapshot:
    """Return what is there under a name: nothing, unless it may be replaced.

    Raises:
        UsageError: the name is none, or taken.
        BundleError: a baseline is there and damaged; by force it can be replaced.
    """
    try:
        before = store.read(name)
    except BundleError:
        if not force:
            raise
        return Snapshot(baseline=None, version=store.version(name))
    if before.baseline is not None and not force:
        raise UsageError(
            f"baseline {name!r} is there already, in {store.location}",
            hint="perfanalysis baseline accept adds a run to it; --force --reason TEXT replaces it",
        )
    return before


def begin(store: BaselineStore, name: str, before: Snapshot, beginning: Beginning) -> Acceptance:
    """Store a baseline that begins with runs.

    Raises:
        UsageError: it was changed meanwhile, or cannot be written.
    """
    known, runs = before.baseline, [one.run for one in beginning.candidates]
    origin = beginning.origin
    baseline = begun(
        beginning.entries,
        name=name,
        environment=environment_of(runs, origin) or (known.environment if known else None),
        branch=branch_of(runs, origin) or (known.branch if known else None),
        settings=_with_room(len(runs), known, beginning.settings),
        before=known,
    )
    added = {one.folder: one.files for one in beginning.candidates}
    if not store.commit(baseline, version=before.version, added=added):
        raise UsageError(f"baseline {name!r} was changed meanwhile by another job")
    return accepting(store, known, baseline, beginning.refusals)


def join(store: BaselineStore, name: str, joining: Joining) -> Acceptance:
    """Let a run join a baseline, or refuse it; again, if the baseline has moved on meanwhile.

    Raises:
        UsageError: there is no such baseline, others change it all the time, or it cannot be
            written.
        InputError: the baseline cannot be read.
    """
    for attempt in range(_MOST_TRIES):
        under_lock = attempt >= _TRIES_WITHOUT_LOCK
        with store.exclusive(name) if under_lock else nullcontext():
            found = _attempt(store, name, joining)
        if found is not None:
            return found
        _wait(attempt)
    raise UsageError(
        f"baseline {name!r} was changed by other jobs {_MOST_TRIES} times while this one tried"
    )


def _attempt(store: BaselineStore, name: str, joining: Joining) -> Acceptance | None:
    """Judge a run against the baseline as it is; None where it was another one at the end."""
    opened, candidate = store.open(name), joining.candidate
    before = opened.baseline
    if before.holds(candidate.run.info.id):
        return already_held(store, before)
    comparison = compared(candidate, opened, joining.terms)
    refusals = refusals_of(candidate, before, joining.origin, comparison)
    if refusals and not joining.force:
        return refusing(store, name, before, refusals, comparison)
    entry = entry_of(candidate, joining.origin, joining.reason, refusals)
    changed = before.model_copy(update={"settings": _merged(before.settings, joining.settings)})
    after = changed.accepting(entry, new_anchor=joining.new_anchor)
    added = {candidate.folder: candidate.files}
    if not store.commit(after, version=opened.version, added=added):
        return None
    return accepting(store, before, after, refusals, comparison)


def _with_room(
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


def _merged(settings: BaselineSettings, given: BaselineSettings | None) -> BaselineSettings:
    if given is None:
        return settings
    return settings.model_copy(update={key: getattr(given, key) for key in given.model_fields_set})


def _wait(attempt: int) -> None:
    """Let others go first: in a bucket, where there is no lock to wait for."""
    longest = min(0.01 * 2 ** min(attempt, 10), _LONGEST_WAIT_S)
    time.sleep(random.uniform(0, longest))  # noqa: S311  (spreads retries, guards nothing)
