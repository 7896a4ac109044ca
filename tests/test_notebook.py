"""The public face for analysts: types, DataFrames, and what a notebook shows."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lxml import html as lxml_html

import perfanalysis as pa
from perfanalysis.model import results

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a | b `c` *d* [e](http://f)",
    "{{ 7 * 7 }}",
    "line\nbreak",
]


def write_jtl(path, names, *, factor=1.0, n=300):
    values = np.random.default_rng(7).lognormal(3, 0.4, n) * factor
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["timeStamp", "elapsed", "label", "success"])
        for i, value in enumerate(values):
            for name in names:
                rows.writerow([1_767_225_600_000 + i * 100, round(value), name, "true"])
    return path


@pytest.fixture
def hostile(tmp_path):
    names = HOSTILE
    return (
        write_jtl(tmp_path / "slow.jtl", names, factor=1.5),
        write_jtl(tmp_path / "base.jtl", [*names, "gone <b>"]),
    )


@pytest.fixture
def demo(fixtures):
    return fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz"


def texts(fragment):
    tree = lxml_html.fragment_fromstring(fragment, create_parent="div")
    return tree, tree.text_content()


def assert_harmless(tree):
    tags = {element.tag for element in tree.iter()}
    assert not tags & {"script", "img", "style", "iframe", "a", "b"}
    assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")]


def test_a_summary_shows_hostile_names_as_text(hostile):
    tree, text = texts(pa.summarize(hostile[1])._repr_html_())
    assert_harmless(tree)
    assert "<script>alert(1)</script>" in text
    assert "{{ 7 * 7 }}" in text


def test_a_comparison_shows_hostile_names_as_text(hostile):
    tree, text = texts(pa.compare(*hostile)._repr_html_())
    assert_harmless(tree)
    for name in ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "gone <b>"):
        assert name in text


def test_hostile_names_stand_in_code_spans_of_markdown_and_cannot_leave_their_cell(hostile):
    shown = (pa.compare(*hostile), pa.summarize(hostile[1]))
    for text in (result._repr_markdown_() for result in shown):
        outside = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", text)
        for sign in ("<script", "<img", "[e](http", "*d*"):
            assert sign in text
            assert sign not in outside
        table = [line for line in text.splitlines() if line.startswith("|")]
        cells = {line.replace(r"\|", "").count("|") for line in table if r"a \| b" in line}
        assert cells == {table[0].count("|")}


def test_the_verdict_stands_first(demo):
    found = pa.compare(*demo)
    assert texts(found._repr_html_())[1].strip().startswith("regressed")
    assert "regressed" in found._repr_markdown_().splitlines()[0].lower()


def test_a_summary_as_a_dataframe(demo):
    frame = pa.summarize(demo[1]).to_pandas()
    latencies = ["mean", "min", "p50", "p75", "p90", "p95", "p99", "p999", "max"]
    assert list(frame.columns) == [
        *("name", "kind", "requests", "failures", "error_rate", "throughput"),
        *(f"latency_{key}_ms" for key in latencies),
        "fidelity",
    ]
    requests = frame[frame.kind == "request"].set_index("name")
    assert requests.loc["checkout", "failures"] == 2
    assert requests.requests.sum() == 3779
    assert requests.latency_p95_ms.between(1, 1000).all()


def test_a_comparison_as_a_dataframe(demo):
    frame = pa.compare(*demo).to_pandas()
    assert list(frame.columns) == [
        *("name", "metric", "unit", "better", "baseline", "current", "change", "ci_low"),
        *("ci_high", "confidence", "p_value", "p_adjusted", "tolerance", "verdict", "severity"),
        *(
            "detectable_change",
            "runs_needed",
            "tolerance_needed",
            "n_baseline",
            "n_current",
            "n_effective",
            "method",
            "gate",
        ),
        "caveats",
    ]
    regressed = frame[(frame.verdict == "regressed") & frame.gate]
    assert set(regressed.name) == {"search", "checkout"}
    assert pd.api.types.is_float_dtype(frame.change)


def test_results_are_ours_and_the_models(demo):
    summary, comparison = pa.summarize(demo[1]), pa.compare(*demo)
    assert isinstance(summary, pa.Summary)
    assert isinstance(summary, results.Summary)
    assert isinstance(comparison, pa.Comparison)
    assert isinstance(comparison, results.Comparison)


def test_runs_are_given_as_paths_text_or_loaded(demo):
    current, baseline = demo
    loaded = pa.load(str(baseline))
    assert isinstance(loaded, pa.Run)
    assert [type(run) for run in pa.load_runs([current, str(baseline)])] == [pa.Run, pa.Run]
    ways = [pa.compare(current, b, metrics=["latency.p50"]) for b in (baseline, loaded, [loaded])]
    assert ways[0].results == ways[1].results == ways[2].results
    assert pa.summarize(loaded).total == pa.summarize(baseline).total


def test_a_run_says_what_it_is(demo):
    text = repr(pa.load(demo[1]))
    assert "k6" in text
    assert "3779 requests" in text
    assert isinstance(pa.load(demo[1]).requests, pd.DataFrame)


def test_tolerance_is_short_for_settings(demo):
    wide = pa.compare(*demo, tolerance=2.0)
    assert wide.tolerance == 2.0
    assert wide.verdict != "regressed"
    assert pa.compare(*demo, settings=pa.Settings(tolerance=2.0)).results == wide.results


def test_errors_are_one_family(tmp_path):
    with pytest.raises(pa.PerfanalysisError, match="no such file"):
        pa.load(tmp_path / "nothing.jtl")


def test_every_public_name_is_there_and_no_other():
    assert set(pa.__all__) <= set(dir(pa))
    for name in pa.__all__:
        assert getattr(pa, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'summarise'"):
        _ = pa.summarise


def test_the_package_is_typed():
    assert (Path(pa.__file__).parent / "py.typed").is_file()
