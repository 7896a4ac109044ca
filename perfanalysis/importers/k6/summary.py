"""k6's end-of-test summary: `--summary-export`, `handleSummary(data)`, machine-readable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Facts, Importer, Match, Rows
from perfanalysis.importers.k6.metrics import (
    CHECKS,
    HTTP_REQ_DURATION,
    HTTP_REQ_FAILED,
    HTTP_REQS,
    ITERATION_DURATION,
    named,
)
from perfanalysis.importers.k6.summary_shapes import Summary, Values, read_summary
from perfanalysis.importers.source import read_document
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.intervals import INTERVALS, Scope
from perfanalysis.model.requests import Kind
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import Source

ALL_REQUESTS = "all requests"
_ITERATIONS = "iterations"
_DATA_RECEIVED = "data_received"
_SUBMETRIC = re.compile(re.escape(HTTP_REQ_DURATION) + r"(\{.*\})", re.DOTALL)
_NAME_TAG = re.compile(r"\{name:([^,{}]+)\}")

_ROOT_GROUP = re.compile(rb'"root_group"\s*:\s*\{')
_GROUP_PART = re.compile(rb'"(?:metrics|groups|checks|path)"\s*:')
_MACHINE_READABLE = re.compile(rb'"k6_?[vV]ersion"\s*:')
_RESULTS = re.compile(rb'"results"\s*:\s*\{')
_METRICS = re.compile(rb'"metrics"\s*:\s*\{')
_METRIC = re.compile(rb'"(?:http_reqs?|http_req_duration|iterations?|iteration_duration)"\s*:\s*\{')


class K6Summary(Importer):
    """Reads the totals of a test: no times, no names except those of sub-metrics."""

    name: ClassVar[str] = "k6-summary"
    title: ClassVar[str] = "k6 end-of-test summary (JSON)"

    def match(self, head: bytes, filename: str) -> Match:
        """Recognise the keys that every version has, and a summary that a script cut down."""
        del filename
        if not head.lstrip().startswith(b"{"):
            return Match.NO
        if _ROOT_GROUP.search(head) and _GROUP_PART.search(head):
            return Match.CERTAIN
        if _MACHINE_READABLE.search(head) and _RESULTS.search(head):
            return Match.CERTAIN
        return Match.LIKELY if _METRICS.search(head) and _METRIC.search(head) else Match.NO

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield one row for all requests, and one for each sub-metric, check and for iterations."""
        del rejects  # one document: what is wrong in it, is wrong as a whole
        for file in source.files:
            summary = read_summary(read_document(file), label=file.label)
            totals = _Totals(summary)
            rows = [*totals.requests(), *totals.iterations(), *totals.checks()]
            if not rows:
                raise InputError(
                    f"{file.label}:1: expected requests, iterations or checks, found none",
                    hint="the script's handleSummary may have left them out",
                )
            yield Rows(table="intervals", batch=_batch(rows, file.label))
            yield Facts(
                tool="k6",
                tool_version=summary.tool_version,
                duration_s=summary.duration_s,
                thresholds=summary.thresholds,
            )
            yield from totals.caveats()


class _Totals:
    """Turns a summary into rows of the interval table, and remembers what has no place there."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary
        self._left = dict.fromkeys(summary.metrics)
        self._parts: list[str] = []
        self._unjudged: list[str] = []

    def requests(self) -> Iterator[dict[str, Any]]:
        """Yield the row of all requests, and those of the sub-metrics whose count is known."""
        total = self._request_row("", name=ALL_REQUESTS, kind=Kind.REQUEST)
        if total is not None:
            received = self._metric(_DATA_RECEIVED)
            yield total | {"bytes_received": received.count("count") if received else None}
        for metric in self._summary.metrics:
            found = _SUBMETRIC.fullmatch(metric)
            if found is None:
                continue
            selector = found.group(1)
            by_name = _NAME_TAG.fullmatch(selector)
            # A part of all requests: as a transaction it is not added to them.
            row = self._request_row(
                selector, name=by_name.group(1) if by_name else metric, kind=Kind.TRANSACTION
            )
            if row is not None:
                self._parts.append(row["name"])
                yield row

    def iterations(self) -> Iterator[dict[str, Any]]:
        """Yield the row of all iterations."""
        counter = self._metric(_ITERATIONS)
        count = counter.count("count") if counter else None
        if count:
            duration = self._metric(ITERATION_DURATION)
            yield self._row("iteration", Kind.ITERATION, count, 0, duration)

    def checks(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each check, or one for all where the groups were cut away."""
        total = self._metric(CHECKS)
        checks = dict(self._summary.checks)
        if not checks and total is not None:
            checks[CHECKS] = (total.count("passes", "matches") or 0, total.count("fails") or 0)
        for name, (passes, fails) in checks.items():
            yield self._row(name, Kind.CHECK, passes + fails, fails, None)

    def caveats(self) -> Iterator[Caveat]:
        """Yield what a reader must know about the rows, once all were made."""
        if self._parts:
            yield Caveat(
                code="sub-metric",
                message=phrase(
                    "sub-metrics are parts of all requests, shown as "
                    "transactions and not added to them: {metrics}",
                    metrics=named(self._parts),
                ),
            )
        if self._unjudged:
            yield Caveat(
                code="failures-unknown",
                message=phrase(
                    "the summary does not say how many requests failed "
                    "({metric}); none is assumed: {metrics}",
                    metric=HTTP_REQ_FAILED,
                    metrics=named(self._unjudged),
                ),
            )
        if self._left:
            yield Caveat(
                code="metrics-without-rows",
                message=phrase(
                    "a summary gives these metrics without times, and without "
                    "the number of requests; they are not imported: {metrics}",
                    metrics=named(self._left),
                ),
            )

    def _metric(self, name: str) -> Values | None:
        self._left.pop(name, None)
        return self._summary.metrics.get(name)

    def _request_row(self, selector: str, *, name: str, kind: Kind) -> dict[str, Any] | None:
        duration = self._summary.metrics.get(HTTP_REQ_DURATION + selector)
        counter = self._summary.metrics.get(HTTP_REQS + selector)
        failed = self._summary.metrics.get(HTTP_REQ_FAILED + selector)
        count = counter.count("count") if counter else None
        if count is None and duration:
            count = duration.count("count")
        if count is None and failed:
            count = _judged(failed)
        if not count:
            return None
        for metric in (HTTP_REQS, HTTP_REQ_DURATION, HTTP_REQ_FAILED):
            self._left.pop(metric + selector, None)
        failures = failed.count("passes", "matches") if failed else None
        if failures is None:
            self._unjudged.append(name)
        return self._row(name, kind, count, failures or 0, duration)

    def _row(
        self, name: str, kind: Kind, requests: int, failures: int, latency: Values | None
    ) -> dict[str, Any]:
        row = {
            "scope": str(Scope.RUN),
            "duration_s": self._summary.duration_s,
            "name": name,
            "kind": str(kind),
            "requests": requests,
            "failures": failures,
        }
        if latency is None:
            return row
        quantiles = latency.quantiles()
        return row | {
            "latency_mean_ms": latency.duration("avg"),
            "latency_min_ms": latency.duration("min"),
            "latency_max_ms": latency.duration("max"),
            "quantiles": quantiles or None,
            # k6 keeps every value and interpolates between them as numpy's "linear" does.
            "quantile_error": 0.0 if quantiles else None,
        }


def _batch(rows: list[dict[str, Any]], label: str) -> pa.RecordBatch:
    try:
        return pa.RecordBatch.from_pylist(rows, schema=INTERVALS)
    except (OverflowError, pa.ArrowInvalid) as exc:
        raise InputError(f"{label}:1: expected counts of at most 64 bits: {exc}") from exc


def _judged(failed: Values) -> int | None:
    """Return of how many requests http_req_failed knows the outcome."""
    total = failed.count("total")
    passes, fails = failed.count("passes"), failed.count("fails")
    if total is not None or passes is None or fails is None:
        return total
    return passes + fails
