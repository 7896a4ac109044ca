"""What a baseline is: its runs roll, its anchor stays, its rules are checked."""

from __future__ import annotations

from datetime import timedelta

import pydantic
import pytest

from perfanalysis.model.baseline import (
    MOST_EVENTS,
    Baseline,
    BaselineEntry,
    BaselineSettings,
    MetricRule,
    begun,
)
from tests.store.baselines.made_runs import NOON


def entry(number, **changed):
    made = BaselineEntry(
        number=1,
        folder=f"{number:016x}.run",
        run=f"{number:012x}",
        name=f"run-{number}",
        started_at=None,
        accepted_at=NOON + timedelta(days=number),
        accepted_by="jane",
        commit=None,
        reason=f"reason {number}",
        forced=(),
        recent=True,
        anchor=True,
    )
    return made.model_copy(update=changed)


def baseline(runs=1, **settings):
    """A baseline of `runs` runs that were accepted one after the other."""
    found = begun(
        (entry(1),),
        name="main",
        environment="staging",
        branch="main",
        settings=BaselineSettings(**settings),
        before=None,
    )
    for number in range(2, runs + 1):
        found = found.accepting(entry(number), new_anchor=False)
    return found


def numbers(entries):
    return [entry.number for entry in entries]


def test_a_new_baseline_is_its_own_anchor():
    begun_one = baseline()
    assert numbers(begun_one.recent) == numbers(begun_one.anchor) == [1]
    assert begun_one.accepted == 1
    assert begun_one.history[0].action == "save"


def test_only_the_last_runs_are_kept_and_the_first_stay_as_the_anchor():
    grown = baseline(runs=9, keep=3)
    assert numbers(grown.recent) == [7, 8, 9]
    assert numbers(grown.anchor) == [1, 2, 3]
    assert numbers(grown.entries) == [1, 2, 3, 7, 8, 9]
    assert grown.accepted == 9


def test_a_dropped_run_leaves_who_accepted_it_when_and_why():
    grown = baseline(runs=5, keep=1)
    assert [event.dropped for event in grown.history] == [
        (),
        *((f"{number:012x}",) for number in range(1, 5)),
    ]
    third = grown.history[2]
    assert (third.runs, third.by, third.reason) == ((f"{3:012x}",), "jane", "reason 3")
    assert third.at == NOON + timedelta(days=3)


def test_a_forced_run_never_joins_the_anchor():
    grown = baseline(keep=3).accepting(entry(2, forced=("regressed",)), new_anchor=False)
    assert numbers(grown.recent) == [1, 2]
    assert numbers(grown.anchor) == [1]
    assert grown.history[-1].forced == ("regressed",)


def test_a_new_anchor_is_what_the_baseline_then_holds():
    moved = baseline(runs=9, keep=3).accepting(entry(10), new_anchor=True)
    assert numbers(moved.anchor) == numbers(moved.recent) == [8, 9, 10]
    assert numbers(moved.entries) == [8, 9, 10]
    assert moved.history[-1].new_anchor


def test_a_run_of_the_anchor_may_come_again():
    grown = baseline(runs=9, keep=3).accepting(entry(2), new_anchor=False)
    assert numbers(grown.recent) == [8, 9, 10]
    assert numbers(grown.anchor) == [1, 3, 10]
    assert grown.entries[-1].run == f"{2:012x}"


def test_keeping_fewer_drops_the_older_ones():
    shrunk = baseline(runs=5, keep=5)
    shrunk = shrunk.model_copy(update={"settings": BaselineSettings(keep=2)})
    shrunk = shrunk.accepting(entry(6), new_anchor=False)
    assert numbers(shrunk.recent) == [5, 6]
    assert shrunk.history[-1].dropped == tuple(f"{number:012x}" for number in (1, 2, 3, 4))


def test_the_history_is_bounded_and_counts_what_is_no_longer_listed():
    grown = baseline(runs=MOST_EVENTS + 30, keep=1)
    assert len(grown.history) == MOST_EVENTS
    assert grown.earlier_events == 30
    assert grown.accepted == MOST_EVENTS + 30


def test_a_baseline_that_begins_anew_goes_on_counting_and_keeps_its_history():
    before = baseline(runs=3)
    anew = begun(
        (entry(7, reason="a new machine"), entry(8, reason="a new machine")),
        name="main",
        environment="staging",
        branch="main",
        settings=before.settings,
        before=before,
    )
    assert numbers(anew.entries) == [4, 5]
    assert anew.accepted == 5
    assert len(anew.history) == 4
    assert anew.history[-1].dropped == tuple(f"{number:012x}" for number in (1, 2, 3))


def test_what_is_written_is_read_again():
    grown = baseline(runs=9, keep=3)
    assert Baseline.model_validate_json(grown.model_dump_json(by_alias=True)) == grown


def test_the_day_of_a_run_is_when_it_was_made_or_else_accepted():
    assert entry(1).day == NOON + timedelta(days=1)
    assert entry(1, started_at=NOON).day == NOON


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entries": ()}, "at least 1 item"),
        ({"entries": (entry(1, recent=False).model_dump(),)}, "at least one entry that is recent"),
        ({"entries": (entry(1).model_dump(),) * 2}, "each folder once"),
        ({"entries": (entry(1).model_dump() | {"folder": "../x"},)}, "match pattern"),
        ({"accepted": -1}, "greater than or equal to 0"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused(change, message):
    document = baseline().model_dump(by_alias=True)
    with pytest.raises(pydantic.ValidationError, match=message):
        Baseline.model_validate(document | change)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"metric": "latancy.p95", "tolerance": 0.1}, "did you mean 'latency.p95'"),
        ({"metric": "latency.p95"}, "expected a tolerance, better or level"),
        ({"metric": "latency.p95", "tolerance": "soon"}, "expected a ratio such as '5%'"),
        ({"metric": "latency.p95", "tolerance": -0.1}, "greater than or equal to 0"),
        ({"metric": "latency.p95", "level": "panic"}, "'warn' or 'error'"),
        ({"metric": "latency.p95", "better": "faster"}, "'lower' or 'higher'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        MetricRule.model_validate(rule)


def test_a_tolerance_is_written_as_people_write_it():
    assert (
        MetricRule.model_validate({"metric": "latency.p99", "tolerance": "10 %"}).tolerance == 0.1
    )


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"metric": "latency.p99"}, True),
        ({"metric": "latency.*"}, True),
        ({"metric": "*", "name": "api/*"}, True),
        ({"metric": "latency.p9[59]", "name": "api/?earch"}, True),
        ({"metric": "latency.p95"}, False),
        ({"metric": "latency.p99", "name": "shop/*"}, False),
    ],
)
def test_a_rule_is_about_the_metrics_and_names_that_its_globs_match(rule, fits):
    made = MetricRule.model_validate({**rule, "tolerance": 0.1})
    assert made.fits("api/search", "latency.p99") is fits
