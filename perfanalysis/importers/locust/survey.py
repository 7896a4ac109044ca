"""A first reading of Locust's history, and the order of its rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from perfanalysis.importers.locust.layout import is_aggregated
from perfanalysis.importers.locust.rows import CsvFile
from perfanalysis.importers.rejects import Rejects, Tolerance

KEY = ["type", "name"]
_WRITING_INTERVAL_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What must be known about a history before its first window can be told.

    Attributes:
        started_at: where the first window begins, in seconds since 1970.
        last_at: time of the last row.
        headless: the first rows count requests already: the history's beginning is missing.
        reset: Locust began to count again from zero (`--reset-stats`); `started_at` is then the
            last time before that, and what happened earlier is no part of the run, as in Locust.
        full: there are rows per name (`--csv-full-history`), not only their sum.
        sliding: percentiles look back over ten seconds, not over the whole run.
        rounded: means are whole milliseconds, too coarse to tell the mean of a window.
        aggregated: requests of the whole run by the last row of the sum; 0 without one.
        aggregated_at: when that row was written; `last_at` without one.
    """

    started_at: float
    last_at: float
    headless: bool
    reset: bool
    full: bool
    sliding: bool
    rounded: bool
    aggregated: int
    aggregated_at: float

    @property
    def duration_s(self) -> float:
        """From the start to the last row, in whole seconds as Locust writes them."""
        return self.last_at - self.started_at


def survey(history: CsvFile) -> Survey | None:
    """Read a history for the first time; None where it has no rows.

    Bad rows are passed over: the second reading reports them.
    """
    surveyor = _Surveyor()
    for frame in frames_in_order(history, Rejects(Tolerance(rows=sys.maxsize, share=None))):
        surveyor.add(frame)
    return surveyor.survey()


def frames_in_order(history: CsvFile, rejects: Rejects) -> Iterator[pd.DataFrame]:
    """Yield a history in pieces whose times do not fall and do not reach into the next piece.

    Rows with a time before the row above go to `rejects`: the counters of the next row contain
    them. Of two rows for one name and second the later one is kept, for the same reason.
    """
    latest = -np.inf
    rest: pd.DataFrame | None = None
    for found in history.frames(rejects):
        highest = np.maximum.accumulate(np.append(latest, found["at"].to_numpy()))
        late = found["at"].to_numpy() < highest[:-1]
        for _, row in found[late].iterrows():
            rejects.row(
                history.file,
                int(row["line"]),
                column="at",
                expected="a time not before that of the row above",
                found=f"{row['at']:.0f}",
                raw=f"{row['at']:.0f},{row['type']},{row['name']}",
            )
        latest = highest[-1]
        frame = found[~late] if rest is None else pd.concat([rest, found[~late]])
        complete = frame["at"] < latest
        rest = frame[~complete].drop_duplicates(KEY, keep="last")
        if complete.any():
            yield frame[complete].drop_duplicates([*KEY, "at"], keep="last")
    if rest is not None and len(rest):
        yield rest


class _Surveyor:
    """Gathers a `Survey` from the pieces of a history."""

    def __init__(self) -> None:
        self._first: pd.DataFrame | None = None
        self._counts = pd.DataFrame()
        self._last_at = -np.inf
        self._before_reset: float | None = None
        self._full = self._sliding = False
        self._rounded = True
        self._total: pd.Series[float] | None = None

    def add(self, frame: pd.DataFrame) -> None:
        if self._first is None:
            self._first = frame[frame["at"] == frame["at"].iloc[0]]
        self._find_reset(frame)
        aggregated = np.array(list(map(is_aggregated, frame["type"], frame["name"])))
        if aggregated.any():
            self._total = frame[aggregated].iloc[-1]
        self._full |= not aggregated.all()
        self._sliding |= _forgets(frame)
        self._rounded &= bool(frame.loc[frame["requests"] > 0, "mean_is_whole"].all())
        self._last_at = float(frame["at"].iloc[-1])

    def _find_reset(self, frame: pd.DataFrame) -> None:
        both = pd.concat([self._counts, frame[[*KEY, "at", "requests", "failures"]]])
        groups = both.groupby(KEY, sort=False)
        fell = (groups[["requests", "failures"]].diff() < 0).any(axis=1)
        self._counts = groups.tail(1)
        if fell.any():
            reset_at = both.loc[fell.to_numpy(), "at"].max()
            times = np.append(self._last_at, np.unique(frame["at"]))
            self._before_reset = float(times[times < reset_at].max())

    def survey(self) -> Survey | None:
        """Return what was found; None without rows."""
        if self._first is None:
            return None
        started_at = float(self._first["at"].iloc[0])
        headless = bool((self._first["requests"] > 0).any()) and self._before_reset is None
        if headless:
            started_at -= _WRITING_INTERVAL_S
        total = self._total
        return Survey(
            started_at=started_at if self._before_reset is None else self._before_reset,
            last_at=self._last_at,
            headless=headless,
            reset=self._before_reset is not None,
            full=self._full,
            sliding=self._sliding,
            rounded=self._rounded,
            aggregated=0 if total is None else int(total["requests"]),
            aggregated_at=self._last_at if total is None else float(total["at"]),
        )


def _forgets(frame: pd.DataFrame) -> bool:
    """Whether percentiles leave out the slowest request so far: then they look back ten seconds.

    Versions differ and do not say: up to 0.14 and from 2.2 with `--csv-full-history` the ten
    seconds, otherwise the whole run. 100 % of the whole run is its maximum, but for the rounding.
    """
    if "100%" not in frame or "max" not in frame:
        return False
    slowest_shown = frame["100%"].where(frame["100%"] > 0)
    return bool((slowest_shown < frame["max"] * 0.9 - 1).any())
