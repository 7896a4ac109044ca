"""Ready shapes of load, and what a load of a scenario file means for the engine.

The shapes are the stages that load scripts commonly hold:

| shape | asks | stages |
|---|---|---|
| smoke | does it work at all | 1 user, 30 s |
| load | does it carry an ordinary day | up to 10 and 20 users in 16 minutes |
| stress | how does it behave beyond that | up to 20, 50 and 100 users in 31 minutes |
| spike | does it survive a sudden crowd | 100 users, then 1400 within 10 s, for 3 minutes |
| soak | does it stay well over hours | 50 users for 2 hours |
| breakpoint | where does it break | 100 to 600 users in 16 minutes, then 5 minutes to recover |

`vus` or `rate` scales the targets so that their peak is that number; `duration` scales the time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from perfanalysis.errors import ConfigError
from perfanalysis.generator.load import ClosedLoad, OpenLoad
from perfanalysis.generator.load import Load as EngineLoad
from perfanalysis.generator.load import Stage as EngineStage
from perfanalysis.generator.scenario.model import Limits, Load, ShapeName, Stage
from perfanalysis.generator.scenario.quantities import format_duration
from perfanalysis.units import significant

# (seconds, target, name); a stage of no time is a jump.
_Stages = tuple[tuple[float, float, str], ...]
_UP, _HOLD, _DOWN, _PEAK = "ramp up", "hold", "ramp down", "peak"
SHAPES: dict[ShapeName, _Stages] = {
    "smoke": ((0, 1, _HOLD), (30, 1, _HOLD)),
    "load": (
        (120, 10, _UP),
        (300, 10, _HOLD),
        (120, 20, _UP),
        (300, 20, _PEAK),
        (120, 0, _DOWN),
    ),
    "stress": (
        (120, 20, _UP),
        (300, 20, _HOLD),
        (120, 50, _UP),
        (300, 50, _HOLD),
        (120, 100, _UP),
        (300, 100, _PEAK),
        (600, 0, "recovery"),
    ),
    "spike": (
        (10, 100, _UP),
        (60, 100, _HOLD),
        (10, 1400, "spike"),
        (180, 1400, _PEAK),
        (10, 100, "fall"),
        (180, 100, "recovery"),
        (10, 0, _DOWN),
    ),
    "soak": ((300, 50, _UP), (7200, 50, _HOLD), (300, 0, _DOWN)),
    "breakpoint": (
        (60, 100, "normal"),
        (120, 200, "above normal"),
        (300, 300, "high"),
        (120, 400, "stress"),
        (300, 500, "beyond capacity"),
        (60, 600, "breaking point"),
        (300, 0, "recovery"),
    ),
}
_ARRIVALS_UNDER_WAY_S = 10
_LEAST_MAX_VUS = 10


@dataclass(frozen=True, kw_only=True)
class NamedStage:
    """A stage of the curve with the name that people know it by.

    Attributes:
        duration_s: how long it takes; 0 is a jump.
        target: users, or arrivals a second.
        name: shown while it runs.
    """

    duration_s: float
    target: float
    name: str


def stages_of(load: Load) -> tuple[NamedStage, ...]:
    """Return the stages of a load, scaled as it says."""
    if load.stages:
        return tuple(stage for given in load.stages for stage in _own(given))
    peak = load.vus if load.vus is not None else load.rate
    if load.shape is None:
        assert peak is not None  # noqa: S101  (the model demands it)
        assert load.duration is not None  # noqa: S101  (likewise)
        return (
            NamedStage(duration_s=0.0, target=peak, name=_HOLD),
            NamedStage(duration_s=load.duration, target=peak, name=_HOLD),
        )
    stages = SHAPES[load.shape]
    height = 1.0 if peak is None else peak / max(target for _, target, _ in stages)
    whole = sum(seconds for seconds, _, _ in stages)
    length = 1.0 if load.duration is None else load.duration / whole
    return tuple(
        NamedStage(duration_s=seconds * length, target=_scaled(target, height, load), name=name)
        for seconds, target, name in stages
    )


def engine_load(load: Load, limits: Limits) -> EngineLoad:
    """Return the load as the engine takes it.

    Raises:
        ConfigError: it exceeds the limits, or never asks for anything.
    """
    named = stages_of(load)
    peak = max(stage.target for stage in named)
    seconds = sum(stage.duration_s for stage in named)
    _check_limits(load, limits, peak=peak, seconds=seconds)
    stages = tuple(EngineStage(duration_s=s.duration_s, target=s.target) for s in named)
    if not load.is_open:
        return ClosedLoad(stages=stages)
    return OpenLoad(stages=stages, arrival=load.arrival, max_users=_max_users(load, limits, peak))


def _own(stage: Stage) -> tuple[NamedStage, ...]:
    name = stage.name or ""
    there = NamedStage(duration_s=stage.duration, target=stage.target, name=name)
    if stage.from_ is None:
        return (there,)
    return (NamedStage(duration_s=0.0, target=stage.from_, name=name), there)


def _scaled(target: float, height: float, load: Load) -> float:
    """Return a target of a scaled shape: whole users, and no stage that scaling empties."""
    scaled = target * height
    if load.is_open or target == 0:
        return scaled
    return float(max(1, math.floor(scaled + 0.5)))


def _check_limits(load: Load, limits: Limits, *, peak: float, seconds: float) -> None:
    if peak <= 0:
        raise ConfigError("load: expected users or arrivals at some time, found none")
    if seconds <= 0:
        raise ConfigError("load: expected stages that take time, found none")
    users = load.max_vus if load.is_open else peak
    exceeded = (
        ("vus", "users", users, limits.vus),
        ("rate", "arrivals a second", peak if load.is_open else None, limits.rate),
    )
    for key, what, value, most in exceeded:
        if value is not None and value > most:
            raise ConfigError(
                f"load: {significant(value)} {what} are more than the limit of {most:g}",
                hint=f"if that is meant, raise it in the scenario file under limits: {key}",
            )
    if seconds > limits.duration:
        raise ConfigError(
            f"load: {format_duration(seconds)} is longer than the limit of "
            f"{format_duration(limits.duration)}",
            hint="if that is meant, raise it in the scenario file under limits: duration",
        )


def _max_users(load: Load, limits: Limits, peak: float) -> int:
    """Return how many iterations may be under way: ten seconds' arrivals unless it is stated."""
    if load.max_vus is not None:
        return load.max_vus
    return min(limits.vus, max(_LEAST_MAX_VUS, math.ceil(peak * _ARRIVALS_UNDER_WAY_S)))
