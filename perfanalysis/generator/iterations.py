"""Iterations: which function comes next, how one is run and recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter_ns

from perfanalysis.generator.engine import Engine, Place
from perfanalysis.generator.failures import IterationFailedError
from perfanalysis.generator.frames import RowKind
from perfanalysis.generator.plan import UserFunction
from perfanalysis.generator.recorder import MAX_TEXT
from perfanalysis.generator.session import Session

UNNAMED = "iteration"
# How many texts of exceptions are counted apart.
MOST_EXCEPTIONS = 20


class Chosen:
    """A function of the plan, ready to be run.

    Attributes:
        function: one iteration.
        weight: its share.
        place: what rows tell of it.
        label: number of its iterations' name.
        credit: how much of its share it has not had yet.
    """

    __slots__ = ("credit", "function", "label", "place", "weight")

    def __init__(self, engine: Engine, name: str | None, weight: float, run: UserFunction) -> None:
        self.function = run
        self.weight = weight
        self.place = Place(name)
        self.label = engine.recorder.label(RowKind.ITERATION, name or UNNAMED, scenario=name)
        self.credit = 0.0


class Iterations:
    """Runs the iterations of a worker.

    Args:
        engine: what the users of a worker share.
        functions: name, weight and function of each kind of iteration.
        leave: what a user does when it goes.

    The functions come in turn by their weights (smooth weighted round-robin): after any number of
    iterations each has had its share but for one. Drawing them at random would make the mix of
    requests differ between runs by chance.

    Attributes:
        ended: how many came to their end.
        raised: how many ended by an exception of the user's function, by its name.
        active: how many are under way.
        most_active: how many were under way at most, since this was last set.
        lateness: by how many nanoseconds iterations began after they were due, since this was last
            emptied.
    """

    def __init__(
        self,
        engine: Engine,
        functions: Sequence[tuple[str | None, float, UserFunction]],
        leave: UserFunction | None = None,
    ) -> None:
        self._engine = engine
        self._leave = leave
        self._choices = [Chosen(engine, *function) for function in functions]
        self._total = sum(choice.weight for choice in self._choices)
        self.ended = 0
        self.raised: dict[str, int] = {}
        self.active = 0
        self.most_active = 0
        self.lateness: list[int] = []

    async def run(self, session: Session, due: int = 0) -> bool:
        """Run one iteration of a user; an exception of its function is recorded, not raised.

        Args:
            session: the user.
            due: when it was to begin, in nanoseconds of the monotonic clock; 0 for no such time.

        Returns:
            Whether it came to its end without an exception.
        """
        chosen = self._next()
        session.place = chosen.place
        session.exchanges.scheduled = due
        error: str | None = None
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        started = perf_counter_ns()
        if due:
            self.lateness.append(started - due)
        try:
            await chosen.function(session)
        except asyncio.CancelledError:
            self.active -= 1
            raise
        except IterationFailedError as exc:
            error = str(exc)
        except Exception as exc:  # noqa: BLE001  (a stranger's function: counted and recorded)
            error = self.note(exc)
        latency = perf_counter_ns() - started
        self.active -= 1
        self.ended += 1
        session.iteration += 1
        recorder = self._engine.recorder
        if error is None:
            recorder.row(started, latency, chosen.label, 1, scheduled=due)
            return True
        code = recorder.error(error)
        recorder.row(started, latency, chosen.label, 0, error=code, scheduled=due)
        return False

    async def leave(self, session: Session) -> None:
        """Let a user do what it does when it goes; an exception is counted, not raised."""
        if self._leave is None:
            return
        session.place = Place(None)
        try:
            await self._leave(session)
        except Exception as exc:  # noqa: BLE001  (a stranger's function: counted)
            self.note(exc)

    def _next(self) -> Chosen:
        choices = self._choices
        if len(choices) == 1:
            return choices[0]
        for choice in choices:
            choice.credit += choice.weight
        best = max(choices, key=lambda choice: choice.credit)
        best.credit -= self._total
        return best

    def note(self, exc: BaseException, where: str = "") -> str:
        """Count an exception of the user's function and return what to call it."""
        text = f"{where}{type(exc).__name__}: {exc}"[:MAX_TEXT]
        is_known = text in self.raised or len(self.raised) < MOST_EXCEPTIONS
        name = text if is_known else f"{where}{type(exc).__name__}"
        self.raised[name] = self.raised.get(name, 0) + 1
        return text
