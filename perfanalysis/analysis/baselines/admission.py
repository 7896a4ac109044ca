"""Whether a run may join a baseline: it must be valid, and not worse than what is there.

What speaks against it is a code and a sentence. All of it may be overridden by force, which the
baseline then tells of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfanalysis.analysis.comparable import MOSTLY_FAILED, loads_of, obstacles
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.load import Load
from perfanalysis.analysis.same_load import load_not_reached
from perfanalysis.analysis.thresholds import judge_thresholds
from perfanalysis.model.budget_results import NO_DATA, NOT_UNDERSTOOD, BudgetResult
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Comparison, Verdict
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run
from perfanalysis.units import format_ratio

# Bad rows are tolerated one file at a time; what is kept for months should hardly have any.
MOST_REJECTED = 0.001
# Caveats of an import that say: the end of the run is missing.
_CUT_SHORT = ("cut-last-line", "truncated-archive")


def invalid(run: Run) -> list[Caveat]:
    """Return what speaks against a run by itself; nothing for a valid one."""
    if not run.info.counts.requests:
        message = phrase("{run} has no requests", run=repr(run.info.name))
        return [Caveat(code="no-requests", message=message)]
    found = [*_cut_short(run), *_rejected(run), *_failed(run)]
    late = load_not_reached([Load(RunEvidence(run), "this")])
    if late is not None:
        found.append(late)
    broken = [t for t in judge_thresholds(run) if t.outcome is Outcome.BROKEN]
    return [*found, *(Caveat(code="broken-threshold", message=t.message) for t in broken)]


def unlike(runs: Sequence[Run]) -> list[Caveat]:
    """Return what speaks against runs as one baseline: they are not comparable, or the same."""
    first, *others = runs
    if not others:
        return []
    found = obstacles(loads_of([RunEvidence(run) for run in others], [RunEvidence(first)]))
    ids = [run.info.id for run in runs]
    for run in runs:
        if ids.count(run.info.id) > 1:
            message = phrase(
                "{run} is given more than once: a copy shows no noise", run=repr(run.info.name)
            )
            return [*found, Caveat(code="same-run", message=message)]
    return found


def elsewhere(
    given: dict[str, str | None], expected: dict[str, str | None], run: str
) -> list[Caveat]:
    """Return which of environment and branch differ, as far as both are known.

    Args:
        given: of the run, by `environment` and `branch`.
        expected: of the baseline.
        run: the run's name.
    """
    return [
        Caveat(code=f"other-{what}", message=_other(what, repr(run), repr(value), repr(other)))
        for what, value in given.items()
        if value is not None and (other := expected[what]) is not None and value != other
    ]


def _other(what: str, run: str, value: str, other: str) -> str:
    values = {"run": run, "value": value, "other": other}
    if what == "branch":
        return phrase("{run} is of branch {value}, the baseline of {other}", **values)
    return phrase("{run} is of environment {value}, the baseline of {other}", **values)


def not_passing(comparison: Comparison) -> list[Caveat]:
    """Return what speaks against a run after comparing it with the baseline as it is."""
    if comparison.verdict is Verdict.REGRESSED:
        code = "regressed"
    elif comparison.verdict is Verdict.UNDECIDED:
        code = "no-verdict"
    else:
        return []
    return [Caveat(code=code, message=reason) for reason in comparison.reasons]


def over_budget(budgets: Iterable[BudgetResult]) -> list[Caveat]:
    """Return which budgets a run does not meet: broken ones, and those that it cannot show.

    A value whose interval spans its limit is let through, as it is by the gate.
    """
    found = []
    for budget in budgets:
        if budget.fails:
            found.append(Caveat(code="broken-budget", message=budget.message))
        elif budget.level == "error" and budget.reason in (NO_DATA, NOT_UNDERSTOOD):
            found.append(Caveat(code="undecided-budget", message=budget.message))
    return found


def _cut_short(run: Run) -> Iterable[Caveat]:
    for caveat in run.info.caveats:
        if caveat.code in _CUT_SHORT:
            message = phrase(
                "{run} is not complete: {problem}",
                run=repr(run.info.name),
                problem=caveat.message,
            )
            yield Caveat(code="incomplete-run", message=message)


def _rejected(run: Run) -> Iterable[Caveat]:
    counts = run.info.counts
    share = counts.rejected_rows / (counts.rejected_rows + counts.requests)
    if share > MOST_REJECTED:
        message = phrase(
            "{rows} rows of {run} were rejected, {share}; at most {limit} are tolerated here",
            rows=counts.rejected_rows,
            run=repr(run.info.name),
            share=format_ratio(share),
            limit=format_ratio(MOST_REJECTED),
        )
        yield Caveat(code="rejected-rows", message=message)


def _failed(run: Run) -> Iterable[Caveat]:
    counts = run.info.counts
    share = counts.failures / counts.requests
    if share > MOSTLY_FAILED:
        message = phrase(
            "{share} of the requests of {run} failed",
            share=format_ratio(share),
            run=repr(run.info.name),
        )
        yield Caveat(code="mostly-failures", message=message)
