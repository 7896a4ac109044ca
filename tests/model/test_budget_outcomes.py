"""What several budgets amount to, for a reader and for a gate."""

from __future__ import annotations

import pytest

from perfanalysis.model.budget_results import (
    NO_BASELINE,
    NO_DATA,
    NOT_UNDERSTOOD,
    SPANS_LIMIT,
    BudgetResult,
    gate_outcome,
    overall_outcome,
)
from perfanalysis.model.outcome import Outcome

MET, BROKEN, UNDECIDED = Outcome.MET, Outcome.BROKEN, Outcome.UNDECIDED


def result(outcome, *, level="error", reason=None):
    known = dict.fromkeys(BudgetResult.__dataclass_fields__)
    return BudgetResult(**known | {"outcome": outcome, "level": level, "reason": reason})


MET_ONE = result(MET)
BROKEN_ONE = result(BROKEN)
WARNING = result(BROKEN, level="warn")
OPEN = result(UNDECIDED, reason=SPANS_LIMIT)
OPEN_WARNING = result(UNDECIDED, level="warn", reason=SPANS_LIMIT)
MISSING = result(UNDECIDED, reason=NO_DATA)
MISSING_WARNING = result(UNDECIDED, level="warn", reason=NO_DATA)
STRANGE = result(UNDECIDED, reason=NOT_UNDERSTOOD)
WITHOUT_BASELINE = result(UNDECIDED, reason=NO_BASELINE)


@pytest.mark.parametrize(
    ("results", "overall", "gate", "strict"),
    [
        ([MET_ONE], MET, MET, MET),
        ([MET_ONE, BROKEN_ONE], BROKEN, BROKEN, BROKEN),
        ([MET_ONE, WARNING], MET, MET, MET),
        ([WARNING], MET, MET, MET),
        ([MET_ONE, OPEN], UNDECIDED, MET, UNDECIDED),
        ([MET_ONE, OPEN_WARNING], MET, MET, MET),
        ([MET_ONE, MISSING], UNDECIDED, UNDECIDED, UNDECIDED),
        ([MET_ONE, MISSING_WARNING], MET, MET, MET),
        ([MET_ONE, STRANGE], UNDECIDED, UNDECIDED, UNDECIDED),
        ([MET_ONE, WITHOUT_BASELINE], UNDECIDED, MET, UNDECIDED),
        ([WITHOUT_BASELINE], UNDECIDED, UNDECIDED, UNDECIDED),
        ([OPEN], UNDECIDED, UNDECIDED, UNDECIDED),
        ([OPEN_WARNING], UNDECIDED, UNDECIDED, UNDECIDED),
        ([BROKEN_ONE, MISSING], BROKEN, BROKEN, BROKEN),
        ([], UNDECIDED, UNDECIDED, UNDECIDED),
    ],
)
def test_missing_data_never_pass_and_warnings_never_fail(results, overall, gate, strict):
    assert overall_outcome(results) is overall
    assert gate_outcome(results, strict=False) is gate
    assert gate_outcome(results, strict=True) is strict


def test_only_a_broken_budget_of_level_error_fails_by_itself():
    assert [r.fails for r in (BROKEN_ONE, WARNING, OPEN, MET_ONE)] == [True, False, False, False]
