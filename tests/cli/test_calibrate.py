"""`perfanalysis calibrate`, and comparisons that use what it stored."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import jsonschema
import numpy as np
import pytest
from scipy.special import ndtri

from perfanalysis.reports.json_document import load_schema

# Logarithms of how much slower each run is: a standard deviation of 0.03197.
SHIFTS = (0.0, 0.03, 0.06, 0.01, 0.05, 0.02, 0.08, 0.0, 0.07, 0.08)
GRID = np.exp(0.3 * ndtri((np.arange(400) + 0.5) / 400))


def write_jtl(path, shift, seed):
    latencies = np.random.default_rng(seed).permutation(500 * np.exp(shift) * GRID)
    starts = 1_800_000_000_000 + 60_000 * seed + np.arange(400) * 40
    rows = [f"{t},{ms:.0f},search,200,true" for t, ms in zip(starts, latencies, strict=True)]
    path.write_text("timeStamp,elapsed,label,responseCode,success\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("identical")
    for number, shift in enumerate(SHIFTS, start=1):
        write_jtl(folder / f"base-{number}.jtl", shift, number)
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty working folder; no baselines of another place."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PERFANALYSIS_BASELINES", raising=False)
    return tmp_path


@pytest.fixture
def saved(cli, runs, project):
    ended = cli("calibrate", runs, "--metric", "latency.p50", "--save", "shop")
    assert ended.code == 0
    return project / "baselines" / "shop.calibration.json"


@pytest.fixture
def method_of(cli, runs):
    """Compare two of the runs; return the method and the codes of the caveats."""

    def call(*options, baseline=None):
        sides = (runs / "base-2.jtl", baseline or runs / "base-1.jtl")
        ended = cli("compare", *sides, "--metric", "latency.p50", "--format", "json", *options)
        document = json.loads(ended.out)
        (result,) = document["results"]
        return result["method"], {caveat["code"] for caveat in document["caveats"]}

    return call


def test_the_table_tells_false_alarms_noise_and_tolerance(cli, runs, project):
    ended = cli("calibrate", runs, "--metric", "latency.p50")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith("false alarms of one identical run against another: ")
    row = next(line.split() for line in lines if line.startswith("search"))
    assert row[1:4] == ["latency.p50", "520", "ms"]
    assert float(row[4]) == pytest.approx(3.25, rel=0.03)
    assert row[-2:] == ["10", "%"]
    designs = [line.split()[0] for line in lines if line.split()[:1] and line[0].isdigit()]
    assert designs == ["1v1", "1v1", "1v9", "5v5"]
    assert "latencies and throughput: 10 % of 1 (of 1 figures)" in ended.out


def test_nothing_is_written_unless_asked_for(cli, runs, project):
    assert cli("calibrate", runs, "--metric", "latency.p50").err == ""
    assert list(project.iterdir()) == []


def test_the_json_follows_its_schema(cli, runs, project):
    document = json.loads(cli("calibrate", runs, "--format", "json").out)
    jsonschema.validate(document, load_schema("calibration-report"))
    assert list(document)[:2] == ["schema", "schema_version"]
    assert len(document["runs"]) == 10
    by_metric = {figure["metric"]: figure for figure in document["figures"]}
    assert by_metric["latency.p50"]["sd"] == pytest.approx(0.03197, rel=0.02)
    assert by_metric["latency.p50"]["df"] == 9
    assert [d["runs"] for d in by_metric["latency.p50"]["detectable"]] == list(range(1, 11))
    assert [(entry["design"], entry["comparisons"]) for entry in document["false_alarms"]] == [
        ("1v1", 45),
        ("1v1", 45),
        ("1v9", 10),
        ("5v5", 126),
    ]


def test_the_plot_is_drawn_as_svg_or_png(cli, runs, project):
    for name in ("plots/noise.svg", "plots/noise.PNG"):
        ended = cli("calibrate", runs, "--metric", "latency.p50", "--plot", name)
        assert f"plot: {name}" in ended.err
    texts = [e.text for e in ET.parse("plots/noise.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert {"latency.p50, %", "search", "tolerance", "runs a side"} <= set(texts)
    assert (project / "plots/noise.PNG").read_bytes().startswith(b"\x89PNG\r\n")


def test_quiet_says_nothing_of_what_it_wrote(cli, runs, project):
    ended = cli(
        "--quiet", "calibrate", runs, "--metric", "latency.p50", "--save", "a", "-o", "out.txt"
    )
    assert (ended.out, ended.err) == ("", "")
    assert (project / "out.txt").read_text().startswith("false alarms")


def test_what_is_saved_is_where_it_was_said_to_be(cli, runs, project):
    ended = cli("calibrate", runs, "--metric", "latency.p50", "--save", "shop")
    assert ended.err == "calibration: baselines/shop.calibration.json\n"
    stored = json.loads((project / "baselines/shop.calibration.json").read_text())
    assert stored["runs"] == [f"base-{number}" for number in range(1, 11)]
    assert stored["first_started_at"].startswith("2027-01-15")


def test_the_folder_of_baselines_can_be_another(cli, runs, project, monkeypatch, method_of):
    monkeypatch.setenv("PERFANALYSIS_BASELINES", str(project / "accepted"))
    cli("calibrate", runs, "--metric", "latency.p50", "--save", "shop")
    assert (project / "accepted/shop.calibration.json").is_file()
    assert method_of("--calibration", "shop")[0] == "calibrated-noise"


def test_a_comparison_uses_a_calibration_by_name_or_file(saved, method_of):
    assert method_of()[0] == "assumed-run-noise"
    for source in ("shop", saved, "baselines/shop.calibration.json"):
        method, codes = method_of("--calibration", source)
        assert method == "calibrated-noise"
        assert "calibrated" in codes
        assert "single-run" not in codes


def test_a_calibration_may_stand_in_the_environment_or_the_file(saved, method_of, monkeypatch):
    (saved.parent.parent / "perfanalysis.yml").write_text("calibration: shop\n")
    assert method_of()[0] == "calibrated-noise"
    monkeypatch.setenv("PERFANALYSIS_CALIBRATION", "")
    monkeypatch.setenv("PERFANALYSIS_CONFIG", "other.yml")
    (saved.parent.parent / "other.yml").write_text("{}\n")
    assert method_of()[0] == "assumed-run-noise"
    monkeypatch.setenv("PERFANALYSIS_CALIBRATION", "shop")
    assert method_of()[0] == "calibrated-noise"


def test_what_lies_beside_the_baseline_is_used_without_a_word(cli, runs, saved, method_of):
    cli("import", runs / "base-1.jtl", "-o", "baselines/shop.run")
    assert method_of(baseline="baselines/shop.run")[0] == "calibrated-noise"
    cli("import", runs / "base-1.jtl", "-o", "baselines/other.run")
    assert method_of(baseline="baselines/other.run")[0] == "assumed-run-noise"


def test_a_report_uses_it_too(cli, runs, saved, project):
    pair = (runs / "base-2.jtl", runs / "base-1.jtl")
    assert cli("report", *pair, "--calibration", "shop", "-o", "report.html").code == 0
    assert "calibrated-noise" in (project / "report.html").read_text()


@pytest.mark.parametrize("format_name", ["table", "markdown", "csv", "junit"])
def test_every_output_says_what_the_noise_was_measured_on(cli, runs, saved, format_name):
    pair = (runs / "base-2.jtl", runs / "base-1.jtl")
    ended = cli("compare", *pair, "--calibration", "shop", "--format", format_name)
    assert ended.code == 0
    if format_name != "csv":
        assert "was measured on 10 identical runs of 2027-01-15" in ended.out


def test_too_few_runs_are_wrong_usage(cli, runs, project):
    ended = cli("calibrate", *[runs / f"base-{number}.jtl" for number in (1, 2, 3, 4)])
    assert ended.code == 2
    assert "expected at least 5 identical runs, found 4" in ended.err
    assert "10 or more are advised" in ended.err


def test_no_run_at_all_is_wrong_usage(cli, project):
    assert cli("calibrate").code == 2


@pytest.mark.parametrize("name", ["../shop", "a//b", ".shop", ""])
def test_a_name_that_is_none_is_refused_before_anything_is_read(cli, project, name):
    ended = cli("calibrate", "no-such-run", "--save", name)
    assert ended.code == 2
    assert "is no name of a baseline" in ended.err
    assert list(project.iterdir()) == []


def test_a_plot_of_another_kind_is_refused_before_anything_is_read(cli, project):
    ended = cli("calibrate", "no-such-run", "--plot", "noise.pdf")
    assert ended.code == 2
    assert "expected a file that ends in .svg or .png" in ended.err


def test_a_calibration_that_is_not_there_is_wrong_usage(cli, runs, project):
    pair = (runs / "base-2.jtl", runs / "base-1.jtl")
    for source in ("gone", "gone.json", "../shop"):
        ended = cli("compare", *pair, "--calibration", source)
        assert ended.code == 2
        assert source.removesuffix(".json") in ended.err


def test_a_damaged_calibration_is_unreadable_input(cli, runs, project):
    (project / "bad.json").write_text("{}")
    ended = cli(
        "compare", runs / "base-2.jtl", runs / "base-1.jtl", "--calibration", project / "bad.json"
    )
    assert ended.code == 4
    assert "bad.json: runs: Field required" in ended.err


def test_the_configuration_reaches_calibrate(cli, runs, project):
    (project / "perfanalysis.yml").write_text("tolerance: 20%\nmetrics: [latency.p50]\n")
    document = json.loads(cli("calibrate", runs, "--format", "json").out)
    assert document["tolerance"] == 0.2
    assert {figure["metric"] for figure in document["figures"]} == {"latency.p50"}
