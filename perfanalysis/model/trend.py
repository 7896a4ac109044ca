"""What a history of runs shows: JSON document `perfanalysis.trend`.

Runs are numbered from 0, oldest first; `run`, `first` and `last` are such numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import NotJudged, Severity, Verdict
from perfanalysis.model.run import RunInfo

if TYPE_CHECKING:
    import pandas as pd

Direction: TypeAlias = Literal["worse", "better"]
Order: TypeAlias = Literal["start", "given"]


@dataclass(frozen=True, kw_only=True)
class TrendPoint:
    """A metric of one name in one run.

    Attributes:
        value: in the metric's unit.
        ci_low: lower end of the 95 % interval that this run alone shows: identical runs differ by
            more. None where the source does not tell.
    """

    run: int
    value: float
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, kw_only=True)
class TrendLevel:
    """Runs that follow each other and differ by noise only.

    Attributes:
        first: the first run of the level.
        last: its last run.
        runs: how many of them have a value that counts.
        value: geometric mean in the metric's unit; of an error rate the mean.
        ci_low: lower end of its 95 % interval; None where there are too few runs for one.
    """

    first: int
    last: int
    runs: int
    value: float
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, kw_only=True)
class TrendStep:
    """A change of level that stayed.

    Attributes:
        run: the first run of the new level.
        earliest: the first run that may as well have been it.
        latest: the last such run.
        before: the level before, in the metric's unit.
        change: after / before - 1; of an error rate after - before.
        ci_low: lower end of the 95 % interval of `change`.
        p_value: corrected for the choice of the run.
        p_adjusted: corrected for the other names and metrics besides.
    """

    run: int
    earliest: int
    latest: int
    before: float
    after: float
    change: float
    ci_low: float
    ci_high: float
    p_value: float
    p_adjusted: float
    direction: Direction
    severity: Severity


@dataclass(frozen=True, kw_only=True)
class TrendEpisode:
    """A few runs at another level, after which the former one came back."""

    first: int
    last: int
    change: float
    direction: Direction


@dataclass(frozen=True, kw_only=True)
class NewestRun:
    """The newest run, held against the level before it.

    Attributes:
        value: of that run, in the metric's unit.
        level: of the runs before it.
        change: value / level - 1; of an error rate the difference.
        ci_low: lower end of the interval of `change` as a later run would have it.
        confidence: of that interval.
        suspected: whether the newest run, or the newest two together, are out of line with the
            level before them, which three would show for certain; None where they are not.
        runs: how many of the newest runs that rests on: 1 or 2; 0 where nothing is suspected.
    """

    value: float
    level: float
    change: float
    ci_low: float | None
    ci_high: float | None
    confidence: float
    suspected: Direction | None
    runs: int


@dataclass(frozen=True, kw_only=True)
class TrendSlope:
    """How the present level drifts.

    Attributes:
        per_run: relative change from one run to the next; of an error rate the difference.
        ci_low: lower end of the 95 % interval of `per_run`; None where it has none.
        total: the same over all runs of the level.
        drifting: whether that is beyond doubt and beyond the tolerance.
    """

    per_run: float
    ci_low: float | None
    ci_high: float | None
    total: float
    p_value: float
    drifting: bool


@dataclass(frozen=True, kw_only=True)
class FigureTrend:
    """One metric of one name over a history.

    Attributes:
        points: the runs that have the figure, oldest first.
        levels: oldest first; the last is the present one. A single one where nothing stepped.
        newest: None where too few runs are at the present level.
        slope: within the present level; None where too few runs are at it.
        change: of the present level since `recent` runs ago; None where no step lies between.
        verdict: of that change; undecided also where the newest run is suspected, the level drifts,
            or a step of the size of the tolerance could hide.
        detectable_change: the smallest step, five runs ago, that would have been found four times
            in five; None where too few runs are at the present level.
        gate: whether a regression of this figure fails the gate.
    """

    name: str
    metric: str
    unit: str
    better: Literal["lower", "higher"]
    points: tuple[TrendPoint, ...]
    levels: tuple[TrendLevel, ...]
    steps: tuple[TrendStep, ...]
    episodes: tuple[TrendEpisode, ...]
    newest: NewestRun | None
    slope: TrendSlope | None
    change: float | None
    verdict: Verdict
    severity: Severity
    tolerance: float
    detectable_change: float | None
    gate: bool
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, kw_only=True)
class NameHistory:
    """A name that not all runs have.

    Attributes:
        event: `new` if it is not in the oldest run, `vanished` if it is not in the newest.
        run: the first run that has it, or the first since when none has.
    """

    name: str
    event: Literal["new", "vanished"]
    run: int
    message: str


@dataclass(frozen=True, kw_only=True, repr=False)
class Trend:
    """A history of runs: JSON document `perfanalysis.trend`.

    Attributes:
        order: whether runs are sorted by their start or as they were given.
        recent: a step counts for the verdict if it lies within so many newest runs.
        names: names that not all runs have.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    tolerance: float
    error_rate_tolerance: float
    alpha: float
    recent: int
    order: Order
    runs: tuple[RunInfo, ...]
    judged: int
    figures: tuple[FigureTrend, ...]
    not_judged: tuple[NotJudged, ...]
    names: tuple[NameHistory, ...]
    caveats: tuple[Caveat, ...]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.runs)} runs: {self.verdict}>"

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each run and figure: its value, and the level that it belongs to.

        Values are in the unit of their row; `level` is missing in episodes' runs of no level.
        Names are categories, figures `float64`, times UTC.
        """
        from perfanalysis.model import frames

        columns = frames.Columns(
            types={
                "run": frames.CATEGORY,
                "started_at": frames.TIME,
                **dict.fromkeys(("name", "metric", "unit"), frames.CATEGORY),
                **dict.fromkeys(("value", "ci_low", "ci_high", "level"), frames.FLOAT),
            },
            units={},
        )
        rows = (
            {
                "run": self.runs[point.run].name,
                "started_at": self.runs[point.run].started_at,
                "name": figure.name,
                "metric": figure.metric,
                "unit": figure.unit,
                "value": point.value,
                "ci_low": point.ci_low,
                "ci_high": point.ci_high,
                "level": level,
            }
            for figure in self.figures
            for point, level in _with_levels(figure)
        )
        return frames.frame_of(rows, columns)


def _with_levels(figure: FigureTrend) -> Iterator[tuple[TrendPoint, float | None]]:
    for point in figure.points:
        within = (lv.value for lv in figure.levels if lv.first <= point.run <= lv.last)
        yield point, next(within, None)
