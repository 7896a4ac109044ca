"""What Locust tells of a whole run: PREFIX_stats.csv, and the files of 0.x."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from perfanalysis.importers.base import Rows
from perfanalysis.importers.locust.layout import display_name, is_aggregated, percentile_columns
from perfanalysis.importers.locust.quantiles import QUANTILE_ERROR, quantile_lists
from perfanalysis.importers.locust.rows import CsvFile
from perfanalysis.importers.locust.windows import byte_counts, received
from perfanalysis.importers.rejects import Rejects
from perfanalysis.model.intervals import Scope
from perfanalysis.model.requests import TIMESTAMP, Kind


@dataclass(frozen=True, kw_only=True, eq=False)
class Totals:
    """The totals of a run per request type and name.

    Attributes:
        names: one row a name, in the columns of `locust_layout`; the sum only if it is alone.
        per_name: whether there are names besides the sum.
        duration_s: from the start to the last request: number of requests by their rate.
        failures_apart: the file counted failed requests beside `requests`; they were added.
    """

    names: pd.DataFrame
    per_name: bool
    duration_s: float | None
    failures_apart: bool

    @property
    def requests(self) -> int:
        """Requests of all names."""
        return int(self.names["requests"].sum()) if len(self.names) else 0


def read_totals(stats: CsvFile | None, distribution: CsvFile | None, rejects: Rejects) -> Totals:
    """Read PREFIX_stats.csv, or PREFIX_requests.csv and PREFIX_distribution.csv of 0.x."""
    rows = _rows(stats, rejects)
    if rows.empty:
        return Totals(names=rows, per_name=False, duration_s=None, failures_apart=False)
    if distribution is not None:
        rows = _with_percentiles(rows, _rows(distribution, rejects))
    apart = bool((rows["failures"] > rows["requests"]).any())
    if apart:
        rows["requests"] += rows["failures"]
    aggregated = np.array(list(map(is_aggregated, rows["type"], rows["name"])))
    per_name = not aggregated.all()
    return Totals(
        names=rows[~aggregated] if per_name else rows,
        per_name=per_name,
        duration_s=_duration_s(rows[aggregated] if aggregated.any() else rows),
        failures_apart=apart,
    )


def run_rows(names: pd.DataFrame, started_at: float | None, duration_s: float | None) -> Rows:
    """Return the rows of the interval table for a whole run.

    Args:
        names: one row a name, in the columns of `locust_layout`.
        started_at: seconds since 1970, None if not known.
        duration_s: of the run, None if not known.
    """
    number = len(names)
    start = None if started_at is None else round(started_at * 1e6)
    answered = names["requests"] > 0
    found = percentile_columns(names.columns)
    values = names[[name for name, _ in found]].to_numpy(dtype=np.float64)
    columns = {
        "scope": pa.repeat(Scope.RUN.value, number),
        "started_at": pa.repeat(pa.scalar(start, pa.int64()), number).cast(TIMESTAMP),
        "duration_s": pa.repeat(pa.scalar(duration_s, pa.float64()), number),
        "name": pa.array(map(display_name, names["type"], names["name"]), type=pa.string()),
        "kind": pa.repeat(Kind.REQUEST.value, number),
        "requests": pa.array(names["requests"].astype("int64")),
        "failures": pa.array(names["failures"].astype("int64")),
        "quantiles": quantile_lists([q for _, q in found], values),
        "quantile_error": pa.repeat(QUANTILE_ERROR, number),
        "bytes_received": byte_counts(received(names)),
    }
    for column in ("mean", "min", "max"):
        if column in names:
            value = names[column].where(answered)
            columns[f"latency_{column}_ms"] = pa.array(value, from_pandas=True)
    return Rows(table="intervals", batch=pa.RecordBatch.from_pydict(columns))


def _rows(file: CsvFile | None, rejects: Rejects) -> pd.DataFrame:
    frames = [] if file is None else list(file.frames(rejects))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _with_percentiles(rows: pd.DataFrame, distribution: pd.DataFrame) -> pd.DataFrame:
    """Add the percentiles of 0.x: there a row's name is "METHOD path", and the sum's is "Total"."""
    if distribution.empty:
        return rows
    columns = [name for name, _ in percentile_columns(distribution.columns)]
    by_name = distribution.drop_duplicates("name").set_index("name")[columns]
    names = [
        display_name(kind, name) for kind, name in zip(rows["type"], rows["name"], strict=True)
    ]
    return rows.join(by_name.reindex(names).reset_index(drop=True))


def _duration_s(rows: pd.DataFrame) -> float | None:
    """Return the time that Locust divides by: all its rates are over the same time."""
    if "rate" not in rows:
        return None
    known = rows[(rows["rate"] > 0) & (rows["requests"] > 0)]
    if known.empty:
        return None
    # The largest count has the rate with the most digits (0.x prints two decimals).
    most = known.nlargest(1, "requests").iloc[0]
    return float(most["requests"] / most["rate"])
