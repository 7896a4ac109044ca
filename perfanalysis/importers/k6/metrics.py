"""The metrics of k6: which there are, what their values mean, what a Metric line declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.run import Threshold
from perfanalysis.model.series import SeriesKind
from perfanalysis.phrases import phrase

HTTP_REQS = "http_reqs"
HTTP_REQ_DURATION = "http_req_duration"
HTTP_REQ_BLOCKED = "http_req_blocked"
HTTP_REQ_FAILED = "http_req_failed"
CHECKS = "checks"
GROUP_DURATION = "group_duration"
ITERATION_DURATION = "iteration_duration"

# The points of one HTTP request, in the order in which k6 writes them.
HTTP_METRICS = (
    HTTP_REQS,
    HTTP_REQ_DURATION,
    HTTP_REQ_BLOCKED,
    "http_req_connecting",
    "http_req_tls_handshaking",
    "http_req_sending",
    "http_req_waiting",
    "http_req_receiving",
    HTTP_REQ_FAILED,
)

_MAX_NAMED = 30
_UNIT_BY_CONTAINS = {"time": "ms", "data": "bytes"}
# k6 itself declares this one for its summary; nobody asked for it.
_OWN_SUBMETRIC = "http_req_duration{expected_response:true}"


@dataclass(frozen=True, kw_only=True)
class MetricType:
    """How the values of a metric are read, and their unit (null: none or unknown)."""

    kind: SeriesKind
    unit: str | None


def _types(kind: SeriesKind, unit: str | None, *names: str) -> dict[str, MetricType]:
    return dict.fromkeys(names, MetricType(kind=kind, unit=unit))


# https://grafana.com/docs/k6/latest/using-k6/metrics/reference/ and, for `contains`, the tool.
BUILT_IN = {
    **_types(SeriesKind.GAUGE, None, "vus", "vus_max"),
    **_types(SeriesKind.COUNTER, None, HTTP_REQS, "iterations", "dropped_iterations"),
    **_types(SeriesKind.COUNTER, None, "ws_sessions", "ws_msgs_sent", "ws_msgs_received"),
    **_types(SeriesKind.COUNTER, None, "grpc_streams", "grpc_streams_msgs_sent"),
    **_types(SeriesKind.COUNTER, None, "grpc_streams_msgs_received"),
    **_types(SeriesKind.COUNTER, "bytes", "data_sent", "data_received"),
    **_types(SeriesKind.COUNTER, "bytes", "browser_data_sent", "browser_data_received"),
    **_types(SeriesKind.RATE, None, CHECKS, HTTP_REQ_FAILED, "browser_http_req_failed"),
    **_types(SeriesKind.TREND, "ms", ITERATION_DURATION, GROUP_DURATION, *HTTP_METRICS[1:-1]),
    **_types(SeriesKind.TREND, "ms", "ws_ping", "ws_session_duration", "ws_connecting"),
    **_types(SeriesKind.TREND, "ms", "grpc_req_duration", "browser_http_req_duration"),
    **_types(SeriesKind.TREND, "ms", "browser_web_vital_lcp", "browser_web_vital_fcp"),
    **_types(SeriesKind.TREND, "ms", "browser_web_vital_fid", "browser_web_vital_inp"),
    **_types(SeriesKind.TREND, "ms", "browser_web_vital_ttfb"),
    **_types(SeriesKind.TREND, None, "browser_web_vital_cls"),
}


class MetricError(ValueError):
    """A Metric line says something that cannot be understood: what was expected, what found."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = str(found)


class Metrics:
    """What is known about the metrics of one run: the built-in ones and those it declares."""

    def __init__(self) -> None:
        self._types = dict(BUILT_IN)
        self._thresholds: dict[Threshold, None] = {}
        self._submetrics: dict[str, None] = {}
        self._unknown: dict[str, None] = {}

    def type_of(self, name: str) -> MetricType:
        """Return the type of a metric; one that nobody declared is taken for a trend."""
        found = self._types.get(name)
        if found is None:
            self._unknown[name] = None
            return MetricType(kind=SeriesKind.TREND, unit=None)
        return found

    def declare(self, line: Mapping[str, object]) -> None:
        """Take note of a line `{"type":"Metric",...}`.

        Raises:
            MetricError: its name, type or thresholds cannot be understood.
        """
        data = line.get("data")
        if not isinstance(data, dict):
            raise MetricError("the object 'data' of a metric", data)
        # Before k6 0.2x `data` had no name.
        name = line.get("metric") or data.get("name")
        if not isinstance(name, str):
            raise MetricError("the name of a metric", name)
        try:
            kind = SeriesKind(str(data.get("type")))
        except ValueError:
            raise MetricError("counter, gauge, rate or trend", data.get("type")) from None
        contains = data.get("contains")
        unit = _UNIT_BY_CONTAINS.get(contains) if isinstance(contains, str) else None
        self._types[name] = MetricType(kind=kind, unit=unit)
        for expression in _expressions(data.get("thresholds")):
            self._thresholds[Threshold(metric=name, expression=expression)] = None
        for submetric in _listed(data.get("submetrics"), "a list of sub-metrics"):
            if isinstance(submetric, dict):
                self._submetrics[str(submetric.get("name"))] = None

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """The thresholds that were declared, in their order; their outcome is unknown."""
        return tuple(self._thresholds)

    def caveats(self) -> list[Caveat]:
        """Return what a reader must know about the metrics, once everything is read."""
        caveats = []
        if self._unknown:
            caveats.append(
                Caveat(
                    code="unknown-metric-type",
                    message=phrase(
                        "the file does not say what kind of metric these are; "
                        "their values are kept as they are, without unit: "
                        "{metrics}",
                        metrics=named(self._unknown),
                    ),
                )
            )
        hidden = [name for name in self._submetrics if name != _OWN_SUBMETRIC]
        if hidden:
            caveats.append(
                Caveat(
                    code="submetric-thresholds",
                    message=phrase(
                        "k6 does not write the thresholds of sub-metrics into "
                        "this file; so they are not judged: {metrics}",
                        metrics=named(hidden),
                    ),
                )
            )
        return caveats


def _listed(value: object, expected: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise MetricError(expected, value)
    return value


def _expressions(thresholds: object) -> list[str]:
    expressions = []
    for threshold in _listed(thresholds, "a list of thresholds"):
        # `abortOnFail` turns the text into an object.
        text = threshold.get("threshold") if isinstance(threshold, dict) else threshold
        if not isinstance(text, str):
            raise MetricError("a threshold such as 'p(95)<500'", text)
        expressions.append(text)
    return expressions


def named(names: Mapping[str, object] | list[str]) -> str:
    """Return names for a message: sorted, and at most thirty of them.

    >>> named(["b", "a"])
    'a, b'
    """
    ordered = sorted(names)
    shown, rest = ", ".join(ordered[:_MAX_NAMED]), len(ordered) - _MAX_NAMED
    return shown if rest <= 0 else phrase("{first} and {rest} more", first=shown, rest=rest)
