"""Measured noise between identical runs: what `perfanalysis calibrate` finds and stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import NotJudged
from perfanalysis.model.run import RunInfo
from perfanalysis.model.stored import Stored
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    import pandas as pd


class MeasuredNoise(Stored):
    """How much one metric of one name differs between identical runs.

    Attributes:
        name: what was exercised.
        metric: the metric's key.
        sd: standard deviation between runs, of the logarithm (of the arcsine root for rates).
        df: its degrees of freedom.
        within_share: share of the variance that requests within a run explain, 0..1; None where
            the source hides it. Near 1, longer runs help; near 0, only more runs do.
        tolerance: what `calibrate` proposes, in the unit of the metric's change; None where the
            noise is too large for any.
    """

    name: str
    metric: str
    sd: float = Field(ge=0)
    df: float = Field(gt=0)
    within_share: float | None = Field(default=None, ge=0, le=1)
    tolerance: float | None = Field(default=None, ge=0)


class Calibration(Stored):
    """The measured noise of identical runs, stored beside a baseline.

    Attributes:
        runs: their names.
        first_started_at: when the first of them started: noise grows old, as machines change.
        noise: one entry per name and metric.
    """

    schema_: Literal["perfanalysis.calibration"] = Field("perfanalysis.calibration", alias="schema")
    schema_version: Literal[1] = 1
    runs: tuple[str, ...]
    first_started_at: datetime | None = None
    noise: tuple[MeasuredNoise, ...]

    def of(self, name: str, metric: str) -> MeasuredNoise | None:
        """Return the noise of one metric of one name, or None where it was not measured."""
        return self.by_figure.get((name, metric))

    @cached_property
    def by_figure(self) -> dict[tuple[str, str], MeasuredNoise]:
        """The noise by name and metric."""
        return {(entry.name, entry.metric): entry for entry in self.noise}

    @property
    def origin(self) -> str:
        """What it was measured on, in words: `10 identical runs (base-1, base-2, base-3, ...)`."""
        shown = ", ".join(self.runs[:3]) + (", ..." if len(self.runs) > 3 else "")
        if self.first_started_at is None:
            return phrase("{n} identical runs ({runs})", n=len(self.runs), runs=shown)
        return phrase(
            "{n} identical runs of {day} ({runs})",
            n=len(self.runs),
            day=f"{self.first_started_at:%Y-%m-%d}",
            runs=shown,
        )


@dataclass(frozen=True, kw_only=True)
class DetectableChange:
    """The change that a number of runs a side shows four times in five, as a single result.

    Attributes:
        runs: on either side.
        change: in the unit of the metric's change; None where no change of any size would do.
    """

    runs: int
    change: float | None


@dataclass(frozen=True, kw_only=True)
class FigureNoise:
    """What identical runs say about one metric of one name.

    Attributes:
        unit: of `value`.
        value: over all runs: the geometric mean, of error rates the mean.
        noise: one standard deviation between runs, in the unit of the metric's change.
        measured: what is stored of it.
        detectable: for 1 to 10 runs a side.
    """

    name: str
    metric: str
    unit: str
    value: float
    noise: float
    measured: MeasuredNoise
    detectable: tuple[DetectableChange, ...]

    def detectable_with(self, runs: int) -> float | None:
        """Return the change that so many runs a side show."""
        return next(entry.change for entry in self.detectable if entry.runs == runs)


@dataclass(frozen=True, kw_only=True)
class NameAlarms:
    """In how many comparisons a name raised a false alarm; `name` is one that was judged."""

    name: str
    alarms: int


@dataclass(frozen=True, kw_only=True)
class FalseAlarms:
    """How often comparisons of identical runs call anything changed.

    Attributes:
        design: runs of either side, `1v9`.
        calibrated: whether the noise of the runs left out of a comparison was used for it.
        comparisons: how many were made; they share runs, so they know less than as many would.
        alarms: those in which any gating result regressed or improved.
        ci_low: lower end of the interval of the rate, were the comparisons independent.
        ci_high: upper end.
        names: alarms by name, every judged name.
        runs: names of single current runs that raised an alarm, in order.
    """

    design: str
    calibrated: bool
    comparisons: int
    alarms: int
    ci_low: float
    ci_high: float
    confidence: float
    names: tuple[NameAlarms, ...]
    runs: tuple[str, ...]

    @property
    def rate(self) -> float:
        """Share of comparisons with any alarm, 0..1."""
        return self.alarms / self.comparisons

    @property
    def rate_per_name(self) -> float | None:
        """Share of alarms among all comparisons of a name, 0..1; None where no name gates."""
        if not self.names:
            return None
        alarms = sum(entry.alarms for entry in self.names)
        return alarms / (self.comparisons * len(self.names))


@dataclass(frozen=True, kw_only=True, repr=False)
class CalibrationReport:
    """The noise of identical runs: JSON document `perfanalysis.calibration-report`.

    Attributes:
        runs: the identical runs.
        tolerance: the settings under which false alarms were counted, with the two that follow.
        figures: one entry per name and metric.
        false_alarms: by design, one run against one first.
        not_measured: names and metrics that some run does not carry.
    """

    runs: tuple[RunInfo, ...]
    tolerance: float
    error_rate_tolerance: float
    alpha: float
    figures: tuple[FigureNoise, ...]
    false_alarms: tuple[FalseAlarms, ...]
    not_measured: tuple[NotJudged, ...]
    caveats: tuple[Caveat, ...]

    def __repr__(self) -> str:
        counts = f"{len(self.runs)} runs, {len(self.figures)} figures"
        return f"<{type(self).__name__} of {counts}>"

    @property
    def calibration(self) -> Calibration:
        """What is stored, and what later comparisons use."""
        starts = [run.started_at for run in self.runs if run.started_at is not None]
        return Calibration(
            runs=tuple(run.name for run in self.runs),
            first_started_at=min(starts, default=None),
            noise=tuple(figure.measured for figure in self.figures),
        )

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per name and metric, with the detectable change per number of runs."""
        import pandas as pd

        rows = [
            {
                "name": figure.name,
                "metric": figure.metric,
                "unit": figure.unit,
                "value": figure.value,
                "noise": figure.noise,
                "within_share": figure.measured.within_share,
                **{f"detectable_{entry.runs}": entry.change for entry in figure.detectable},
                "tolerance": figure.measured.tolerance,
            }
            for figure in self.figures
        ]
        return pd.DataFrame(rows)
