"""The dashboard's statistics.json."""

from __future__ import annotations

import json

import pytest

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Match
from perfanalysis.importers.jmeter.statistics import JmeterStatistics

ENTRY = {
    "sampleCount": 10,
    "errorCount": 1,
    "errorPct": 10.0,
    "meanResTime": 88.5,
    "medianResTime": 62.5,
    "minResTime": 24.0,
    "maxResTime": 404.0,
    "pct1ResTime": 374.0,
    "pct2ResTime": 404.0,
    "pct3ResTime": 404.0,
    "throughput": 5.0,
    "receivedKBytesPerSec": 2.0,
    "sentKBytesPerSec": 1.0,
}


def write(tmp_path, **entries):
    path = tmp_path / "statistics.json"
    document = {name: {"transaction": name, **ENTRY, **given} for name, given in entries.items()}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_each_label_is_an_interval_and_the_total_is_none(read_run, fixtures):
    run = read_run(fixtures / "jmeter" / "base.statistics.json")
    counted = {row["name"]: (row["requests"], row["failures"]) for row in run.intervals.to_pylist()}
    assert counted == {
        'Login, "form"': (102, 0),
        "Search": (102, 0),
        "Products": (100, 4),
        "商品を閲覧": (100, 4),
        "Checkout": (96, 0),
    }
    assert set(run.intervals["scope"].to_pylist()) == {"run"}
    assert run.requests.num_rows == 0
    assert run.caveat_codes == {"configurable-percentiles", "unmarked-transactions"}


def test_figures_are_kept_in_our_units(read_run, tmp_path):
    run = read_run(write(tmp_path, Home={}, Total={}))
    found = run.intervals.to_pylist()[0]
    assert {name: value for name, value in found.items() if value is not None} == {
        "scope": "run",
        "duration_s": 2.0,
        "name": "Home",
        "kind": "request",
        "requests": 10,
        "failures": 1,
        "latency_mean_ms": 88.5,
        "latency_min_ms": 24.0,
        "latency_max_ms": 404.0,
        "quantiles": [
            {"q": 0.5, "latency_ms": 62.5},
            {"q": 0.9, "latency_ms": 374.0},
            {"q": 0.95, "latency_ms": 404.0},
            {"q": 0.99, "latency_ms": 404.0},
        ],
        "bytes_received": 4096,
    }
    assert run.fact("duration_s") == 2.0
    assert run.fact("tool") == "jmeter"


def test_medians_are_missing_before_5_3(read_run, tmp_path):
    path = write(tmp_path, Home={}, Total={})
    path.write_text(path.read_text().replace('"medianResTime": 62.5, ', ""))
    quantiles = read_run(path).intervals["quantiles"][0].as_py()
    assert [entry["q"] for entry in quantiles] == [0.9, 0.95, 0.99]


def test_nan_is_null(read_run, tmp_path):
    given = {"throughput": "NaN", "meanResTime": "NaN", "pct1ResTime": "NaN"}
    found = read_run(write(tmp_path, Home=given, Total={})).intervals.to_pylist()[0]
    assert (found["duration_s"], found["latency_mean_ms"], found["bytes_received"]) == (None,) * 3
    assert [entry["q"] for entry in found["quantiles"]] == [0.5, 0.95, 0.99]


@pytest.mark.parametrize("total", ["Total", "总体"])
def test_the_total_is_found_in_any_language(read_run, tmp_path, total):
    run = read_run(write(tmp_path, Home={}, Buy={"sampleCount": 5}, **{total: {"sampleCount": 15}}))
    assert run.intervals["name"].to_pylist() == ["Home", "Buy"]
    assert run.fact("duration_s") == 3.0


def test_a_total_that_cannot_be_told_from_a_label_is_refused(read_run, tmp_path):
    with pytest.raises(InputError, match="expected one total, found that it may be any of: A, B"):
        read_run(write(tmp_path, A={}, B={}))


def test_without_total_the_duration_is_unknown(read_run, tmp_path):
    run = read_run(write(tmp_path, A={}, B={"sampleCount": 7}))
    assert run.intervals["name"].to_pylist() == ["A", "B"]
    assert run.fact("duration_s") is None
    assert "no-total" in run.caveat_codes


def test_long_runs_have_percentiles_of_their_end_only(read_run, tmp_path):
    many = {"sampleCount": 20_001}
    run = read_run(write(tmp_path, Home=many, Buy={}, Total={"sampleCount": 20_011}))
    messages = [caveat.message for caveat in run.caveats if caveat.code == "last-values-only"]
    assert len(messages) == 1
    assert messages[0].endswith("percentiles cover only the last 20000 samples of: Home")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"sampleCount": "10"}, "'Home'.sampleCount: expected a count, found '10'"),
        ({"sampleCount": -1}, "'Home'.sampleCount: expected a count, found -1"),
        ({"errorCount": True}, "'Home'.errorCount: expected a count, found True"),
        ({"errorCount": 11}, "'Home'.errorCount: expected at most 10 errors, found 11"),
        ({"meanResTime": "fast"}, "'Home'.meanResTime: expected a number, found 'fast'"),
        ({"pct1ResTime": -1.0}, "'Home'.pct1ResTime: expected a number, found -1.0"),
        ({"throughput": 10**400}, "'Home'.throughput: expected a number, found 1000"),
    ],
)
def test_values_that_make_no_sense_are_refused(read_run, tmp_path, given, reason):
    with pytest.raises(InputError) as refused:
        read_run(write(tmp_path, Home=given, Total={}))
    assert f"statistics.json: {reason}" in refused.value.message


@pytest.mark.parametrize("text", ["[]", "{}", '{"Home": 1}', "{", '{"Home": null}'])
def test_other_documents_are_refused(read_run, tmp_path, text):
    path = tmp_path / "statistics.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"statistics\.json"):
        read_run(path, format_name="jmeter-statistics")


@pytest.mark.parametrize(
    ("name", "label", "requests", "duration_s"),
    [
        ("small-statistics.json", "GET Users", 10, 10 / 8.688097306689835),
        ("chinese-statistics.json", "HTTP请求", 250, 250 / 12.767478678310608),
    ],
)
def test_files_of_strangers_are_read(read_run, shared, name, label, requests, duration_s):
    run = read_run(shared / "samples" / "jmeter-statistics" / name)
    assert run.importer.name == "jmeter-statistics"
    assert run.intervals["name"].to_pylist() == [label]
    assert run.intervals["requests"].to_pylist() == [requests]
    assert run.fact("duration_s") == duration_s


@pytest.mark.parametrize(
    ("head", "match"),
    [
        (b'{"Total": {"sampleCount": 1, "pct1ResTime": 2}}', Match.CERTAIN),
        (b'\n{ "a" : {"pct1ResTime" : 2, "sampleCount" : 1', Match.CERTAIN),
        (b'{"metrics": {}, "root_group": {}}', Match.NO),
        (b'[{"sampleCount": 1, "pct1ResTime": 2}]', Match.NO),
        (b"", Match.NO),
    ],
)
def test_match(head, match):
    assert JmeterStatistics().match(head, "statistics.json") is match
