"""What a run says about a figure.

Latencies are those of all requests, failed ones included, as every tool and every summary has them:
a budget must be judged on the figure that its author sees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.analysis.budgets.samples import (
    KINDS,
    Sample,
    evidence_of_histogram,
    sample_of_evidence,
    sample_of_values,
)
from perfanalysis.analysis.evidence import (
    NameEvidence,
    RunEvidence,
    all_requests,
    interval_evidence,
)
from perfanalysis.model.figure import Aggregate, Column, Figure
from perfanalysis.model.requests import Kind
from perfanalysis.model.run import Evidence
from perfanalysis.model.series import SeriesKind
from perfanalysis.store.bundle import Run

Tags = tuple[tuple[str, str], ...]

# Tags of k6 and of people that are columns of the request table.
TAG_COLUMNS = {
    "name": "name",
    "group": "group",
    "scenario": "scenario",
    "method": "method",
    "status": "status",
    "error": "error",
    "vu": "worker",
    "worker": "worker",
}
_WITHOUT_ROWS = frozenset({Column.LATENCY, Column.ROWS, Column.PASSED, Column.FAILED})


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which requests are meant: of a kind, of one name or all, with all of these tags."""

    kind: Kind
    name: str | None
    tags: Tags


class Observed:
    """One run, asked for many figures: tables are read once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.info = run.info
        self._columns: dict[str, pa.ChunkedArray] = {}
        self._samples: dict[tuple[object, ...], Sample | None] = {}

    @cached_property
    def evidence(self) -> RunEvidence:
        """The same run as comparisons see it."""
        return RunEvidence(self.run)

    @property
    def has_rows(self) -> bool:
        """Whether single requests are there: only they carry tags."""
        return self.info.evidence is Evidence.REQUESTS and self.run.has_requests

    @cached_property
    def names(self) -> dict[Kind, frozenset[str]]:
        """The names of each kind of row."""
        rows = self.info.evidence is Evidence.REQUESTS
        table = self.run.histograms_table if rows else self.run.intervals_table
        pairs = table.group_by(["kind", "name"]).aggregate([]).to_pylist()
        return {
            kind: frozenset(row["name"] for row in pairs if row["kind"] == kind.value)
            for kind in Kind
        }

    @cached_property
    def series(self) -> frozenset[str]:
        """The keys of the series."""
        metrics = self.run.table("series", ("metric",)).column("metric")
        return frozenset(metrics.unique().to_pylist())

    def sample(self, figure: Figure, selection: Selection) -> Sample | None:
        """Return what the run holds of a figure; None where it holds nothing of it."""
        succeeding = figure.aggregate is Aggregate.UNDER
        key = (figure.column, figure.series, succeeding, selection)
        if key not in self._samples:
            if figure.series is not None:
                self._samples[key] = self._of_series(figure.series, selection.tags)
            else:
                column = figure.column or Column.ROWS
                self._samples[key] = self._of_requests(column, selection, succeeding=succeeding)
        return self._samples[key]

    def selects(self, selection: Selection) -> bool:
        """Say whether any row is selected; without single requests, none has tags."""
        if self.has_rows:
            return bool(pc.any(self._mask(selection)).as_py())
        return not selection.tags and selection.name in (None, *self.names[selection.kind])

    def tag_values(self, key: str, selection: Selection) -> set[str]:
        """Return the values that a tag has in the selected rows."""
        if key in TAG_COLUMNS:
            found = self._column(TAG_COLUMNS[key])
        else:
            found = pc.map_lookup(self._column("tags"), key, "first")
        values = found.filter(self._mask(selection)).unique().to_pylist()
        return {value for value in values if value is not None}

    def tag_keys(self) -> set[str]:
        """Return the keys of all tags."""
        tags = self._column("tags").combine_chunks()
        return {*TAG_COLUMNS, *(pc.unique(tags.keys).to_pylist() if len(tags) else ())}

    def _column(self, name: str) -> pa.ChunkedArray:
        if name not in self._columns:
            self._columns[name] = self.run.table("requests", (name,)).column(name)
        return self._columns[name]

    def _mask(self, selection: Selection) -> pa.ChunkedArray:
        """Return which rows are selected; a row without a tag is not."""
        mask = pc.equal(self._column("kind"), selection.kind.value)
        if selection.name is not None:
            mask = pc.and_(mask, pc.equal(self._column("name"), selection.name))
        for key, value in selection.tags:
            mask = pc.and_(mask, self._tagged(key, value))
        return pc.fill_null(mask, fill_value=False)

    def _tagged(self, key: str, value: str) -> pa.ChunkedArray:
        if key == "expected_response":
            return pc.equal(self._column("ok").cast(pa.string()), value)
        if key in TAG_COLUMNS:
            return pc.equal(self._column(TAG_COLUMNS[key]), value)
        found = pc.equal(pc.map_lookup(self._column("tags"), key, "first"), value)
        if key != "url":
            return found
        # k6 names a request by its address unless the script names it: then the tag is left out.
        return pc.or_(pc.fill_null(found, fill_value=False), pc.equal(self._column("name"), value))

    def _of_requests(
        self, column: Column, selection: Selection, *, succeeding: bool
    ) -> Sample | None:
        if self.has_rows:
            return self._of_rows(column, selection, succeeding=succeeding)
        if selection.tags or column not in _WITHOUT_ROWS:
            return None
        if self.info.evidence is Evidence.REQUESTS:
            return self._of_histograms(column, selection, succeeding=succeeding)
        return None if succeeding else self._of_intervals(column, selection)

    def _of_rows(self, column: Column, selection: Selection, *, succeeding: bool) -> Sample | None:
        mask = self._mask(selection)
        ok = self._column("ok").filter(mask).to_numpy().astype(bool)
        times = self._column("started_at").filter(mask).cast(pa.int64()).to_numpy()
        if column is Column.ROWS:
            values = np.ones(len(ok))
        elif column in KINDS:
            values = (ok if column is Column.PASSED else ~ok).astype(np.float64)
        else:
            values = self._column(column.value).filter(mask).to_numpy().astype(np.float64)
        if succeeding:
            values = np.where(np.isnan(values) | ~ok, np.inf, values)
        known = ~np.isnan(values)
        clock = self.info.clock_resolution_ms if column is Column.LATENCY else None
        sample = sample_of_values(
            KINDS.get(column, SeriesKind.TREND),
            values[known],
            times[known],
            seconds=self.info.duration_s,
            clock_resolution=clock,
        )
        return None if sample is None else self._with_reported(sample, column, selection)

    def _with_reported(self, sample: Sample, column: Column, selection: Selection) -> Sample:
        """Return a sample with the tool's own counts, where its log holds only some requests."""
        counted = column in (Column.ROWS, Column.FAILED) and selection.kind is Kind.REQUEST
        if selection.tags or not counted or not self.run.intervals_table.num_rows:
            return sample
        found = self._name_evidence(selection.name)
        total = None if found is None else found.total
        evidence = sample.evidence
        if total is None or evidence is None or total.requests <= evidence.requests:
            return sample
        known = replace(evidence, total=total)
        return replace(sample, values=None, times_us=None, given=known)

    def _name_evidence(self, name: str | None) -> NameEvidence | None:
        names = self.evidence.names
        return self.evidence.everything if name is None else names.get(name)

    def _of_histograms(
        self, column: Column, selection: Selection, *, succeeding: bool
    ) -> Sample | None:
        table = _selected(self.run.histograms_table, selection)
        if table.num_rows == 0:
            return None
        evidence = evidence_of_histogram(
            table.sort_by("window"),
            seconds=self.info.duration_s,
            clock_resolution=self.info.clock_resolution_ms,
            succeeding=succeeding,
        )
        timed = evidence.latencies
        ends: tuple[float | None, float | None] = (None, None)
        if timed is not None and timed.n:
            ends = timed.cdf().quantile(0.0), timed.cdf().quantile(1.0)
        return sample_of_evidence(
            KINDS.get(column, SeriesKind.TREND), evidence, ends, bucketed=column is Column.LATENCY
        )

    def _of_intervals(self, column: Column, selection: Selection) -> Sample | None:
        table = _selected(self.run.intervals_table, selection)
        names = interval_evidence(table, self.info.duration_s)
        # The percentiles of several names do not add up; those of a single one are there.
        found = next(iter(names.values())) if len(names) == 1 else all_requests(names)
        if found is None:
            return None
        ends = (
            pc.min(table.column("latency_min_ms")).as_py(),
            pc.max(table.column("latency_max_ms")).as_py(),
        )
        return sample_of_evidence(KINDS.get(column, SeriesKind.TREND), found, ends, bucketed=False)

    def _of_series(self, metric: str, tags: Tags) -> Sample | None:
        table = self.run.series_table
        table = table.filter(pc.equal(table.column("metric"), metric))
        for key, value in tags:
            found = pc.map_lookup(table.column("labels"), key, "first")
            table = table.filter(pc.equal(found, value))
        if table.num_rows == 0:
            return None
        sample = sample_of_values(
            SeriesKind(table.column("kind")[0].as_py()),
            table.column("value").to_numpy(),
            table.column("time").cast(pa.int64()).to_numpy(),
            seconds=self.info.duration_s,
            clock_resolution=None,
        )
        return None if sample is None else replace(sample, unit=table.column("unit")[0].as_py())


def _selected(table: pa.Table, selection: Selection) -> pa.Table:
    mask = pc.equal(table.column("kind"), selection.kind.value)
    if selection.name is not None:
        mask = pc.and_(mask, pc.equal(table.column("name"), selection.name))
    return table.filter(mask)
