"""The closed model: users come and go by the curve, and each is always at some iteration."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns

from perfanalysis.generator.iterations import Iterations
from perfanalysis.generator.load import ClosedLoad
from perfanalysis.generator.part import Part
from perfanalysis.generator.session import Session

# A user that reaches nothing waits before it tries again, twice as long each time. Without, a dead
# target would make a loop of failures that only heats the generator.
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 1.0


class ClosedModel:
    """The users of one worker.

    Args:
        load: users over time; this worker has every `workers`-th of them.
        part: which share of the load this worker has, and when it begins.
        iterations: runs them.
        new_session: makes a user.

    Attributes:
        dropped: none, ever: a closed model begins what it can.
        interrupted: iterations that did not end in time.
    """

    def __init__(
        self,
        load: ClosedLoad,
        part: Part,
        iterations: Iterations,
        new_session: Callable[[int], Session],
    ) -> None:
        self._load = load
        self._part = part
        self._iterations = iterations
        self._new_session = new_session
        self._loop = asyncio.get_running_loop()
        self._sleeping: set[asyncio.Future[None]] = set()
        self._limits: set[asyncio.Timeout] = set()
        self._stopping = False
        self._users = self._most = 0
        self.dropped = 0
        self.interrupted = 0

    async def run(self) -> None:
        """Run until the curve has ended and every user has gone."""
        mine = range(self._part.worker, self._load.most_users, self._part.workers)
        async with asyncio.TaskGroup() as group:
            for user in mine:
                group.create_task(self._user(user))

    def most_users(self) -> int:
        """Return how many there were at most at one time since this was last asked."""
        most, self._most = self._most, self._users
        return most

    def stop(self, grace_s: float) -> None:
        """Begin nothing more; what is under way may end within so many seconds."""
        self._stopping = True
        for sleeper in self._sleeping:
            _wake(sleeper)
        for limit in self._limits:
            limit.reschedule(min(limit.when() or 0.0, self._loop.time() + grace_s))

    async def _user(self, user: int) -> None:
        presence = self._load.presence(user)
        for begin_s, _ in presence:
            end_s, _ = next(presence, (self._load.curve.duration_s, False))
            await self._until(self._part.time(begin_s))
            if self._stopping:
                return
            await self._stay(user, self._part.time(end_s))

    async def _stay(self, user: int, end_ns: int) -> None:
        """Iterate until a time; then the iteration under way has some seconds to end."""
        session = self._new_session(user)
        self._users += 1
        self._most = max(self._most, self._users)
        seconds = (end_ns - perf_counter_ns()) / 1e9 + self._part.graceful_stop_s
        limit = asyncio.timeout(seconds)
        self._limits.add(limit)
        try:
            async with limit:
                await self._iterate(session, end_ns)
                await self._iterations.leave(session)
        except TimeoutError:
            self.interrupted += 1
        finally:
            self._limits.discard(limit)
            self._users -= 1
            session.close()

    async def _iterate(self, session: Session, end_ns: int) -> None:
        exchanges, run = session.exchanges, self._iterations.run
        idle = 0
        while perf_counter_ns() < end_ns and not self._stopping:
            before = exchanges.count
            ended_well = await run(session)
            if exchanges.unreached or (not ended_well and exchanges.count == before):
                idle += 1
                wait_s = min(FIRST_WAIT_S * 2 ** (idle - 1), LONGEST_WAIT_S)
                await self._until(min(perf_counter_ns() + round(wait_s * 1e9), end_ns))
                continue
            idle = 0
            if exchanges.count == before:
                # An iteration that waited for nothing would keep the loop from all others.
                await asyncio.sleep(0)

    async def _until(self, when_ns: int) -> None:
        """Wait until a time, or until the model is stopped."""
        # The loop's timers are rounded to milliseconds and may ring before their time.
        while (left_ns := when_ns - perf_counter_ns()) > 0 and not self._stopping:
            sleeper = self._loop.create_future()
            handle = self._loop.call_later(left_ns / 1e9, _wake, sleeper)
            self._sleeping.add(sleeper)
            try:
                await sleeper
            finally:
                handle.cancel()
                self._sleeping.discard(sleeper)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
