"""Survivors: latencies of successes, where failures took away the fast or the slow requests.

Comparison looks at successful requests only. If more of them fail, and the failures are quick
refusals or late timeouts, those that are left are no fair sample of what they were.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.load import side_word
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import Kind
from perfanalysis.model.results import Result
from perfanalysis.phrases import phrase
from perfanalysis.stats.dependence import cdf_of
from perfanalysis.units import format_ms

# By what factor failures are faster or slower than successes before it is worth a word.
CLEARLY = 1.5
MIN_FAILURES = 10


def survivorship(
    results: Sequence[Result],
    current: Sequence[RunEvidence],
    baseline: Sequence[RunEvidence],
    alpha: float,
) -> list[Caveat]:
    """Return a caveat for each name whose latencies are those of survivors on one side.

    Args:
        results: of the comparison.
        current: its current runs.
        baseline: its baseline runs.
        alpha: level at which error rates differ.
    """
    found = []
    for result in results:
        if result.metric != "error_rate" or not result.change:
            continue
        if result.p_value is None or result.p_value > alpha:
            continue
        medians = _medians(result.name, current if result.change > 0 else baseline)
        if medians is None:
            continue
        failed_ms, good_ms = medians
        if good_ms / CLEARLY < failed_ms < good_ms * CLEARLY:
            continue
        message = phrase(
            "{name} failed more often in the {side} runs, mostly by {what} ({failed}, successes "
            "{good}): its latencies are those of the requests that survived",
            name=repr(result.name),
            side=side_word("current" if result.change > 0 else "baseline"),
            what=phrase("quick refusals") if failed_ms < good_ms else phrase("late failures"),
            failed=format_ms(failed_ms),
            good=format_ms(good_ms),
        )
        found.append(Caveat(code="survivorship", message=message))
    return found


def _medians(name: str, runs: Sequence[RunEvidence]) -> tuple[float, float] | None:
    """Return the median latency of failures and of successes; None where there are too few."""
    tables = [_of_name(run.run.histograms_table, name) for run in runs]
    table = pa.concat_tables(tables)
    ok = table.column("ok").to_numpy(zero_copy_only=False).astype(bool)
    bucket = table.column("bucket").to_numpy().astype(np.int64)
    count = table.column("count").to_numpy()
    if count[~ok].sum() < MIN_FAILURES or not ok.any():
        return None
    clock = runs[0].info.clock_resolution_ms
    failed, good = (cdf_of(bucket[mine], count[mine], clock) for mine in (~ok, ok))
    return failed.quantile(0.5), good.quantile(0.5)


def _of_name(table: pa.Table, name: str) -> pa.Table:
    """Return the timed requests of a name."""
    mine = pc.and_(
        pc.equal(table.column("name"), name), pc.equal(table.column("kind"), Kind.REQUEST.value)
    )
    return table.filter(pc.and_(mine, pc.is_valid(table.column("bucket"))))
