"""Running a plan: worker processes make the load, this process puts together what they measured."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Iterator
from math import floor
from time import perf_counter_ns

from perfanalysis.generator.batches import RowDecoder
from perfanalysis.generator.control import Control, Ending
from perfanalysis.generator.crew import Crew, failure_of
from perfanalysis.generator.ending import Endings, facts_of
from perfanalysis.generator.frames import Frame
from perfanalysis.generator.libraries import require_libraries
from perfanalysis.generator.load import OpenLoad
from perfanalysis.generator.plan import Plan
from perfanalysis.generator.processes import Event
from perfanalysis.generator.progress import OnProgress, ProgressMeter
from perfanalysis.generator.saturation import SaturationWatch
from perfanalysis.generator.seconds import SecondsOfAll
from perfanalysis.generator.telemetry import Second
from perfanalysis.model.chunks import Chunk, Rows
from perfanalysis.phrases import phrase

# From the order to begin until everybody begins at once.
START_DELAY_NS = 100_000_000
TOLD_WITHIN_S = 0.2
# How much longer than planned a worker may take before it is taken for hung and killed.
PATIENCE_S = 10.0
TEARDOWN_WITHIN_S = 60.0


def run(
    plan: Plan, *, on_progress: OnProgress | None = None, control: Control | None = None
) -> Iterator[Chunk]:
    """Run a load test and yield what is measured while it goes on, in bounded memory.

    Rows come about once a second from every worker, and as they were ended: not in order. Facts and
    caveats come last. In the main thread, Ctrl-C and SIGTERM end the run in good order, and what
    was measured until then has been yielded; the second Ctrl-C raises KeyboardInterrupt. Closing
    the iterator ends the worker processes.

    Args:
        plan: what to do.
        on_progress: called once a second; a text that it returns stops the run.
        control: stops the run from elsewhere, and tells how it ended.

    Yields:
        Batches of requests and series, facts, caveats.

    Raises:
        UsageError: the plan cannot be run: a function that cannot be sent to another process, or
            that fails before the first iteration; a failing setup; a missing library.
    """
    require_libraries()
    control = control or Control()
    with control.signals(), Crew(plan) as crew:
        variables = crew.prepare(lambda: control.is_stopped)
        if variables is not None:
            yield from _Running(plan, crew, control, on_progress).chunks(variables)


class _Running:
    """A run that is under way."""

    def __init__(
        self, plan: Plan, crew: Crew, control: Control, on_progress: OnProgress | None
    ) -> None:
        self._plan = plan
        self._crew = crew
        self._control = control
        self._on_progress = on_progress
        self._working = set(range(plan.workers))
        self._start_ns = perf_counter_ns() + START_DELAY_NS
        self._utc_offset_ns = utc_offset_ns()
        self._decoders = [
            RowDecoder(str(number), self._utc_offset_ns) for number in range(plan.workers)
        ]
        self._seconds = SecondsOfAll(
            plan.workers,
            (self._start_ns + self._utc_offset_ns) // 1000,
            is_open=isinstance(plan.load, OpenLoad),
        )
        self._meter = ProgressMeter(plan.load)
        self._saturation = SaturationWatch()
        self._endings = Endings(plan)
        self._told_ns = dict.fromkeys(range(plan.workers), self._start_ns)
        # A moment after every full second: then what the workers tell of it has come.
        self._tell_at_s = 1.0 + TOLD_WITHIN_S
        self._deadline_s = plan.load.curve.duration_s + plan.graceful_stop_s + PATIENCE_S
        self._is_stopping = False

    def chunks(self, variables: bytes) -> Iterator[Chunk]:
        """Yield what is measured until every worker has ended."""
        self._crew.send(Frame.START, pickle.dumps((self._start_ns, variables)))
        while self._working:
            event = self._crew.next_event(self._tell_at_s - self._elapsed_s())
            if event is not None:
                yield from self._take(event)
            self._supervise()
        yield from self._seconds.complete()
        self._tear_down()
        drift_ns = utc_offset_ns() - self._utc_offset_ns
        yield facts_of(self._plan)
        yield from self._endings.caveats(self._control, self._meter, drift_ns=drift_ns)
        if (saturated := self._saturation.caveat()) is not None:
            yield saturated

    def _elapsed_s(self) -> float:
        return max((perf_counter_ns() - self._start_ns) / 1e9, 0.0)

    def _take(self, event: Event) -> Iterator[Chunk]:
        worker, kind, payload = event
        decoder = self._decoders[worker]
        match kind:
            case Frame.LABELS:
                decoder.add_labels(payload)
            case Frame.ERRORS:
                decoder.add_errors(payload)
            case Frame.ROWS:
                rows = decoder.rows(payload)
                self._meter.add(self._elapsed_s(), decoder.outcomes(rows))
                yield Rows(table="requests", batch=decoder.batch(rows))
            case Frame.SECOND:
                self._second(worker, json.loads(payload))
                yield from self._seconds.complete()
            case Frame.END:
                self._endings.end(json.loads(payload))
                self._leaves(worker)
            case Frame.FAILED if worker in self._working:
                self._lost(worker, failure_of(payload))
            case None if worker in self._working:
                self._lost(worker, self._crew.how_ended(worker))

    def _second(self, worker: int, second: Second) -> None:
        self._told_ns[worker] = second["end_ns"]
        self._saturation.add(worker, second)
        self._seconds.add(worker, second)
        self._meter.iterations += second["iterations"]
        self._meter.dropped += second["dropped"]

    def _leaves(self, worker: int) -> None:
        self._working.discard(worker)
        self._seconds.ended(worker)

    def _lost(self, worker: int, how: str) -> None:
        told_s = max((self._told_ns[worker] - self._start_ns) / 1e9, 0.0)
        self._endings.lost(worker, how, after_s=self._elapsed_s(), told_s=told_s)
        if self._control.ending is Ending.FINISHED:
            self._control.ending = Ending.WORKERS_LOST
        self._leaves(worker)

    def _supervise(self) -> None:
        """Once a second tell how it goes; stop what is to be stopped; end what hangs."""
        elapsed_s = self._elapsed_s()
        if elapsed_s >= self._tell_at_s:
            self._tell_at_s = floor(elapsed_s - TOLD_WITHIN_S) + 1.0 + TOLD_WITHIN_S
            self._tell(elapsed_s)
        if self._control.is_stopped and not self._is_stopping:
            self._is_stopping = True
            self._endings.stopped_at_s = elapsed_s
            self._crew.send(Frame.STOP)
            self._deadline_s = min(self._deadline_s, elapsed_s + PATIENCE_S)
        if elapsed_s > self._deadline_s:
            for worker in self._working:
                self._crew.kill(worker)

    def _tell(self, elapsed_s: float) -> None:
        if self._on_progress is None:
            return
        self._meter.users = self._seconds.users
        reason = self._on_progress(self._meter.now(elapsed_s, len(self._working)))
        if reason is not None:
            self._control.stop(reason)

    def _tear_down(self) -> None:
        """Let the first worker clean up, when all others have ended."""
        if self._plan.teardown is None or self._endings.is_lost(0):
            self._endings.left_undone = self._plan.teardown is not None
            return
        self._crew.send(Frame.TEARDOWN, worker=0)
        until_s = self._elapsed_s() + TEARDOWN_WITHIN_S
        while (left_s := until_s - self._elapsed_s()) > 0:
            event = self._crew.next_event(left_s)
            if event is None or event.worker != 0:
                continue
            if event.kind is Frame.FAILED:
                self._endings.teardown_failed = failure_of(event.payload)
            if event.kind is None:
                return
        self._endings.teardown_failed = phrase(
            "it took longer than {seconds} s", seconds=f"{TEARDOWN_WITHIN_S:g}"
        )


def utc_offset_ns() -> int:
    """Return what to add to the monotonic clock to get nanoseconds since 1970.

    The narrowest of several pairs of readings is taken: a process may be held up between two.
    """
    best, narrowest = 0, None
    for _ in range(5):
        before = perf_counter_ns()
        now = time.time_ns()
        after = perf_counter_ns()
        if narrowest is None or after - before < narrowest:
            narrowest, best = after - before, now - (before + after) // 2
    return best
