"""A history of runs: levels, steps, drift, and the newest run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perfanalysis.api.verbs import RunsLike, load_runs
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.analysis.trend.levels import TrendSettings
    from perfanalysis.model.trend import Trend


def trend(
    runs: RunsLike,
    *,
    settings: Settings | None = None,
    chosen: TrendSettings | None = None,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
) -> Trend:
    """Return where the figures of a history stepped to another level, and whether they stayed.

    Args:
        runs: a folder, glob or list of runs, or `@name` for the runs of a stored baseline; they
            are sorted by their start unless `chosen` says otherwise.
        settings: tolerances, alpha, warm-up; the documented defaults if None.
        chosen: order of the runs, and how many of the newest count as recent.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs; empty for all.

    Raises:
        UsageError: there is no run, or a glob matches nothing.
        ConfigError: an unknown metric.
        InputError: a run cannot be read.

    >>> found = trend(["fixtures/demo/base.json.xz", "fixtures/demo/slow.json.xz"])
    >>> str(found.verdict), found.reasons[0]
    ('undecided', '2 runs are too few to tell a step from noise: at least 6 are needed')
    """
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.analysis.trend.levels import TrendSettings, trend_of

    loaded = load_runs(runs)
    if not loaded:
        raise UsageError("expected at least one run")
    return trend_of(
        loaded,
        settings=settings or Settings(),
        chosen=chosen or TrendSettings(),
        metrics=metrics,
        names=names,
    )
