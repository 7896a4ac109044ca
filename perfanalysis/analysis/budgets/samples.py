"""The values behind a figure: in order of time, or windows and histograms that stand for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.analysis.evidence import NameEvidence, Windows
from perfanalysis.model.buckets import bucket_of
from perfanalysis.model.figure import Column
from perfanalysis.model.series import SeriesKind
from perfanalysis.stats.dependence import WindowedHistogram

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# What each row says; every other column is a trend of milliseconds.
KINDS = {
    Column.ROWS: SeriesKind.COUNTER,
    Column.PASSED: SeriesKind.RATE,
    Column.FAILED: SeriesKind.RATE,
}
_PART_US = 125_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """What one run holds of one column of a selection, or of one series.

    Attributes:
        kind: how the values are read: trend, counter, rate or gauge.
        values: in order of time; of a rate 0 or 1; infinite for a request that failed, where its
            success counts; None where the source has but windows, histograms or totals.
        times_us: when each value was, microseconds since 1970; None without values.
        given: what stands for values that the source does not have.
        ends: smallest and largest of such values, where the source tells them.
        seconds: over which a counter counted.
        clock_resolution: tick of the clock in the unit of the values, or None.
        unit: of a series; None where unknown, and for requests.
        bucketed: whether the values come from histograms, a quarter of a per cent rough.
    """

    kind: SeriesKind
    values: Floats | None
    times_us: Ints | None
    given: NameEvidence | None
    ends: tuple[float | None, float | None]
    seconds: float | None
    clock_resolution: float | None
    unit: str | None
    bucketed: bool

    @cached_property
    def ordered(self) -> Floats | None:
        """The values, increasing; None without values."""
        return None if self.values is None else np.sort(self.values)

    @property
    def lowest(self) -> float | None:
        """The smallest value, where it is known."""
        return self.ends[0] if self.values is None else float(self.values.min())

    @property
    def highest(self) -> float | None:
        """The largest value, where it is known."""
        return self.ends[1] if self.values is None else float(self.values.max())

    @cached_property
    def evidence(self) -> NameEvidence | None:
        """Counts, windows and histograms; None of negative values, which no histogram holds."""
        if self.given is not None or self.values is None or self.times_us is None:
            return self.given
        return _evidence_of_values(self, self.values, self.times_us)


def sample_of_values(
    kind: SeriesKind,
    values: Floats,
    times_us: Ints,
    *,
    seconds: float | None,
    clock_resolution: float | None,
) -> Sample | None:
    """Return values with what stands for them; None without any.

    Args:
        kind: how they are read.
        values: in any order, no NaN.
        times_us: when each was.
        seconds: over which a counter counted.
        clock_resolution: tick of the clock in the unit of the values, or None.
    """
    if not len(values):
        return None
    if np.any(np.diff(times_us) < 0):
        by_time = np.argsort(times_us, kind="stable")
        values, times_us = values[by_time], times_us[by_time]
    return Sample(
        kind=kind,
        values=values,
        times_us=times_us,
        given=None,
        ends=(None, None),
        seconds=seconds,
        clock_resolution=clock_resolution,
        unit=None,
        bucketed=False,
    )


def sample_of_evidence(
    kind: SeriesKind,
    evidence: NameEvidence,
    ends: tuple[float | None, float | None],
    *,
    bucketed: bool,
) -> Sample:
    """Return what is known without single values.

    Args:
        kind: how they would be read.
        evidence: windows, histograms or totals.
        ends: smallest and largest value, where known.
        bucketed: whether values come from histograms.
    """
    return Sample(
        kind=kind,
        values=None,
        times_us=None,
        given=evidence,
        ends=ends,
        seconds=evidence.duration_s,
        clock_resolution=None,
        unit=None,
        bucketed=bucketed,
    )


def _evidence_of_values(sample: Sample, values: Floats, times_us: Ints) -> NameEvidence | None:
    """Return values as comparisons see them: over time, in buckets."""
    if np.any(values < 0) or not np.all(np.isfinite(values)):
        return None
    part = times_us - times_us % _PART_US
    is_rate = sample.kind is SeriesKind.RATE
    events = values != 0 if is_rate else np.zeros(len(values), dtype=bool)
    starts, position = np.unique(part, return_inverse=True)
    latencies = None
    if sample.kind in (SeriesKind.TREND, SeriesKind.GAUGE):
        latencies = WindowedHistogram(
            window=part,
            bucket=bucket_of(values),
            count=np.ones(len(values), dtype=np.int64),
            clock_resolution=sample.clock_resolution,
        )
    return NameEvidence(
        name="",
        requests=len(values),
        failures=int(events.sum()),
        duration_s=sample.seconds,
        latencies=latencies,
        windows=Windows(
            start_us=starts,
            requests=np.bincount(position).astype(np.int64),
            failures=np.bincount(position, weights=events).astype(np.int64),
            mean_ms=None,
        ),
        total=None,
    )


def evidence_of_histogram(
    table: pa.Table,
    *,
    seconds: float | None,
    clock_resolution: float | None,
    succeeding: bool,
) -> NameEvidence:
    """Return the evidence of rows of the histogram table, failed requests included.

    Args:
        table: in order of windows.
        seconds: duration of the run.
        clock_resolution: tick of the clock in milliseconds, or None.
        succeeding: whether latencies are those of successful requests only.
    """
    window = table.column("window").cast(pa.int64()).to_numpy()
    count = table.column("count").to_numpy()
    ok = table.column("ok").to_numpy().astype(bool)
    timed = pc.is_valid(table.column("bucket")).to_numpy()
    used = timed & ok if succeeding else timed
    bucket = pc.fill_null(table.column("bucket"), 0).to_numpy().astype(np.int64)
    starts, position = np.unique(window, return_inverse=True)
    return NameEvidence(
        name="",
        requests=int(count.sum()),
        failures=int(count[~ok].sum()),
        duration_s=seconds,
        latencies=WindowedHistogram(
            window=window[used],
            bucket=bucket[used],
            count=count[used],
            clock_resolution=clock_resolution,
        ),
        windows=Windows(
            start_us=starts,
            requests=np.bincount(position, weights=count).astype(np.int64),
            failures=np.bincount(position, weights=count * ~ok).astype(np.int64),
            mean_ms=None,
        ),
        total=None,
    )
