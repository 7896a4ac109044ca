"""How much load, and when: users that come and go, or arrivals at a rate.

A *closed* load says how many users there are; each begins its next iteration when the last one has
ended, so a slow service is asked less often. An *open* load says how many iterations begin per
second, whatever the service does. Both are curves made of straight lines: each stage leads from
where the last one ended to its target.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from perfanalysis.errors import UsageError

Arrival: TypeAlias = Literal["constant", "poisson"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A straight line of the curve.

    Attributes:
        duration_s: how long it takes; 0 is a jump.
        target: where it ends: users, or arrivals per second.
    """

    duration_s: float
    target: float

    def __post_init__(self) -> None:
        for name, value in (("duration_s", self.duration_s), ("target", self.target)):
            if not (math.isfinite(value) and value >= 0):
                raise UsageError(f"stage: {name}: expected a number of at least 0, found {value}")


class _Piece(NamedTuple):
    """One stage with what came before it: when it begins, at what value, after how many."""

    begin_s: float
    duration_s: float
    first: float
    last: float


class Curve:
    """A continuous curve of straight lines, from time 0 to `duration_s`.

    Args:
        stages: the lines.
        start: the value at time 0.

    Raises:
        UsageError: there is no stage, or all of them take no time.

    >>> Curve([Stage(duration_s=10, target=4)], start=2).value(5)
    3.0
    """

    def __init__(self, stages: tuple[Stage, ...] | list[Stage], start: float = 0.0) -> None:
        self.pieces: list[_Piece] = []
        begin, value = 0.0, float(start)
        for stage in stages:
            self.pieces.append(_Piece(begin, stage.duration_s, value, float(stage.target)))
            begin, value = begin + stage.duration_s, float(stage.target)
        self.duration_s = begin
        if not begin:
            raise UsageError("load: expected stages that take time, found none")

    def value(self, time_s: float) -> float:
        """Return the value at a time; after the end, the last one."""
        for piece in self.pieces:
            if time_s < piece.begin_s + piece.duration_s:
                share = (time_s - piece.begin_s) / piece.duration_s
                return piece.first + share * (piece.last - piece.first)
        return self.pieces[-1].last

    def stage(self, time_s: float) -> int:
        """Return the number of the stage at a time, counted from 0."""
        ends = (piece.begin_s + piece.duration_s for piece in self.pieces)
        return next((n for n, end in enumerate(ends) if time_s < end), len(self.pieces) - 1)

    @property
    def most(self) -> float:
        """The largest value."""
        return max(max(piece.first, piece.last) for piece in self.pieces)

    @property
    def area(self) -> float:
        """The area under the whole curve: how many arrivals there are, if it is a rate."""
        return sum(p.duration_s * (p.first + p.last) / 2 for p in self.pieces)

    def times_of_area(self, areas: Iterator[float]) -> Iterator[float]:
        """Yield when the area under the curve reaches each of some rising values.

        The end of the curve ends the iteration. Each time solves a quadratic equation exactly, so
        there is no drift however long the run.
        """
        area = next(areas, math.inf)
        before = 0.0
        for piece in self.pieces:
            within = piece.duration_s * (piece.first + piece.last) / 2
            slope = (piece.last - piece.first) / piece.duration_s if piece.duration_s else 0.0
            while area - before < within:
                # The stable form of the root: no difference of nearly equal numbers.
                root = math.sqrt(max(piece.first**2 + 2 * slope * (area - before), 0.0))
                divisor = piece.first + root
                yield piece.begin_s + (2 * (area - before) / divisor if divisor else 0.0)
                area = next(areas, math.inf)
            before += within

    def crossings(self, level: float) -> Iterator[tuple[float, bool]]:
        """Yield when the curve begins (True) and ceases (False) to be at least some level."""
        above = False
        for piece in self.pieces:
            if (piece.first >= level) != above:
                above = not above
                yield piece.begin_s, above
            if (piece.last >= level) != above:
                share = (level - piece.first) / (piece.last - piece.first)
                above = not above
                yield piece.begin_s + share * piece.duration_s, above


@dataclass(frozen=True, kw_only=True)
class ClosedLoad:
    """Virtual users: so many at each time.

    Attributes:
        stages: lead to a number of users each.
        start: users at the beginning.
    """

    stages: tuple[Stage, ...]
    start: float = 0.0

    @property
    def curve(self) -> Curve:
        """Users over time."""
        return Curve(self.stages, self.start)

    @property
    def most_users(self) -> int:
        """How many users there are at most at one time."""
        return math.floor(self.curve.most + 0.5)

    def presence(self, user: int) -> Iterator[tuple[float, bool]]:
        """Yield when a user (counted from 0) comes (True) and goes (False).

        The number of users is the curve rounded to the nearest integer, so user 0 is there while
        the curve is at least one half.

        >>> up, down = Stage(duration_s=10, target=2), Stage(duration_s=5, target=0)
        >>> list(ClosedLoad(stages=(up, down)).presence(1))
        [(7.5, True), (11.25, False)]
        """
        return self.curve.crossings(user + 0.5)


@dataclass(frozen=True, kw_only=True)
class OpenLoad:
    """Arrivals: so many iterations begin per second.

    Attributes:
        stages: lead to a number of arrivals per second each.
        start: arrivals per second at the beginning.
        arrival: evenly spaced along the curve, or a Poisson process of that rate.
        max_users: how many iterations may be under way at once; an arrival that finds all of them
            busy is dropped and counted.
    """

    stages: tuple[Stage, ...]
    start: float = 0.0
    arrival: Arrival = "constant"
    max_users: int = 1000

    def __post_init__(self) -> None:
        if self.max_users < 1:
            raise UsageError(f"load: max_users: expected at least 1, found {self.max_users}")

    @property
    def curve(self) -> Curve:
        """Arrivals per second over time."""
        return Curve(self.stages, self.start)

    @property
    def most_users(self) -> int:
        """How many users there are at most at one time."""
        return self.max_users

    def arrivals(self, *, seed: int, worker: int = 0, workers: int = 1) -> Iterator[float]:
        """Yield the times, in seconds from the start, of one worker's arrivals.

        Evenly spaced arrivals come when the area under the curve reaches 0, 1, 2, ...; those of a
        Poisson process when it reaches the sums of exponential gaps of mean 1 (the time-change
        theorem: Cinlar, Introduction to Stochastic Processes, 1975, chapter 4). Every worker
        computes all of them and takes its share in turn: the times do not depend on their number.

        >>> load = OpenLoad(stages=(Stage(duration_s=2, target=2),), start=2)
        >>> list(load.arrivals(seed=1))
        [0.0, 0.5, 1.0, 1.5]
        """
        areas = _poisson(seed) if self.arrival == "poisson" else _even()
        for number, time_s in enumerate(self.curve.times_of_area(areas)):
            if number % workers == worker:
                yield time_s


Load: TypeAlias = ClosedLoad | OpenLoad


def constant_users(users: int, duration_s: float) -> ClosedLoad:
    """Return a closed load of so many users from beginning to end."""
    return ClosedLoad(stages=(Stage(duration_s=duration_s, target=users),), start=users)


def constant_rate(
    per_s: float, duration_s: float, *, arrival: Arrival = "constant", max_users: int = 1000
) -> OpenLoad:
    """Return an open load of so many arrivals per second from beginning to end."""
    return OpenLoad(
        stages=(Stage(duration_s=duration_s, target=per_s),),
        start=per_s,
        arrival=arrival,
        max_users=max_users,
    )


def _even() -> Iterator[float]:
    number = 0
    while True:
        yield float(number)
        number += 1


def _poisson(seed: int) -> Iterator[float]:
    # Reproducible load, not secrets.
    generator = random.Random(seed)  # noqa: S311
    area = 0.0
    while True:
        area += generator.expovariate(1.0)
        yield area
