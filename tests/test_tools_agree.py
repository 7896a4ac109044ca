"""Agreement with the numbers that the tools themselves print for the same run."""

from __future__ import annotations

import csv
import gzip
import json
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from perfanalysis import api
from perfanalysis.cli.main import run as run_cli

K6_STATISTICS = {
    "avg": "mean",
    "min": "min",
    "med": "p50",
    "max": "max",
    "p(90)": "p90",
    "p(95)": "p95",
    "p(99)": "p99",
}
K6_RUNS = [(name, suffix) for name in ("base", "slow") for suffix in ("json.gz", "csv.gz")]


@pytest.fixture(scope="session")
def tools(shared):
    return shared / "data" / "tools"


@pytest.fixture(scope="session")
def k6_summary(tools):
    """The end-of-test summary that k6 wrote of a run."""

    def read(name):
        return json.loads((tools / f"k6/{name}.summary.json").read_text(encoding="utf-8"))

    return read


def named(summary, name, kind="request"):
    (found,) = [entry for entry in summary.names if (entry.name, entry.kind) == (name, kind)]
    return found


def assert_latency(latency, printed):
    for theirs, ours in K6_STATISTICS.items():
        assert getattr(latency, ours) == pytest.approx(printed[theirs], rel=1e-6), theirs


@pytest.mark.parametrize(("name", "suffix"), K6_RUNS)
def test_requests_failures_and_latencies_are_those_of_k6(tools, k6_summary, name, suffix):
    printed = k6_summary(name)["metrics"]
    total = api.summarize(tools / f"k6/{name}.{suffix}").total
    assert total.requests == printed["http_reqs"]["count"]
    # k6 counts a failed request as a pass of the rate http_req_failed.
    assert total.failures == printed["http_req_failed"]["passes"]
    assert_latency(total.latency, printed["http_req_duration"])


@pytest.mark.parametrize(("name", "suffix"), K6_RUNS)
def test_the_latencies_of_a_name_are_those_of_k6s_sub_metric(tools, k6_summary, name, suffix):
    printed = k6_summary(name)["metrics"]["http_req_duration{name:search}"]
    summary = api.summarize(tools / f"k6/{name}.{suffix}")
    assert_latency(named(summary, "search").latency, printed)


def k6_checks(group):
    for check in group["checks"].values():
        yield check["name"], check["passes"], check["fails"]
    for inner in group["groups"].values():
        yield from k6_checks(inner)


@pytest.mark.parametrize(("name", "suffix"), K6_RUNS)
def test_checks_and_iterations_are_those_of_k6(tools, k6_summary, name, suffix):
    printed = k6_summary(name)
    summary = api.summarize(tools / f"k6/{name}.{suffix}")
    assert {(c.name, c.passes, c.fails) for c in summary.checks} == set(
        k6_checks(printed["root_group"])
    )
    iterations = [entry for entry in summary.names if entry.kind == "iteration"]
    if suffix == "json.gz":
        (journey,) = iterations
        assert_latency(journey.latency, printed["metrics"]["iteration_duration"])
    (counted,) = [s for s in summary.series if s.metric == "iterations"]
    assert counted.total == printed["metrics"]["iterations"]["count"]


@pytest.mark.parametrize("name", ["base", "slow"])
def test_k6s_own_thresholds_come_out_as_k6_judged_them(tools, k6_summary, name):
    judged = {
        f"{metric}: {expression}": "broken" if crossed else "met"
        for metric, content in k6_summary(name)["metrics"].items()
        for expression, crossed in content.get("thresholds", {}).items()
    }
    outcomes = {
        t.source: str(t.outcome) for t in api.summarize(tools / f"k6/{name}.json.gz").thresholds
    }
    assert len(outcomes) == 5
    assert outcomes.items() <= judged.items()


@pytest.mark.parametrize("prefix", ["base", "slow", "base-short", "slow-short"])
def test_totals_are_those_of_locusts_aggregated_row(tools, prefix):
    with (tools / f"locust/{prefix}_stats.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    aggregated = rows.pop("Aggregated")
    summary = api.summarize(tools / f"locust/{prefix}_stats.csv")
    total = summary.total
    assert total.requests == int(aggregated["Request Count"])
    assert total.failures == int(aggregated["Failure Count"])
    assert total.latency.mean == pytest.approx(float(aggregated["Average Response Time"]), rel=1e-9)
    assert total.latency.max == float(aggregated["Max Response Time"])
    assert total.throughput == pytest.approx(float(aggregated["Requests/s"]), rel=0.01)
    for name, row in rows.items():
        found = named(summary, f"{row['Type']} {name}")
        assert (found.requests, found.failures) == (
            int(row["Request Count"]),
            int(row["Failure Count"]),
        )
        assert (found.latency.p50, found.latency.p95) == (float(row["50%"]), float(row["95%"]))


@pytest.mark.parametrize("prefix", ["base-short", "slow-short"])
def test_totals_are_those_that_add_up_in_locusts_json(tools, prefix):
    path = tools / f"locust/{prefix}.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    total = api.summarize(path).total
    requests = sum(entry["num_requests"] for entry in entries)
    assert (total.requests, total.failures) == (requests, sum(e["num_failures"] for e in entries))
    time_ms = sum(entry["total_response_time"] for entry in entries)
    assert total.latency.mean == pytest.approx(time_ms / requests, rel=1e-9)


PGBENCH = [
    *(f"tools/pgbench/{name}" for name in ("aggregate", "aggregate-rate", "rate", "rate-limit")),
    *(f"tools/pgbench/{name}" for name in ("readonly", "retries", "scripts")),
    *(f"tools/pgbench/{name}" for name in ("tpcb-baseline", "tpcb-current")),
    *(
        f"tools/pgbench/sweep/{script}_{clients}_clients"
        for script in ("readonly", "tpcb")
        for clients in (1, 2, 5, 10, 25, 50, 100)
    ),
    "pgbench-aa/base-1",
    "pgbench-aa/more-4",
]


@dataclass(frozen=True)
class Printed:
    """What pgbench printed at the end of a run."""

    text: str

    def count(self, words: str) -> int:
        found = re.search(rf"^number of {words}: (\d+)", self.text, re.MULTILINE)
        return int(found.group(1)) if found else 0

    @property
    def tps(self) -> float:
        return float(re.search(r"^tps = ([\d.]+)", self.text, re.MULTILINE).group(1))

    @property
    def mean_ms(self) -> str | None:
        """Latency average, where pgbench measured it; else it divides time by transactions."""
        measured = r"^latency average = ([\d.]+) ms\nlatency stddev"
        found = re.search(measured, self.text, re.MULTILINE)
        return found.group(1) if found else None

    @property
    def scripts(self) -> list[tuple[str, int, str]]:
        block = r"^SQL script \d+: (.+)\n - weight.*\n - (\d+) transactions.*\n(?: - number.*\n)*"
        return [
            (name, int(n), mean)
            for name, n, mean in re.findall(
                block + r" - latency average = ([\d.]+) ms", self.text, re.MULTILINE
            )
        ]


@pytest.mark.parametrize("folder", PGBENCH)
def test_counts_and_rates_are_those_of_pgbenchs_report(shared, folder):
    path = shared / "data" / folder
    printed = Printed((path / "stdout.txt").read_text(encoding="utf-8"))
    processed = printed.count("transactions actually processed")
    failed = printed.count("failed transactions")
    skipped = printed.count("transactions skipped")
    summary = api.summarize(path)
    total = summary.total
    assert processed > 4000
    assert total.requests == processed + failed + skipped
    assert total.failures == failed + skipped
    # Theirs leaves out what failed, and the time that connecting took.
    done_per_s = total.throughput * (1 - total.error_rate)
    assert done_per_s == pytest.approx(printed.tps, rel=2e-3)
    if printed.mean_ms is not None:
        assert f"{total.latency.mean:.3f}" == printed.mean_ms
    for name, n, mean in printed.scripts:
        found = named(summary, name)
        assert (found.requests, f"{found.latency.mean:.3f}") == (n, mean)


def test_pgbench_means_are_checked_where_pgbench_measured_them(shared):
    folders = [shared / "data" / folder / "stdout.txt" for folder in PGBENCH]
    printed = [Printed(path.read_text(encoding="utf-8")) for path in folders]
    assert sum(report.mean_ms is not None for report in printed) == 5
    assert sum(len(report.scripts) for report in printed) == 3


@dataclass
class Rows:
    """What an independent reader finds under one label of a JTL file."""

    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    is_controller: bool = False


def read_jtl(path: Path) -> dict[str, Rows]:
    found: dict[str, Rows] = defaultdict(Rows)
    if path.name.endswith(".xml.jtl"):
        samples = [element.attrib for element in ET.parse(path).getroot()]
        fields = {"label": "lb", "elapsed": "t", "success": "s", "responseMessage": "rm"}
    else:
        with path.open(newline="", encoding="utf-8") as file:
            samples = list(csv.DictReader(file))
        fields = {key: key for key in ("label", "elapsed", "success", "responseMessage")}
    for sample in samples:
        rows = found[sample[fields["label"]]]
        rows.latencies.append(float(sample[fields["elapsed"]]))
        rows.failures += sample[fields["success"]] != "true"
        message = sample.get(fields["responseMessage"]) or ""
        rows.is_controller |= message.startswith("Number of samples in transaction")
    return found


JTL = [f"{name}.{form}.jtl" for name in ("base", "slow") for form in ("csv", "xml", "texttime")]


@pytest.mark.parametrize("file", JTL)
def test_jmeter_rows_are_those_that_another_reader_counts(tools, file):
    rows = read_jtl(tools / "jmeter" / file)
    summary = api.summarize(tools / "jmeter" / file)
    assert {(n.name, n.kind == "transaction") for n in summary.names} == {
        (label, found.is_controller) for label, found in rows.items()
    }
    assert sum(found.is_controller for found in rows.values()) == 1
    for entry in summary.names:
        theirs = rows[entry.name]
        assert (entry.requests, entry.failures) == (len(theirs.latencies), theirs.failures)
        assert entry.latency.mean == pytest.approx(np.mean(theirs.latencies), rel=1e-12)
        assert entry.latency.p95 == pytest.approx(np.quantile(theirs.latencies, 0.95), rel=1e-12)
    requests = [found for found in rows.values() if not found.is_controller]
    latencies = np.concatenate([found.latencies for found in requests])
    assert summary.total.requests == len(latencies)
    assert summary.total.failures == sum(found.failures for found in requests)
    assert summary.total.latency.mean == pytest.approx(latencies.mean(), rel=1e-12)
    assert summary.total.latency.p95 == pytest.approx(np.quantile(latencies, 0.95), rel=1e-12)


PAIRS = {
    "k6-json": ("tools/k6/slow.json.gz", "tools/k6/base.json.gz"),
    "k6-csv": ("tools/k6/slow.csv.gz", "tools/k6/base.csv.gz"),
    "jmeter-csv": ("tools/jmeter/slow.csv.jtl", "tools/jmeter/base.csv.jtl"),
    "jmeter-xml": ("tools/jmeter/slow.xml.jtl", "tools/jmeter/base.xml.jtl"),
    "locust": ("tools/locust/slow", "tools/locust/base"),
}
BASES = {
    **{tool: base for tool, (_, base) in PAIRS.items()},
    "locust-short": "tools/locust/base-short_stats.csv",
    "locust-json": "tools/locust/base-short.json",
    "pgbench": "tools/pgbench/tpcb-baseline",
    "pgbench-sampled": "tools/pgbench/readonly",
    "pgbench-aggregate": "tools/pgbench/aggregate",
    "pgbench-report": "tools/pgbench/sweep/readonly_1_clients",
    "k6-summary": "tools/k6/base.summary.json",
}


def compare(capfd, current, baseline):
    """Run the command; return its exit code and its JSON document."""
    code = run_cli(["compare", str(current), str(baseline), "--format", "json"])
    return code, json.loads(capfd.readouterr().out)


@pytest.mark.parametrize("tool", PAIRS)
def test_the_slower_endpoints_are_found_and_no_other(shared, capfd, tool):
    slow, base = (shared / "data" / file for file in PAIRS[tool])
    code, document = compare(capfd, slow, base)
    regressed = {
        r["name"].lower() for r in document["results"] if r["verdict"] == "regressed" and r["gate"]
    }
    assert code == 1
    assert document["verdict"] == "regressed"
    found = {word for word in ("search", "checkout") if any(word in name for name in regressed)}
    assert found == {"search", "checkout"}
    assert len(regressed) == 2


@pytest.mark.parametrize("tool", BASES)
def test_a_run_against_itself_passes_with_every_change_zero(shared, capfd, tool):
    base = shared / "data" / BASES[tool]
    code, document = compare(capfd, base, base)
    assert code == 0
    assert {result["change"] for result in document["results"]} == {0.0}
    assert document["judged"] >= 1


def test_a_jmeter_dashboard_against_itself_passes_with_every_change_zero(fixtures, capfd):
    base = fixtures / "jmeter/base.statistics.json"
    code, document = compare(capfd, base, base)
    assert code == 0
    assert {result["change"] for result in document["results"]} == {0.0}
    assert document["judged"] >= 10


def test_a_psutil_trace_alone_is_no_verdict(tools, capfd):
    base = tools / "psutil/base.json"
    code, document = compare(capfd, base, base)
    assert (code, document["verdict"]) == (3, "undecided")


def test_k6_files_tell_the_same_story_in_json_and_csv(tools):
    with gzip.open(tools / "k6/base.csv.gz", "rt", newline="", encoding="utf-8") as file:
        counted = sum(row["metric_name"] == "http_reqs" for row in csv.DictReader(file))
    totals = [api.summarize(tools / f"k6/base.{end}").total for end in ("json.gz", "csv.gz")]
    assert {total.requests for total in totals} == {counted}
    assert totals[0].latency == totals[1].latency
