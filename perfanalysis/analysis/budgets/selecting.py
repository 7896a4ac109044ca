"""Which names, tags and series a budget means; what is not there, and was probably misspelt.

A word of a budget file that fits nothing is an error: silently, it would never be broken. What
monitors and other tools may or may not have recorded is no misspelling: it is missing data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from perfanalysis.analysis.budgets.figures import K6_METRICS, OUR_FIGURES, suggestion
from perfanalysis.analysis.budgets.k6_form import unknown_k6_metric
from perfanalysis.analysis.budgets.observing import Observed, Selection
from perfanalysis.analysis.evidence import ALL_REQUESTS
from perfanalysis.errors import ConfigError
from perfanalysis.model.budget import Budget
from perfanalysis.model.requests import Kind
from perfanalysis.phrases import phrase

# What the importers of monitors call their series.
_MONITORED = ("system.", "process.", "container.", "postgres.")


@dataclass(frozen=True, kw_only=True)
class Target:
    """A budget on one selection of requests, or on a series.

    Attributes:
        missing: why there is nothing to judge, in a sentence; None where there should be.
    """

    budget: Budget
    selection: Selection
    missing: str | None


def targets_of(
    budget: Budget, runs: Sequence[Observed], baseline: Sequence[Observed] = ()
) -> list[Target]:
    """Return what a budget is judged on: every name that its glob fits, or all requests together.

    Args:
        budget: of a file, or declared by the run.
        runs: what is judged, at least one.
        baseline: a name that is there is no misspelling.

    Raises:
        ConfigError: a budget file names a metric, name, tag or series that is not there.
    """
    if budget.figure.series is not None:
        return [_series_target(budget, budget.figure.series, runs)]
    if not any(names for run in runs for names in run.names.values()):
        return [_target(budget, None, phrase("the runs hold no requests"))]
    if budget.name is None:
        names: list[str | None] = [None]
    else:
        found = _named(budget, runs)
        if not found:
            return [_unnamed(budget, budget.name, runs, baseline)]
        names = [*found]
    return _tagged(budget, names, runs)


def _target(budget: Budget, name: str | None, missing: str | None = None) -> Target:
    selection = Selection(kind=budget.kind, name=name, tags=budget.tags)
    return Target(budget=budget, selection=selection, missing=missing)


def _named(budget: Budget, runs: Sequence[Observed]) -> list[str]:
    known = {name for run in runs for name in run.names[budget.kind]}
    if budget.exact_name:
        return [budget.name] if budget.name in known else []
    return sorted(name for name in known if fnmatchcase(name, budget.name or "*"))


def _unnamed(
    budget: Budget, name: str, runs: Sequence[Observed], baseline: Sequence[Observed]
) -> Target:
    """Return a budget on a name that no run has: gone since the baseline, or misspelt."""
    if baseline and _named(budget, baseline):
        message = phrase("{name} is in the baseline and absent now", name=repr(name))
        return _target(budget, name, message)
    known = {found for run in runs for found in run.names[budget.kind]}
    if known <= {ALL_REQUESTS}:
        message = phrase("the source tells of no single {kind} by name", kind=_kind(budget))
        return _target(budget, name, message)
    nothing = phrase("the runs hold no {kind} called {name}", kind=_kind(budget), name=repr(name))
    if budget.file is None:
        return _target(budget, name, nothing)
    for kind in (Kind.REQUEST, Kind.TRANSACTION, Kind.ITERATION):
        if any(fnmatchcase(other, name) for run in runs for other in run.names[kind]):
            hint = f"there is a {kind} of that name: add 'kind: {kind}'"
            raise ConfigError(f"{budget.where}: {nothing}", hint=hint)
    where = f"{budget.where}: no {budget.kind} is called {name!r}"
    raise ConfigError(f"{where}; {suggestion(name, known)}")


def _kind(budget: Budget) -> str:
    match budget.kind:
        case Kind.TRANSACTION:
            return phrase("transaction")
        case Kind.ITERATION:
            return phrase("iteration")
        case Kind.CHECK:
            return phrase("check")
        case _:
            return phrase("request")


def _tagged(budget: Budget, names: Sequence[str | None], runs: Sequence[Observed]) -> list[Target]:
    """Return the names that have requests with the tags of a budget."""
    if not budget.tags:
        return [_target(budget, name) for name in names]
    rows = [run for run in runs if run.has_rows]
    if not rows:
        message = phrase("tags are known of single requests only, and the runs hold none")
        return [_target(budget, name, message) for name in names]
    chosen = [
        target
        for target in (_target(budget, name) for name in names)
        if any(run.selects(target.selection) for run in rows)
    ]
    if chosen:
        return chosen
    written = ",".join(f"{key}:{value}" for key, value in budget.tags)
    nothing = phrase("no request has the tags {tags}", tags=f"{{{written}}}")
    if budget.file is None:
        return [_target(budget, name, nothing) for name in names]
    raise ConfigError(f"{budget.where}: {nothing}; {_tag_suggestion(budget, names, rows)}")


def _tag_suggestion(budget: Budget, names: Sequence[str | None], rows: Sequence[Observed]) -> str:
    keys = {key for run in rows for key in run.tag_keys()}
    for key, value in budget.tags:
        if key == "expected_response":
            continue
        if key not in keys:
            return f"{key!r} is no tag; {suggestion(key, keys)}"
        values = {
            found
            for run in rows
            for name in names
            for found in run.tag_values(key, Selection(kind=budget.kind, name=name, tags=()))
        }
        if value not in values:
            return f"of {key!r}, {suggestion(value, values)}"
    return "each of them is there, but never all together"


def _series_target(budget: Budget, series: str, runs: Sequence[Observed]) -> Target:
    known = {name for run in runs for name in run.series}
    selection = Selection(kind=budget.kind, name=None, tags=budget.tags)
    if series in known:
        if budget.tags and all(run.sample(budget.figure, selection) is None for run in runs):
            written = ",".join(f"{key}:{value}" for key, value in budget.tags)
            message = phrase(
                "no value of {series} has the tags {tags}",
                series=repr(series),
                tags=f"{{{written}}}",
            )
            return _absent(budget, selection, message)
        return Target(budget=budget, selection=selection, missing=None)
    message = phrase("the runs hold no series {series}", series=repr(series))
    prefix = next((p for p in _MONITORED if series.startswith(p)), None)
    recorded = prefix is not None and any(name.startswith(prefix) for name in known)
    own = budget.figure.k6 and series in K6_METRICS
    if budget.file is None or own or (prefix is not None and not recorded):
        return Target(budget=budget, selection=selection, missing=message)
    return _absent(budget, selection, _unknown_series(budget, series, known))


def _unknown_series(budget: Budget, series: str, known: set[str]) -> str:
    if budget.figure.k6:
        return unknown_k6_metric(series, known)
    key = budget.figure.key
    suffix = key.removeprefix(series)
    figures = {*OUR_FIGURES, *(f"{name}{suffix}" for name in known)}
    return f"{key!r} is no metric; {suggestion(key, figures)}"


def _absent(budget: Budget, selection: Selection, message: str) -> Target:
    if budget.file is not None:
        raise ConfigError(f"{budget.where}: {message}")
    return Target(budget=budget, selection=selection, missing=message)
