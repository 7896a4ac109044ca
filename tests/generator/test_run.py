"""Whole runs with worker processes: what is yielded, and what is told before the start."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter

import pytest

from perfanalysis.errors import UsageError
from perfanalysis.generator.load import constant_rate, constant_users


async def get(session):
    await session.get("/", name="home")
    await session.sleep(0.02)


def test_workers_make_the_load_and_everything_is_yielded(go, server, workers):
    told = []
    done = go(
        get,
        constant_users(4, 1.5),
        workers=2,
        on_progress=lambda progress: told.append(progress) and None,
    )
    assert len(done.rows()) == len(server.requests) > 100
    assert {row["worker"] for row in done.rows()} == {"0", "1"}
    assert all(row["ok"] for row in done.rows())
    assert done.total("iterations") == len(done.rows("iteration"))
    vus = [point["value"] for point in done.series if point["metric"] == "vus"]
    assert vus[0] == 4
    by_worker = Counter(p["labels"][0][1] for p in done.series if p["metric"] == "generator.cpu")
    assert set(by_worker) == {"0", "1"}
    names = {point["metric"] for point in done.series}
    assert {"generator.loop_lag.p50", "generator.loop_lag.p99", "generator.loop_lag.max"} <= names
    assert "dropped_iterations" not in names
    (facts,) = done.facts
    assert facts.tool == "perfanalysis"
    assert facts.tags["generator.model"] == "closed"
    assert facts.tags["generator.workers"] == "2"
    assert facts.environment.cpu_count == os.cpu_count()
    assert set(done.caveats) <= {"generator-saturated"}  # the machine of the tests may be busy
    assert told[0].requests > 0
    assert (told[0].duration_s, told[0].workers) == (1.5, 2)
    assert workers() == []


def test_times_are_those_of_the_clock_on_the_wall(go):
    before = time.time()
    done = go(get, constant_users(1, 0.3))
    after = time.time()
    starts = [row["started_at"].timestamp() for row in done.rows()]
    assert before <= min(starts) <= max(starts) <= after
    assert starts == sorted(starts)


def test_an_open_load_tells_its_lateness_and_what_it_dropped(go, server):
    answering = threading.Event()
    server.answers["/"] = lambda *_: answering.wait(30)

    async def user(session):
        await session.get("/")

    done = go(user, constant_rate(20, 1.0, max_users=4), workers=2, graceful_stop_s=0.1)
    answering.set()
    assert done.total("dropped_iterations") == 16
    assert done.caveats["dropped-iterations"].startswith("16 of 20 arrivals found all 4 users")
    assert "4 iterations did not end" in done.caveats["interrupted-iterations"]
    metrics = {point["metric"] for point in done.series}
    assert {"generator.lateness.p50", "generator.lateness.p99"} <= metrics
    assert done.facts[0].tags["generator.arrival"] == "constant"


def test_setup_leaves_variables_for_all_users_and_teardown_cleans_up(go, server):
    async def setup(session):
        await session.post("/login")
        return {"token": "t0ken"}

    async def teardown(session):
        await session.post("/logout", headers={"X-Token": session.variables["token"]})

    async def user(session):
        await session.get("/", headers={"X-Token": session.variables["token"]})
        await session.sleep(0.05)

    done = go(
        user, constant_users(2, 0.3), workers=2, setup=lambda: setup, teardown=lambda: teardown
    )
    first, *between, last = server.requests
    assert (first.path, last.path) == ("/login", "/logout")
    assert {request.headers["X-Token"] for request in [*between, last]} == {"t0ken"}
    assert len(done.rows()) == len(between)  # those of setup and teardown are not recorded


@pytest.mark.parametrize("where", ["factory", "setup"])
def test_what_fails_before_the_start_is_told_with_its_place(go, where, workers):
    def broken(*_):
        raise KeyError("SHOP_TOKEN")

    async def setup(session):
        broken()

    hooks = {"setup": lambda: setup} if where == "setup" else {"leave": broken}
    with pytest.raises(UsageError, match=r"KeyError: 'SHOP_TOKEN' \(test_run\.py:\d+\)"):
        go(get, constant_users(1, 1), **hooks)
    assert workers() == []


def test_a_failing_teardown_is_told_and_loses_nothing(go):
    async def teardown(session):
        raise RuntimeError("still in use")

    done = go(get, constant_users(1, 0.2), teardown=lambda: teardown)
    assert done.rows()
    assert "RuntimeError: still in use" in done.caveats["teardown-failed"]


def test_what_cannot_travel_to_a_worker_is_told_before_the_start(go):
    lock = threading.Lock()

    async def user(session):
        lock.acquire()

    with pytest.raises(UsageError, match="cannot be sent to a worker process") as caught:
        go(user, constant_users(1, 1))
    assert "inside the user's function" in caught.value.hint


def test_exceptions_of_the_users_function_are_counted(go):
    async def user(session):
        await session.get("/")
        await session.sleep(0.02)
        raise ValueError("no token in the answer")

    done = go(user, constant_users(2, 0.3))
    failed = [row for row in done.rows("iteration") if not row["ok"]]
    assert len(failed) == len(done.rows("iteration")) > 0
    told = done.caveats["raised-iterations"]
    assert f"ValueError: no token in the answer ({len(failed)})" in told


def test_what_users_print_does_not_disturb_the_record(go, capfd):
    async def user(session):
        print("hello from a user")  # noqa: T201  (what users do)
        await session.get("/")
        await session.sleep(0.1)

    done = go(user, constant_users(1, 0.2))
    assert len(done.rows()) >= 1
    assert "hello from a user" in capfd.readouterr().out
