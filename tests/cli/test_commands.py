"""What each command writes, and where."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import jsonschema
import pytest

from perfanalysis.reports.json_document import load_schema

TABLE_WORDS = ("regressed", "search", "latency.p95", "judged")


@pytest.fixture
def pair(fixtures):
    return fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz"


def check_table(text):
    assert all(word in text for word in TABLE_WORDS)


def check_json(text):
    document = json.loads(text)
    jsonschema.validate(document, load_schema("comparison"))
    assert list(document)[:2] == ["schema", "schema_version"]
    assert document["design"] == "1v1"


def check_markdown(text):
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") - line.count(r"\|") for line in rows[:3]}) == 1
    assert "search" in text


def check_csv(text):
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["verdict"] for row in rows} >= {"regressed", "undecided"}


def check_junit(text):
    suite = ET.fromstring(text)
    assert suite.findall(".//failure")


def check_html(text):
    HTMLParser().feed(text)
    assert text.startswith("<!DOCTYPE html>")
    assert "Content-Security-Policy" in text


CHECKS = {
    "table": check_table,
    "json": check_json,
    "markdown": check_markdown,
    "csv": check_csv,
    "junit": check_junit,
    "html": check_html,
}


@pytest.mark.parametrize("format_name", CHECKS)
def test_every_format_of_compare_is_valid_on_screen_and_in_a_file(cli, pair, tmp_path, format_name):
    shown = cli("compare", *pair, "--format", format_name)
    CHECKS[format_name](shown.out)
    written = cli("compare", *pair, "--format", format_name, "-o", tmp_path / "out" / "result")
    assert (shown.code, written.code) == (1, 1)
    assert written.out == ""
    CHECKS[format_name]((tmp_path / "out" / "result").read_text(encoding="utf-8"))


def test_a_report_is_written_beside_the_table_before_the_gate_fails(cli, pair, tmp_path):
    ended = cli("compare", *pair, "--report", tmp_path / "report.html")
    assert ended.code == 1
    check_html((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "report:" in ended.err


def test_quiet_says_nothing_besides(cli, pair, tmp_path):
    ended = cli("--quiet", "compare", *pair, "--report", tmp_path / "report.html")
    assert ended.err == ""


@pytest.mark.slow
def test_report_of_one_run_and_of_two(cli, pair, tmp_path):
    for name, runs in {"one": pair[:1], "two": pair}.items():
        assert cli("report", *runs, "-o", tmp_path / f"{name}.html").code == 0
        check_html((tmp_path / f"{name}.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("format_name", ["table", "json", "csv", "markdown", "junit"])
def test_every_format_of_summary_tells_the_requests(cli, pair, format_name):
    ended = cli("summary", pair[1], "--format", format_name)
    assert ended.code == 0
    if format_name == "json":
        document = json.loads(ended.out)
        jsonschema.validate(document, load_schema("summary"))
        assert document["total"]["requests"] == document["run"]["requests"] > 3000
    else:
        assert "search" in ended.out or "http_req" in ended.out


def test_import_says_what_it_made(cli, pair, tmp_path):
    ended = cli(
        "import", pair[1], "-o", tmp_path / "a.run", "--name", "nightly", "--tag", "branch=main"
    )
    assert ended.code == 0
    assert "k6-json: every request" in ended.out
    info = json.loads((tmp_path / "a.run/run.json").read_text())
    assert (info["name"], info["tags"]["branch"]) == ("nightly", "main")


def test_import_as_json_is_run_json(cli, pair, tmp_path):
    ended = cli("import", pair[1], "-o", tmp_path / "a.run", "--format", "json")
    assert json.loads(ended.out) == json.loads((tmp_path / "a.run/run.json").read_text())


def test_a_bundle_compares_like_the_file_it_was_made_from(cli, pair, tmp_path):
    for name, file in zip(("slow", "base"), pair, strict=True):
        cli("import", file, "-o", tmp_path / f"{name}.run")
    from_bundles = cli("compare", tmp_path / "slow.run", tmp_path / "base.run", "--format", "csv")
    assert from_bundles.out == cli("compare", *pair, "--format", "csv").out


def test_a_bundle_without_its_requests_compares_all_the_same(cli, pair, tmp_path):
    cli("import", pair[1], "-o", tmp_path / "base.run")
    (tmp_path / "base.run/requests.parquet").unlink()
    stripped = cli("compare", pair[0], tmp_path / "base.run", "--format", "csv")
    assert stripped.out == cli("compare", *pair, "--format", "csv").out


def test_formats_lists_every_importer(cli):
    from perfanalysis.importers.registry import importers

    working, broken = importers()
    assert broken == ()
    ended = cli("formats")
    assert [line.split()[0] for line in ended.out.splitlines()] == list(working)


def test_a_broken_plugin_is_listed_as_broken(cli, monkeypatch):
    from importlib.metadata import EntryPoint

    from perfanalysis.importers import registry

    broken = EntryPoint(name="zz-broken", value="no.such.module:X", group=registry.GROUP)
    known = registry.entry_points(group=registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [*known, broken])  # noqa: ARG005
    registry.importers.cache_clear()
    try:
        ended = cli("formats")
    finally:
        registry.importers.cache_clear()
    assert "zz-broken" in ended.out
    assert "broken: ModuleNotFoundError" in ended.out


def test_several_runs_a_side(cli, fixtures, tmp_path):
    for side in ("base", "slow"):
        (tmp_path / side).mkdir()
        for i in (1, 2):
            (tmp_path / side / f"{i}.xz").symlink_to(fixtures / f"demo/{side}.json.xz")
    ended = cli("compare", tmp_path / "slow", tmp_path / "base", "--format", "json")
    document = json.loads(ended.out)
    assert document["design"] == "2v2"
    assert "welch" in {result["method"] for result in document["results"]}


def test_the_version_is_told(cli):
    assert "0.1.0" in cli("--version").out


def test_a_bundle_without_its_requests_is_summarised_from_its_histograms(cli, pair, tmp_path):
    cli("import", pair[1], "-o", tmp_path / "base.run")
    exact = json.loads(cli("summary", tmp_path / "base.run", "--format", "json").out)
    (tmp_path / "base.run/requests.parquet").unlink()
    rough = json.loads(cli("summary", tmp_path / "base.run", "--format", "json").out)
    assert rough["checks"] == exact["checks"]
    for known, found in zip(exact["names"], rough["names"], strict=True):
        counts = ("name", "kind", "requests", "failures")
        assert [found[key] for key in counts] == [known[key] for key in counts]
        assert found["fidelity"] == "bucketed"
        assert found["latency"]["p50"] == pytest.approx(known["latency"]["p50"], rel=0.02)
        assert found["latency"]["mean"] == pytest.approx(known["latency"]["mean"], rel=0.0026)
