"""What perfanalysis does with runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from perfanalysis.api.arguments import (
    DEFAULT_OPTIONS,
    STANDARD_INPUT,
    ReadOptions,
    match_sources,
    open_runs,
    run_name,
    standard_input,
)
from perfanalysis.api.importing import import_sources
from perfanalysis.errors import UsageError
from perfanalysis.model.budget_results import BudgetResult, Check
from perfanalysis.model.results import Comparison, Summary
from perfanalysis.model.views import ReportData
from perfanalysis.store.bundle import Run

if TYPE_CHECKING:
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.api.checking import BudgetsLike

RunLike: TypeAlias = Run | str | Path
RunsLike: TypeAlias = RunLike | Sequence[RunLike]


def load(source: RunLike, options: ReadOptions = DEFAULT_OPTIONS) -> Run:
    """Return one run: a bundle, or a raw result file of any known format.

    A raw file is imported into the cache once; later loads of the same content are quick.

    Args:
        source: path of a bundle, a file, a prefix (`locust/base`), or a folder with one run.
        options: importer, time zone, tolerated bad rows.

    Raises:
        UsageError: there is no such file, or it holds several runs.
        InputError: the file cannot be read; the message names file, line and reason.

    >>> load("fixtures/demo/base.json.xz").info.tool
    'k6'
    """
    runs = load_runs(source, options)
    if len(runs) > 1:
        raise UsageError(f"{source}: expected one run, found {len(runs)}: {_names(runs)}")
    return runs[0]


def load_runs(source: RunsLike, options: ReadOptions = DEFAULT_OPTIONS) -> list[Run]:
    """Return the runs of one side: a run, or a folder, glob or sequence of runs.

    Raises:
        UsageError: there is no such file.
        InputError: a file cannot be read; the message names file, line and reason.
    """
    if isinstance(source, Run):
        return [source]
    if isinstance(source, str | Path):
        return open_runs(str(source), options)
    return [run for part in source for run in load_runs(part, options)]


def import_run(
    sources: Sequence[str],
    destination: Path,
    *,
    options: ReadOptions = DEFAULT_OPTIONS,
    name: str | None = None,
    tags: dict[str, str] | None = None,
    overwrite: bool = False,
) -> Run:
    """Import the sources of one run into a bundle.

    Args:
        sources: files or prefixes; several make one run (a load test and a monitor).
        destination: the folder to make, `NAME.run`.
        options: importer, time zone, tolerated bad rows.
        name: what people call the run; the leading file's name without suffix if None.
        tags: kept in `run.json`.
        overwrite: replace a bundle that is already there.

    Raises:
        UsageError: no such file, or the destination exists.
        InputError: a source cannot be read; nothing is left at the destination.
    """
    if STANDARD_INPUT in sources:
        if len(sources) > 1:
            raise UsageError("standard input cannot be combined with other sources")
        with standard_input() as path:
            return import_run(
                [str(path)],
                destination,
                options=options,
                name=name or "stdin",
                tags=tags,
                overwrite=overwrite,
            )
    matched = match_sources(sources, options)
    return import_sources(
        matched,
        destination,
        name=name or run_name(matched[0]),
        tags=tags or {},
        tolerance=options.tolerance,
        overwrite=overwrite,
        on_progress=options.on_progress,
    )


def summarize(run: RunLike) -> Summary:
    """Return percentiles, throughput and error rates of a run, per name and in total.

    Latencies are in milliseconds, rates are ratios 0..1 and per second. A percentile that too few
    requests carry is None, with a caveat.

    Raises:
        InputError: the run cannot be read.

    >>> summarize("fixtures/demo/base.json.xz").total.failures
    2
    """
    from perfanalysis.analysis.summarize import summarize_run

    return summarize_run(load(run))


def compare(
    current: RunsLike,
    baseline: RunsLike,
    *,
    settings: Settings | None = None,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
    allow_missing: Sequence[str] = (),
    budgets: BudgetsLike = (),
) -> Comparison:
    """Hold current runs against baseline runs.

    Args:
        current: the new run or runs.
        baseline: the run or runs that they are held against; `@name` for a stored baseline.
        settings: tolerance, alpha, assumed or calibrated noise; the documented defaults if None.
            Without a calibration, the one stored beside the baseline is used.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs; empty for all.
        allow_missing: globs of baseline names that may be missing in the current runs.
        budgets: files, or dictionaries, that the current runs are held against besides.

    Raises:
        UsageError: a side holds no run, or a glob matches nothing.
        ConfigError: an unknown metric; or budgets are wrong, or name what the runs do not hold.
        InputError: a run cannot be read.

    >>> compare("fixtures/demo/slow.json.xz", "fixtures/demo/base.json.xz").verdict.value
    'regressed'
    """
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.api.stored_baseline import compare_sides

    ours, theirs = load_runs(current), load_runs(baseline)
    if not ours or not theirs:
        raise UsageError("expected at least one current and one baseline run")
    chosen = settings or Settings()

    def compared() -> Comparison:
        return compare_sides(
            ours,
            theirs,
            settings=chosen,
            metrics=metrics,
            names=names,
            allow_missing=allow_missing,
        )

    if not budgets:
        return compared()
    from perfanalysis.api.checking import load_budgets, with_budgets

    wanted = load_budgets(budgets)  # a wrong file is refused before the work is done
    return with_budgets(compared(), ours, theirs, wanted, chosen)


def check(runs: RunsLike, budgets: BudgetsLike = ()) -> Check:
    """Hold a run, or several of one side, against budgets.

    Args:
        runs: a run, or a folder, glob or sequence of runs: their figures are judged together.
        budgets: files or dictionaries; none for what the load script declared (k6's thresholds).

    Raises:
        UsageError: there is no run; or neither budgets nor declared thresholds.
        ConfigError: budgets are wrong, or name what the runs do not hold.
        InputError: a run cannot be read.

    >>> found = check("fixtures/demo/base.json.xz", {"thresholds": {"http_req_failed": "rate<0.1"}})
    >>> str(found.outcome), found.results[0].name
    ('met', None)
    """
    from perfanalysis.api.checking import check_runs

    loaded = load_runs(runs)
    if not loaded:
        raise UsageError("expected at least one run")
    return check_runs(loaded, budgets)


def report_data(
    current: Sequence[Run],
    baseline: Sequence[Run],
    comparison: Comparison | None,
    *,
    budgets: Sequence[BudgetResult] = (),
) -> ReportData:
    """Return everything that an HTML report shows of runs and, if given, their comparison.

    Args:
        current: the runs of the report.
        baseline: what they were held against; none without a comparison.
        comparison: of both, with its budgets; None for a report of the current runs alone.
        budgets: judged ones, where there is no comparison.
    """
    from concurrent.futures import ThreadPoolExecutor

    from perfanalysis.analysis.views import view_run

    # What takes time is done by numpy and Arrow, which let two threads use two processors. More
    # of them would need the memory of more runs at once.
    with ThreadPoolExecutor(max_workers=2) as threads:
        views = list(threads.map(view_run, [*current, *baseline]))
    return ReportData(
        comparison=comparison,
        current=tuple(views[: len(current)]),
        baseline=tuple(views[len(current) :]),
        budgets=tuple(budgets) if comparison is None else comparison.budgets,
    )


def _names(runs: Sequence[Run]) -> str:
    return ", ".join(run.info.name for run in runs[:5])
