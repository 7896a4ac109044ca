"""The worker processes of a run: started together, told what to do, and missed when they die."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from queue import Empty, Queue
from types import TracebackType
from typing import Self

from perfanalysis.errors import UsageError
from perfanalysis.generator.frames import Frame
from perfanalysis.generator.plan import Plan
from perfanalysis.generator.processes import MOST_WAITING_FRAMES, Event, WorkerProcess
from perfanalysis.phrases import phrase

_POLL_S = 0.1


class Crew:
    """All workers of a run. Leaving its context ends the processes that are still there.

    Args:
        plan: sent to each of them.

    Raises:
        UsageError: the plan cannot be sent to another process, or there can be none.
    """

    def __init__(self, plan: Plan) -> None:
        self._events: Queue[Event] = Queue(MOST_WAITING_FRAMES)
        self._workers: list[WorkerProcess] = []
        payloads = [_pickled(number, plan) for number in range(plan.workers)]
        try:
            for number, payload in enumerate(payloads):
                worker = WorkerProcess(number, self._events)
                self._workers.append(worker)
                worker.send(Frame.PLAN, payload)
        except OSError as exc:
            self.close()
            raise UsageError(f"a worker process cannot be started: {exc.strerror}") from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def prepare(self, is_stopped: Callable[[], bool]) -> bytes | None:
        """Wait until everybody is ready.

        Args:
            is_stopped: whether to wait no longer.

        Returns:
            What setup left for the users, pickled; None if the run was stopped meanwhile.

        Raises:
            UsageError: a function of the plan, or its setup, cannot be made to run.
        """
        waiting = set(range(len(self._workers)))
        variables = b""
        while waiting:
            event = self.next_event(_POLL_S)
            if is_stopped():
                return None
            if event is None:
                continue
            if event.kind is Frame.READY:
                waiting.discard(event.worker)
            elif event.kind is Frame.PREPARED:
                variables = event.payload
            elif event.kind is Frame.FAILED:
                raise UsageError(f"the test cannot begin: {failure_of(event.payload)}")
            else:
                ended = self.how_ended(event.worker)
                raise UsageError(f"worker {event.worker} ended before it began ({ended})")
        return variables

    def next_event(self, timeout_s: float) -> Event | None:
        """Return what a worker has sent, or None after some seconds."""
        try:
            return self._events.get(timeout=max(timeout_s, 0.0))
        except Empty:
            return None

    def send(self, kind: Frame, payload: bytes = b"", *, worker: int | None = None) -> None:
        """Send a frame to one worker, or to all."""
        for one in self._workers:
            if worker is None or one.number == worker:
                one.send(kind, payload)

    def kill(self, worker: int) -> None:
        """End a worker that does not answer."""
        self._workers[worker].kill()

    def how_ended(self, worker: int) -> str:
        """Return in words how the process of a worker has ended."""
        code = self._workers[worker].exit_code()
        if code < 0:
            return phrase("killed by {signal}", signal=signal.Signals(-code).name)
        return phrase("exit code {code}", code=code)

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.close()


def failure_of(payload: bytes) -> str:
    """Return what a worker says about why it failed."""
    told = json.loads(payload)
    where = f" ({told['where']})" if told["where"] else ""
    return f"{told['error']}{where}"


def _pickled(number: int, plan: Plan) -> bytes:
    import cloudpickle

    try:
        payload: bytes = cloudpickle.dumps((number, plan))
    except Exception as exc:  # whatever a stranger's object raises
        raise UsageError(
            f"the plan cannot be sent to a worker process: {type(exc).__name__}: {exc}",
            hint="make what cannot be sent (files, connections, locks) inside the user's function",
        ) from exc
    return payload
