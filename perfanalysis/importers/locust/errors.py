"""What went wrong in a Locust run: its failures and exceptions, as series.

The interval table has no place for texts. Each kind of error becomes one point of a counter at the
end of the run (`errors`, `exceptions`), with its text as a label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from perfanalysis.importers.base import Rows
from perfanalysis.importers.locust.layout import display_name
from perfanalysis.importers.locust.rows import CsvFile
from perfanalysis.importers.rejects import Rejects
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import LABELS, TIMESTAMP
from perfanalysis.model.series import SeriesKind
from perfanalysis.phrases import phrase

ERRORS, EXCEPTIONS = "errors", "exceptions"
_MAX_TEXT = 500
_SHOWN = 3


def failures(file: CsvFile, ended_at: float | None, rejects: Rejects) -> Iterator[Rows | Caveat]:
    """Yield the counter `errors` from PREFIX_failures.csv.

    Args:
        file: the file.
        ended_at: end of the run in seconds since 1970; None if not known: then the time at which
            Locust 2.44 and later saw each error last. Without either, only a caveat is yielded.
        rejects: takes rows with bad cells.
    """
    timeless: list[str] = []
    for frame in file.frames(rejects):
        labels = [
            {"name": display_name(kind, name), "error": text_label(error)}
            for kind, name, error in zip(frame["type"], frame["name"], frame["error"], strict=True)
        ]
        seen = frame["last_seen"] if "last_seen" in frame else [""] * len(frame)
        times = [ended_at if ended_at is not None else _seconds(str(text)) for text in seen]
        counts = [int(count) for count in frame["occurrences"]]
        points = list(zip(times, counts, labels, strict=True))
        timeless += [f"{count} x {label['error']}" for at, count, label in points if at is None]
        yield from _counter(ERRORS, [(at, n, label) for at, n, label in points if at is not None])
    if timeless:
        yield _not_kept(file, timeless)


def exceptions(file: CsvFile, ended_at: float | None, rejects: Rejects) -> Iterator[Rows | Caveat]:
    """Yield the counter `exceptions` from PREFIX_exceptions.csv: what the load script raised."""
    for frame in file.frames(rejects):
        counts = [int(count) for count in frame["count"]]
        labels = [{"message": text_label(message)} for message in frame["message"]]
        if ended_at is None:
            pairs = zip(counts, labels, strict=True)
            yield _not_kept(file, [f"{count} x {label['message']}" for count, label in pairs])
            return
        points = [(ended_at, n, label) for n, label in zip(counts, labels, strict=True)]
        yield from _counter(EXCEPTIONS, points)


def error_counter(points: Sequence[tuple[float, int, Mapping[str, str]]]) -> Iterator[Rows]:
    """Yield the counter `errors`: times in seconds since 1970, occurrences and labels."""
    return _counter(ERRORS, points)


def text_label(text: str) -> str:
    """Return an error's text on one line and shortened, fit for a label."""
    return " ".join(text.split())[:_MAX_TEXT]


def _counter(metric: str, points: Sequence[tuple[float, int, Mapping[str, str]]]) -> Iterator[Rows]:
    if not points:
        return
    times = [round(at * 1e6) for at, _, _ in points]
    columns = {
        "time": pa.array(times, pa.int64()).cast(TIMESTAMP),
        "metric": pa.repeat(metric, len(points)),
        "value": pa.array([float(count) for _, count, _ in points], pa.float64()),
        "kind": pa.repeat(SeriesKind.COUNTER.value, len(points)),
        "labels": pa.array([list(labels.items()) for _, _, labels in points], LABELS),
    }
    yield Rows(table="series", batch=pa.RecordBatch.from_pydict(columns))


def _seconds(text: str) -> float | None:
    """Return a `Last Seen` (ISO 8601 with Z) in seconds since 1970; None if it is none."""
    try:
        seen = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return None if seen.tzinfo is None else seen.timestamp()


def _not_kept(file: CsvFile, texts: Sequence[str]) -> Caveat:
    shown = "; ".join(texts[:_SHOWN]) + ("; ..." if len(texts) > _SHOWN else "")
    return Caveat(
        code="errors-without-time",
        message=phrase(
            "{file}: no file says when the run was, so its errors are only told here: {errors}",
            file=file.file.label,
            errors=shown,
        ),
    )
