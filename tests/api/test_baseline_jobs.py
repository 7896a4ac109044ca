"""Jobs that accept into one baseline at once, and jobs that are killed in the middle of it."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from perfanalysis import api
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.run import Commit
from perfanalysis.store.baselines.store import open_store
from perfanalysis.store.bundle import Run
from tests.store.baselines.made_runs import NOON, make_run

ORIGIN = api.Origin(by="jane", at=NOON, commit=Commit(sha="5eed" * 10, branch="main"))
TERMS = api.Terms(settings=Settings(warmup="none"), metrics=("latency.p50",))
# Of the calls that touch the disk, those that Python tells its audit hooks of.
CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}


def accept(store: str, path: Path, number: int) -> int:
    """Accept a run that is like all others and has an identity of its own."""
    run = Run.open(path).called(f"run-{number}")
    run.info = run.info.model_copy(update={"id": f"{number:012x}"})
    done = api.baseline_accept(
        "main", run, reason=f"number {number}", origin=ORIGIN, terms=TERMS, store=store
    )
    (entry,) = done.accepted
    return entry.number


def accept_many(store, path, numbers, out):
    for number in numbers:
        out.send((number, accept(store, path, number)))
    out.send(None)


def accept_until_killed(store, path, number, fatal):
    """Accept one run, and be killed by the n-th call that changes the store, or before it."""
    left = fatal

    def hook(event, arguments):
        nonlocal left
        if event in CHANGES and arguments and store in str(arguments[0]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    accept(store, path, number)


@pytest.fixture(scope="module")
def server():
    """Starts processes that have loaded everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["perfanalysis.api", "tests.api.test_baseline_jobs"])
    return context


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path, "base", n=60).path


@pytest.fixture
def store(tmp_path, run):
    location = str(tmp_path / "baselines")
    saved = api.baseline_save(
        "main",
        Run.open(run),
        origin=ORIGIN,
        settings=api.BaselineSettings(keep=3),
        store=location,
    )
    assert not saved.refused
    return location


def held(store):
    """Return the baseline, after reading every run that it holds."""
    opened = open_store(store).open("main")
    for run in (*opened.recent, *opened.anchor):
        assert run.histograms_table.num_rows
    folders = {path.name for path in Path(store, "main").glob("*.run")}
    assert {entry.folder for entry in opened.baseline.entries} <= folders
    return opened.baseline


@pytest.mark.slow
def test_eight_jobs_of_fifty_runs_lose_nothing(server, store, run):
    pipes, jobs = [], []
    for job in range(8):
        numbers = range(1000 * (job + 1), 1000 * (job + 1) + 50)
        ours, theirs = server.Pipe(duplex=False)
        process = server.Process(target=accept_many, args=(store, run, numbers, theirs))
        process.start()
        theirs.close()
        pipes.append(ours)
        jobs.append(process)
    accepted: dict[int, int] = {}
    waiting = list(pipes)
    while waiting:
        for pipe in multiprocessing.connection.wait(waiting):
            message = pipe.recv()
            if message is None:
                waiting.remove(pipe)
            else:
                number, place = message
                accepted[place] = number
            baseline = held(store) if len(accepted) % 20 == 0 else None
            assert baseline is None or len(baseline.recent) <= 3
    for process in jobs:
        process.join()
    assert [process.exitcode for process in jobs] == [0] * 8
    # Everyone got a place of his own, and no place was left out.
    assert sorted(accepted) == list(range(2, 402))
    assert len(set(accepted.values())) == 400
    baseline = held(store)
    assert baseline.accepted == 401
    told = [run for event in baseline.history for run in event.runs]
    assert told == [f"{accepted[place]:012x}" for place in range(402 - len(told), 402)]
    assert baseline.earlier_events + len(baseline.history) == 401
    folders = {path.name for path in Path(store, "main").glob("*.run")}
    assert folders == {entry.folder for entry in baseline.entries}


@pytest.mark.slow
def test_a_job_that_is_killed_at_any_step_leaves_a_baseline_that_loads(server, store, run):
    survived = 0
    for fatal in range(1, 200):
        before = held(store)
        process = server.Process(target=accept_until_killed, args=(store, run, fatal, fatal))
        process.start()
        process.join()
        after = held(store)
        if process.exitcode == 0:
            survived += 1
            assert after.accepted == before.accepted + 1
            break
        assert process.exitcode == -signal.SIGKILL
        assert after.accepted in (before.accepted, before.accepted + 1)
        # The next job is not kept out by a lock of the dead one, and sweeps up after it.
        place = accept(store, run, 100_000 + fatal)
        assert place == after.accepted + 1
        left = {path.name for path in Path(store, "main").iterdir()}
        assert left == {"baseline.json", *(e.folder for e in held(store).entries)}
    assert survived == 1
    assert fatal > 15


@pytest.mark.slow
def test_jobs_that_are_killed_at_random_lose_nothing_that_they_had_told(server, store, run):
    rng = random.Random(7)
    told: set[int] = set()
    for attempt in range(12):
        pipes, jobs = [], []
        for job in range(2):
            first = 10_000 * (attempt + 1) + 1000 * job
            ours, theirs = server.Pipe(duplex=False)
            numbers = range(first, first + 1000)
            process = server.Process(target=accept_many, args=(store, run, numbers, theirs))
            process.start()
            theirs.close()
            pipes.append(ours)
            jobs.append(process)
        for pipe, process in zip(pipes, jobs, strict=True):
            for _ in range(rng.randint(1, 3)):
                told.add(pipe.recv()[0])
            process.join(rng.uniform(0, 0.2))  # the moment of death, not a wait for anything
            process.kill()
        for pipe, process in zip(pipes, jobs, strict=True):
            process.join()
            told |= {number for number, _ in _rest(pipe)}
        held(store)
    place = accept(store, run, 999_999)
    baseline = held(store)
    assert baseline.accepted == place
    history = {run for event in baseline.history for run in event.runs}
    assert {f"{number:012x}" for number in told} <= history
    assert len(told) >= 24


def _rest(pipe):
    """Return what a dead process had still sent."""
    try:
        while pipe.poll():
            yield pipe.recv()
    except EOFError:
        return
