from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.errors import UsageError
from perfanalysis.model.budget_results import SPANS_LIMIT
from perfanalysis.model.gate import Gate
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Verdict
from perfanalysis.publish.findings import Findings
from perfanalysis.reports.markdown import Framing


def test_a_comparison_and_a_check_are_told_together_and_nothing_twice(
    quiet, broken_check, make_budget
):
    # The two see the same figure by different methods.
    own = replace(quiet, budgets=(make_budget(value=58.1, message="seen otherwise"),))
    found = Findings.of(own, broken_check, strict=False)
    assert [budget.name for budget in found.budgets] == ["search", "cart"]
    assert (found.gate, found.verdict, found.judged) == (Gate.FAILED, "unchanged", 3)
    assert found.markdown(Framing()).startswith(
        "### ❌ Performance: 1 budget broken (1 unchanged)\n"
    )


def test_a_check_alone_is_told_in_its_own_words(broken_check):
    found = Findings.of(None, broken_check, strict=False)
    assert (found.gate, found.verdict, found.judged) == (Gate.FAILED, "broken", 2)
    assert (found.regressions, len(found.violations)) == ((), 1)
    assert "Judged: base" in found.markdown(Framing())


def test_nothing_to_publish_is_wrong_usage():
    with pytest.raises(UsageError, match="nothing to publish"):
        Findings.of(None, None, strict=False)


def test_what_does_not_gate_is_no_regression(comparison):
    found = Findings.of(comparison, None, strict=False)
    assert [result.name for result in found.regressions] == ["checkout", "search"]


@pytest.mark.parametrize(
    ("verdict", "gate"),
    [
        (Verdict.REGRESSED, Gate.FAILED),
        (Verdict.UNDECIDED, Gate.NO_VERDICT),
        (Verdict.NOT_REGRESSED, Gate.PASSED),
        (Verdict.IMPROVED, Gate.PASSED),
        (Verdict.UNCHANGED, Gate.PASSED),
    ],
)
def test_the_gate_follows_the_verdict(quiet, verdict, gate):
    found = Findings.of(replace(quiet, verdict=verdict), None, strict=False)
    assert (found.gate, found.is_problem) == (gate, gate is not Gate.PASSED)


def test_an_undecided_budget_is_a_problem_only_when_strict(quiet, make_budget):
    budgets = (
        make_budget(outcome=Outcome.UNDECIDED, reason=SPANS_LIMIT),
        make_budget(outcome=Outcome.MET),
    )
    unsure = replace(quiet, budgets=budgets)
    assert not Findings.of(unsure, None, strict=False).is_problem
    assert Findings.of(unsure, None, strict=True).gate is Gate.NO_VERDICT


def test_a_budget_that_only_warns_is_no_problem(quiet, make_budget):
    warned = replace(quiet, budgets=(make_budget(level="warn"),))
    found = Findings.of(warned, None, strict=False)
    assert (found.is_problem, found.violations) == (False, [])
