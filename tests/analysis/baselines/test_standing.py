"""What a comparison with a stored baseline tells about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from perfanalysis.analysis.baselines.standing import age_days, old_baseline, standing
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.baseline import MetricRule
from perfanalysis.model.run import Environment
from tests.store.baselines.made_runs import NOON, baseline_of, make_run

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def told(tmp_path):
    """Compare a run with a baseline of one run; return the caveats about the baseline."""

    def call(base=None, current=None, *, rules=(), baseline=None, now=NOON):
        before = make_run(tmp_path, "base", **(base or {}))
        after = make_run(tmp_path, "current", seed=2, **(current or {}))
        comparison = compare_runs([after], [before], settings=Settings(warmup="none"))
        stored = baseline_of(before).model_copy(update=baseline or {})
        return standing(comparison, stored, now=now, rules=rules)

    return call


def codes(found):
    return [caveat.code for caveat in found]


def test_a_fresh_baseline_of_the_same_machine_has_nothing_to_tell(told):
    assert told() == []


@pytest.mark.parametrize(("days", "expected"), [(29, []), (31, ["old-baseline"])])
def test_age_is_counted_from_the_newest_run_to_the_current_one(told, days, expected):
    assert codes(told(current={"day": days})) == expected


def test_an_old_baseline_says_how_old_and_what_the_limit_is(told):
    (found,) = told(current={"day": 120})
    assert "120 days old (its newest run is of 2026-01-01, the limit is 30 days)" in found.message


def test_two_old_runs_compare_alike_for_ever(told):
    assert told(now=datetime(2036, 1, 1, tzinfo=UTC)) == []


def test_where_the_current_run_has_no_time_the_clock_stands_in(tmp_path):
    before, after = (make_run(tmp_path, name) for name in ("base", "current"))
    comparison = compare_runs([after], [before], settings=Settings(warmup="none"))
    timeless = replace(
        comparison,
        current=(comparison.current[0].model_copy(update={"started_at": None}),),
    )
    later = NEW_YEAR + timedelta(days=40)
    assert codes(standing(timeless, baseline_of(before), now=later)) == ["old-baseline"]
    assert standing(timeless, baseline_of(before), now=NOON) == []


def test_the_limit_is_the_baseline_s_own(tmp_path):
    stored = baseline_of(make_run(tmp_path, "base"), max_age_days=7)
    assert old_baseline(stored, NEW_YEAR + timedelta(days=6.9)) is None
    assert old_baseline(stored, NEW_YEAR + timedelta(days=7.1)).code == "old-baseline"


def test_a_baseline_from_the_future_is_not_old(tmp_path):
    stored = baseline_of(make_run(tmp_path, "base", day=10))
    assert age_days(stored.recent, NEW_YEAR) == 0.0


def test_another_processor_or_system_is_told(told):
    found = told(
        base={"environment": Environment(cpu_model="EPYC 7763", os="Linux 6.8")},
        current={"environment": Environment(cpu_model="Xeon 8370C", os="Linux 6.11")},
    )
    assert codes(found) == ["other-machine", "other-machine"]
    assert "processor is Xeon 8370C of the current runs and EPYC 7763" in found[0].message
    assert "operating system is Linux 6.11" in found[1].message


def test_a_machine_that_nobody_described_is_no_other_one(told):
    assert told(current={"environment": Environment(cpu_model="Xeon 8370C")}) == []


def test_another_environment_is_told(told):
    found = told(
        current={"tags": {"environment": "production"}}, baseline={"environment": "staging"}
    )
    assert codes(found) == ["other-environment"]
    assert (
        told(current={"tags": {"environment": "staging"}}, baseline={"environment": "staging"})
        == []
    )


def test_names_without_a_baseline_are_told(told):
    (found,) = told(current={"names": ("search", "basket", "api/new")})
    assert found.code == "uncovered-names"
    assert found.message == (
        "2 of the current names have no baseline and are not judged: 'api/new', 'basket'"
    )


def test_many_names_without_a_baseline_are_counted(told):
    (found,) = told(current={"names": ("search", *(f"new-{i:02}" for i in range(40)))})
    assert found.message.startswith("40 of the current names")
    assert found.message.endswith("'new-04' and 35 more")


def test_rules_that_were_applied_are_told(told):
    rules = (
        MetricRule(metric="latency.p95", tolerance=0.1, level="warn"),
        MetricRule(metric="latency.p50", name="checkout", tolerance=0.2),
    )
    (found,) = told(rules=rules)
    assert found.code == "stored-rules"
    assert found.message == "as stored with the baseline: latency.p95 tolerance 10 %, level warn"
