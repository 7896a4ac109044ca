"""The command `export`."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest


def test_bencher_gets_names_and_their_measures(cli, fixtures):
    ended = cli("export", fixtures / "demo/base.json.xz", "--to", "bencher")
    document = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert set(document["search"]) == {
        "latency.p50",
        "latency.p95",
        "latency.p99",
        "throughput",
        "error_rate",
    }
    assert not [name for name in document if name.startswith(("transaction", "iteration"))]
    p95 = document["search"]["latency.p95"]
    assert p95["lower_value"] < p95["value"] < p95["upper_value"]


@pytest.mark.parametrize(
    ("target", "metrics"),
    [
        ("benchmark-action-smaller", {"latency.p50", "latency.p95", "latency.p99", "error_rate"}),
        ("benchmark-action-bigger", {"throughput"}),
    ],
)
def test_the_benchmark_action_gets_one_file_for_each_direction(cli, fixtures, target, metrics):
    entries = json.loads(cli("export", fixtures / "demo/base.json.xz", "--to", target).out)
    assert {entry["name"].rpartition(" ")[2] for entry in entries} == metrics
    assert all(" to " in entry.get("range", " to ") for entry in entries)
    assert any("range" in entry for entry in entries)


def test_otava_gets_a_history(cli, fixtures, tmp_path):
    runs = [fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz"]
    ended = cli("export", *runs, "--to", "otava", "-o", tmp_path / "history.csv")
    assert (ended.code, ended.out) == (0, "")
    rows = list(csv.DictReader(StringIO((tmp_path / "history.csv").read_text())))
    assert [row["run"] for row in rows] == ["base", "slow"]


def test_metrics_that_a_run_of_the_history_lacks_are_named(cli, fixtures):
    runs = [fixtures / "demo/base.json.xz", fixtures / "k6/base.json.gz"]
    ended = cli("export", *runs, "--to", "otava", "--name", "search")
    assert ended.code == 0
    assert "left out, since a run lacks them: search latency.p99" in ended.err
    assert "latency.p99" not in ended.out
    assert cli("--quiet", "export", *runs, "--to", "otava", "--name", "search").err == ""


def test_openmetrics_has_everything_and_ends(cli, fixtures):
    ended = cli("export", fixtures / "demo/base.json.xz", "--to", "openmetrics")
    assert ended.out.endswith("# EOF\n")
    assert 'perfanalysis_latency_seconds{name="search",kind="request"' in ended.out
    assert 'kind="iteration"' in ended.out


def test_several_runs_are_openmetrics_with_time_stamps(cli, fixtures):
    runs = [fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz"]
    refused = cli("export", *runs, "--to", "openmetrics")
    assert refused.code == 2
    assert "--timestamps" in refused.err
    lines = cli("export", *runs, "--to", "openmetrics", "--timestamps").out.splitlines()
    stamps = [line.split()[2] for line in lines if line.startswith("perfanalysis_run_duration")]
    assert stamps == ["1795170938.741", "1795171244.797"]


def test_metrics_and_names_are_chosen(cli, fixtures):
    chosen = ["--metric", "latency.max", "--name", "sea*", "--name", "user_journey"]
    ended = cli("export", fixtures / "demo/base.json.xz", "--to", "bencher", *chosen)
    document = json.loads(ended.out)
    assert {name: list(measures) for name, measures in document.items()} == {
        "search": ["latency.max"],
        "iteration: user_journey": ["latency.max"],
    }


def test_a_monitor_has_resources(cli, fixtures):
    trace = fixtures / "psutil/base.json"
    refused = cli("export", trace, "--to", "bencher")
    assert refused.code == 2
    assert "--metric" in refused.err
    ended = cli("export", trace, "--to", "bencher", "--metric", "system.cpu.mean")
    assert list(json.loads(ended.out)["resources"]) == ["system.cpu.mean"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{base}", "--to", "bencher", "--metric", "latancy.p95"], "did you mean 'latency.p95'?"),
        (["{base}", "--to", "bencher", "--name", "nope"], "--name 'nope' matches none"),
        (["{base}", "{slow}", "--to", "bencher"], "bencher takes one run, found 2"),
        (["{base}", "--to", "bencher", "--timestamps"], "bencher takes no time stamps"),
        (["{base}", "--to", "grafana"], "'grafana' is not one of"),
        (["{base}"], "Missing option '--to'"),
    ],
)
def test_errors_say_what_was_expected(cli, fixtures, arguments, message):
    places = {"base": fixtures / "demo/base.json.xz", "slow": fixtures / "demo/slow.json.xz"}
    ended = cli("export", *[argument.format(**places) for argument in arguments])
    assert ended.code == 2
    assert message in ended.err


def test_a_comparison_is_openmetrics_too(cli, fixtures):
    runs = [fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz"]
    ended = cli("compare", *runs, "--format", "openmetrics")
    assert ended.code == 1
    assert 'perfanalysis_verdict{verdict="regressed"} 1' in ended.out.splitlines()
