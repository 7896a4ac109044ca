"""Example summaries and comparisons, plain and hostile, for every report's tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import (
    CheckSummary,
    Comparison,
    Latency,
    NameSummary,
    NotJudged,
    Result,
    SeriesSummary,
    Severity,
    Summary,
    ThresholdOutcome,
    Verdict,
)
from perfanalysis.model.run import Counts, Environment, Evidence, Fidelity, RunInfo
from perfanalysis.model.shapes import Mode, QuantileChange, Shape, ShapeKind, SpreadChange
from tests.reports.example_budget import BROKEN_BUDGET
from tests.reports.hostile import HOSTILE_NAMES

SLOW_RESULT = Result(
    name="search",
    metric="latency.p95",
    unit="ms",
    better="lower",
    baseline=48.1,
    current=57.9,
    change=0.203,
    ci_low=0.121,
    ci_high=0.292,
    confidence=0.95,
    p_value=0.0004,
    p_adjusted=0.009,
    tolerance=0.05,
    verdict=Verdict.REGRESSED,
    severity=Severity.MAJOR,
    detectable_change=0.08,
    runs_needed=None,
    tolerance_needed=None,
    n_baseline=1199,
    n_current=1201,
    n_effective=310.0,
    method="batch-means",
    gate=True,
    caveats=(),
)

TAIL_SHAPE = Shape(
    name="search",
    kind=ShapeKind.TAIL,
    sentence="a change is seen in the slowest 5 % only: p95 +20.3 %, p99 +31.0 %",
    confidence=0.975,
    curve=(
        QuantileChange(share=0.1, change=0.01, low=-0.05, high=0.07),
        QuantileChange(share=0.5, change=0.02, low=-0.04, high=0.08),
        QuantileChange(share=0.95, change=0.203, low=0.11, high=0.3),
        QuantileChange(share=0.99, change=0.31, low=0.02, high=None),
    ),
    spread=SpreadChange(change=0.06, low=-0.02, high=0.14),
    baseline_modes=(Mode(latency_ms=7.0, share=0.72), Mode(latency_ms=37.4, share=0.28)),
    current_modes=(Mode(latency_ms=7.1, share=0.7), Mode(latency_ms=38.0, share=0.3)),
)

NAME_SUMMARY = NameSummary(
    name="login",
    kind="request",
    requests=1199,
    failures=0,
    error_rate=0.0,
    throughput=39.9,
    latency=Latency(
        mean=43.2,
        min=20.1,
        p50=41.0,
        p75=48.0,
        p90=61.5,
        p95=72.25,
        p99=101.0,
        p999=None,
        max=131.0,
    ),
    fidelity=Fidelity.EXACT,
    bytes_received=12034,
    caveats=(),
)


@pytest.fixture
def hostile_names() -> tuple[str, ...]:
    """Names as a hostile or careless test script writes them into a result file."""
    return HOSTILE_NAMES


@pytest.fixture
def make_run() -> Callable[..., RunInfo]:
    """Build a run: `make_run(name="slow")`."""

    def make(**changes: object) -> RunInfo:
        run = RunInfo(
            id="0123456789ab",
            name="base",
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            duration_s=30.1,
            tool="k6",
            tool_version="2.2.0",
            evidence=Evidence.REQUESTS,
            counts=Counts(requests=5395, failures=3, rejected_rows=0),
            window_s=1.0,
            clock_resolution_ms=None,
            sources=(),
            environment=Environment(),
            commit=None,
            tags={},
            thresholds=(),
            caveats=(),
        )
        return run.model_copy(update=changes)

    return make


@pytest.fixture
def tail_shape() -> Shape:
    """The shape of search: slower in its tail, with two modes on either side."""
    return TAIL_SHAPE


@pytest.fixture
def make_result() -> Callable[..., Result]:
    """Build a result, by default a regression of search: `make_result(metric="throughput")`."""

    def make(**changes: object) -> Result:
        return replace(SLOW_RESULT, **changes)

    return make


@pytest.fixture
def make_budget() -> Callable[..., BudgetResult]:
    """Build a judged budget, by default a broken one of search: `make_budget(level="warn")`."""

    def make(**changes: object) -> BudgetResult:
        return replace(BROKEN_BUDGET, **changes)

    return make


@pytest.fixture
def make_name() -> Callable[..., NameSummary]:
    """Build the summary of one name: `make_name(name="search", requests=7)`."""

    def make(**changes: object) -> NameSummary:
        return replace(NAME_SUMMARY, **changes)

    return make


@pytest.fixture
def unchanged_result(make_result: Callable[..., Result]) -> Result:
    """The p95 of browse, shown to lie within the tolerance."""
    return make_result(
        name="browse",
        baseline=20.0,
        current=20.1,
        change=0.005,
        ci_low=-0.02,
        ci_high=0.03,
        p_value=0.6,
        p_adjusted=0.8,
        verdict=Verdict.UNCHANGED,
        severity=Severity.NONE,
        detectable_change=0.04,
    )


@pytest.fixture
def results(make_result: Callable[..., Result], unchanged_result: Result) -> dict[str, Result]:
    """One result of each kind: regressed, error_rate, improved, unchanged, undecided, minor."""
    return {
        "regressed": make_result(),
        "errors": make_result(
            name="checkout",
            metric="error_rate",
            unit="ratio",
            baseline=0.005,
            current=0.0093,
            change=0.0043,
            ci_low=0.0021,
            ci_high=0.0066,
            tolerance=0.001,
            severity=Severity.CRITICAL,
            detectable_change=0.002,
            method="newcombe",
        ),
        "improved": make_result(
            name="cart",
            baseline=140.0,
            current=118.0,
            change=-0.157,
            ci_low=-0.19,
            ci_high=-0.12,
            verdict=Verdict.IMPROVED,
            severity=Severity.MAJOR,
        ),
        "unchanged": unchanged_result,
        "undecided": make_result(
            name="search",
            metric="latency.p99",
            baseline=480.0,
            current=515.0,
            change=0.073,
            ci_low=-0.01,
            ci_high=None,
            p_value=0.08,
            p_adjusted=0.16,
            verdict=Verdict.UNDECIDED,
            severity=Severity.NONE,
            detectable_change=0.12,
            caveats=(Caveat(code="few-exceedances", message="only 12 requests lie beyond p99"),),
        ),
        "throughput": make_result(
            name="login",
            metric="throughput",
            unit="1/s",
            better="higher",
            baseline=40.1,
            current=37.0,
            change=-0.077,
            ci_low=-0.09,
            ci_high=-0.064,
            severity=Severity.MINOR,
            gate=False,
            caveats=(Caveat(code="closed-loop", message="throughput follows latency here"),),
        ),
    }


@pytest.fixture
def comparison(make_run: Callable[..., RunInfo], results: dict[str, Result]) -> Comparison:
    """One current run against one baseline run: regressed, with a result of each kind."""
    return Comparison(
        verdict=Verdict.REGRESSED,
        reasons=("search latency.p95 rose 20.3 %", "checkout error_rate rose 0.43 pp"),
        design="1v1",
        tolerance=0.05,
        alpha=0.05,
        correction="holm+bh",
        current=(
            make_run(
                id="ba9876543210", name="slow", started_at=datetime(2026, 1, 1, 0, 10, tzinfo=UTC)
            ),
        ),
        baseline=(make_run(),),
        judged=6,
        not_judged=(
            NotJudged(
                name="GET /legacy",
                metric=None,
                reason="missing-in-current",
                message="in the baseline, absent now",
            ),
        ),
        results=tuple(results.values()),
        shapes=(),
        budgets=(),
        caveats=(
            Caveat(code="single-run", message="one run per side cannot show run-to-run noise"),
        ),
    )


@pytest.fixture
def summary(make_run: Callable[..., RunInfo], make_name: Callable[..., NameSummary]) -> Summary:
    """A k6 run with two names, a transaction, series, checks and thresholds of each outcome."""
    return Summary(
        run=make_run(caveats=(Caveat(code="cut-last-line", message="k6.csv:9: cut short"),)),
        names=(
            make_name(),
            make_name(
                name="search",
                requests=1200,
                failures=3,
                error_rate=0.0025,
                caveats=(Caveat(code="few-requests", message="p99.9 needs 100 000 requests"),),
            ),
            make_name(name="journey", kind="transaction", throughput=None, bytes_received=None),
        ),
        total=make_name(name=None, requests=2399, failures=3, error_rate=3 / 2399),
        series=(
            SeriesSummary(
                metric="system.cpu",
                labels="",
                unit="%",
                kind="gauge",
                n=60,
                mean=41.5,
                p95=77.0,
                max=93.0,
                total=None,
            ),
            SeriesSummary(
                metric="iterations",
                labels="",
                unit=None,
                kind="counter",
                n=899,
                mean=29.9,
                p95=31.0,
                max=33.0,
                total=899.0,
            ),
        ),
        checks=(CheckSummary(name="login status is 200", passes=1199, fails=0),),
        thresholds=(
            ThresholdOutcome(
                metric="latency.p95",
                name=None,
                source="http_req_duration: p(95)<500",
                limit=500.0,
                value=80.8,
                outcome=Outcome.MET,
                message="latency.p95: 80.8 ms, limit 500 ms",
            ),
            ThresholdOutcome(
                metric="latency.p95",
                name="search",
                source="http_req_duration{name:search}: p(95)<50",
                limit=50.0,
                value=72.25,
                outcome=Outcome.BROKEN,
                message="search latency.p95: 72.3 ms, limit 50 ms",
            ),
            ThresholdOutcome(
                metric="my_trend",
                name=None,
                source="my_trend: avg<5",
                limit=5.0,
                value=None,
                outcome=Outcome.UNDECIDED,
                message="my_trend: no data",
            ),
        ),
    )


@pytest.fixture
def hostile_comparison(comparison: Comparison, hostile_names: tuple[str, ...]) -> Comparison:
    """A comparison whose every text comes from a hostile result file."""
    caveats = tuple(Caveat(code="odd", message=f"odd: {name}") for name in hostile_names)
    return replace(
        comparison,
        reasons=tuple(f"{name} latency.p95 rose 20.3 %" for name in hostile_names),
        current=(comparison.current[0].model_copy(update={"name": hostile_names[0]}),),
        results=tuple(
            replace(result, name=name, caveats=(caveat,))
            for name, caveat in zip(hostile_names, caveats, strict=True)
            for result in comparison.results
        ),
        not_judged=tuple(
            NotJudged(name=name, metric="latency.p95", reason="too-few", message=f"few in {name}")
            for name in hostile_names
        ),
        shapes=tuple(
            replace(TAIL_SHAPE, name=name, sentence=f"changed: {name}") for name in hostile_names
        ),
        caveats=caveats,
        judged=6 * len(hostile_names),
    )


@pytest.fixture
def hostile_summary(summary: Summary, hostile_names: tuple[str, ...]) -> Summary:
    """A summary whose every text comes from a hostile result file."""
    caveats = tuple(Caveat(code="odd", message=f"odd: {name}") for name in hostile_names)
    return replace(
        summary,
        run=summary.run.model_copy(update={"name": hostile_names[0], "caveats": caveats}),
        names=tuple(
            replace(NAME_SUMMARY, name=name, caveats=(caveat,))
            for name, caveat in zip(hostile_names, caveats, strict=True)
        ),
        series=tuple(replace(summary.series[0], metric=name, unit=name) for name in hostile_names),
        checks=tuple(CheckSummary(name=name, passes=1, fails=2) for name in hostile_names),
        thresholds=tuple(
            replace(summary.thresholds[1], name=name, source=f"{name}: p(95)<50", message=name)
            for name in hostile_names
        ),
    )
