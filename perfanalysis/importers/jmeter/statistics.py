"""The dashboard's `statistics.json`: one summary per label of a whole run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import pyarrow as pa

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Facts, Importer, Match, Rows
from perfanalysis.importers.source import InputFile, Source, read_document
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.intervals import INTERVALS, Scope
from perfanalysis.model.requests import Kind
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects

_Summary: TypeAlias = dict[str, Any]

# jmeter.reportgenerator.statistic_window: older values are forgotten.
_WINDOW = 20_000
# Unless aggregate_rpt_pct1..3 are set otherwise, which the file does not say.
_QUANTILES = {"medianResTime": 0.5, "pct1ResTime": 0.9, "pct2ResTime": 0.95, "pct3ResTime": 0.99}
_BYTES_PER_KB = 1024
_MAX_DURATION_S = 1e10


class JmeterStatistics(Importer):
    """Reads the statistics that JMeter's HTML report shows, as one interval per label."""

    name: ClassVar[str] = "jmeter-statistics"
    title: ClassVar[str] = "JMeter dashboard's statistics.json"

    def match(self, head: bytes, filename: str) -> Match:
        """Say how well a file fits, by two words that no other tool writes together."""
        del filename
        if not head.lstrip().startswith(b"{"):
            return Match.NO
        both = b'"sampleCount"' in head and b'"pct1ResTime"' in head
        return Match.CERTAIN if both else Match.NO

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield one interval per label; the total, which repeats them, only gives the duration.

        Raises:
            InputError: it is no such document.
        """
        del rejects  # a document has no rows to skip
        file = source.files[0]
        summaries = _summaries(read_document(file), file)
        total = _total(summaries, file)
        labels = [summary for name, summary in summaries.items() if name != total]
        yield Facts(
            tool="jmeter",
            clock_resolution_ms=1.0,
            duration_s=None if total is None else _duration_s(summaries[total]),
        )
        rows = [_interval(summary) for summary in labels]
        yield Rows(table="intervals", batch=pa.RecordBatch.from_pylist(rows, schema=INTERVALS))
        yield from _caveats(labels, None if total is None else summaries[total], file)


def _summaries(document: Any, file: InputFile) -> dict[str, _Summary]:  # noqa: ANN401  (any JSON)
    if not isinstance(document, dict) or not document:
        raise InputError(f"{file.label}:1: expected an object of summaries by label, found none")
    summaries: dict[str, _Summary] = {}
    for label, given in document.items():
        if not isinstance(given, dict):
            raise InputError(f"{file.label}: {label!r}: expected an object, found {given!r:.80}")
        summary = {"name": label}
        for key in ("sampleCount", "errorCount"):
            summary[key] = _count(given.get(key), f"{file.label}: {label!r}.{key}")
        for key in ("meanResTime", "minResTime", "maxResTime", "throughput", *_QUANTILES):
            summary[key] = _number(given.get(key), f"{file.label}: {label!r}.{key}")
        key = "receivedKBytesPerSec"
        summary[key] = _number(given.get(key), f"{file.label}: {label!r}.{key}")
        if summary["errorCount"] > summary["sampleCount"]:
            raise InputError(
                f"{file.label}: {label!r}.errorCount: expected at most "
                f"{summary['sampleCount']} errors, found {summary['errorCount']}"
            )
        _check_size(summary, f"{file.label}: {label!r}")
        summaries[label] = summary
    return summaries


def _check_size(summary: _Summary, where: str) -> None:
    """Refuse rates that make a test longer than a lifetime, or more bytes than can be counted."""
    duration_s = _duration_s(summary) or 0.0
    if duration_s > _MAX_DURATION_S:
        raise InputError(
            f"{where}.throughput: expected the rate of {summary['sampleCount']} samples, "
            f"found {summary['throughput']!r}"
        )
    received = summary["receivedKBytesPerSec"] or 0.0
    if received * _BYTES_PER_KB * duration_s >= 2**63:
        raise InputError(f"{where}.receivedKBytesPerSec: expected a rate, found {received!r}")


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise InputError(f"{where}: expected a count, found {value!r:.80}")
    return value


def _number(value: object, where: str) -> float | None:
    """Return a number that is not negative; None for what JMeter could not compute."""
    if value is None or value == "NaN":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isnan(number):
            return None
        if 0 <= number < math.inf:
            return number
    raise InputError(f"{where}: expected a number, found {value!r:.80}")


def _total(summaries: dict[str, _Summary], file: InputFile) -> str | None:
    """Return the key of the total, which JMeter may have translated; None if there is none.

    Raises:
        InputError: two labels could be it.
    """
    if "Total" in summaries:
        return "Total"
    everything = sum(summary["sampleCount"] for summary in summaries.values())
    fitting = [name for name, given in summaries.items() if 2 * given["sampleCount"] == everything]
    if everything and len(fitting) > 1:
        raise InputError(
            f"{file.label}: expected one total, found that it may be any of: {', '.join(fitting)}",
            hint="rename the key of the total to Total",
        )
    return fitting[0] if everything and fitting else None


def _duration_s(summary: _Summary) -> float | None:
    throughput = summary["throughput"]
    return summary["sampleCount"] / throughput if throughput else None


def _interval(summary: _Summary) -> dict[str, object]:
    duration_s = _duration_s(summary)
    received = summary["receivedKBytesPerSec"]
    measured = summary["sampleCount"] > 0
    quantiles = [
        {"q": q, "latency_ms": summary[key]}
        for key, q in _QUANTILES.items()
        if summary[key] is not None and measured
    ]
    return {
        "scope": str(Scope.RUN),
        "duration_s": duration_s,
        "name": summary["name"],
        "kind": str(Kind.REQUEST),
        "requests": summary["sampleCount"],
        "failures": summary["errorCount"],
        "latency_mean_ms": summary["meanResTime"] if measured else None,
        "latency_min_ms": summary["minResTime"] if measured else None,
        "latency_max_ms": summary["maxResTime"] if measured else None,
        "quantiles": quantiles or None,
        "bytes_received": None
        if duration_s is None or received is None
        else round(received * _BYTES_PER_KB * duration_s),
    }


def _caveats(labels: list[_Summary], total: _Summary | None, file: InputFile) -> Iterator[Caveat]:
    message = phrase(
        "{file}: its three percentiles were read as p90, p95 and p99; the file does "
        "not say whether aggregate_rpt_pct1, 2 and 3 were set otherwise",
        file=file.label,
    )
    yield Caveat(code="configurable-percentiles", message=message)
    long = [summary["name"] for summary in labels if summary["sampleCount"] > _WINDOW]
    if long:
        message = phrase(
            "{file}: medians and percentiles cover only the last {samples} samples of: {labels}",
            file=file.label,
            samples=_WINDOW,
            labels=", ".join(long),
        )
        yield Caveat(code="last-values-only", message=message)
    if total is None:
        message = phrase(
            "{file}: it holds no total; the duration of the run is unknown",
            file=file.label,
        )
        yield Caveat(code="no-total", message=message)
    elif total["sampleCount"] < sum(summary["sampleCount"] for summary in labels):
        message = phrase(
            "{file}: the total counts fewer samples than the labels: some labels are "
            "transaction controllers, which this file does not mark; their samples "
            "count twice",
            file=file.label,
        )
        yield Caveat(code="unmarked-transactions", message=message)
