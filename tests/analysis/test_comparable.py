"""Whether runs may be compared at all."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from perfanalysis import api
from perfanalysis.analysis.comparable import cautions, loads_of, obstacles
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.load import Load
from perfanalysis.model.results import Severity, Verdict
from perfanalysis.model.run import Environment


@pytest.fixture
def shop(rows_run, load_of, lognormal):
    """A run of `n` requests of search and as many of browse."""

    def make(*, n=1500, seconds=30.0, search_ms=50.0, search_n=None, seed=1, ok=True, **known):
        count = n if search_n is None else search_n
        return rows_run(
            load_of("search", lognormal(search_ms, 0.4, count, seed), seconds=seconds, ok=ok),
            load_of("browse", lognormal(20.0, 0.4, n, seed + 1), seconds=seconds, ok=ok),
            **known,
        )

    return make


def evidence(*runs):
    return [RunEvidence(run) for run in runs]


def found(current, baseline, of=obstacles):
    sides = [side if isinstance(side, list) else [side] for side in (current, baseline)]
    return {c.code: c.message for c in of(loads_of(*(evidence(*side) for side in sides)))}


def test_like_runs_meet_no_obstacle(shop):
    assert found([shop(seed=2), shop(seed=3)], [shop(), shop(seed=4)]) == {}


def test_what_is_not_comparable_has_no_verdict_but_its_figures_and_the_cause(shop):
    result = compare_runs(
        [shop(search_ms=100.0, tool="locust")], [shop()], settings=Settings(strict=True)
    )
    assert result.verdict is Verdict.UNDECIDED
    (cause,) = [c.message for c in result.caveats if c.code == "different-tools"]
    assert result.reasons == (f"not comparable: {cause}",)
    (median,) = [r for r in result.results if (r.name, r.metric) == ("search", "latency.p50")]
    assert median.change == pytest.approx(1.0, abs=0.05)
    assert {r.verdict for r in result.results} == {Verdict.UNDECIDED}
    assert {r.severity for r in result.results} == {Severity.NONE}
    assert {(r.runs_needed, r.tolerance_needed) for r in result.results} == {(None, None)}
    assert all("not-comparable" in {c.code for c in r.caveats} for r in result.results)


def test_force_judges_all_the_same_and_says_so(shop):
    sides = [shop(search_ms=100.0, tool="locust")], [shop()]
    result = compare_runs(*sides, settings=Settings(force=True))
    assert result.verdict is Verdict.REGRESSED
    assert {"forced", "different-tools"} <= {c.code for c in result.caveats}
    assert "forced" not in {c.code for c in compare_runs(*sides, settings=Settings()).caveats}


def test_force_says_nothing_where_it_was_not_needed(shop):
    result = compare_runs([shop(seed=5)], [shop()], settings=Settings(force=True))
    assert "forced" not in {c.code for c in result.caveats}


def test_tools_machines_and_processors_must_agree_where_they_are_known(shop):
    large, small = Environment(host_class="large"), Environment(host_class="small")
    assert found(shop(environment=large), shop(environment=large)) == {}
    assert found(shop(environment=large), shop()) == {}
    told = found(shop(environment=large, name="a"), shop(environment=small, name="b"))
    assert told == {
        "different-machines": "the machine is small of baseline run 'b' and large of current "
        "run 'a'"
    }
    two, four = Environment(cpu_count=2), Environment(cpu_count=4)
    assert set(found(shop(environment=two), shop(environment=four))) == {"different-machines"}


def test_one_run_of_many_is_enough(shop):
    odd = shop(environment=Environment(cpu_count=64))
    even = [shop(environment=Environment(cpu_count=2)) for _ in range(2)]
    assert set(found([even[0], odd], even)) == {"different-machines"}


def test_a_run_that_lasted_less_than_half_is_no_match(shop):
    short = shop(n=600, seconds=12.0, name="a")
    assert found(short, shop(name="b")) == {
        "different-durations": "current run 'a' lasted 12.0 s, baseline run 'b' 30.1 s"
    }
    assert found(shop(n=900, seconds=18.0), shop()) == {}


def test_a_fixed_number_of_requests_may_take_longer(shop):
    assert found(shop(search_ms=160.0, seconds=75.0), shop()) == {}


@pytest.mark.parametrize("share", [0.03, 0.5])
def test_fewer_requests_at_the_same_latency_are_another_load(shop, share):
    told = found(shop(n=int(1500 * share), name="a"), shop(name="b"))
    assert set(told) == {"different-load"}
    assert told["different-load"].startswith("current run 'a' made ")
    assert "and slower answers do not explain it" in told["different-load"]


def test_fewer_requests_because_answers_are_slower_are_none(rows_run, load_of, lognormal):
    """Eight users who wait three times as long: a closed model."""
    baseline = rows_run(load_of("a", lognormal(50.0, 0.4, 4800), seconds=30.0))
    current = rows_run(load_of("a", lognormal(150.0, 0.4, 1600), seconds=30.0))
    assert found(current, baseline) == {}
    assert found(baseline, current) == {}


def test_slow_failures_explain_fewer_requests_as_well(rows_run, load_of, lognormal):
    baseline = rows_run(load_of("a", lognormal(50.0, 0.4, 4800), seconds=30.0))
    timeouts = [
        load_of("a", lognormal(50.0, 0.4, 960), seconds=30.0),
        load_of("a", np.full(40, 5000.0), seconds=30.0, ok=False),
    ]
    assert found(rows_run(*timeouts), baseline) == {}


def test_a_new_name_adds_requests_and_is_no_obstacle(rows_run, load_of, shop):
    more = rows_run(
        load_of("search", np.linspace(40, 60, 1500), seconds=30.0),
        load_of("browse", np.linspace(15, 25, 1500), seconds=30.0),
        load_of("new", np.linspace(15, 25, 4500), seconds=30.0),
    )
    assert found(more, shop()) == {}


def test_other_shares_of_requests_are_another_mix(shop):
    told = found(shop(n=2000, search_n=1000), shop())
    assert told == {
        "different-mix": "the mix of requests differs: 'search' is 33.3 % of the current requests "
        "and 50 % of the baseline's"
    }
    assert found(shop(n=1550, search_n=1450), shop()) == {}


def test_a_slow_name_is_asked_for_less_where_scenarios_run_side_by_side(shop):
    assert found(shop(search_n=500, search_ms=150.0), shop()) == {}


def test_few_requests_do_not_tell_a_mix(rows_run, load_of):
    def run(n, m):
        return rows_run(load_of("a", np.full(n, 10.0)), load_of("b", np.full(m, 10.0)))

    assert found(run(13, 7), run(10, 10)) == {}


def users(series_of, values):
    return [series_of("vus", values)]


def test_the_number_of_users_must_agree(shop, series_of):
    eight, sixteen = (users(series_of, [n] * 30) for n in (8, 16))
    told = found(shop(series=sixteen, n=1900, name="a"), shop(series=eight, name="b"))
    assert told == {
        "different-load": "baseline run 'b' had up to 8 users, current run 'a' up to 16"
    }
    assert found(shop(series=eight), shop(series=eight)) == {}
    assert found(shop(series=eight), shop()) == {}


def test_a_last_user_may_be_missing(shop, series_of):
    ramps = [users(series_of, list(range(top))) for top in (5, 6)]
    assert found(shop(series=ramps[0]), shop(series=ramps[1])) == {}


def test_users_that_come_and_go_otherwise_are_another_load(shop, series_of):
    steady, ramp = users(series_of, [20] * 30), users(series_of, np.linspace(0, 20, 30))
    told = found(shop(series=ramp), shop(series=steady))
    assert set(told) == {"different-load"}
    assert "came and went differently" in told["different-load"]


def test_users_of_an_open_model_follow_and_are_no_obstacle(shop, series_of):
    few, many = users(series_of, [5] * 30), users(series_of, [5] * 15 + [10] * 15)
    slower = shop(series=many, search_ms=90.0)
    assert found(slower, shop(series=few)) == {}
    told = found(slower, shop(series=few), of=cautions)
    assert "up to 5 users" in told["different-users"]


def dropped(series_of, made, lost):
    return [
        series_of("iterations", [1.0] * made, kind="counter", step_s=30 / made),
        series_of("dropped_iterations", [lost], kind="counter"),
    ]


def test_a_load_that_was_not_reached_is_none(shop, series_of):
    short = shop(series=dropped(series_of, 900, 100.0), name="a")
    told = found(short, shop())
    assert set(told) == {"load-not-reached"}
    assert "current run 'a' made 90 % of the load" in told["load-not-reached"]
    enough = shop(series=dropped(series_of, 970, 30.0))
    assert found(enough, enough) == {}
    assert "97 % of it was made" in found(enough, enough, of=cautions)["open-model"]


def scheduled(load_of, latencies, due_s):
    """Requests made over 30 s that were due over `due_s`."""
    n = len(latencies)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    due = [start + timedelta(seconds=due_s * i / n) for i in range(n)]
    return load_of("a", latencies, seconds=30.0, scheduled_at=due)


def test_a_schedule_that_requests_fall_behind_was_not_reached(rows_run, load_of, lognormal):
    latencies = lognormal(50.0, 0.4, 1500)
    timely, late = (rows_run(scheduled(load_of, latencies, due_s)) for due_s in (30.0, 20.0))
    assert found(timely, timely) == {}
    told = found(late, timely)
    assert set(told) == {"load-not-reached", "different-load"}
    assert "made 66.7 % of the load" in told["load-not-reached"]
    assert "was to make 49.9 requests or iterations a second" in told["different-load"]
    assert told["different-load"].endswith(" 74.9")


def test_another_offered_rate_is_another_load_although_latencies_rise(rows_run, load_of, lognormal):
    slow, fast = (
        rows_run(scheduled(load_of, lognormal(ms, 0.4, n), 30.0))
        for ms, n in ((50.0, 1500), (75.0, 2250))
    )
    assert set(found(fast, slow)) == {"different-load"}


def test_other_clients_or_data_of_pgbench_are_another_load(shop):
    four, eight = ({"pgbench.clients": n, "pgbench.threads": n} for n in ("4", "8"))
    assert found(shop(tags=eight, name="a"), shop(tags=four, name="b")) == {
        "different-load": "pgbench.clients is 4 of baseline run 'b' and 8 of current run 'a'"
    }
    assert found(shop(tags={"branch": "x"}), shop(tags={"branch": "y"})) == {}


def test_latencies_of_the_few_that_did_not_fail_are_not_judged(shop):
    ill = shop(ok=np.arange(1500) % 10 < 4, name="a")
    told = found(ill, shop(name="b"))
    assert told == {
        "mostly-failures": "60 % of the requests of current run 'a' failed, 0 % of those of "
        "baseline run 'b': its latencies are those of the few that did not"
    }
    assert found(ill, ill) == {}
    assert found(shop(ok=np.arange(1500) % 10 < 6), shop()) == {}


def test_a_busy_machine_is_said_and_forbids_nothing(shop, series_of):
    busy, idle = ([series_of("system.cpu", [percent] * 30)] for percent in (99.0, 60.0))
    assert found(shop(series=idle), shop(series=idle), of=cautions) == {}
    assert "99 % busy" in found(shop(series=busy), shop(series=idle), of=cautions)["busy-machine"]
    assert found(shop(series=busy), shop(series=idle)) == {}


def test_runs_of_other_names_are_compared_by_all_their_requests(rows_run, load_of, lognormal):
    old = rows_run(load_of("v1.sql", lognormal(20.0, 0.4, 3000), seconds=30.0))
    new = rows_run(load_of("v2.sql", lognormal(20.0, 0.4, 90), seconds=30.0))
    assert set(found(new, old)) == {"different-load"}


def test_runs_without_any_request_meet_no_check_that_fails(rows_run, series_of):
    trace = rows_run(series=[series_of("system.cpu", [50.0] * 10)])
    assert found(trace, trace) == {}


def test_failures_that_are_quick_leave_survivors(rows_run, load_of, lognormal):
    def run(failing, failed_ms):
        good, bad = lognormal(50.0, 0.4, 3000 - failing), np.full(failing, failed_ms)
        return rows_run(load_of("pay", good), load_of("pay", bad, ok=False))

    def codes(current, baseline):
        caveats = compare_runs([current], [baseline], settings=Settings()).caveats
        return {c.code: c.message for c in caveats}

    well = run(3, 50.0)
    told = codes(run(300, 2.0), well)["survivorship"]
    assert "'pay' failed more often in the current runs, mostly by quick refusals" in told
    assert "(2.00 ms, successes " in told
    late = codes(well, run(300, 9000.0))["survivorship"]
    assert "failed more often in the baseline runs, mostly by late failures" in late
    assert "survivorship" not in codes(run(300, 50.0), well)
    assert "survivorship" not in codes(run(4, 2.0), well)


def test_each_name_is_told_of_its_own_survivors(rows_run, load_of, lognormal):
    def run(failing):
        parts = []
        for name, failed_ms in (("pay", 2.0), ("ship", 9000.0)):
            good, bad = lognormal(50.0, 0.4, 3000 - failing), np.full(failing, failed_ms)
            parts += [load_of(name, good), load_of(name, bad, ok=False)]
        return rows_run(*parts)

    caveats = compare_runs([run(300)], [run(3)], settings=Settings()).caveats
    quick, late = (c.message for c in caveats if c.code == "survivorship")
    assert quick.startswith("'pay' failed more often in the current runs, mostly by quick")
    assert late.startswith("'ship' failed more often in the current runs, mostly by late")


def pairs_of(*patterns):
    return [pytest.param(pattern, id=pattern) for pattern in patterns]


@pytest.mark.parametrize(
    "pattern",
    pairs_of(
        "demo/{}.json.xz",
        "jmeter/{}.csv.jtl",
        "jmeter/{}.xml.jtl",
        "jmeter/{}.statistics.json",
        "k6/{}.json.gz",
        "k6/{}.csv.gz",
        "k6/{}.summary.json",
        "locust/{}_stats.csv",
        "locust/{}-short.json",
        "pgbench/{}",
    ),
)
def test_real_slower_runs_are_comparable(fixtures, pattern):
    current, baseline = (api.load(fixtures / pattern.format(side)) for side in ("slow", "base"))
    assert found(current, baseline) == {}


def test_real_runs_of_other_loads_are_not(fixtures):
    rate, base = (api.load(fixtures / "pgbench" / name) for name in ("rate", "base"))
    assert "different-load" in found(rate, base)
    k6, jmeter = (api.load(fixtures / name) for name in ("k6/base.csv.gz", "jmeter/base.csv.jtl"))
    assert "different-tools" in found(k6, jmeter)


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "runs"), [("truth", 22), ("pgbench-aa", 26)])
def test_no_two_real_runs_of_one_test_are_called_different(shared, folder, runs):
    loaded = evidence(*(api.load(path) for path in sorted((shared / "data" / folder).iterdir())))
    loads = {side: [Load(run, side) for run in loaded] for side in ("current", "baseline")}
    assert len(loaded) == runs
    pairs = itertools.combinations(range(runs), 2)
    told = [obstacles([loads["baseline"][i], loads["current"][j]]) for i, j in pairs]
    assert [one for one in told if one] == []
