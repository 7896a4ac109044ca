"""Survivors: latencies of successes, where failures took away the fast or the slow requests.

Comparison looks at successful requests only. If more of them fail, and the failures are quick
refusals or late timeouts, those that are left are no fair sample of what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.analysis.evidence import RunEvidence, by_name, requests_only
from perfanalysis.analysis.load import side_word
from perfanalysis.model.caveat import Caveat
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
    sides = {"current": _Side(current), "baseline": _Side(baseline)}
    found = []
    for result in results:
        if result.metric != "error_rate" or not result.change:
            continue
        if result.p_value is None or result.p_value > alpha:
            continue
        side = "current" if result.change > 0 else "baseline"
        medians = sides[side].medians(result.name)
        if medians is None:
            continue
        failed_ms, good_ms = medians
        if good_ms / CLEARLY < failed_ms < good_ms * CLEARLY:
            continue
        message = phrase(
            "{name} failed more often in the {side} runs, mostly by {what} ({failed}, successes "
            "{good}): its latencies are those of the requests that survived",
            name=repr(result.name),
            side=side_word(side),
            what=phrase("quick refusals") if failed_ms < good_ms else phrase("late failures"),
            failed=format_ms(failed_ms),
            good=format_ms(good_ms),
        )
        found.append(Caveat(code="survivorship", message=message))
    return found


class _Side:
    """The histogram tables of the runs of a side, split by name when the first is asked for.

    To filter millions of rows for each of hundreds of names would take longer than all else.
    """

    def __init__(self, runs: Sequence[RunEvidence]) -> None:
        self._runs = runs

    @cached_property
    def _parts(self) -> list[dict[str, pa.Table]]:
        return [dict(by_name(requests_only(run.run.histograms_table))) for run in self._runs]

    def medians(self, name: str) -> tuple[float, float] | None:
        """Return the median latency of failures and of successes; None where there are too few."""
        found = [_timed(parts[name]) for parts in self._parts if name in parts]
        if not found:
            return None
        table = pa.concat_tables(found)
        ok = table.column("ok").to_numpy(zero_copy_only=False).astype(bool)
        bucket = table.column("bucket").to_numpy().astype(np.int64)
        count = table.column("count").to_numpy()
        if count[~ok].sum() < MIN_FAILURES or not ok.any():
            return None
        clock = self._runs[0].info.clock_resolution_ms
        failed, good = (cdf_of(bucket[mine], count[mine], clock) for mine in (~ok, ok))
        return failed.quantile(0.5), good.quantile(0.5)


def _timed(table: pa.Table) -> pa.Table:
    return table.filter(pc.is_valid(table.column("bucket")))
