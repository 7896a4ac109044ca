"""Results that show themselves in Jupyter, and plot themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from perfanalysis import api
from perfanalysis.errors import UsageError
from perfanalysis.model import budget_results, results, trend
from perfanalysis.notebook.plotting import ComparisonPlots, RunPlots, TrendPlots
from perfanalysis.notebook.runs import Run, shown_run

if TYPE_CHECKING:
    from perfanalysis.model.views import RunView
    from perfanalysis.store import bundle

Shown = TypeVar("Shown")


class Summary(results.Summary):
    """A summary that shows itself as a table, and has the plots of its run."""

    # Beside the fields: equality, JSON and `replace` are those of the model.
    _source: Run | None = None

    def _repr_html_(self) -> str:
        from perfanalysis.reports.html.fragments import summary_fragment

        return summary_fragment(self)

    def _repr_markdown_(self) -> str:
        return api.render_summary(self, "markdown")

    @property
    def plot(self) -> RunPlots:
        """Plots of the run: `summary.plot.ecdf()`, `.timeline()`, `.heatmap()`."""
        return RunPlots(self.run.name, self._view)

    def _view(self) -> RunView:
        if self._source is None:
            raise _without_runs("summary", "pa.summarize")
        return self._source.view


class Comparison(results.Comparison):
    """A comparison that shows itself as a table, verdict first, and has plots of both sides."""

    _sources: tuple[Sequence[Run], Sequence[Run]] | None = None

    def _repr_html_(self) -> str:
        from perfanalysis.reports.html.fragments import comparison_fragment

        return comparison_fragment(self)

    def _repr_markdown_(self) -> str:
        return api.render_comparison(self, "markdown")

    @property
    def plot(self) -> ComparisonPlots:
        """Plots: `comparison.plot.strip()`, `.ecdf()`, `.shift()`, `.timeline()`."""
        return ComparisonPlots(self, self._views)

    def _views(self) -> tuple[list[RunView], list[RunView]]:
        if self._sources is None:
            raise _without_runs("comparison", "pa.compare")
        current, baseline = self._sources
        return [run.view for run in current], [run.view for run in baseline]


class Check(budget_results.Check):
    """Judged budgets that show themselves as a table, broken ones first."""

    def _repr_html_(self) -> str:
        from perfanalysis.reports.html.fragments import check_fragment

        return check_fragment(self)

    def _repr_markdown_(self) -> str:
        return api.render_check(self, "markdown")


class Trend(trend.Trend):
    """A history of runs that shows itself as a table, verdict first, and has plots."""

    def _repr_html_(self) -> str:
        from perfanalysis.reports.html.fragments import trend_fragment

        return trend_fragment(self)

    def _repr_markdown_(self) -> str:
        from perfanalysis.api.rendering_trend import render_trend

        return render_trend(self, "markdown")

    @property
    def plot(self) -> TrendPlots:
        """Plots: `trend.plot.timeline()`."""
        return TrendPlots(self)


def shown_summary(plain: results.Summary, run: bundle.Run) -> Summary:
    """Return a summary that shows itself and knows its run."""
    made = _shown(Summary, plain)
    object.__setattr__(made, "_source", shown_run(run))
    return made


def shown_comparison(
    plain: results.Comparison, current: Sequence[bundle.Run], baseline: Sequence[bundle.Run]
) -> Comparison:
    """Return a comparison that shows itself and knows its runs."""
    made = _shown(Comparison, plain)
    sources = tuple([shown_run(run) for run in side] for side in (current, baseline))
    object.__setattr__(made, "_sources", sources)
    return made


def shown_check(plain: budget_results.Check) -> Check:
    """Return a check that shows itself."""
    return _shown(Check, plain)


def shown_trend(plain: trend.Trend) -> Trend:
    """Return a trend that shows itself."""
    return _shown(Trend, plain)


def _shown(kind: type[Shown], plain: Any) -> Shown:  # noqa: ANN401  (a dataclass that Shown extends)
    return kind(**{field.name: getattr(plain, field.name) for field in fields(plain)})


def _without_runs(what: str, verb: str) -> UsageError:
    return UsageError(
        f"this {what} was made without its runs, so there is nothing to plot",
        hint=f"{verb} returns one that knows them",
    )
