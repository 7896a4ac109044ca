"""OpenMetrics text, for Prometheus and what reads it: Pushgateway, node exporter, promtool.

Written as https://prometheus.io/docs/specs/om/open_metrics_spec/ describes it: metadata, escaped
labels, base units (seconds, bytes, ratios), `# EOF`. Only gauges are written, because a run is over
when it is exported: so the text is valid in Prometheus' older format too, which Pushgateway and
the textfile collector of the node exporter read.

A series is a name and a statistic, not a run: each new run continues the series of the last one.
What tells runs apart stands in `perfanalysis_run_info`. Several runs at once need time stamps,
which `promtool tsdb create-blocks-from openmetrics` reads and Pushgateway refuses.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from perfanalysis.errors import UsageError
from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Comparison, Result, Verdict
from perfanalysis.model.run import RunInfo
from perfanalysis.reports.exports.measurements import (
    ALL_REQUESTS,
    MeasuredRun,
    Measurement,
    one_line,
    plain_label,
)

LONGEST_LABEL = 1024

Labels = tuple[tuple[str, str], ...]

_RESULT_VERDICTS = tuple(verdict for verdict in Verdict if verdict is not Verdict.NOT_REGRESSED)


@dataclass(kw_only=True)
class Family:
    """A gauge: its name without prefix, its unit (the end of its name, or none), its samples."""

    name: str
    unit: str
    help: str
    samples: dict[tuple[Labels, float | None], float] = field(default_factory=dict)

    def add(self, value: float, labels: Mapping[str, str], at_s: float | None = None) -> None:
        """Add a sample; `at_s` is seconds since 1970."""
        self.samples[tuple(labels.items()), at_s] = value

    def lines(self) -> Iterable[str]:
        """Yield the lines of the family; none without samples."""
        if not self.samples:
            return
        name = f"perfanalysis_{self.name}"
        yield f"# TYPE {name} gauge"
        if self.unit:
            yield f"# UNIT {name} {self.unit}"
        yield f"# HELP {name} {_escaped(self.help)}"
        # Samples of one series stand together, in order of time.
        ordered = sorted(self.samples.items(), key=lambda found: (found[0][0], found[0][1] or 0.0))
        for (labels, at_s), value in ordered:
            shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
            braced = f"{{{shown}}}" if labels else ""
            stamp = "" if at_s is None else f" {at_s:.3f}"
            yield f"{name}{braced} {_number(value)}{stamp}"


def run_metrics(runs: Sequence[MeasuredRun], *, timestamps: bool) -> str:
    """Return the measurements of runs.

    Args:
        runs: one, or several of which each tells when it started.
        timestamps: write the start of its run with every sample.

    Raises:
        UsageError: several runs without time stamps, or a run whose start is unknown.
    """
    if len(runs) > 1 and not timestamps:
        raise UsageError(
            f"expected one run, found {len(runs)}: they would be one sample of each series",
            hint="--timestamps writes when each run started, for promtool's backfill",
        )
    families = _run_families()
    for run in runs:
        at_s = _at(run.run) if timestamps else None
        _add_run(families, run.run, at_s)
        for measurement in run.measurements:
            _add_measurement(families, measurement, at_s)
    return _text(families.values())


def comparison_metrics(comparison: Comparison) -> str:
    """Return the verdict of a comparison, the change of every result, and its budgets."""
    families = _comparison_families()
    for verdict in Verdict:
        families["verdict"].add(verdict is comparison.verdict, {"verdict": str(verdict)})
    families["judged"].add(comparison.judged, {})
    families["not_judged"].add(len(comparison.not_judged), {})
    for result in comparison.results:
        _add_result(families, result)
    for budget in comparison.budgets:
        _add_budget(families, budget)
    return _text(families.values())


def _text(families: Iterable[Family]) -> str:
    lines = [line for family in families for line in family.lines()]
    return "\n".join([*lines, "# EOF", ""])


def _keyed(*families: Family) -> dict[str, Family]:
    return {family.name: family for family in families}


def _run_families() -> dict[str, Family]:
    return _keyed(
        Family(name="run_info", unit="", help="The run that the other measurements are of."),
        Family(
            name="run_start_time_seconds",
            unit="seconds",
            help="When the run started, since 1970.",
        ),
        Family(name="run_duration_seconds", unit="seconds", help="How long the run took."),
        Family(name="latency_seconds", unit="seconds", help="Latency of requests, by statistic."),
        Family(name="throughput_per_second", unit="", help="Requests per second of the run."),
        Family(name="error_ratio", unit="ratio", help="Share of requests that failed, 0 to 1."),
        Family(name="requests", unit="", help="Requests of the run."),
        Family(name="failures", unit="", help="Requests of the run that failed."),
        Family(name="received_bytes", unit="bytes", help="Bytes that the requests received."),
        Family(name="series", unit="", help="What was recorded besides requests, in its unit."),
    )


_FAMILY_OF_METRIC = {
    "throughput": "throughput_per_second",
    "error_rate": "error_ratio",
    "requests": "requests",
    "failures": "failures",
    "bytes_received": "received_bytes",
}


def _add_run(families: dict[str, Family], run: RunInfo, at_s: float | None) -> None:
    commit, branch = ("", "") if run.commit is None else (run.commit.sha, run.commit.branch or "")
    labels = {
        "run": one_line(run.name),
        "id": run.id,
        "tool": one_line(run.tool),
        "evidence": str(run.evidence),
        "commit": one_line(commit),
        "branch": one_line(branch),
    }
    families["run_info"].add(1, labels, at_s)
    if run.started_at is not None:
        families["run_start_time_seconds"].add(run.started_at.timestamp(), {}, at_s)
    if run.duration_s is not None:
        families["run_duration_seconds"].add(run.duration_s, {}, at_s)


def _add_measurement(
    families: dict[str, Family], measurement: Measurement, at_s: float | None
) -> None:
    if measurement.scope == "series":
        metric, _, statistic = measurement.metric.rpartition(".")
        series = {
            "series": plain_label(metric, longest=LONGEST_LABEL),
            "statistic": statistic,
            "unit": one_line(measurement.unit),
        }
        families["series"].add(measurement.value, series, at_s)
        return
    name = ALL_REQUESTS if measurement.name is None else measurement.name
    labels = {
        "name": plain_label(name, longest=LONGEST_LABEL),
        "kind": measurement.kind,
        # Adding up all names must not add the total of all requests once more.
        "scope": measurement.scope,
    }
    if measurement.metric.startswith("latency."):
        labels["statistic"] = measurement.metric.removeprefix("latency.")
        families["latency_seconds"].add(measurement.value / 1000, labels, at_s)
    else:
        families[_FAMILY_OF_METRIC[measurement.metric]].add(measurement.value, labels, at_s)


def _at(run: RunInfo) -> float:
    if run.started_at is None:
        raise UsageError(f"{one_line(run.name)}: no start is known, so there is no time to stamp")
    return run.started_at.timestamp()


def _comparison_families() -> dict[str, Family]:
    return _keyed(
        Family(name="verdict", unit="", help="Verdict of the comparison: 1 for what holds."),
        Family(name="judged", unit="", help="Names and metrics that were judged."),
        Family(name="not_judged", unit="", help="Names and metrics that could not be judged."),
        Family(
            name="change_ratio",
            unit="ratio",
            help="Current / baseline - 1; of error_rate the difference.",
        ),
        Family(name="change_low_ratio", unit="ratio", help="Lower end of the change's interval."),
        Family(name="change_high_ratio", unit="ratio", help="Upper end of the change's interval."),
        Family(name="result_verdict", unit="", help="Verdict of a result: 1 for what holds."),
        Family(name="budget_outcome", unit="", help="Outcome of a budget: 1 for what holds."),
        Family(
            name="budget_headroom_ratio",
            unit="ratio",
            help="Share of a budget's limit that is left; negative where it is broken.",
        ),
    )


def _add_result(families: dict[str, Family], result: Result) -> None:
    labels = {
        "name": plain_label(result.name, longest=LONGEST_LABEL),
        "metric": result.metric,
        "gate": str(result.gate).lower(),
    }
    for family, value in (
        ("change_ratio", result.change),
        ("change_low_ratio", result.ci_low),
        ("change_high_ratio", result.ci_high),
    ):
        if value is not None:
            families[family].add(value, labels)
    for verdict in _RESULT_VERDICTS:
        holds = verdict is result.verdict
        families["result_verdict"].add(holds, labels | {"verdict": str(verdict)})


def _add_budget(families: dict[str, Family], budget: BudgetResult) -> None:
    # Of a budget without a name Prometheus sees no label: it may be one of a series.
    name = "" if budget.name is None else plain_label(budget.name, longest=LONGEST_LABEL)
    labels = {
        "budget": plain_label(budget.source, longest=LONGEST_LABEL),
        "name": name,
        "metric": plain_label(budget.metric, longest=LONGEST_LABEL),
        "level": budget.level,
    }
    for outcome in Outcome:
        holds = outcome is budget.outcome
        families["budget_outcome"].add(holds, labels | {"outcome": str(outcome)})
    if budget.headroom is not None:
        families["budget_headroom_ratio"].add(budget.headroom, labels)


def _number(value: float) -> str:
    """Return a number without the noise of its last binary digit: 72.25 ms are 0.07225 s."""
    whole = float(value).is_integer() and math.fabs(value) < 2**53
    return str(int(value)) if whole else f"{value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
