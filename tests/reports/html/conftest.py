"""Reports ready to draw: of a comparison, of a single run, of a hostile file, of many names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from perfanalysis.model.results import Comparison, NameSummary, Result, Summary, Verdict
from perfanalysis.model.run import Commit, Environment, RunInfo, SourceFile
from perfanalysis.model.views import (
    Anomaly,
    Correlation,
    Curve,
    Distribution,
    ErrorCount,
    Heatmap,
    Histogram,
    ReportData,
    RunView,
    Timeline,
)
from perfanalysis.reports.html.page import render_report

_PAGES: dict[str, str] = {}
ANOMALOUS_NAMES = 12


def distribution(points: int = 50, factor: float = 1.0) -> Distribution:
    return Distribution(
        latency_ms=np.geomspace(5, 300, points) * factor,
        share=np.linspace(1 / points, 1, points),
    )


def timeline(windows: int = 30, factor: float = 1.0) -> Timeline:
    wave = 1 + 0.2 * np.sin(np.arange(windows))
    return Timeline(
        offset_s=np.arange(windows) + 0.5,
        throughput=40 * wave,
        error_rate=0.01 * wave,
        mean_ms=25 * wave * factor,
        p50_ms=20 * wave * factor,
        p95_ms=60 * wave * factor,
        p99_ms=90 * wave * factor,
    )


def histogram(factor: float = 1.0) -> Histogram:
    return Histogram(
        edges_ms=np.geomspace(5, 300, 41) * factor, count=np.arange(40, dtype=np.int64)
    )


def heatmap(factor: float = 1.0) -> Heatmap:
    return Heatmap(
        edges_s=np.linspace(0, 30, 31),
        edges_ms=np.geomspace(5, 300, 21) * factor,
        count=np.arange(600, dtype=np.int64).reshape(30, 20) % 17,
    )


def anomaly(name: str | None, message: str) -> Anomaly:
    return Anomaly(
        start_s=12.0,
        end_s=14.0,
        kind="spike",
        name=name,
        metric="latency.p95",
        size=3.0,
        message=message,
    )


def correlation(metric: str, labels: str, message: str) -> Correlation:
    return Correlation(
        metric=metric,
        labels=labels,
        against="latency.p95",
        coefficient=0.82,
        ci_low=0.6,
        ci_high=0.92,
        n_effective=20.0,
        distinct=True,
        message=message,
    )


def view_of(
    summary: Summary, *, points: int = 50, labels: str = "", factor: float = 1.0
) -> RunView:
    names = [None, *(entry.name for entry in summary.names)]
    offsets = np.arange(30.0)
    return RunView(
        summary=summary,
        distributions=dict.fromkeys(names, distribution(points, factor)),
        histograms=dict.fromkeys(names, histogram(factor)),
        timelines=dict.fromkeys(names, timeline(points, factor)),
        heatmaps=dict.fromkeys(names, heatmap(factor)),
        warmup_s=2.0,
        warmup_message="the first 2 s are warm-up",
        anomalies=(
            anomaly(None, "p95 was 3 times as high from 12 s to 14 s"),
            *(
                anomaly(str(name), f"unlike the rest: {name}")
                for name in names[1:][:ANOMALOUS_NAMES]
            ),
        ),
        correlations=tuple(
            correlation(series.metric, labels, f"{series.metric} rose with latency.p95")
            for series in summary.series
        ),
        curves=tuple(
            Curve(
                metric=series.metric,
                unit=series.unit,
                labels=labels,
                offset_s=offsets,
                value=offsets,
            )
            for series in summary.series
        ),
        errors=tuple(
            ErrorCount(name=str(entry.name), status="500", error=f"broken {entry.name}", count=3)
            for entry in summary.names
        ),
    )


@pytest.fixture
def full_run(make_run: Callable[..., RunInfo]) -> RunInfo:
    return make_run(
        name="slow",
        sources=(
            SourceFile(name="slow.json.gz", format="k6-json", bytes=884612, sha256="ab12" * 16),
        ),
        environment=Environment(
            host_class="ci-large", cpu_model="AMD EPYC", cpu_count=2, os="Linux 6.1"
        ),
        commit=Commit(sha="a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", branch="faster-search"),
        tags={"stage": "nightly"},
    )


@pytest.fixture
def report_data(comparison: Comparison, summary: Summary, full_run: RunInfo) -> ReportData:
    slow = replace(summary, run=full_run.model_copy(update={"id": "ba9876543210"}))
    return ReportData(
        comparison=comparison,
        current=(view_of(slow, factor=1.2),),
        baseline=(view_of(summary),),
        budgets=comparison.budgets,
    )


@pytest.fixture
def single_data(summary: Summary) -> ReportData:
    return ReportData(comparison=None, current=(view_of(summary),), baseline=(), budgets=())


@pytest.fixture
def hostile_data(hostile_comparison: Comparison, hostile_summary: Summary) -> ReportData:
    hostile = hostile_summary.names[1].name
    run = hostile_summary.run.model_copy(
        update={
            "tags": {str(hostile): str(hostile)},
            "sources": (
                SourceFile(name=str(hostile), format="</style>", bytes=1, sha256="<b>" * 8),
            ),
            "environment": Environment(os=hostile, cpu_model=hostile, host_class=hostile),
            "commit": Commit(sha=str(hostile), branch=hostile),
            "tool": hostile,
        }
    )
    view = view_of(replace(hostile_summary, run=run), labels=str(hostile))
    return ReportData(comparison=hostile_comparison, current=(view,), baseline=(view,), budgets=())


@pytest.fixture
def many_names(
    make_result: Callable[..., Result],
    make_name: Callable[..., NameSummary],
    comparison: Comparison,
    summary: Summary,
) -> Callable[[int, int], ReportData]:
    """Build a comparison of many names, each with 3000 points a line: `many_names(200, 3)`.

    The second number is that of the runs of each side.
    """

    def make(names: int, runs: int) -> ReportData:
        labels = [f"GET /api/v1/resources/{number}/items?sort=name" for number in range(names)]
        entries = tuple(
            make_name(name=label, requests=1000 + n, caveats=()) for n, label in enumerate(labels)
        )
        results = tuple(
            make_result(name=label, metric=metric, verdict=Verdict.UNCHANGED)
            for label in labels
            for metric in ("latency.p50", "latency.p95", "latency.p99", "throughput", "error_rate")
        )
        views = tuple(
            view_of(
                replace(
                    summary,
                    names=entries,
                    run=summary.run.model_copy(update={"id": f"{number:012x}"}),
                ),
                points=3000,
            )
            for number in range(2 * runs)
        )
        return ReportData(
            comparison=replace(comparison, results=results, judged=len(results)),
            current=views[:runs],
            baseline=views[runs:],
            budgets=(),
        )

    return make


@pytest.fixture(params=["report_data", "single_data", "hostile_data"])
def page(request) -> str:
    """The page of each kind of report; rendered once, since none of the tests changes it."""
    return _rendered(request.param, request)


@pytest.fixture
def hostile_page(request) -> str:
    """The page of a hostile file, likewise."""
    return _rendered("hostile_data", request)


def _rendered(fixture: str, request) -> str:
    if fixture not in _PAGES:
        _PAGES[fixture] = render_report(request.getfixturevalue(fixture))
    return _PAGES[fixture]
