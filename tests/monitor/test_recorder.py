"""All sources together: none stops or delays another, and every loss is told."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.chunks import Facts, Rows
from perfanalysis.model.series import SeriesKind
from perfanalysis.monitor import reader, recorder
from perfanalysis.monitor.reader import Inbox
from perfanalysis.monitor.recorder import Recorder
from perfanalysis.monitor.source import ReadingError, Sampled, Source, SourceEndedError
from perfanalysis.store.conform import SCHEMAS, conform
from perfanalysis.traces.series_entry import Point, entry_of_points

FAST_S = 0.01


def sampled(metric, value=1.0, numbers=1):
    point = Point(metric, value, None, SeriesKind.GAUGE, {})
    return Sampled(entry=entry_of_points([point]), numbers=numbers, left_out=0, unreadable=())


class Steady(Source):
    """Answers at once; `reached` is set after a number of readings."""

    def __init__(self, label="steady", wanted=5, interval_s=FAST_S):
        super().__init__()
        self.label = label
        self.interval_s = interval_s
        self.times = []
        self.closed = False
        self.reached = threading.Event()
        self._wanted = wanted

    def read(self):
        self.times.append(datetime.now(UTC))
        if len(self.times) == self._wanted:
            self.reached.set()
        return sampled(f"{self.label}.value", float(len(self.times)))

    def close(self):
        self.closed = True


class Failing(Steady):
    def __init__(self, error, **known):
        super().__init__(**known)
        self._error = error

    def read(self):
        super().read()
        raise self._error


class Hanging(Steady):
    """Answers when it is interrupted, or never."""

    def __init__(self, *, can_be_interrupted, timeout_s=0.05, **known):
        super().__init__(**known)
        self.timeout_s = timeout_s
        self.released = threading.Event()
        self.hangs = threading.Event()
        self._can_be_interrupted = can_be_interrupted

    def read(self):
        super().read()
        self.hangs.set()
        self.released.wait()
        self.released.clear()
        raise OSError("interrupted")

    def interrupt(self):
        if self._can_be_interrupted:
            self.released.set()


class Recording:
    """What a recorder yielded in the end."""

    def __init__(self, chunks):
        chunks = list(chunks)
        self.chunks = chunks
        batches = [
            conform(chunk.batch, SCHEMAS["series"], origin="test")
            for chunk in chunks
            if isinstance(chunk, Rows)
        ]
        self.rows = pa.Table.from_batches(batches, schema=SCHEMAS["series"]).to_pylist()
        told = {chunk.code: chunk.message for chunk in chunks if isinstance(chunk, Caveat)}
        # A busy machine skips readings of such short intervals.
        self.skipped = told.pop("monitor-skipped", None)
        self.caveats = told

    def values(self, metric):
        return [row["value"] for row in self.rows if row["metric"] == metric]


def recorded(*sources, until):
    recorder = Recorder(sources)
    recorder.start()
    try:
        assert until.wait(20)
    finally:
        recorder.stop()
    return Recording(recorder.chunks())


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Limits that a test can wait for."""
    monkeypatch.setattr(recorder, "_WATCH_INTERVAL_S", 0.01)
    monkeypatch.setattr(recorder, "_CLOSING_LIMIT_S", 0.05)
    monkeypatch.setattr(recorder, "_GRACE_S", 0.5)


def test_every_reading_becomes_rows_at_its_own_time_in_utc():
    source = Steady()
    done = recorded(source, until=source.reached)
    assert done.values("steady.value")[:5] == [1.0, 2.0, 3.0, 4.0, 5.0]
    rows = [row for row in done.rows if row["metric"] == "steady.value"]
    for row, read_at in zip(rows, source.times, strict=True):
        assert row["time"].tzinfo is not None
        assert 0 <= (read_at - row["time"]).total_seconds() < 1
    assert done.caveats == {}
    assert source.closed


def test_facts_tell_the_machine():
    source = Steady()
    done = recorded(source, until=source.reached)
    (facts,) = (chunk for chunk in done.chunks if isinstance(chunk, Facts))
    assert facts.environment.cpu_count >= 1
    assert facts.environment.os
    assert facts.tool is None


def test_a_source_that_fails_is_counted_and_stops_no_other():
    bad = Failing(ReadingError("it answers 500"), label="url shop")
    good = Steady(label="good", wanted=8)
    done = recorded(bad, good, until=good.reached)
    readings = len(bad.times)
    assert readings >= 5
    assert len(done.values("good.value")) >= 8
    assert done.caveats["monitor-failures"] == (
        f"url shop: {readings} of {readings} readings failed; the first: it answers 500"
    )
    assert sum(done.values("monitor.failures")) == readings
    failed = [row for row in done.rows if row["metric"] == "monitor.failures"]
    assert {dict(row["labels"])["source"] for row in failed} == {"url shop"}


@pytest.mark.parametrize(
    "error", [ValueError("bug pw=hunter2"), MemoryError(), RecursionError("deep"), KeyError("x")]
)
def test_even_a_bug_in_a_source_stops_no_other_and_tells_no_secret(error):
    bad, good = Failing(error), Steady(label="good", wanted=8)
    bad.secrets = ("hunter2",)
    done = recorded(bad, good, until=good.reached)
    assert f"the first: {type(error).__name__}" in done.caveats["monitor-failures"]
    assert "hunter2" not in done.caveats["monitor-failures"]
    assert len(done.values("good.value")) >= 8


def test_a_source_that_hangs_is_interrupted_and_delays_no_other():
    slow = Hanging(label="slow", can_be_interrupted=True, wanted=3)
    good = Steady(label="good", wanted=3)
    done = recorded(slow, good, until=slow.reached)
    assert "no complete answer within 0.05 s" in done.caveats["monitor-failures"]
    assert done.skipped is not None
    assert sum(done.values("monitor.skipped")) > 0
    # Had the slow source delayed it, the good one would have been read as rarely.
    assert len(good.times) > len(slow.times)


def test_a_source_that_cannot_be_interrupted_is_left_behind_and_told():
    stuck = Hanging(label="stuck", can_be_interrupted=False)
    good = Steady(label="good")
    done = recorded(stuck, good, until=good.reached)
    assert done.caveats["monitor-failures"] == (
        "stuck: 1 of 1 readings failed; the first: no answer when the monitor stopped"
    )
    stuck.released.set()


def test_a_source_that_ended_is_read_no_more_and_told():
    class Ending(Steady):
        def read(self):
            if len(self.times) == 2:
                self.reached.set()
                raise SourceEndedError("it has ended")
            return super().read()

    source = Ending(label="pid 1 (app)")
    done = recorded(source, until=source.reached)
    assert done.caveats == {"process-ended": "pid 1 (app): it has ended, after 2 readings"}
    assert len(done.values("pid 1 (app).value")) == 2
    assert source.closed


@pytest.mark.parametrize(("share", "readings"), [(0.0, 2), (0.25, 1)])
def test_a_last_reading_is_taken_unless_the_one_before_is_young(monkeypatch, share, readings):
    monkeypatch.setattr(reader, "_CLOSING_SHARE", share)
    source = Steady(wanted=1, interval_s=3600.0)
    recorded(source, until=source.reached)
    assert len(source.times) == readings


def test_incomplete_and_limited_readings_are_told():
    class Partial(Steady):
        def read(self):
            super().read()
            entry = entry_of_points([])
            return Sampled(entry=entry, numbers=0, left_out=12, unreadable=("disk: not permitted",))

    source = Partial(label="system")
    done = recorded(source, until=source.reached)
    n = len(source.times)
    assert done.caveats == {
        "monitor-incomplete": f"system: {n} of {n} readings were incomplete; the first: "
        "disk: not permitted",
        "monitor-limits": "system: up to 12 numbers or lines of a reading were left out: "
        "2000 numbers are kept, of bounded size and depth",
    }


def test_counters_that_began_anew_are_told():
    source = Steady()
    source.restarts["app.jobs_total"] = 2
    done = recorded(source, until=source.reached)
    assert "app.jobs_total (2x)" in done.caveats["counter-restart"]


def test_rows_are_fetched_while_it_runs_and_never_twice(monkeypatch):
    from perfanalysis.traces import series_points

    monkeypatch.setattr(series_points, "_BATCH_POINTS", 3)
    source = Steady(wanted=10)
    recording = Recorder([source])
    recording.start()
    assert source.reached.wait(20)
    early = Recording(recording.chunks())
    assert len(early.values("steady.value")) >= 7
    assert early.caveats == {}
    recording.stop()
    late = Recording(recording.chunks())
    numbers = early.values("steady.value") + late.values("steady.value")
    assert numbers == [float(n) for n in range(1, len(numbers) + 1)]
    assert list(recording.chunks()) == []


def test_a_source_may_be_added_while_it_runs():
    first, second = Steady(label="first"), Steady(label="second")
    recording = Recorder([first])
    recording.start()
    recording.add(second)
    assert second.reached.wait(20)
    recording.stop()
    assert len(Recording(recording.chunks()).values("second.value")) >= 5


def test_stopping_twice_is_stopping_once():
    source = Steady()
    recording = Recorder([source])
    recording.start()
    recording.stop()
    recording.stop()
    assert len(Recording(recording.chunks()).values("steady.value")) == len(source.times)


def test_readings_that_nobody_fetches_are_dropped_in_the_end_and_counted(monkeypatch):
    monkeypatch.setattr(reader, "_MAX_WAITING_NUMBERS", 10)
    source = Steady(wanted=20)
    done = recorded(source, until=source.reached)
    assert len(done.rows) == 10
    dropped = int(done.caveats["monitor-dropped"].split()[0])
    assert dropped >= len(source.times) - 10


def test_a_closed_inbox_takes_nothing():
    inbox = Inbox()
    inbox.put(1, sampled("a"))
    inbox.close()
    inbox.put(2, sampled("b"))
    assert [time_us for time_us, _ in inbox.drain()] == [1]
    assert inbox.drain() == []
