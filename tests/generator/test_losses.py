"""What of a run survives which accident: killed and hanging workers, signals, dying servers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from perfanalysis.generator import run as run_module
from perfanalysis.generator.control import Control, Ending
from perfanalysis.generator.load import constant_users
from perfanalysis.generator.plan import HttpSettings, Plan, WeightedUser
from perfanalysis.generator.run import run

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


async def get(session):
    await session.get("/", name="home")
    await session.sleep(0.02)


def test_a_killed_worker_is_counted_and_the_others_go_on(go, workers):
    def kill_one():
        workers()[0].kill()

    control = Control()
    done = go(
        get,
        constant_users(4, 3.0),
        workers=2,
        control=control,
        during=kill_one,
    )
    assert control.ending is Ending.WORKERS_LOST
    message = done.caveats["worker-lost"]
    assert "of 2 died after" in message
    assert "killed by SIGKILL" in message
    per_worker = Counter(row["worker"] for row in done.rows())
    lost, kept = sorted(per_worker.values())
    assert 0 < lost < 0.8 * kept
    vus = [point["value"] for point in done.series if point["metric"] == "vus"]
    assert {vus[0], vus[-1]} == {4, 2}


def test_all_workers_killed_leaves_what_they_had_sent(go, workers):
    control = Control()
    done = go(
        get,
        constant_users(2, 60.0),
        control=control,
        during=lambda: [worker.kill() for worker in workers()],
    )
    assert control.ending is Ending.WORKERS_LOST
    assert len(done.rows()) > 10


def test_a_worker_that_hangs_is_killed_in_the_end(go, monkeypatch):
    monkeypatch.setattr(run_module, "PATIENCE_S", 0.5)

    async def user(session):
        await session.get("/")
        await session.sleep(0.3)
        time.sleep(600)  # noqa: ASYNC251  (holds up the whole event loop)

    control = Control()
    done = go(user, constant_users(1, 1.2), graceful_stop_s=0.1, control=control)
    assert control.ending is Ending.WORKERS_LOST
    assert "killed by SIGKILL" in done.caveats["worker-lost"]


@pytest.mark.parametrize(
    ("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")]
)
def test_a_signal_ends_the_run_in_good_order_and_keeps_what_was_measured(go, number, word, workers):
    control = Control()
    before = signal.getsignal(number)
    begun = time.monotonic()
    done = go(
        get,
        constant_users(4, 60.0),
        workers=2,
        control=control,
        during=lambda: os.kill(os.getpid(), number),
    )
    assert time.monotonic() - begun < 30
    assert (control.ending, control.reason) == (Ending.INTERRUPTED, word)
    assert len(done.rows()) > 10
    assert done.caveats["stopped-early"].endswith(f"of 60 s: {word}")
    assert signal.getsignal(number) is before
    assert workers() == []


def test_the_second_ctrl_c_does_not_wait(go, workers):
    def press_twice():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1.0)  # what comes within half a second counts as the same
        os.kill(os.getpid(), signal.SIGINT)

    async def stubborn(session):
        await session.get("/")
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        go(stubborn, constant_users(1, 60.0), during=press_twice)
    assert workers() == []


def test_a_reason_from_the_live_view_ends_the_run(go):
    control = Control()
    done = go(
        get,
        constant_users(2, 60.0),
        control=control,
        on_progress=lambda progress: "too many errors" if progress.requests > 20 else None,
    )
    assert control.ending is Ending.ABORTED
    assert done.caveats["stopped-early"].endswith("of 60 s: too many errors")


def test_a_server_killed_in_mid_run_is_data(go, serve):
    server = serve()
    done = go(get, constant_users(5, 2.5), url=server.url, during=lambda: serve.stop(server))
    errors = Counter(row["error"] for row in done.rows())
    assert errors[None] > 20
    assert errors["connection refused"] > 0
    assert set(errors) <= {
        None,
        "connection refused",
        "connection reset",
        "connection closed before the response",
        "connection closed within the response",
    }
    # A dead server is asked every second and not in a busy loop.
    assert errors["connection refused"] <= 5 * 6
    assert all(row["ok"] for row in done.rows("iteration"))


def test_closing_the_iterator_ends_the_workers(server, workers):
    plan = Plan(
        users=(WeightedUser(name=None, factory=lambda: get),),
        load=constant_users(2, 60),
        http=HttpSettings(base_url=server.url),
        workers=2,
    )
    chunks = run(plan)
    next(chunks)
    assert len(workers()) == 2
    chunks.close()
    assert workers() == []


def test_workers_do_not_outlive_the_process_that_records(server, tmp_path):
    script = tmp_path / "load.py"
    script.write_text(
        textwrap.dedent(f"""
            import os
            from perfanalysis.generator.load import constant_users
            from perfanalysis.generator.plan import HttpSettings, Plan, WeightedUser
            from perfanalysis.generator.run import run

            async def user(session):
                await session.get("/")
                await session.sleep(0.05)

            plan = Plan(
                users=(WeightedUser(name=None, factory=lambda: user),),
                load=constant_users(2, 600),
                http=HttpSettings(base_url={server.url!r}),
                workers=2,
            )
            for chunk in run(plan):
                print("measured", flush=True)
        """)
    )
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, cwd=ROOT)
    with process:
        assert process.stdout.readline() == b"measured\n"
        children = psutil.Process(process.pid).children()
        assert len(children) == 2
        process.kill()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
