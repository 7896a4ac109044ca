from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from perfanalysis.model.results import Severity, Verdict
from perfanalysis.reports import wording
from perfanalysis.reports.times import timestamp


def test_result_sentence_holds_values_change_interval_and_verdict(results):
    assert wording.result_sentence(results["regressed"]) == (
        "search latency.p95: 48.1 ms -> 57.9 ms, +20.3 % "
        "(95 % interval +12.1 % to +29.2 %), regressed, major"
    )


def test_error_rate_changes_are_percentage_points(results):
    assert wording.result_sentence(results["errors"]) == (
        "checkout error_rate: 0.5 % -> 0.93 %, +0.43 pp "
        "(95 % interval +0.21 pp to +0.66 pp), regressed, critical"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0043, "+0.43 pp"),
        (-0.0043, "-0.43 pp"),
        (0.123, "+12 pp"),
        (0.00002, "+0.002 pp"),
        (1e-12, "0 pp"),
        (-1e-12, "0 pp"),
        (0.0, "0 pp"),
    ],
)
def test_percentage_points_have_two_digits(value, text):
    assert wording.size_text(value, "error_rate", sign=True) == text


def test_open_ends_of_an_interval_are_said_in_words(make_result):
    assert wording.interval_text(make_result(ci_high=None)) == "at least +12.1 %"
    assert wording.interval_text(make_result(ci_low=None)) == "at most +29.2 %"
    assert wording.interval_text(make_result(ci_low=None, ci_high=None)) == "–"


def test_a_result_without_change_or_interval_says_so(make_result):
    result = make_result(
        baseline=0.0,
        change=None,
        ci_low=None,
        ci_high=None,
        verdict=Verdict.UNDECIDED,
        severity=Severity.NONE,
    )
    assert wording.result_sentence(result) == (
        "search latency.p95: 0 ms -> 57.9 ms, – (no interval), undecided"
    )


def test_a_regression_that_does_not_gate_is_marked(make_result):
    assert wording.verdict_text(make_result(gate=False)) == "regressed, major, not gating"
    assert wording.verdict_text(make_result()) == "regressed, major"


def test_tilde_stands_where_the_interval_includes_no_change(make_result):
    result = make_result(verdict=Verdict.UNCHANGED, change=0.012, ci_low=-0.01, ci_high=0.02)
    assert wording.change_or_tilde(result, 0.05) == "~"
    assert wording.change_or_tilde(replace(result, ci_low=0.001), 0.05) == "+1.2 %"
    assert wording.change_or_tilde(replace(result, ci_high=-0.001), 0.05) == "+1.2 %"
    assert wording.change_or_tilde(replace(result, ci_low=0.001, ci_high=None), 0.05) == "+1.2 %"


def test_a_change_significant_only_alone_is_shown(make_result):
    result = make_result(verdict=Verdict.UNDECIDED, ci_low=0.052, ci_high=0.28, p_adjusted=0.2)
    assert wording.change_or_tilde(result, 0.05) == "+20.3 %"


def test_without_interval_the_p_value_decides_over_the_tilde(make_result):
    result = make_result(verdict=Verdict.UNCHANGED, ci_low=None, ci_high=None, p_adjusted=0.06)
    assert wording.change_or_tilde(result, 0.05) == "~"
    assert wording.change_or_tilde(replace(result, p_adjusted=None), 0.05) == "~"
    assert wording.change_or_tilde(replace(result, p_adjusted=0.05), 0.05) == "+20.3 %"


def test_a_judged_change_is_always_shown(make_result):
    assert wording.change_or_tilde(make_result(ci_low=None, ci_high=None), 0.0) == "+20.3 %"


def test_tilde_of_an_undecided_result_tells_what_could_hide(make_result):
    undecided = make_result(verdict=Verdict.UNDECIDED, ci_low=-0.02)
    assert wording.change_or_tilde(undecided, 0.05) == "~<8 %"
    assert wording.change_or_tilde(replace(undecided, detectable_change=None), 0.05) == "~<∞"
    errors = replace(undecided, metric="error_rate", detectable_change=0.002)
    assert wording.change_or_tilde(errors, 0.05) == "~<0.2 pp"


def test_order_is_verdict_then_gate_then_severity_then_name(make_result):
    shuffled = [
        make_result(name="e", verdict=Verdict.UNCHANGED, severity=Severity.NONE),
        make_result(name="c", verdict=Verdict.UNDECIDED, severity=Severity.NONE),
        make_result(name="b", severity=Severity.CRITICAL, gate=False),
        make_result(name="d", verdict=Verdict.IMPROVED),
        make_result(name="a2", severity=Severity.MINOR),
        make_result(name="a1", severity=Severity.CRITICAL),
        make_result(name="a0", severity=Severity.CRITICAL),
    ]
    ordered = [result.name for result in wording.by_importance(shuffled)]
    assert ordered == ["a0", "a1", "a2", "b", "c", "d", "e"]


def test_headline_gives_three_reasons_and_counts_the_rest(comparison):
    long = replace(comparison, reasons=("one", "two", "three", "four", "five"))
    assert wording.headline(long) == "regressed: one; two; three; and 2 more"


def test_headline_without_reasons_still_explains(comparison):
    unchanged = replace(comparison, verdict=Verdict.UNCHANGED, reasons=())
    assert wording.headline(unchanged) == (
        "unchanged: every judged result lies within its tolerance"
    )


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_words_of_its_own(comparison, verdict):
    words = wording.headline(replace(comparison, verdict=verdict, reasons=()))
    assert words.startswith(f"{verdict}: ")


def test_direction_names_both_sides(comparison):
    assert wording.direction(comparison) == (
        "current slow (1 run, started 2026-01-01T00:10:00Z) "
        "against baseline base (1 run, started 2026-01-01T00:00:00Z)"
    )


def test_a_side_of_several_runs_names_them_and_the_first_start(make_run):
    runs = [
        make_run(name="b", started_at=datetime(2026, 1, 2, tzinfo=UTC)),
        make_run(name="a", started_at=datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        make_run(name="b", started_at=None),
    ]
    assert wording.side(runs) == "b, a (3 runs, first started 2026-01-01T00:00:00Z)"


def test_a_side_of_many_names_counts_the_rest(make_run):
    runs = [make_run(name=f"r{number}", started_at=None) for number in range(5)]
    assert wording.side(runs) == "r0, r1, r2 and 2 more (5 runs, start unknown)"


def test_times_of_other_zones_become_utc():
    moment = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=1)))
    assert timestamp(moment) == "2026-01-01T00:00:00Z"


def test_only_undecided_results_around_zero_hide_a_change(make_result):
    undecided = make_result(verdict=Verdict.UNDECIDED, ci_low=-0.02)
    assert wording.hidden_change(undecided, 0.05) == "a change of up to 8 % could hide"
    unlimited = replace(undecided, detectable_change=None)
    assert wording.hidden_change(unlimited, 0.05) == "a change of any size could hide"
    assert wording.hidden_change(replace(undecided, ci_low=0.01), 0.05) is None
    assert wording.hidden_change(replace(undecided, verdict=Verdict.UNCHANGED), 0.05) is None


def test_intervals_of_different_confidence_get_no_common_heading(make_result):
    assert wording.interval_heading([make_result()]) == "95 % interval"
    assert wording.interval_heading([make_result(), make_result(confidence=0.99)]) == "interval"


def test_what_would_decide_is_runs_or_a_tolerance_for_undecided_results_only(
    make_result,
):
    needing = make_result(verdict=Verdict.UNDECIDED, runs_needed=8, tolerance_needed=0.13)
    assert wording.remedy(needing) == "8 runs a side, or a tolerance of 13 %"
    hopeless = replace(needing, runs_needed=None, tolerance_needed=0.9)
    assert wording.remedy(hopeless) == "a tolerance of 90 %"
    decided = replace(needing, verdict=Verdict.UNCHANGED)
    assert wording.remedy(decided) is None
    assert wording.remedies([needing, decided]) == [
        f"{needing.metric}: {needing.name} 8 runs a side, or a tolerance of 13 %"
    ]
