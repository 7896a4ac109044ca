"""JTL files in CSV, one row at a time."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.oracle.jmeter import (
    END_OF_TIME_US,
    BadSampleError,
    Sample,
    elapsed,
    number,
    reading_of,
    single,
    verdict,
)
from tests.oracle.reading import Reading, read_bytes

FIRST = (
    *("timeStamp", "elapsed", "label", "responseCode", "responseMessage", "threadName"),
    *("dataType", "success"),
)
# The columns of files without header, by their number.
DEFAULTS = {12: [*FIRST, "bytes", "grpThreads", "allThreads", "Latency"]}
# Which of JMeter's columns are never empty.
NUMBERS = {
    *("elapsed", "bytes", "sentBytes", "allThreads", "Latency", "Connect", "SampleCount"),
    *("grpThreads", "IdleTime", "ErrorCount"),
}
JMETER = {*FIRST, *NUMBERS, "failureMessage", "method", "URL", "Filename", "Encoding"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_FIRST = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?"
    r"(?:Z|([+-]\d\d):?(\d\d))?",
    re.ASCII,
)
MONTH_FIRST = re.compile(r"(\d\d)/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)


def read_csv(path: Path) -> Reading:
    """Return what stands in a file; times without zone are UTC."""
    data = read_bytes(path)
    text = "".join(decoded(line) for line in data.splitlines(keepends=True))
    # The first character that is none of a word's is the delimiter.
    delimiter = re.match(r'"?\w+"?(.)', text)[1]
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    header = [name.strip() for name in records[0]]
    has_header = not header[0].isdigit()
    names = ["elapsed" if name == "time" else name for name in header]
    if not has_header:
        names = DEFAULTS[len(header)]
    samples: list[Sample] = []
    rejected = 0
    for place, cells in enumerate(records):
        if cells in ([], [""]) or (has_header and [cell.strip() for cell in cells] == header):
            continue
        try:
            samples.append(sample_of(names, cells))
            cut = place == len(records) - 1 and not text.endswith("\n")
            if cut and not cells[-1] and names[-1] in NUMBERS:
                samples.pop()
        except BadSampleError:
            # A last row that the file cuts short is dropped.
            rejected += place < len(records) - 1 or text.endswith("\n")
    return reading_of(samples, rejected)


def decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def sample_of(names: list[str], cells: list[str]) -> Sample:
    if len(cells) != len(names):
        raise BadSampleError("width")
    # A sample variable may be called like a column of JMeter's: the first one is JMeter's.
    cell = dict(reversed(list(zip(names, cells, strict=True))))
    single(cell.get("SampleCount"))
    return Sample(
        stamp_us=stamp_us(cell["timeStamp"].strip(" \t")),
        elapsed_ms=elapsed(cell["elapsed"]),
        ok=verdict(cell["success"]),
        label=cell["label"],
        code=cell.get("responseCode"),
        message=cell.get("responseMessage"),
        thread=cell.get("threadName"),
        failure=cell.get("failureMessage"),
        method=cell.get("method"),
        bytes_received=number(cell.get("bytes")),
        bytes_sent=number(cell.get("sentBytes")),
        active=number(cell.get("allThreads")),
        latency_ms=number(cell.get("Latency")),
        connect_ms=number(cell.get("Connect")),
        tags=list(tags_of(names, cells)) or None,
    )


def tags_of(names: list[str], cells: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what is no column of JMeter's; a repeated name counts once."""
    seen: set[str] = set()
    for place, (name, cell) in enumerate(zip(names, cells, strict=True)):
        if not name or (name in JMETER and names.index(name) == place) or name in seen:
            continue
        seen.add(name)
        if cell not in ("", "null"):
            yield name, cell


def stamp_us(text: str) -> int:
    if re.fullmatch(r"\d{1,15}", text, re.ASCII):
        stamp = int(text) * 1000
    elif found := YEAR_FIRST.fullmatch(text):
        *clock, fraction, hours, minutes = found.groups()
        fraction_us = int((fraction or "0").ljust(6, "0"))
        stamp = clock_us(*map(int, clock)) + fraction_us
        if hours:
            sign = -1 if hours.startswith("-") else 1
            stamp -= sign * (abs(int(hours)) * 60 + int(minutes)) * 60_000_000
    elif found := MONTH_FIRST.fullmatch(text):
        month, day, year, *time = map(int, found.groups())
        stamp = clock_us(year + (2000 if year < 69 else 1900), month, day, *time)
    else:
        raise BadSampleError(text)
    if not 0 <= stamp < END_OF_TIME_US:
        raise BadSampleError(text)
    return stamp


def clock_us(*clock: int) -> int:
    try:
        return (datetime(*clock, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    except ValueError:
        raise BadSampleError(str(clock)) from None
