"""Which runs may join a baseline."""

from __future__ import annotations

import pytest

from perfanalysis.analysis.baselines.admission import elsewhere, invalid, not_passing, unlike
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.run import Threshold
from perfanalysis.store.bundle import Schedule
from tests.store.baselines.made_runs import make_run


def codes(found):
    return [caveat.code for caveat in found]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("made"), "base")


def changed(run, **facts):
    other = run.called(run.info.name)
    other.info = run.info.model_copy(update=facts)
    return other


def counts(run, **facts):
    return changed(run, counts=run.info.counts.model_copy(update=facts))


def test_a_plain_run_is_valid(base):
    assert invalid(base) == []


def test_a_run_without_requests_is_not(base):
    (found,) = invalid(counts(base, requests=0))
    assert found.code == "no-requests"
    assert found.message == "'base' has no requests"


def test_a_monitor_s_trace_alone_is_not(fixtures):
    from perfanalysis import api

    assert codes(invalid(api.load(fixtures / "psutil/base.json"))) == ["no-requests"]


@pytest.mark.parametrize(("rejected", "expected"), [(0, []), (1, ["rejected-rows"])])
def test_more_than_one_rejected_row_in_a_thousand_is_too_many(base, rejected, expected):
    assert codes(invalid(counts(base, rejected_rows=rejected))) == expected


def test_a_few_rejected_rows_of_many_are_tolerated(base):
    assert invalid(counts(base, requests=10_000, rejected_rows=10)) == []


@pytest.mark.parametrize("code", ["cut-last-line", "truncated-archive"])
def test_a_run_whose_end_is_missing_is_not_valid(base, code):
    cut = changed(base, caveats=(Caveat(code=code, message="load.jtl: line 9 was cut short"),))
    (found,) = invalid(cut)
    assert found.code == "incomplete-run"
    assert "load.jtl: line 9 was cut short" in found.message


def test_other_caveats_of_an_import_do_no_harm(base):
    told = Caveat(code="assumed-timezone", message="times are taken for UTC")
    assert invalid(changed(base, caveats=(told,))) == []


def test_a_run_that_mostly_failed_is_not_valid(base):
    assert codes(invalid(counts(base, failures=121))) == ["mostly-failures"]
    assert invalid(counts(base, failures=120)) == []


def test_a_run_that_did_not_make_its_load_is_not_valid(base):
    late = base.called("late")
    late.schedule = lambda: Schedule(requests=240, due_s=10.0, started_s=12.0)
    (found,) = invalid(late)
    assert found.code == "load-not-reached"
    assert "83.3 % of the load" in found.message


def test_a_run_that_broke_its_own_threshold_is_not_valid(base):
    broken = Threshold(metric="http_req_duration", expression="p(95)<100")
    met = Threshold(metric="http_req_duration", expression="p(95)<1000")
    (found,) = invalid(changed(base, thresholds=(met, broken)))
    assert found.code == "broken-threshold"
    assert "http_req_duration: p(95)<100: broken" in found.message


def test_everything_that_speaks_against_a_run_is_told(base):
    bad = counts(base, failures=200, rejected_rows=60)
    bad = changed(
        bad, thresholds=(Threshold(metric="http_req_failed", expression="rate<0.1", passed=False),)
    )
    assert codes(invalid(bad))[:2] == ["rejected-rows", "mostly-failures"]


def test_runs_under_one_load_make_a_baseline(tmp_path):
    assert unlike([make_run(tmp_path, f"base-{i}", seed=i) for i in (1, 2, 3)]) == []


def test_runs_under_different_loads_do_not(tmp_path):
    runs = [make_run(tmp_path, "short"), make_run(tmp_path, "long", n=600)]
    assert "different-durations" in codes(unlike(runs))


def test_the_same_run_twice_shows_no_noise(base):
    found = unlike([base, base.called("copy")])
    assert codes(found) == ["same-run"]


@pytest.mark.parametrize(
    ("given", "expected", "found"),
    [
        ("main", "main", []),
        (None, "main", []),
        ("main", None, []),
        ("feature/x", "main", ["other-branch"]),
    ],
)
def test_another_branch_speaks_against_a_run_only_where_both_are_known(given, expected, found):
    told = elsewhere(
        {"environment": None, "branch": given}, {"environment": "ci", "branch": expected}, "load"
    )
    assert codes(told) == found


def test_another_environment_is_named():
    (found,) = elsewhere(
        {"environment": "production", "branch": None},
        {"environment": "staging", "branch": "main"},
        "load",
    )
    assert found.code == "other-environment"
    assert found.message == ("'load' is of environment 'production', the baseline of 'staging'")


def compared(tmp_path, **changes):
    base = make_run(tmp_path, "base")
    current = make_run(tmp_path, "current", **{"seed": 2, **changes})
    return compare_runs([current], [base], settings=Settings(warmup="none"))


def test_an_unchanged_run_passes(tmp_path):
    assert not_passing(compared(tmp_path)) == []


def test_a_slower_run_does_not_pass_and_the_reason_is_that_of_the_comparison(tmp_path):
    comparison = compared(tmp_path, factor=1.5)
    found = not_passing(comparison)
    assert set(codes(found)) == {"regressed"}
    assert [caveat.message for caveat in found] == list(comparison.reasons)


def test_a_run_that_is_not_comparable_does_not_pass(tmp_path):
    found = not_passing(compared(tmp_path, n=600))
    assert set(codes(found)) == {"no-verdict"}
    assert "not comparable" in found[0].message


def test_a_run_without_a_name_of_the_baseline_does_not_pass(tmp_path):
    base = make_run(tmp_path, "base", names=("search", "checkout"))
    current = make_run(tmp_path, "current", names=("search", "basket"))
    found = not_passing(compare_runs([current], [base], settings=Settings(warmup="none")))
    assert codes(found) == ["no-verdict"]
    assert "'checkout' is missing" in found[0].message
