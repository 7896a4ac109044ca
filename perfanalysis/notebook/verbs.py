"""The verbs of the api, with results that show and plot themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfanalysis import api
from perfanalysis.notebook.results import (
    Check,
    Comparison,
    Summary,
    Trend,
    shown_check,
    shown_comparison,
    shown_summary,
    shown_trend,
)
from perfanalysis.notebook.runs import load, load_runs, shown_run

if TYPE_CHECKING:
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.api import BudgetsLike
    from perfanalysis.api.generating import Generated, PlannedTest, TestLike
    from perfanalysis.api.verbs import RunLike, RunsLike
    from perfanalysis.generator.control import Control
    from perfanalysis.generator.progress import Progress
    from perfanalysis.model.trend import Order
    from perfanalysis.monitor.settings import MonitorSettings


def summarize(run: RunLike) -> Summary:
    """Return percentiles, throughput and error rates of a run, per name and in total.

    Args:
        run: what `load` returned, or the path of a bundle or raw file.

    Raises:
        InputError: the run cannot be read.

    >>> summarize("fixtures/demo/base.json.xz").to_pandas().columns[0]
    'name'
    """
    loaded = load(run)
    return shown_summary(api.summarize(loaded), loaded)


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

    sides = load_runs(current), load_runs(baseline)
    compared = api.compare(
        *sides,
        settings=settings or Settings(tolerance=tolerance),
        metrics=metrics,
        names=names,
        allow_missing=allow_missing,
        budgets=budgets,
    )
    return shown_comparison(compared, *sides)


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
    return shown_check(api.check(runs, budgets))


def trend(
    runs: RunsLike,
    *,
    tolerance: float = 0.05,
    settings: Settings | None = None,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
    allow_missing: Sequence[str] = (),
    recent: int | None = None,
    order: Order = "start",
) -> Trend:
    """Find where the figures of a history of runs stepped to another level, and where they are now.

    Args:
        runs: a folder, glob or list of runs, or `@name` for the runs of a stored baseline.
        tolerance: relative change that nobody cares about.
        settings: everything else that decides; `tolerance` is ignored if given.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs; empty for all.
        allow_missing: globs of names that may have vanished.
        recent: a step counts for the verdict if it lies within so many newest runs; the documented
            default if None.
        order: runs sorted by their `start`, or as they were `given`.

    Raises:
        UsageError: there is no run, or a glob matches nothing.
        ConfigError: an unknown metric.
        InputError: a run cannot be read.

    >>> found = trend(["fixtures/demo/base.json.xz", "fixtures/demo/slow.json.xz"])
    >>> str(found.verdict), len(found.runs)
    ('undecided', 2)
    """
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.analysis.trend.levels import RECENT_RUNS, TrendSettings
    from perfanalysis.api import trending

    chosen = TrendSettings(
        order=order,
        recent=RECENT_RUNS if recent is None else recent,
        allow_missing=tuple(allow_missing),
    )
    found = trending.trend(
        runs,
        settings=settings or Settings(tolerance=tolerance),
        chosen=chosen,
        metrics=metrics,
        names=names,
    )
    return shown_trend(found)


def generate(
    test: TestLike | PlannedTest,
    destination: str | Path,
    *,
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
    overwrite: bool = False,
    monitor: MonitorSettings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> Generated:
    """Run a load test and return its run and summary, judged by the thresholds of the test.

    Values that the test took from the environment are in no file of the bundle and in no message.

    Args:
        test: a scenario file, a Python file with a `LoadTest`, such an object, or one that was
            planned.
        destination: the folder to make, `NAME.run`.
        name: what people call the run; the test's name if None.
        tags: kept in `run.json`, besides those of the test.
        overwrite: replace a bundle that is already there.
        monitor: what is watched beside the run; None for nothing.
        on_progress: called once a second.
        control: stops the run from another thread.

    Raises:
        ConfigError: something in the test cannot be done; the message names file and line.
        UsageError: the target is not the user's own, or the bundle cannot be written.
    """
    from perfanalysis.api import generating

    generated = generating.generate(
        test,
        destination,
        name=name,
        tags=tags,
        overwrite=overwrite,
        monitor=monitor,
        on_progress=on_progress,
        control=control,
    )
    run = shown_run(generated.run)
    return replace(generated, run=run, summary=shown_summary(generated.summary, run))
