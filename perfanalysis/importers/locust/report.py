"""Locust's `--json`: finding the report in a file, and adding up what several workers report.

A report is the array that `--json` prints, or one worker's report (`{"stats": [...], ...}`, one a
line in Taurus' files, one a file in older ones). Where standard error was merged into the file, log
lines stand around it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from perfanalysis.errors import InputError
from perfanalysis.importers.source import InputFile, refuse_half_surrogates
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

_MAX_BYTES = 256 << 20
# Each failed attempt may read far ahead: a file with more is no report.
_MAX_ATTEMPTS = 100
_LINE_START = re.compile(r"^[ \t]*(?=[\[{])", re.MULTILINE)
_LOG_LINE = re.compile(r"\[\d{4}-\d\d-\d\d[ T]")
_MAX_NUMBER = 2**53
_FIRST_TIME, _LAST_TIME = 1e8, 1e11


@dataclass(kw_only=True)
class Entry:
    """Requests of one method and name, of one worker or of all.

    Attributes:
        none_requests: requests that were logged without a response time.
        response_times: requests per response time in milliseconds, rounded by Locust.
        requests_at: requests per second since 1970.
        failures_at: failures per second since 1970.
    """

    method: str
    name: str
    requests: int
    none_requests: int
    failures: int
    total_ms: float
    min_ms: float | None
    max_ms: float | None
    content_bytes: int
    started_at: float | None
    last_at: float | None
    response_times: dict[float, int]
    requests_at: dict[float, int]
    failures_at: dict[float, int]

    def add(self, other: Entry) -> None:
        """Add what another worker, or a later report, counted for the same method and name."""
        self.requests += other.requests
        self.none_requests += other.none_requests
        self.failures += other.failures
        self.total_ms += other.total_ms
        self.content_bytes += other.content_bytes
        self.min_ms = _least(self.min_ms, other.min_ms)
        self.max_ms = _most(self.max_ms, other.max_ms)
        self.started_at = _least(self.started_at, other.started_at)
        self.last_at = _most(self.last_at, other.last_at)
        for mine, theirs in (
            (self.response_times, other.response_times),
            (self.requests_at, other.requests_at),
            (self.failures_at, other.failures_at),
        ):
            for key, count in theirs.items():
                mine[key] = mine.get(key, 0) + count


@dataclass(kw_only=True)
class Report:
    """All entries of a file.

    Attributes:
        errors: occurrences by (method, name, error); only workers' reports have them.
        failures_apart: failures were counted beside the requests; they have been added to them.
    """

    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    errors: dict[tuple[str, str, str], int] = field(default_factory=dict)
    failures_apart: bool = False
    caveats: list[Caveat] = field(default_factory=list)


def read_report(file: InputFile) -> Report:
    """Read and add up all reports of a file.

    Raises:
        InputError: there is none, it is cut short, or a value is none that Locust writes.
    """
    report = Report()
    found = False
    for line, document in _documents(file, report.caveats):
        found = True
        where = f"{file.label}:{line}"
        stats = document["stats"] if isinstance(document, dict) else document
        for number, fields in enumerate(stats):
            entry = _Fields(fields, f"{where}: stats[{number}]").entry()
            report.entries.setdefault((entry.method, entry.name), _nothing(entry)).add(entry)
        if isinstance(document, dict):
            _add_errors(report, document.get("errors"), where)
    if not found:
        raise InputError(
            f"{file.label}:1: expected the array that locust --json prints, found none",
            hint="the file may be cut short: was Locust killed while it wrote?",
        )
    if any(entry.failures > entry.requests for entry in report.entries.values()):
        report.failures_apart = True
        for entry in report.entries.values():
            entry.requests += entry.failures
            entry.none_requests += entry.failures
    return report


def _documents(file: InputFile, caveats: list[Caveat]) -> Iterator[tuple[int, Any]]:
    """Yield the reports in a file with the lines where they begin."""
    text = _text(file)
    decoder = json.JSONDecoder()
    position = counted = attempts = 0
    line = 1
    while (start := _LINE_START.search(text, position)) and attempts <= _MAX_ATTEMPTS:
        begin = start.end()
        line += text.count("\n", counted, begin)
        counted = begin
        try:
            if _LOG_LINE.match(text, begin):
                position = _next_line(text, begin)
                continue
            document, position = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            # A report cut short, or the output of something that we do not know.
            attempts += 1
            position = _next_line(text, begin)
            if position == len(text) and not text.endswith("\n"):
                message = phrase(
                    "{file}:{line}: the last line is cut short and was dropped",
                    file=file.label,
                    line=line,
                )
                caveats.append(Caveat(code="cut-last-line", message=message))
            continue
        if _is_report(document):
            refuse_half_surrogates(document, f"{file.label}:{line}")
            yield line, document


def _text(file: InputFile) -> str:
    with file.open() as stream:
        data = stream.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise InputError(f"{file.label}: expected a report of at most {_MAX_BYTES >> 20} MiB")
    return data.rstrip(b"\0").decode("utf-8-sig", errors="replace")


def _next_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _is_report(document: Any) -> bool:  # noqa: ANN401  (any JSON value)
    entries = document.get("stats") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        return False
    if isinstance(document, dict) and not entries:
        return "user_count" in document
    return bool(entries) and isinstance(entries[0], dict) and "num_requests" in entries[0]


def _add_errors(report: Report, errors: Any, where: str) -> None:  # noqa: ANN401  (any JSON value)
    """Add a worker's errors: `{md5: {method, name, error, occurrences}}`."""
    if not isinstance(errors, dict):
        return
    for number, error in enumerate(errors.values()):
        fields = _Fields(error, f"{where}: errors[{number}]")
        # Locust 0.x spelled it with one r.
        spelling = "occurrences" if fields.has("occurrences") else "occurences"
        key = (fields.text("method"), fields.text("name"), fields.text("error"))
        report.errors[key] = report.errors.get(key, 0) + fields.whole(spelling)


class _Fields:
    """The checked values of one JSON object.

    Args:
        value: the object.
        where: file, line and element, for messages.
    """

    def __init__(self, value: Any, where: str) -> None:  # noqa: ANN401  (any JSON value)
        self._where = where
        if not isinstance(value, dict):
            raise self._error(None, "an object", value)
        self._value: dict[str, Any] = value

    def entry(self) -> Entry:
        return Entry(
            method=self.text("method"),
            name=self.text("name"),
            requests=self.whole("num_requests"),
            none_requests=self.whole("num_none_requests") if self.has("num_none_requests") else 0,
            failures=self.whole("num_failures"),
            total_ms=self.number("total_response_time") or 0.0,
            min_ms=self.number("min_response_time"),
            max_ms=self.number("max_response_time"),
            content_bytes=self.whole("total_content_length"),
            started_at=self.time("start_time"),
            last_at=self.time("last_request_timestamp"),
            response_times=self.counts("response_times"),
            requests_at=self.counts("num_reqs_per_sec", times=True),
            failures_at=self.counts("num_fail_per_sec", times=True),
        )

    def has(self, key: str) -> bool:
        return self._value.get(key) is not None

    def text(self, key: str) -> str:
        value = self._value.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._error(key, "text", value)
        return value

    def number(self, key: str) -> float | None:
        value = self._value.get(key)
        return None if value is None else self._checked(key, value, "a number")

    def whole(self, key: str) -> int:
        value = self._checked(key, self._value.get(key), "a whole number")
        if value != math.floor(value):
            raise self._error(key, "a whole number", value)
        return int(value)

    def time(self, key: str) -> float | None:
        value = self.number(key)
        if value is None or not value:
            return None
        return self._checked_time(key, value)

    def counts(self, key: str, *, times: bool = False) -> dict[float, int]:
        """Return a map from response times, or from seconds since 1970, to numbers of requests."""
        found = self._value.get(key)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise self._error(key, "an object", found)
        counts: dict[float, int] = {}
        for name, count in found.items():
            try:
                bucket = self._checked(key, float(name), "numbers as keys")
            except ValueError as exc:
                raise self._error(key, "numbers as keys", name) from exc
            bucket = self._checked_time(key, bucket) if times else bucket
            counts[bucket] = int(self._checked(key, count, "whole numbers"))
        return counts

    def _checked(self, key: str, value: Any, expected: str) -> float:  # noqa: ANN401  (any JSON)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        # NaN fails the comparison, too.
        if not is_number or not 0 <= value <= _MAX_NUMBER:
            raise self._error(key, expected, value)
        return float(value)

    def _checked_time(self, key: str, value: float) -> float:
        if not _FIRST_TIME <= value <= _LAST_TIME:
            raise self._error(key, "a time in seconds since 1970", value)
        return value

    def _error(self, key: str | None, expected: str, found: object) -> InputError:
        where = self._where if key is None else f"{self._where}.{key}"
        return InputError(f"{where}: expected {expected}, found {str(found)[:80]!r}")


def _nothing(entry: Entry) -> Entry:
    """Return an entry of the same method and name that has counted nothing yet."""
    return Entry(
        method=entry.method,
        name=entry.name,
        requests=0,
        none_requests=0,
        failures=0,
        total_ms=0.0,
        min_ms=None,
        max_ms=None,
        content_bytes=0,
        started_at=None,
        last_at=None,
        response_times={},
        requests_at={},
        failures_at={},
    )


def _least(mine: float | None, theirs: float | None) -> float | None:
    return min((value for value in (mine, theirs) if value is not None), default=None)


def _most(mine: float | None, theirs: float | None) -> float | None:
    return max((value for value in (mine, theirs) if value is not None), default=None)
