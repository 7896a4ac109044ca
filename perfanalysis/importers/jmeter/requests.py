"""Samples of JMeter, from whatever file, as rows of the request table.

Requests, transaction controllers and parts of requests become rows; `kind` keeps controllers and
parts out of totals. Numbers of active threads become a series.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Rows
from perfanalysis.importers.jmeter.nesting import Nesting
from perfanalysis.importers.jmeter.request_columns import kinds, request_columns
from perfanalysis.importers.jmeter.threads import ActiveThreads, Peaks, peaks_of
from perfanalysis.importers.jmeter.times import stamps_are_ends, to_utc, zone_name
from perfanalysis.importers.jmeter.words import codes_of, matching
from perfanalysis.importers.source import InputFile
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    import numpy.typing as npt

    Bools = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.int64]

CONTROLLER = r"^Number of samples in transaction : \d+, number of failing samples : \d+$"
EMPTY_CONTROLLER = r"^Number of samples in transaction : 0, "


@dataclass(frozen=True, kw_only=True)
class RequestRows:
    """One batch of samples as requests, before it is known which are parts of others.

    Attributes:
        samples: in the order of the file, without empty controllers.
        starts_us: when they started, microseconds since 1970 in UTC, shape (n,).
        controllers: which are transaction controllers, shape (n,).
        columns: of the request table.
        peaks: active threads, or None where the source does not tell.
        empty_controllers: how many were left out.
        ambiguous: some times have two readings.
    """

    samples: pa.RecordBatch
    starts_us: Integers
    controllers: Bools
    columns: dict[str, pa.Array]
    peaks: Peaks | None
    empty_controllers: int
    ambiguous: bool


class RequestBuilder:
    """Turns batches of samples into batches of requests, for one file.

    Samples are record batches with JMeter's column names: `stamp_us`, `elapsed` (int64), `success`
    (bool) and `label` (a dictionary) are needed; text columns are dictionaries.

    Args:
        file: for messages.
        zone: of time stamps that are text without zone, or None if they are in UTC.
        nesting: tells parts of requests from requests.

    Attributes:
        settled: there were samples, so `rows` may be called in several threads.
    """

    def __init__(self, file: InputFile, *, zone: tzinfo | None, nesting: Nesting) -> None:
        self.settled = False
        self._file = file
        self._zone = zone
        self._nesting = nesting
        self._threads = ActiveThreads()
        self._rows = 0
        self._empty_controllers = 0
        self._stamps_are_ends = False
        self._ambiguous = False

    def rows(self, samples: pa.RecordBatch) -> RequestRows:
        """Return what one batch of samples says by itself.

        The first samples settle how the time stamps of all are meant.
        """
        empty = matching(samples, "responseMessage", EMPTY_CONTROLLER)
        empties = int(np.count_nonzero(empty))
        if empties:
            samples = samples.filter(pa.array(~empty))
        controllers = matching(samples, "responseMessage", CONTROLLER)
        stamps_us: Integers = samples["stamp_us"].to_numpy()
        ambiguous = False
        if self._zone is not None and samples.num_rows:
            stamps_us, ambiguous = to_utc(stamps_us, self._zone)
        if not self.settled and samples.num_rows:
            self._settle(samples, stamps_us, controllers)
        elapsed_us: Integers = samples["elapsed"].to_numpy() * 1000
        starts_us = stamps_us - elapsed_us if self._stamps_are_ends else stamps_us
        active = samples["allThreads"] if "allThreads" in samples.schema.names else None
        return RequestRows(
            samples=samples,
            starts_us=starts_us,
            controllers=controllers,
            columns=request_columns(samples, starts_us),
            peaks=None if active is None else peaks_of(starts_us + elapsed_us, active),
            empty_controllers=empties,
            ambiguous=ambiguous,
        )

    def take(self, rows: RequestRows) -> Iterator[Chunk]:
        """Yield the rows of one batch; batches come in the order of the file."""
        self._empty_controllers += rows.empty_controllers
        if not rows.samples.num_rows:
            return
        self._rows += rows.samples.num_rows
        self._ambiguous |= rows.ambiguous
        roles = self._nesting.roles(rows.samples, rows.starts_us, rows.controllers)
        transactions = rows.controllers if roles.part is None else rows.controllers | roles.part
        columns = {**rows.columns, "kind": kinds(transactions)}
        if roles.group is not None:
            columns["group"] = roles.group
        yield Rows(table="requests", batch=pa.RecordBatch.from_pydict(columns))
        if rows.peaks is not None:
            yield from self._threads.add(rows.peaks)

    def finish(self) -> Iterator[Chunk]:
        """Yield what is known at the end only.

        Raises:
            InputError: there were no samples.
        """
        if not self._rows:
            raise InputError(
                f"{self._file.label}: expected at least one sample, found none",
                hint="was the test killed before its first sample ended?",
            )
        yield from self._threads.finish()
        if self._empty_controllers:
            message = phrase(
                "{file}: {transactions} transactions without samples were left out, "
                "as JMeter's own report does",
                file=self._file.label,
                transactions=self._empty_controllers,
            )
            yield Caveat(code="empty-transactions", message=message)
        if self._zone is not None:
            yield from self._zone_caveats(self._zone)
        if self._stamps_are_ends:
            message = phrase(
                "{file}: its time stamps mark the end of samples "
                "(sampleresult.timestamp.start=false); starts are stamp minus elapsed",
                file=self._file.label,
            )
            yield Caveat(code="end-timestamps", message=message)

    def _zone_caveats(self, zone: tzinfo) -> Iterator[Caveat]:
        message = phrase(
            "{file}: its times carry no zone and were read as {zone}",
            file=self._file.label,
            zone=zone_name(zone),
        )
        yield Caveat(code="assumed-timezone", message=message)
        if self._ambiguous:
            message = phrase(
                "{file}: the clock was changed during the run, so some of its times "
                "have two readings; the first one was taken",
                file=self._file.label,
            )
            yield Caveat(code="ambiguous-times", message=message)

    def _settle(self, samples: pa.RecordBatch, stamps_us: Integers, controllers: Bools) -> None:
        """Decide for all samples whether time stamps mark their ends: a run has one setting."""
        self.settled = True
        if "threadName" not in samples.schema.names:
            return
        single = self._nesting.alone(samples) & ~controllers
        self._stamps_are_ends = stamps_are_ends(
            codes_of(samples["threadName"])[single].astype(np.int64),
            stamps_us[single] // 1000,
            samples["elapsed"].to_numpy()[single],
        )
