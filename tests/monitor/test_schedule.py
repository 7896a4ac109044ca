"""When readings are due."""

from __future__ import annotations

from perfanalysis.monitor.schedule import Ticks


def test_readings_that_take_some_time_do_not_move_the_schedule():
    ticks = Ticks(start=10.0, interval_s=0.1)
    for _ in range(1000):
        ticks.advance(now=ticks.due + 0.09)
    assert ticks.due == 110.0
    assert ticks.skipped == 0


def test_reading_that_takes_longer_than_the_interval_skips_what_it_missed():
    ticks = Ticks(start=10.0, interval_s=1.0)
    assert ticks.advance(now=13.5) == 3
    assert ticks.due == 14.0
    assert ticks.advance(now=14.2) == 0
    assert ticks.due == 15.0
    assert ticks.skipped == 3


def test_reading_that_ends_just_when_the_next_is_due_misses_that_one():
    ticks = Ticks(start=0.0, interval_s=1.0)
    assert ticks.advance(now=1.0) == 1
    assert ticks.due == 2.0


def test_a_clock_that_has_not_moved_still_goes_to_the_next_time():
    ticks = Ticks(start=5.0, interval_s=1.0)
    assert [ticks.advance(now=5.0) for _ in range(3)] == [0, 0, 0]
    assert ticks.due == 8.0
