"""What became of runs that were to join a baseline."""

from __future__ import annotations

from perfanalysis.model.baseline import Baseline
from perfanalysis.model.baseline_results import Acceptance
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison
from perfanalysis.store.baselines.store import BaselineStore


def refusing(
    store: BaselineStore,
    name: str,
    baseline: Baseline | None,
    refusals: tuple[Caveat, ...],
    comparison: Comparison | None = None,
) -> Acceptance:
    """Return that runs did not join, and why; None for a baseline that was not begun."""
    return _made(store, name, baseline, refusals=refusals, comparison=comparison)


def already_held(store: BaselineStore, baseline: Baseline) -> Acceptance:
    """Return that a run had joined before."""
    return _made(store, baseline.name, baseline, already=True)


def accepting(
    store: BaselineStore,
    before: Baseline | None,
    after: Baseline,
    refusals: tuple[Caveat, ...],
    comparison: Comparison | None = None,
) -> Acceptance:
    """Return that runs joined: what a baseline was before, and is now.

    Args:
        store: where it lies.
        before: None for one that began.
        after: as it was committed.
        refusals: what was overridden.
        comparison: with the baseline as it was before.
    """
    return _made(
        store,
        after.name,
        after,
        before=before,
        refusals=refusals,
        comparison=comparison,
        joined=True,
    )


def _made(
    store: BaselineStore,
    name: str,
    baseline: Baseline | None,
    *,
    before: Baseline | None = None,
    refusals: tuple[Caveat, ...] = (),
    comparison: Comparison | None = None,
    joined: bool = False,
    already: bool = False,
) -> Acceptance:
    recent = baseline.recent if baseline is not None and joined else ()
    first = 0 if before is None else before.accepted
    earlier = before.recent if before is not None else ()
    held = {entry.folder for entry in recent}
    return Acceptance(
        baseline=baseline,
        name=name,
        store=store.location,
        accepted=tuple(entry for entry in recent if entry.number > first),
        dropped=tuple(entry.name for entry in earlier if entry.folder not in held),
        refusals=refusals,
        forced=joined and bool(refusals),
        already=already,
        comparison=comparison,
        caveats=() if comparison is None else comparison.caveats,
    )
