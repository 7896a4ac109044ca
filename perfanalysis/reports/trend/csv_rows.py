"""A trend as CSV: one row for each run and figure, oldest run first."""

from __future__ import annotations

from perfanalysis.model.trend import FigureTrend, Trend, TrendPoint
from perfanalysis.reports.csv_table import Cell, rendered_table
from perfanalysis.reports.times import timestamp

_COLUMNS = (
    "number",
    "run",
    "started_at",
    "name",
    "metric",
    "unit",
    "value",
    "ci_low",
    "ci_high",
    "level",
    "step",
    "verdict",
)


def trend_csv(trend: Trend) -> str:
    """Return the value of every run, the level that it belongs to, and where levels step.

    `step` is the change of a level on the first run that has it; `verdict` is that of the figure.
    """
    rows = [_row(figure, point, trend) for figure in trend.figures for point in figure.points]
    return rendered_table(_COLUMNS, rows)


def _row(figure: FigureTrend, point: TrendPoint, trend: Trend) -> list[Cell]:
    run = trend.runs[point.run]
    levels = [level.value for level in figure.levels if level.first <= point.run <= level.last]
    steps = [step.change for step in figure.steps if step.run == point.run]
    return [
        point.run,
        run.name,
        None if run.started_at is None else timestamp(run.started_at),
        figure.name,
        figure.metric,
        figure.unit,
        point.value,
        point.ci_low,
        point.ci_high,
        levels[0] if levels else None,
        steps[0] if steps else None,
        str(figure.verdict),
    ]
