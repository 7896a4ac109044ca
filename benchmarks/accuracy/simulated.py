"""Runs whose truth is known, made of numbers: lognormal, bimodal, heavy-tailed; dependent; rounded.

Requests of a run share a slow AR(1) level (constant over groups of 20 requests) and a level of the
whole run: the noise between runs. Nothing is written to disk: a run is its histogram.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from perfanalysis.analysis.evidence import NameEvidence, RunEvidence, Windows
from perfanalysis.model.buckets import bucket_of
from perfanalysis.model.run import Counts, Environment, Evidence, RunInfo
from perfanalysis.stats.dependence import WindowedHistogram

REQUESTS = 20_000
GROUP = 20
WINDOWS = 240
DURATION_S = 30.0
_LEVEL_SD = 0.15


@dataclass(frozen=True, kw_only=True)
class World:
    """What kind of latencies a simulated service has.

    Attributes:
        shape: lognormal, bimodal (cache hits and misses) or heavy (a Pareto tail).
        phi: correlation of the level from one group of 20 requests to the next.
        run_sd: standard deviation between runs of log latency.
        rounded: whether the tool prints whole milliseconds.
    """

    shape: str
    phi: float
    run_sd: float
    rounded: bool = False

    @property
    def title(self) -> str:
        """A short description for tables."""
        clock = ", whole ms" if self.rounded else ""
        return f"{self.shape}, phi {self.phi:g}, run noise {self.run_sd:.0%}{clock}"


class SimulatedRun(RunEvidence):
    """Evidence that was never on disk.

    Args:
        world: what the latencies are like.
        factors: by how much each name is slower than it was; one name each.
        rng: source of randomness.
    """

    def __init__(self, world: World, factors: dict[str, float], rng: np.random.Generator) -> None:
        self.info = _info(world, rng)
        self.estimates = {}
        level = _level(world.phi, rng) + rng.normal(0, world.run_sd)
        self.names = {
            name: _name(name, world, level, factor, rng) for name, factor in factors.items()
        }


def _level(phi: float, rng: np.random.Generator) -> np.ndarray:
    groups = REQUESTS // GROUP
    steps = rng.normal(0, _LEVEL_SD * np.sqrt(1 - phi**2), groups)
    level = np.empty(groups)
    level[0] = rng.normal(0, _LEVEL_SD)
    for i in range(1, groups):
        level[i] = phi * level[i - 1] + steps[i]
    return np.repeat(level, GROUP)


def _name(
    name: str, world: World, level: np.ndarray, factor: float, rng: np.random.Generator
) -> NameEvidence:
    own = rng.normal(0, 0.5, REQUESTS)
    if world.shape == "bimodal":
        own = np.where(rng.random(REQUESTS) < 0.6, own * 0.3, 1.6 + own * 0.3)
    if world.shape == "heavy":
        own = rng.exponential(0.45, REQUESTS)
    latency = 50 * np.exp(level + own) * factor
    latency = np.where(rng.random(REQUESTS) < 0.02, latency * 5, latency)
    if world.rounded:
        latency = np.round(latency)
    window = np.arange(REQUESTS) * WINDOWS // REQUESTS
    keys, count = np.unique(np.stack([window, bucket_of(latency)]), axis=1, return_counts=True)
    starts, position = np.unique(keys[0], return_inverse=True)
    requests = np.bincount(position, weights=count).astype(np.int64)
    return NameEvidence(
        name=name,
        requests=REQUESTS,
        failures=0,
        duration_s=DURATION_S,
        latencies=WindowedHistogram(
            window=keys[0],
            bucket=keys[1],
            count=count,
            clock_resolution=1.0 if world.rounded else None,
        ),
        windows=Windows(
            start_us=starts * int(DURATION_S / WINDOWS * 1e6),
            requests=requests,
            failures=np.zeros_like(requests),
            mean_ms=None,
        ),
        total=None,
    )


def _info(world: World, rng: np.random.Generator) -> RunInfo:
    return RunInfo(
        id=f"{rng.integers(1 << 48):012x}",
        name="simulated",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        duration_s=DURATION_S,
        tool="simulation",
        tool_version=None,
        evidence=Evidence.REQUESTS,
        counts=Counts(requests=REQUESTS, failures=0, rejected_rows=0),
        window_s=DURATION_S / WINDOWS,
        clock_resolution_ms=1.0 if world.rounded else None,
        sources=(),
        environment=Environment(),
        commit=None,
        tags={},
        thresholds=(),
        caveats=(),
    )
