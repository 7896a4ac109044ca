"""Locust's history: time windows out of columns that count from the start of the run.

Every row of PREFIX_stats_history.csv tells, for one request type and name, how many requests there
were since the start and their mean response time. The difference of two rows is therefore an exact
account of the time between them: requests, failures, bytes, and the mean
(mean2 * n2 - mean1 * n1) / (n2 - n1). Requests that Locust logged without a response time are in
the counts and not in its mean; the file does not tell how many those are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from perfanalysis.importers.base import Rows
from perfanalysis.importers.locust.layout import (
    display_name,
    is_aggregated,
    percentile_columns,
)
from perfanalysis.importers.locust.quantiles import QUANTILE_ERROR, quantile_lists
from perfanalysis.importers.locust.rows import CsvFile
from perfanalysis.importers.locust.survey import KEY, Survey, frames_in_order
from perfanalysis.importers.rejects import Rejects
from perfanalysis.model.intervals import Scope
from perfanalysis.model.requests import TIMESTAMP, Kind
from perfanalysis.model.series import SeriesKind

# Locust's percentiles of the moment look back over "approximately" ten seconds.
_SLIDING_S = 10.0
_COUNTERS = ["at", "requests", "failures", "total_ms", "bytes"]


class Windows:
    """The windows of one history.

    Args:
        history: the file.
        survey: what a first reading found out about it.
        aggregated_kind: of the windows of the sum, where there are no others: `transaction` beside
            totals per name, `request` where nothing else tells of the requests.

    Attributes:
        requests: requests in the windows up to when the last row of the sum was written.
        total: requests in all windows.
    """

    def __init__(self, history: CsvFile, survey: Survey, aggregated_kind: Kind) -> None:
        self.requests = 0
        self.total = 0
        self._last = pd.DataFrame()
        self._history = history
        self._survey = survey
        self._kind = Kind.REQUEST if survey.full else aggregated_kind
        self._previous_at = survey.started_at

    def read(self, rejects: Rejects) -> Iterator[Rows]:
        """Yield the windows (table `intervals`) and the numbers of users (`series`).

        Rejects:
            rows with bad cells, and rows whose time lies before the row above.
        """
        for frame in frames_in_order(self._history, rejects):
            if "users" in frame:
                yield _users(frame)
            wanted = frame[(frame["at"] > self._survey.started_at)]
            if self._survey.full:
                wanted = wanted[[not a for a in map(is_aggregated, wanted["type"], wanted["name"])]]
            if len(wanted):
                yield self._windows(wanted)
            self._previous_at = max(self._previous_at, frame["at"].iloc[-1])

    def counts_more_than(self, requests: int, *, per_name: bool) -> bool:
        """Whether the history tells of more requests than the statistics, as finely as they do."""
        return self.total > requests and (self._survey.full or not per_name)

    def whole_run(self) -> pd.DataFrame:
        """Return the last row of each name: it counts from the start of the run.

        Without percentiles, where those look back over ten seconds only.
        """
        if not self._survey.sliding or self._last.empty:
            return self._last
        return self._last.drop(columns=[name for name, _ in percentile_columns(self._last.columns)])

    def _windows(self, frame: pd.DataFrame) -> Rows:
        now, before = self._with_row_before(frame)
        requests = now["requests"] - before["requests"]
        self.total += int(requests.sum())
        self.requests += int(requests[now["at"] <= self._survey.aggregated_at].sum())
        total_ms = (now["total_ms"] - before["total_ms"]).clip(lower=0)
        mean = (total_ms / requests.where(requests > 0)).to_numpy()
        if self._survey.rounded:
            mean = np.full(len(now), np.nan)
        columns = {
            "scope": pa.repeat(Scope.WINDOW.value, len(now)),
            "started_at": timestamps(before["at"]),
            "duration_s": pa.array(now["at"] - before["at"], from_pandas=True),
            "name": pa.array(map(display_name, now["type"], now["name"]), type=pa.string()),
            "kind": pa.repeat(self._kind.value, len(now)),
            "requests": pa.array(requests.astype("int64")),
            "failures": pa.array((now["failures"] - before["failures"]).astype("int64")),
            "latency_mean_ms": pa.array(mean, from_pandas=True),
            "quantiles": self._quantiles(now),
            "quantile_error": pa.repeat(QUANTILE_ERROR, len(now)),
            "quantile_span_s": pa.array(self._spans(now["at"]), from_pandas=True),
            "bytes_received": byte_counts(now["bytes"] - before["bytes"]),
        }
        return Rows(table="intervals", batch=pa.RecordBatch.from_pydict(columns))

    def _with_row_before(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the rows and the counters that each name had before: zero in its first row."""
        frame = frame.assign(total_ms=frame["mean"] * frame["requests"], bytes=received(frame))
        both = pd.concat([self._last, frame], ignore_index=True)
        before = both.groupby(KEY, sort=False)[_COUNTERS].shift().iloc[len(self._last) :]
        now = both.iloc[len(self._last) :]
        self._last = both.groupby(KEY, sort=False).tail(1)

        new = before["at"].isna()
        times = np.unique(now["at"])
        earlier = np.concatenate([[self._previous_at], times])[np.searchsorted(times, now["at"])]
        before = before.mask(new, 0.0)
        before["at"] = before["at"].where(~new, earlier)
        return now, before

    def _quantiles(self, frame: pd.DataFrame) -> pa.Array:
        found = percentile_columns(frame.columns)
        values = frame[[name for name, _ in found]].to_numpy(dtype=np.float64, copy=True)
        # All zero is what Locust writes while it has nothing to look back on.
        values[np.nan_to_num(values).max(axis=1, initial=0.0) == 0] = np.nan
        return quantile_lists([q for _, q in found], values)

    def _spans(self, at: pd.Series[float]) -> pd.Series[float]:
        elapsed = at - self._survey.started_at
        return elapsed.clip(upper=_SLIDING_S) if self._survey.sliding else elapsed


def timestamps(seconds: pd.Series[float]) -> pa.Array:
    """Return times in seconds since 1970 as our timestamps."""
    return pa.array((seconds * 1e6).round().astype("int64")).cast(TIMESTAMP)


def received(frame: pd.DataFrame) -> pd.Series[float]:
    """Return the bytes that a row tells of: mean content size times requests; NaN if not told."""
    size = frame["size"] if "size" in frame else pd.Series(np.nan, index=frame.index)
    return size * frame["requests"]


def byte_counts(count: pd.Series[float]) -> pa.Array:
    """Return numbers of bytes as whole ones, null where they are not known."""
    return pa.array(count.clip(lower=0).round().astype("Int64"), from_pandas=True)


def _users(frame: pd.DataFrame) -> Rows:
    at = frame.drop_duplicates("at")
    at = at[at["users"].notna()]
    columns = {
        "time": timestamps(at["at"]),
        "metric": pa.repeat("vus", len(at)),
        "value": pa.array(at["users"]),
        "kind": pa.repeat(SeriesKind.GAUGE.value, len(at)),
    }
    return Rows(table="series", batch=pa.RecordBatch.from_pydict(columns))
