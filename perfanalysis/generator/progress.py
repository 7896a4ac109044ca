"""How a run is going: what a live view shows and what ends a run early."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from perfanalysis.generator.batches import Outcomes
from perfanalysis.generator.load import Load

RECENT_S = 5.0
_NOTHING = np.zeros(0)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A run at a moment. What is recent is of the last five seconds.

    Attributes:
        elapsed_s, duration_s: since the start, and as planned; iterations that end gracefully may
            last longer.
        stage, stages: number of the current stage, counted from 1, and how many there are.
        target: users, or arrivals per second, that the plan wants now.
        users: at the last full second, all workers together; None before the first.
        requests, failures, iterations, dropped: so far.
        rate_per_s: recent requests per second.
        error_rate: share of the recent requests that failed; None without any.
        p50_ms, p95_ms, p99_ms: of the recent requests, failures included; None without any.
        workers: how many are at work.
    """

    elapsed_s: float
    duration_s: float
    stage: int
    stages: int
    target: float
    users: int | None
    requests: int
    failures: int
    iterations: int
    dropped: int
    rate_per_s: float
    error_rate: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    workers: int


OnProgress: TypeAlias = Callable[[Progress], str | None]
"""Is called once a second; a text that it returns stops the run and tells why."""


class ProgressMeter:
    """Adds up what a run has done so far.

    Args:
        load: the plan's.
    """

    def __init__(self, load: Load) -> None:
        self._curve = load.curve
        self._recent: deque[tuple[float, Outcomes]] = deque()
        self.requests = 0
        self.failures = 0
        self.iterations = 0
        self.dropped = 0
        self.users: int | None = None

    def add(self, elapsed_s: float, outcomes: Outcomes) -> None:
        """Count requests that have just come in."""
        self.requests += outcomes.requests
        self.failures += outcomes.failures
        self._recent.append((elapsed_s, outcomes))
        self._forget(elapsed_s)

    def now(self, elapsed_s: float, workers: int) -> Progress:
        """Return how the run is going."""
        self._forget(elapsed_s)
        recent = [outcomes for _, outcomes in self._recent]
        count = sum(outcomes.requests for outcomes in recent)
        failed = sum(outcomes.failures for outcomes in recent)
        latencies = np.concatenate([_NOTHING, *(outcomes.latencies_ms for outcomes in recent)])
        quantiles: list[float | None] = [None] * 3
        if len(latencies):
            quantiles = [float(value) for value in np.quantile(latencies, (0.5, 0.95, 0.99))]
        curve = self._curve
        return Progress(
            elapsed_s=elapsed_s,
            duration_s=curve.duration_s,
            stage=curve.stage(elapsed_s) + 1,
            stages=len(curve.pieces),
            target=curve.value(elapsed_s) if elapsed_s < curve.duration_s else 0.0,
            users=self.users,
            requests=self.requests,
            failures=self.failures,
            iterations=self.iterations,
            dropped=self.dropped,
            rate_per_s=count / max(min(elapsed_s, RECENT_S), 1.0),
            error_rate=failed / count if count else None,
            p50_ms=quantiles[0],
            p95_ms=quantiles[1],
            p99_ms=quantiles[2],
            workers=workers,
        )

    def _forget(self, elapsed_s: float) -> None:
        while self._recent and self._recent[0][0] < elapsed_s - RECENT_S:
            self._recent.popleft()
