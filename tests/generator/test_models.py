"""The closed and the open model: when iterations begin and end, which is due, what is dropped."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from time import perf_counter_ns

import pytest

from perfanalysis.generator.alarm import Alarm
from perfanalysis.generator.closed_model import ClosedModel
from perfanalysis.generator.engine import Engine
from perfanalysis.generator.iterations import Iterations
from perfanalysis.generator.load import ClosedLoad, OpenLoad, Stage, constant_rate, constant_users
from perfanalysis.generator.open_model import OpenModel
from perfanalysis.generator.part import Part
from perfanalysis.generator.plan import HttpSettings
from perfanalysis.generator.recorder import Recorder
from perfanalysis.generator.session import Session
from perfanalysis.generator.telemetry import Telemetry

uvloop = pytest.importorskip("uvloop")


class Bench:
    """One worker's model on an event loop, with functions of the test's own as users."""

    def __init__(self, record, load, *functions, leave=None, **part):
        self.recorder = Recorder(record.send, max_names=100)
        loop = asyncio.get_running_loop()
        self.engine = Engine(loop, HttpSettings(base_url="http://127.0.0.1:1"), self.recorder)
        self.iterations = Iterations(self.engine, functions, leave)
        self.sessions = []
        self.start_ns = perf_counter_ns()
        part = Part(
            **{"worker": 0, "workers": 1, "graceful_stop_s": 5.0} | part,
            start_ns=self.start_ns,
            seed=1,
        )
        model = ClosedModel if isinstance(load, ClosedLoad) else OpenModel
        self.model = model(load, part, self.iterations, self.session)

    def session(self, user_id):
        self.sessions.append(Session(self.engine, user_id))
        return self.sessions[-1]

    @property
    def elapsed_s(self):
        return (perf_counter_ns() - self.start_ns) / 1e9


@pytest.fixture
def bench(record):
    def run(*arguments, during=None, **options):
        async def main():
            made = Bench(record, *arguments, **options)
            beside = asyncio.create_task(during(made)) if during is not None else None
            await made.model.run()
            if beside is not None:
                await beside
            made.recorder.flush()
            return made

        return uvloop.run(main())

    return run


def thinking(seconds):
    async def user(session):
        await asyncio.sleep(seconds)

    return (None, 1.0, user)


def test_users_iterate_until_the_end_and_finish_what_they_began(bench, record):
    done = bench(constant_users(3, 0.3), thinking(0.1))
    rows = record.rows()
    assert {row["kind"] for row in rows} == {"iteration"}
    assert len(rows) == done.iterations.ended == 9
    assert all(row["latency_ms"] >= 99 for row in rows)
    assert [session.user_id for session in done.sessions] == [0, 1, 2]
    assert done.model.interrupted == 0


def test_users_come_by_the_curve(bench):
    begun = {}

    async def user(session):
        begun.setdefault(session.user_id, perf_counter_ns())
        await asyncio.sleep(0.01)

    load = ClosedLoad(stages=(Stage(duration_s=0.4, target=4),))
    done = bench(load, (None, 1.0, user))
    offsets = [(begun[user] - done.start_ns) / 1e9 for user in range(4)]
    assert offsets == sorted(offsets)
    for user, offset in enumerate(offsets):
        assert offset >= 0.05 + user * 0.1 - 0.002


def test_workers_have_different_users(bench):
    load = constant_users(5, 0.05)
    parts = [bench(load, thinking(0.1), worker=number, workers=2) for number in range(2)]
    ids = [[session.user_id for session in part.sessions] for part in parts]
    assert ids == [[0, 2, 4], [1, 3]]


def test_what_does_not_end_in_time_is_interrupted_and_counted(bench, record):
    done = bench(constant_users(2, 0.1), thinking(60), graceful_stop_s=0.1)
    assert done.model.interrupted == 2
    assert done.iterations.ended == 0
    assert done.iterations.active == 0
    assert record.rows() == []


def test_a_stop_ends_the_model_early(bench):
    async def stop(made):
        await asyncio.sleep(0.1)
        made.model.stop(0.1)

    done = bench(constant_users(2, 60), thinking(60), during=stop)
    assert done.elapsed_s < 5
    assert done.model.interrupted == 2


def test_a_stop_wakes_users_who_have_not_come_yet(bench):
    async def stop(made):
        await asyncio.sleep(0.05)
        made.model.stop(1.0)

    load = ClosedLoad(stages=(Stage(duration_s=60, target=0), Stage(duration_s=60, target=5)))
    assert bench(load, thinking(0.01), during=stop).elapsed_s < 5


def test_iterations_come_in_turn_by_their_weights(bench):
    calls = []

    def kind(name, weight):
        async def user(session):
            calls.append(name)
            await asyncio.sleep(0)

        return (name, weight, user)

    bench(constant_rate(1000, 0.1), kind("browse", 7), kind("buy", 2), kind("leave", 1))
    assert len(calls) == 100
    assert [calls.count(name) for name in ("browse", "buy", "leave")] == [70, 20, 10]
    for number in range(0, 100, 10):
        part = calls[number : number + 10]
        assert [part.count(name) for name in ("browse", "buy", "leave")] == [7, 2, 1]


def test_an_iteration_that_raises_is_a_failed_row_and_the_user_goes_on(bench, record):
    async def user(session):
        await asyncio.sleep(0.01)
        if session.iteration % 2:
            raise ValueError("no token")

    done = bench(constant_users(1, 0.6), ("shop", 1.0, user))
    rows = record.rows()
    assert [row["ok"] for row in rows[:4]] == [True, False, True, False]
    assert rows[1]["error"] == "ValueError: no token"
    assert {row["name"] for row in rows} == {"shop"}
    assert done.iterations.raised == {"ValueError: no token": sum(not row["ok"] for row in rows)}


def test_a_test_that_only_fails_is_no_busy_loop(bench, record):
    async def user(session):
        raise RuntimeError("broken")

    done = bench(constant_users(1, 0.5), (None, 1.0, user))
    # After 0.1 and 0.3 s, and at the start; the machine may be slower.
    assert 1 <= done.iterations.ended <= 3


def test_a_dead_target_is_no_busy_loop_and_every_try_is_a_row(bench, record):
    async def user(session):
        await session.get("/")

    bench(constant_users(1, 0.5), (None, 1.0, user))
    requests = [row for row in record.rows() if row["kind"] == "request"]
    assert 1 <= len(requests) <= 3
    assert {row["error"] for row in requests} == {"connection refused"}


def test_an_iteration_that_waits_for_nothing_does_not_stop_the_others(bench):
    async def busy(session):
        return None

    assert bench(constant_users(2, 0.2), (None, 1.0, busy)).elapsed_s < 5


def test_a_user_who_goes_may_say_good_bye(bench):
    gone = []

    async def leave(session):
        gone.append(session.user_id)

    bench(constant_users(2, 0.1), thinking(0.02), leave=leave)
    assert sorted(gone) == [0, 1]
    gone.clear()
    bench(constant_rate(20, 0.1), thinking(0.01), leave=leave)
    assert gone == [0]


def test_arrivals_begin_when_they_are_due_and_tell_so(bench, record):
    done = bench(constant_rate(100, 0.3), thinking(0.001))
    rows = sorted(record.rows(), key=lambda row: row["scheduled_at"])
    assert len(rows) == 30
    gaps = [(b["scheduled_at"] - a["scheduled_at"]).total_seconds() for a, b in pairwise(rows)]
    assert gaps == pytest.approx([0.01] * 29, abs=2e-6)
    assert all(row["started_at"] >= row["scheduled_at"] for row in rows)
    assert done.model.dropped == 0


def test_an_arrival_that_finds_everybody_busy_is_dropped_and_counted(bench):
    load = constant_rate(50, 0.5, max_users=2)
    done = bench(load, thinking(60), graceful_stop_s=0.05)
    assert done.model.dropped == 23
    assert done.model.interrupted == 2
    assert len(done.sessions) == 2


def test_users_come_back_as_soon_as_they_are_free(bench):
    done = bench(constant_rate(50, 0.4, max_users=100), thinking(0.03))
    assert done.model.dropped == 0
    assert done.iterations.ended == 20
    assert len(done.sessions) < 20


def test_only_the_first_request_of_an_iteration_was_due(bench, record):
    async def user(session):
        await session.get("/")
        await session.get("/")

    bench(constant_rate(20, 0.2), (None, 1.0, user))
    requests = [row for row in record.rows() if row["kind"] == "request"]
    assert len(requests) == 8
    assert sum(row["scheduled_at"] is not None for row in requests) == 4


def test_a_stop_ends_the_open_model_early(bench):
    async def stop(made):
        await asyncio.sleep(0.1)
        made.model.stop(0.05)

    done = bench(constant_rate(10, 60), thinking(30), during=stop)
    assert done.elapsed_s < 5
    assert done.model.interrupted >= 1


def test_late_arrivals_are_made_up_for_and_their_lateness_is_told(bench):
    blocked = []

    async def user(session):
        if not blocked:
            blocked.append(True)
            time.sleep(0.1)  # noqa: ASYNC251  (what a user's function must not do)

    done = bench(constant_rate(100, 0.3), (None, 1.0, user))
    assert done.iterations.ended == 30
    assert max(done.iterations.lateness) >= 80_000_000


def test_an_alarm_rings_at_its_time_and_not_before(bench):
    async def main():
        alarm = Alarm(asyncio.get_running_loop())
        late = []
        for _ in range(20):
            due = perf_counter_ns() + 3_300_000
            await alarm.until(due)
            late.append(perf_counter_ns() - due)
        await alarm.until(perf_counter_ns() - 5)
        alarm.close()
        return late

    late = uvloop.run(main())
    assert min(late) >= 0
    assert sorted(late)[5] < 1_000_000


def test_an_alarm_can_be_woken(bench):
    async def main():
        alarm = Alarm(asyncio.get_running_loop())
        asyncio.get_running_loop().call_later(0.01, alarm.wake)
        begun = perf_counter_ns()
        await alarm.until(begun + 60_000_000_000)
        alarm.close()
        return perf_counter_ns() - begun

    assert uvloop.run(main()) < 10_000_000_000


def test_a_worker_tells_its_own_figures(bench):
    taken = []

    async def watch(made):
        telemetry = Telemetry(made.iterations, made.model, made.start_ns)
        probe = asyncio.create_task(telemetry.probe())
        await asyncio.sleep(0.3)
        taken.append(telemetry.take())
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)

    bench(
        OpenLoad(stages=(Stage(duration_s=0.4, target=50),), start=50, max_users=1),
        thinking(0.05),
        during=watch,
    )
    (second,) = taken
    assert second["second"] == 0
    assert second["users"] == 1
    assert second["iterations"] >= 3
    assert second["dropped"] >= 5
    middle, p95, p99, most = second["lag"]
    assert 0 <= middle <= p95 <= p99 <= most
    assert second["lateness"][3] >= second["lateness"][0] >= 0
    assert 0 <= second["cpu"] <= 150
