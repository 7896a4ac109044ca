"""k6's JSON lines and CSV, one line at a time: points, and the rows that they make."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from perfanalysis.importers.k6.metrics import BUILT_IN
from tests.oracle.reading import Reading, Row, lines_of, read_bytes, request_row, series_row

PHASES = {
    "http_req_blocked": "blocked_ms",
    "http_req_connecting": "connect_ms",
    "http_req_tls_handshaking": "tls_ms",
    "http_req_sending": "send_ms",
    "http_req_waiting": "wait_ms",
    "http_req_receiving": "receive_ms",
}
HTTP = ("http_reqs", "http_req_duration", *PHASES, "http_req_failed")
DURATIONS = ("http_req_duration", *PHASES, "group_duration", "iteration_duration")
UNITS = {"time": "ms", "data": "bytes"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What 64 bits of nanoseconds can hold.
END_OF_TIME_US = (2**63 - 1) // 1000
RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)


class Point(NamedTuple):
    """One value; `tags` are sorted and none is empty."""

    time_us: int
    metric: str
    value: float
    tags: tuple[tuple[str, str], ...]
    kind: str
    unit: str | None


class BadPointError(ValueError):
    """A point that lacks a part, or one that makes no sense."""


def read_json(path: Path) -> Reading:
    """Return what stands in a file of k6's JSON lines."""
    types = {name: (str(known.kind), known.unit) for name, known in BUILT_IN.items()}
    points: list[Point] = []
    rejected = 0
    for line, cut in lines_of(read_bytes(path)):
        found = json_object(line)
        if found is None:
            # Other lines are what the load script printed.
            rejected += line.lstrip().startswith(b"{") and not cut
        elif found.get("type") == "Metric":
            data = found["data"]
            name = found.get("metric") or data["name"]
            types[name] = (data["type"], UNITS.get(data.get("contains")))
        elif found.get("type") == "Point":
            try:
                points.append(json_point(found, types))
            except BadPointError:
                rejected += 1
    return folded(points, rejected)


def read_csv(path: Path) -> Reading:
    """Return what stands in a file of k6's CSV."""
    text = read_bytes(path).decode()
    header, *records = csv.reader(io.StringIO(text, newline=""), strict=True)
    names = [name.strip() for name in header]
    points: list[Point] = []
    rejected = 0
    for number, cells in enumerate(records, 1):
        last = number == len(records) and not text.endswith("\n")
        if not "".join(cells).strip():
            continue
        if len(cells) == len(names):
            try:
                points.append(csv_point(dict(zip(names, cells, strict=True))))
            except BadPointError:
                rejected += 1
        elif not last:
            rejected += 1
    return folded(points, rejected)


def whole(text: str) -> float:
    # An int has no -0.
    return -0.0 if text == "-0" else int(text)


DECODER = json.JSONDecoder(parse_int=whole)


def json_object(line: bytes) -> dict[str, Any] | None:
    """Return the object on a line; None if there is anything else, or text that is none."""
    try:
        found = DECODER.decode(line.decode())
        if b"\\u" in line:
            # Half a surrogate pair is JSON, and no text.
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def json_point(found: dict[str, Any], types: dict[str, Any]) -> Point:
    metric, data = found.get("metric"), found.get("data")
    if not isinstance(data, dict):
        raise BadPointError("data")
    tags: dict[str, str] = {}
    for part in (data.get("tags"), data.get("metadata")):
        if not isinstance(part, dict | None):
            raise BadPointError("tags")
        for key, value in (part or {}).items():
            if value is not None:
                tags[key] = value if isinstance(value, str) else json.dumps(value)
    value = data.get("value")
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadPointError("value")
    return checked_point(rfc_3339_us(data.get("time")), metric, value, tags, types)


def csv_point(cells: dict[str, str]) -> Point:
    metric, time = cells.pop("metric_name"), cells.pop("timestamp")
    try:
        value = float(cells.pop("metric_value"))
    except ValueError:
        raise BadPointError("value") from None
    tags: dict[str, str] = {}
    for name, cell in cells.items():
        parts = [part.split("=") for part in cell.split("&")]
        listed = name in ("extra_tags", "metadata") and all(len(part) == 2 for part in parts)
        if listed and len({part[0] for part in parts}) == len(parts):
            tags.update((key, value) for key, value in parts)
        else:
            # What was meant is anyone's guess.
            tags[name] = cell
    time_us = unix_us(time) if time.isdecimal() else rfc_3339_us(time)
    types = {name: (str(known.kind), known.unit) for name, known in BUILT_IN.items()}
    return checked_point(time_us, metric, value, tags, types)


def unix_us(text: str) -> int:
    if len(text) == 19:
        return int(text) // 1000
    if len(text) not in (10, 13, 16):
        raise BadPointError("time")
    return int(text) * 10 ** (16 - len(text))


def rfc_3339_us(text: object) -> int:
    found = RFC_3339.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise BadPointError("time")
    seconds, fraction, sign, hours, minutes = found.groups()
    try:
        when = datetime.fromisoformat(seconds).replace(tzinfo=UTC)
    except ValueError:
        raise BadPointError("time") from None
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        when = when - offset if sign == "+" else when + offset
    # Nanoseconds are cut off.
    time_us = (when - EPOCH) // timedelta(microseconds=1) + int((fraction or "0").ljust(6, "0")[:6])
    if not 0 <= time_us <= END_OF_TIME_US:
        raise BadPointError("time")
    return time_us


def checked_point(
    time_us: int, metric: object, value: float, tags: dict[str, str], types: dict[str, Any]
) -> Point:
    if not isinstance(metric, str) or not metric:
        raise BadPointError("metric")
    try:
        value = float(value)
    except OverflowError:
        raise BadPointError("value") from None
    if not math.isfinite(value):
        raise BadPointError("value")
    if metric in DURATIONS and not 0 <= value <= 1e11:
        raise BadPointError("value")
    kept = tuple(sorted((key, text) for key, text in tags.items() if text))
    kind, unit = types.get(metric, ("trend", None))
    return Point(time_us, metric, value, kept, kind, unit)


def folded(points: list[Point], rejected: int) -> Reading:
    """Make rows of points: adjacent ones of one request become one row, the rest are series."""
    requests: list[tuple[int, Row]] = []
    series: list[tuple[int, Row]] = []
    for group in neighbours(points):
        by_metric: dict[str, list[tuple[int, Point]]] = {}
        for number, point in group:
            by_metric.setdefault(point.metric, []).append((number, point))
        durations = by_metric.pop("http_req_duration", [])
        values: list[dict[str, float]] = [{} for _ in durations]
        for metric, found in by_metric.items():
            for rank, (number, point) in enumerate(found):
                if metric in HTTP and rank < len(durations):
                    values[rank][metric] = point.value
                elif metric in ("checks", "group_duration", "iteration_duration"):
                    requests.append((number, timed_row(point)))
                else:
                    series.append((number, series_point(point)))
        for (number, point), beside in zip(durations, values, strict=True):
            requests.append((number, http_row(point, beside)))
    return Reading(
        requests=[row for _, row in sorted(requests, key=lambda entry: entry[0])],
        series=[row for _, row in sorted(series, key=lambda entry: entry[0])],
        rejected=rejected,
    )


def neighbours(points: list[Point]) -> Iterator[list[tuple[int, Point]]]:
    """Yield runs of adjacent points of requests with equal time and tags; others alone."""
    group: list[tuple[int, Point]] = []
    for number, point in enumerate(points):
        if group:
            before = group[-1][1]
            together = point.metric in HTTP and before.metric in HTTP
            if not together or (point.time_us, point.tags) != (before.time_us, before.tags):
                yield group
                group = []
        group.append((number, point))
    if group:
        yield group


def series_point(point: Point) -> Row:
    return series_row(
        time=point.time_us,
        metric=point.metric,
        value=point.value,
        unit=point.unit,
        kind=point.kind,
        labels=list(point.tags) or None,
    )


def http_row(point: Point, values: dict[str, float]) -> Row:
    tags = dict(point.tags)
    expected = tags.pop("expected_response", None)
    status = tags.get("status")
    name = tags.pop("name", None) or tags.get("url") or "http_req_duration"
    if tags.get("url") == name:
        del tags["url"]
    error = tags.get("error")
    if "http_req_failed" in values:
        ok = values["http_req_failed"] == 0
    elif expected is not None:
        ok = expected == "true"
    elif status is not None:
        ok = len(status) == 3 and "200" <= status <= "399"
    else:
        ok = "error" not in tags and "error_code" not in tags
    if error is None and "error_code" in tags:
        error = f"error_code {tags['error_code']}"
    elif error is None and status == "0":
        error = "no response"
    # k6 stamps the end; waiting for a connection comes before what it calls the duration.
    took_ms = point.value + values.get("http_req_blocked", 0.0)
    return labelled_row(
        tags,
        kind="request",
        name=name,
        started_at=point.time_us - round(took_ms * 1000),
        latency_ms=point.value,
        ok=ok,
        error=error,
        **{column: values.get(metric) for metric, column in PHASES.items()},
    )


def timed_row(point: Point) -> Row:
    """Return the row of a check, a group or an iteration."""
    tags = dict(point.tags)
    if point.metric == "checks":
        name = tags.pop("check", "checks")
        known = {"kind": "check", "name": name, "ok": point.value != 0, "started_at": point.time_us}
        return labelled_row(tags, **known, error=tags.get("error"))
    known = {
        "latency_ms": point.value,
        "ok": True,
        "started_at": point.time_us - round(point.value * 1000),
        "error": tags.get("error"),
    }
    group, scenario = tags.get("group"), tags.get("scenario")
    if point.metric == "group_duration":
        return labelled_row(tags, kind="transaction", name=group or "group_duration", **known)
    return labelled_row(tags, kind="iteration", name=scenario or group or "iteration", **known)


def labelled_row(tags: dict[str, str], **known: object) -> Row:
    """Return a row with those tags that have a column of their own in it."""
    rest = dict(tags)
    rest.pop("error", None)
    status = rest.pop("status", None)
    columns = {column: rest.pop(column, None) for column in ("group", "scenario", "method")}
    return request_row(
        **known,
        **columns,
        # No response has no status.
        status=None if status == "0" else status,
        worker=rest.pop("vu", None),
        tags=list(rest.items()) or None,
    )
