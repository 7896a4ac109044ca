"""Judged budgets in words, alike in every format. Nothing here is escaped: callers escape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfanalysis.model.budget_results import BudgetResult, Check
from perfanalysis.model.outcome import Outcome
from perfanalysis.reports import wording
from perfanalysis.reports.escape import shortened
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import listed, translated
from perfanalysis.reports.numbers import counted, format_ratio, localized_quantity
from perfanalysis.reports.words import count_word, word
from perfanalysis.units import format_change, format_quantity, format_share

_ORDER = (Outcome.BROKEN, Outcome.UNDECIDED, Outcome.MET)
_SIGNS = {"max": "≤", "min": "≥", "equal": "=", "unequal": "≠"}
_LONGEST_SOURCE = 100
_LONGEST_UNIT = 12  # units of series come from result files


def by_importance(results: Iterable[BudgetResult]) -> list[BudgetResult]:
    """Return budgets with what matters first: broken, undecided, met; then the least left."""
    return sorted(
        results,
        key=lambda result: (
            _ORDER.index(result.outcome),
            result.level != "error",
            float("inf") if (left := left_of(result)) is None else left,
        ),
    )


def left_of(result: BudgetResult) -> float | None:
    """Return what is left: of the failures that are allowed, where some are, else of the limit."""
    return result.headroom if result.error_budget_left is None else result.error_budget_left


def outcome_counts(results: Sequence[BudgetResult]) -> str:
    """Return how many budgets had which outcome: `1 broken, 1 undecided, 3 met of 5 budgets`."""
    return counted(
        "{outcomes} of {num} budget",
        "{outcomes} of {num} budgets",
        len(results),
        outcomes=counts_text(results),
    )


def counts_text(results: Sequence[BudgetResult]) -> str:
    """Return how many budgets had which outcome: `1 broken, 11 met`."""
    counts = [(sum(r.outcome is outcome for r in results), outcome) for outcome in _ORDER]
    return listed(count_word(count, word(outcome)) for count, outcome in counts if count)


def outcome_text(result: BudgetResult) -> str:
    """Return the outcome, and whether it leaves the gate alone: `broken, warns`."""
    if result.level == "warn" and result.outcome is not Outcome.MET:
        return _("{outcome}, warns").format(outcome=word(result.outcome))
    return word(result.outcome)


def headline(check: Check) -> str:
    """Return the outcome of a check and why, in one line."""
    return _("{outcome}: {counts}").format(
        outcome=word(check.outcome), counts=outcome_counts(check.results)
    )


def name_text(result: BudgetResult) -> str:
    """Return what a budget was judged on; nothing for a series, which has no name.

    Tags stand behind it: `checkout {region:eu}`.
    """
    tags = ",".join(f"{key}:{value}" for key, value in result.tags)
    name = "" if result.name is None else wording.name_text(result.name)
    return shortened(f"{name} {{{tags}}}".strip() if tags else name, wording.LONGEST_NAME)


def value_text(result: BudgetResult, value: float | None) -> str:
    """Return a value in the way of its budget: `480 ms`, `99.95 %`, `+10.2 %`, `+0.5 pp`."""
    if value is None:
        return wording.NONE
    if result.relative:
        return wording.size_text(value, result.metric, sign=True)
    figure = _figure(result, value)
    return localized_quantity(_bare(figure) if result.unit == "" else figure)


def _figure(result: BudgetResult, value: float) -> str:
    if result.unit == "ratio" and value > 0.9:
        return format_share(value)
    return format_quantity(value, shortened(result.unit, _LONGEST_UNIT))


def limit_text(result: BudgetResult) -> str:
    """Return the limit with its side and duration: `≤ 500 ms`, `≥ 100 /s for 10 s`."""
    if result.limit is None:
        return wording.NONE
    limit = f"{_SIGNS[result.bound]} {amount_text(result, result.limit)}"
    if result.for_s is None:
        return limit
    return _("{limit} for {seconds} s").format(limit=limit, seconds=f"{result.for_s:g}")


def amount_text(result: BudgetResult, amount: float) -> str:
    """Return a limit, which people wrote with no more digits than they meant: `500 ms`."""
    if result.relative and wording.is_difference(result.metric):
        return value_text(result, amount)
    figure = format_change(amount) if result.relative else _figure(result, amount)
    number, space, unit = figure.partition(" ")
    return localized_quantity(f"{_bare(number)}{space}{unit}")


def interval_text(result: BudgetResult) -> str:
    """Return the interval of the value; an open end is said in words."""
    ends = [
        None if end is None else value_text(result, end) for end in (result.ci_low, result.ci_high)
    ]
    low, high = ends
    if low is not None and high is not None:
        number, _space, unit = low.partition(" ")
        low = number if high.endswith(f" {unit}") else low  # the unit is said once
    return wording.range_text(low, high)


def left_text(result: BudgetResult) -> str:
    """Return what is left of a budget: of the limit, or of the failures that are allowed."""
    left = left_of(result)
    return wording.NONE if left is None else f"{'-' if left < 0 else ''}{format_ratio(abs(left))}"


def source_text(result: BudgetResult) -> str:
    """Return the budget as written, and where: `latency.p95: limit 500 ms (budget.yml:3)`."""
    place = result.file or _("declared in the run")
    if result.file is not None and result.line is not None:
        place = f"{result.file}:{result.line}"
    return f"{shortened(result.source, _LONGEST_SOURCE)} ({place})"


def told(results: Iterable[BudgetResult]) -> list[str]:
    """Return the sentence of every budget that is not simply met, with where it stands."""
    return [
        f"{translated(result.message)} [{source_text(result)}]"
        for result in by_importance(results)
        if result.outcome is not Outcome.MET
    ]


def _bare(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
