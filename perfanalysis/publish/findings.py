"""Findings: what is published, a comparison or judged budgets or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perfanalysis.errors import UsageError
from perfanalysis.model.budget_results import BudgetResult, Check
from perfanalysis.model.gate import Gate, gate_of
from perfanalysis.model.results import Comparison, Result, Verdict
from perfanalysis.reports import wording
from perfanalysis.reports.markdown import Framing, check_markdown, comparison_markdown


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a pipeline found; at least one of the two is there.

    Attributes:
        comparison: with its own budgets and those of the check.
        check: judged budgets, where there is no comparison.
        strict: undecided budgets are no pass.
    """

    comparison: Comparison | None
    check: Check | None
    strict: bool

    @classmethod
    def of(cls, comparison: Comparison | None, check: Check | None, *, strict: bool) -> Findings:
        """Join a comparison and a check; a budget that both judged counts as the comparison has it.

        Raises:
            UsageError: there is neither.
        """
        if comparison is None and check is None:
            raise UsageError("nothing to publish", hint="--comparison FILE or --budget-result FILE")
        if comparison is None or check is None:
            return cls(comparison=comparison, check=check, strict=strict)
        judged = {_identity(budget) for budget in comparison.budgets}
        added = tuple(budget for budget in check.results if _identity(budget) not in judged)
        joined = replace(
            comparison,
            budgets=(*comparison.budgets, *added),
            caveats=tuple(dict.fromkeys((*comparison.caveats, *check.caveats))),
        )
        return cls(comparison=joined, check=None, strict=strict)

    @property
    def budgets(self) -> Sequence[BudgetResult]:
        """All judged budgets."""
        if self.comparison is not None:
            return self.comparison.budgets
        return () if self.check is None else self.check.results

    @property
    def regressions(self) -> Sequence[Result]:
        """Results that fail the gate, the worst first."""
        if self.comparison is None:
            return ()
        ordered = wording.by_importance(self.comparison.results)
        return [r for r in ordered if r.gate and r.verdict is Verdict.REGRESSED]

    @property
    def violations(self) -> Sequence[BudgetResult]:
        """Budgets that fail the gate."""
        return [budget for budget in self.budgets if budget.fails]

    @property
    def gate(self) -> Gate:
        """Whether the pipeline goes on."""
        verdict = None if self.comparison is None else self.comparison.verdict
        return gate_of(verdict, self.budgets, strict=self.strict)

    @property
    def is_problem(self) -> bool:
        """Whether there is something to speak of: a failed gate, or no verdict."""
        return self.gate is not Gate.PASSED

    @property
    def verdict(self) -> str:
        """The word of the contract: of the comparison, else the outcome of the budgets."""
        if self.comparison is not None:
            return str(self.comparison.verdict)
        return "" if self.check is None else str(self.check.outcome)

    @property
    def judged(self) -> int:
        """How many results and budgets were judged."""
        results = 0 if self.comparison is None else self.comparison.judged
        return results + len(self.budgets)

    def markdown(self, framing: Framing) -> str:
        """Return the findings as Markdown of bounded size."""
        framing = replace(framing, strict=self.strict)
        if self.comparison is not None:
            return comparison_markdown(self.comparison, framing)
        assert self.check is not None  # noqa: S101  (`of` sees to it)
        return check_markdown(self.check, framing)


def _identity(budget: BudgetResult) -> tuple[object, ...]:
    """Return what a budget demands of what, whatever was found."""
    demanded = (budget.bound, budget.limit, budget.for_s, budget.relative, budget.level)
    written = (budget.source, budget.file, budget.line)
    return budget.metric, budget.name, budget.tags, *written, *demanded
