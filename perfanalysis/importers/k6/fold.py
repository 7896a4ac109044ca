"""Folding k6's points into rows: nine points of an HTTP request become one request row."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from perfanalysis.importers.base import Rows
from perfanalysis.importers.k6.metrics import (
    CHECKS,
    GROUP_DURATION,
    HTTP_METRICS,
    HTTP_REQ_BLOCKED,
    HTTP_REQ_DURATION,
    HTTP_REQ_FAILED,
    HTTP_REQS,
    ITERATION_DURATION,
    Metrics,
    MetricType,
)
from perfanalysis.importers.k6.points import Floats, Ints, Mask, Points, role_of
from perfanalysis.importers.k6.tags import Labels, describe
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import LABELS, TIMESTAMP, Kind
from perfanalysis.phrases import phrase

_ROLES = (*HTTP_METRICS, CHECKS, GROUP_DURATION, ITERATION_DURATION)
_DURATION = _ROLES.index(HTTP_REQ_DURATION)
# Every metric that makes a row of the request table, with the kind of that row.
_ROW_KINDS = {
    HTTP_REQ_DURATION: Kind.REQUEST,
    CHECKS: Kind.CHECK,
    GROUP_DURATION: Kind.TRANSACTION,
    ITERATION_DURATION: Kind.ITERATION,
}
_KINDS = tuple(_ROW_KINDS.values())
_PHASES = {
    HTTP_REQ_BLOCKED: "blocked_ms",
    "http_req_connecting": "connect_ms",
    "http_req_tls_handshaking": "tls_ms",
    "http_req_sending": "send_ms",
    "http_req_waiting": "wait_ms",
    "http_req_receiving": "receive_ms",
}
_TEXT_COLUMNS = ("name", "group", "scenario", "method", "status", "error", "worker")

# The kind of the row that a metric makes, as an index into _KINDS; -1: none.
_KIND_OF_ROLE = np.array(
    [_KINDS.index(_ROW_KINDS[name]) if name in _ROW_KINDS else -1 for name in _ROLES] + [-1]
)


class Fold:
    """Turns points into rows of the request and the series table.

    Give it points in which no request is cut (`whole_requests`). Each http_req_duration point is
    one request; the other points of the same time and tags beside it are its phases and its
    verdict. Points that have no such neighbour are kept as series: nothing is lost.

    Attributes:
        points: how many points were folded.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.points = 0
        self._metrics = metrics
        self._lifecycle = 0
        self._lonely = 0

    def rows(self, points: Points) -> Iterator[Rows]:
        """Yield the rows of a block of points."""
        self.points += len(points)
        role = role_of(points, _ROLES)
        in_request = (role >= 0) & (role < len(HTTP_METRICS))
        segment = _segments(points, in_request)
        folded = in_request.copy()
        durations = np.flatnonzero(role == _DURATION)
        requests = _occurrences(segment[durations])
        joined: dict[str, Floats] = {}
        for number, name in enumerate(HTTP_METRICS):
            if number == _DURATION:
                continue
            where = np.flatnonzero(role == number)
            owner = _matched(_occurrences(segment[where]), requests)
            folded[where[owner < 0]] = False
            if name != HTTP_REQS:
                joined[name] = np.full(len(durations), np.nan)
                joined[name][owner[owner >= 0]] = points.value[where[owner >= 0]]
        self._lonely += int((in_request & ~folded).sum())
        kind = _KIND_OF_ROLE[role]
        if (kind >= 0).any():
            yield Rows(table="requests", batch=self._requests(points, kind, joined))
        rest = (kind < 0) & ~folded
        if rest.any():
            yield Rows(table="series", batch=self._series(points[rest]))

    def _requests(self, points: Points, kind: Ints, joined: dict[str, Floats]) -> pa.RecordBatch:
        rows = points[kind >= 0]
        kind = kind[kind >= 0]
        is_request = kind == _KINDS.index(Kind.REQUEST)
        is_check = kind == _KINDS.index(Kind.CHECK)
        code, labels = _labels(rows, kind)
        self._lifecycle += int(_taken([x.lifecycle for x in labels], code)[is_request].sum())
        ok = _taken([label.ok for label in labels], code)
        ok[is_check] = rows.value[is_check] != 0
        failed = joined[HTTP_REQ_FAILED]
        judged = ~np.isnan(failed)
        ok[np.flatnonzero(is_request)[judged]] = failed[judged] == 0
        latency = np.where(is_check, np.nan, rows.value)
        blocked = np.zeros(len(rows))
        blocked[is_request] = np.nan_to_num(joined[HTTP_REQ_BLOCKED])
        # k6 stamps the end. Waiting for a connection precedes what it calls the duration.
        before_end_us = np.rint((np.nan_to_num(latency) + blocked) * 1000).astype(np.int64)
        columns: dict[str, pa.Array] = {
            "started_at": _timestamps(rows.time_us - before_end_us),
            "latency_ms": pa.array(latency, from_pandas=True),
            "ok": pa.array(ok),
            "kind": pa.array([str(name) for name in _KINDS]).take(pa.array(kind)),
            "tags": pa.array([label.tags for label in labels], LABELS).take(pa.array(code)),
        }
        for column in _TEXT_COLUMNS:
            texts = pa.array([getattr(label, column) for label in labels], pa.string())
            columns[column] = texts.take(pa.array(code))
        for metric, column in _PHASES.items():
            phase = np.full(len(rows), np.nan)
            phase[is_request] = joined[metric]
            columns[column] = pa.array(phase, from_pandas=True)
        return pa.RecordBatch.from_pydict(columns)

    def _series(self, points: Points) -> pa.RecordBatch:
        used, code = np.unique(points.metric, return_inverse=True)
        names = [points.metrics[i] for i in used]
        types = [self._metrics.type_of(name) for name in names]
        used_tags, tags_code = np.unique(points.tags, return_inverse=True)
        labels = [list(points.tag_sets[i]) or None for i in used_tags]

        def per_metric(value: Callable[[MetricType], str | None]) -> pa.Array:
            return pa.array([value(kind) for kind in types], pa.string()).take(pa.array(code))

        return pa.RecordBatch.from_pydict(
            {
                "time": _timestamps(points.time_us),
                "metric": pa.array(names, pa.string()).take(pa.array(code)),
                "value": pa.array(points.value),
                "unit": per_metric(lambda kind: kind.unit),
                "kind": per_metric(lambda kind: str(kind.kind)),
                "labels": pa.array(labels, LABELS).take(pa.array(tags_code)),
            }
        )

    def caveats(self) -> list[Caveat]:
        """Return what a reader must know about the rows, once everything is read."""
        caveats = []
        if self._lifecycle:
            caveats.append(
                Caveat(
                    code="setup-requests",
                    message=phrase(
                        "{requests} requests of setup and teardown are counted "
                        "among the requests, as k6 does: their group is ::setup "
                        "or ::teardown",
                        requests=self._lifecycle,
                    ),
                )
            )
        if self._lonely:
            caveats.append(
                Caveat(
                    code="incomplete-requests",
                    message=phrase(
                        "{points} points of HTTP requests have no {metric} of "
                        "the same time and tags beside them: they are kept as "
                        "series, and their requests are not counted",
                        points=self._lonely,
                        metric=HTTP_REQ_DURATION,
                    ),
                )
            )
        return caveats


def _segments(points: Points, in_request: Mask) -> Ints:
    """Return the number of each point's run of equal time and tags.

    A point that belongs to no request parts the runs beside it.
    """
    begins = np.ones(len(points), bool)
    begins[1:] = (
        (points.time_us[1:] != points.time_us[:-1])
        | (points.tags[1:] != points.tags[:-1])
        | ~in_request[1:]
    )
    return np.cumsum(begins)


def _occurrences(segment: Ints) -> Ints:
    """Return a key of each of one metric's points: its segment, and its rank within the segment.

    Requests of equal tags may end at the same time, in whole seconds many of them: the k-th point
    of each metric then belongs to the k-th request. `segment` ascends, and so do the keys.
    """
    index = np.arange(len(segment))
    begins = np.ones(len(segment), bool)
    begins[1:] = segment[1:] != segment[:-1]
    rank = index - np.maximum.accumulate(np.where(begins, index, 0))
    return (segment << 32) | rank


def _matched(keys: Ints, requests: Ints) -> Ints:
    """Return the index of the request with each key, -1 where there is none; both ascend."""
    if len(requests) == 0:
        return np.full(len(keys), -1)
    at = np.minimum(np.searchsorted(requests, keys), len(requests) - 1)
    return np.where(requests[at] == keys, at, -1)


def _labels(rows: Points, kind: Ints) -> tuple[Ints, list[Labels]]:
    """Return what the tags say, once per pair of tag set and kind, and each row's index in it."""
    pairs, code = np.unique(rows.tags * len(_KINDS) + kind, return_inverse=True)
    labels = []
    for pair in pairs.tolist():
        tags, number = divmod(pair, len(_KINDS))
        labels.append(describe(rows.tag_sets[tags], _KINDS[number]))
    return code, labels


def _taken(flags: list[bool], code: Ints) -> Mask:
    return np.array(flags, bool)[code]


def _timestamps(us: Ints) -> pa.Array:
    return pa.array(us, pa.int64()).cast(TIMESTAMP)
