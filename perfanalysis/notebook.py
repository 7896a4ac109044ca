"""Results that show themselves in Jupyter: the public face for analysts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from perfanalysis import api
from perfanalysis.model import budget_results, results

if TYPE_CHECKING:
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.api import BudgetsLike
    from perfanalysis.api.verbs import RunLike, RunsLike

Shown = TypeVar("Shown")


class Summary(results.Summary):
    """A summary that shows itself as a table."""

    def _repr_html_(self) -> str:
        from perfanalysis.reports.html.fragments import summary_fragment

        return summary_fragment(self)

    def _repr_markdown_(self) -> str:
        return api.render_summary(self, "markdown")


class Comparison(results.Comparison):
    """A comparison that shows itself as a table, verdict first."""

    def _repr_html_(self) -> str:
        from perfanalysis.reports.html.fragments import comparison_fragment

        return comparison_fragment(self)

    def _repr_markdown_(self) -> str:
        return api.render_comparison(self, "markdown")


class Check(budget_results.Check):
    """Judged budgets that show themselves as a table, broken ones first."""

    def _repr_html_(self) -> str:
        from perfanalysis.reports.html.fragments import check_fragment

        return check_fragment(self)

    def _repr_markdown_(self) -> str:
        return api.render_check(self, "markdown")


def summarize(run: RunLike) -> Summary:
    """Return percentiles, throughput and error rates of a run, per name and in total.

    Args:
        run: what `load` returned, or the path of a bundle or raw file.

    Raises:
        InputError: the run cannot be read.

    >>> summarize("fixtures/demo/base.json.xz").to_pandas().columns[0]
    'name'
    """
    return _shown(Summary, api.summarize(run))


def compare(
    current: RunsLike,
    baseline: RunsLike,
    *,
    tolerance: float = 0.05,
    settings: Settings | None = None,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
    allow_missing: Sequence[str] = (),
    budgets: BudgetsLike = (),
) -> Comparison:
    """Hold current runs against baseline runs.

    Args:
        current: the new run or runs: paths, or what `load` returned.
        baseline: the run or runs that they are held against.
        tolerance: relative change that nobody cares about.
        settings: everything else that decides; `tolerance` is ignored if given.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs; empty for all.
        allow_missing: globs of baseline names that may be missing in the current runs.
        budgets: files, or dictionaries, that the current runs are held against besides.

    Raises:
        UsageError: a side holds no run, or a glob matches nothing.
        ConfigError: an unknown metric; or budgets are wrong, or name what the runs do not hold.
        InputError: a run cannot be read.

    >>> found = compare("fixtures/demo/slow.json.xz", "fixtures/demo/base.json.xz")
    >>> found.verdict.value, found.reasons[0]
    ('regressed', 'checkout latency.p10 rose 38.6 %')
    """
    from perfanalysis.analysis.judge import Settings

    chosen = settings or Settings(tolerance=tolerance)
    compared = api.compare(
        current,
        baseline,
        settings=chosen,
        metrics=metrics,
        names=names,
        allow_missing=allow_missing,
        budgets=budgets,
    )
    return _shown(Comparison, compared)


def check(runs: RunsLike, budgets: BudgetsLike = ()) -> Check:
    """Hold a run, or several of one version, against budgets.

    Args:
        runs: paths, or what `load` returned; the figures of several are judged together.
        budgets: files or dictionaries; none for what the load script declared (k6's thresholds).

    Raises:
        UsageError: there is no run; or neither budgets nor declared thresholds.
        ConfigError: budgets are wrong, or name what the runs do not hold.
        InputError: a run cannot be read.

    >>> slo = {"budgets": [{"slo": "99 % of requests succeed"}]}
    >>> found = check("fixtures/demo/base.json.xz", slo)
    >>> str(found.outcome), round(found.results[0].error_budget_left, 2)
    ('met', 0.95)
    """
    return _shown(Check, api.check(runs, budgets))


def _shown(kind: type[Shown], plain: Any) -> Shown:  # noqa: ANN401  (a dataclass that Shown extends)
    return kind(**{field.name: getattr(plain, field.name) for field in fields(plain)})
