"""The open model: iterations begin when they are due, whatever the service does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns

from perfanalysis.generator.alarm import Alarm
from perfanalysis.generator.iterations import Iterations
from perfanalysis.generator.load import OpenLoad
from perfanalysis.generator.part import Part
from perfanalysis.generator.session import Session

# How many late arrivals are begun before the event loop may look at what has come in.
BURST = 32


class OpenModel:
    """The arrivals of one worker.

    Args:
        load: arrivals over time; this worker has every `workers`-th of them.
        part: which share of the load this worker has, and when it begins.
        iterations: runs them.
        new_session: makes a user.

    Attributes:
        dropped: arrivals that found every user busy.
        interrupted: iterations that did not end in time.
    """

    def __init__(
        self,
        load: OpenLoad,
        part: Part,
        iterations: Iterations,
        new_session: Callable[[int], Session],
    ) -> None:
        self._load = load
        self._part = part
        self._iterations = iterations
        self._new_session = new_session
        self._alarm = Alarm(asyncio.get_running_loop())
        # So many of all users that the shares of all workers add up.
        self._most = len(range(part.worker, load.max_users, part.workers))
        self._free: list[Session] = []
        self._made = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._grace_s = part.graceful_stop_s
        self.dropped = 0
        self.interrupted = 0

    def most_users(self) -> int:
        """Return how many were busy at most at one time since this was last asked."""
        iterations = self._iterations
        most, iterations.most_active = iterations.most_active, iterations.active
        return most

    async def run(self) -> None:
        """Run until the curve has ended and every iteration too."""
        part = self._part
        times = self._load.arrivals(seed=part.seed, worker=part.worker, workers=part.workers)
        burst = 0
        try:
            for offset_s in times:
                due = part.time(offset_s)
                if due > perf_counter_ns():
                    burst = 0
                    await self._alarm.until(due)
                elif (burst := burst + 1) % BURST == 0:
                    await asyncio.sleep(0)
                if self._stopping:
                    break
                self._begin(due)
            if not self._stopping:
                await self._alarm.until(part.time(self._load.curve.duration_s))
            await self._end()
        finally:
            self._alarm.close()
            for session in self._free:
                session.close()

    def stop(self, grace_s: float) -> None:
        """Begin nothing more; what is under way may end within so many seconds."""
        self._stopping = True
        self._grace_s = min(self._grace_s, grace_s)
        self._alarm.wake()

    def _begin(self, due: int) -> None:
        if self._free:
            # The one that was busy last: its connection is the least likely to have been given up.
            session = self._free.pop()
        elif self._made < self._most:
            session = self._new_session(self._part.worker + self._made * self._part.workers)
            self._made += 1
        else:
            self.dropped += 1
            return
        task = asyncio.create_task(self._iterate(session, due))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _iterate(self, session: Session, due: int) -> None:
        try:
            await self._iterations.run(session, due)
        finally:
            self._free.append(session)

    async def _end(self) -> None:
        """Wait for what is under way, and interrupt what does not end in time."""
        limit = asyncio.get_running_loop().time() + self._grace_s
        while self._tasks and asyncio.get_running_loop().time() < limit:
            # In parts, so that a stop that comes meanwhile shortens the rest.
            await asyncio.wait(set(self._tasks), timeout=min(0.25, self._grace_s))
            limit = min(limit, asyncio.get_running_loop().time() + self._grace_s)
        late = set(self._tasks)
        self.interrupted = len(late)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        leaving = [asyncio.create_task(self._iterations.leave(user)) for user in self._free]
        if leaving:
            _, late = await asyncio.wait(leaving, timeout=self._grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
