"""The public face for analysts: types, DataFrames, and what a notebook shows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from lxml import html as lxml_html

import perfanalysis as pa
from perfanalysis.model import results, trend
from tests.notebook.conftest import HOSTILE


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
    assert {str(frame[c].dtype) for c in ("name", "kind", "fidelity")} == {"category"}
    assert {str(frame[c].dtype) for c in ("requests", "failures")} == {"Int64"}
    assert {str(frame[f"latency_{key}_ms"].dtype) for key in latencies} == {"float64"}
    assert frame.attrs["units"] == {
        "error_rate": "ratio",
        "throughput": "1/s",
        **{f"latency_{key}_ms": "ms" for key in latencies},
    }
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
    kinds = frame.dtypes.astype(str)
    assert set(kinds[["name", "metric", "unit", "verdict", "severity", "method"]]) == {"category"}
    assert set(kinds[["runs_needed", "n_baseline", "n_current"]]) == {"Int64"}
    assert set(kinds[["baseline", "current", "change", "ci_low", "p_value"]]) == {"float64"}
    assert frame.severity.max() == "critical"
    assert frame.attrs["units"]["change"] == "ratio"
    assert frame[frame.gate].attrs == frame.attrs


def test_a_frame_without_rows_has_the_same_columns_and_types(demo):
    found = pa.compare(*demo)
    frame, empty = found.to_pandas(), replace(found, results=()).to_pandas()
    assert list(empty.columns) == list(frame.columns)
    assert len(empty) == 0
    figures = frame.columns[frame.dtypes == "float64"]
    assert set(empty[figures].dtypes.astype(str)) == {"float64"}


def test_tables_of_a_run_tell_types_and_units(demo):
    run = pa.load(demo[1])
    kinds = run.requests.dtypes.astype(str)
    assert set(kinds[["name", "kind", "status"]]) == {"category"}
    assert set(kinds[["bytes_sent", "bytes_received"]]) == {"Int64"}
    assert kinds["started_at"] == "datetime64[us, UTC]"
    assert run.requests.attrs["units"]["latency_ms"] == "ms"
    assert run.requests.attrs["units"]["bytes_received"] == "bytes"
    assert {"vus", "iterations"} <= set(run.series.metric.cat.categories)
    assert str(run.series.time.dtype) == "datetime64[us, UTC]"


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


def test_a_stored_baseline_is_a_run_like_any_other(demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pa.baseline_save("main", str(demo[1]))
    stored = pa.load("@main")
    assert isinstance(stored, pa.Run)
    assert "main" not in stored.names
    assert "checkout" in stored._repr_html_()
    by_name = pa.compare(demo[0], "@main")
    assert [r.results for r in (pa.compare(demo[0], stored), by_name)] == [by_name.results] * 2
    assert pa.compare(demo[0], stored).caveats == by_name.caveats
    assert stored.plot.ecdf("search").axes[0].get_xlabel() == "latency, ms"


def test_a_run_shows_itself_as_a_card(demo):
    run = pa.load(demo[1])
    tree, text = texts(run._repr_html_())
    rows = {row.find("th").text: row.find("td").text_content() for row in tree.iter("tr")}
    assert rows["Tool"] == "k6"
    assert rows["Duration"] == "18.7 s"
    assert rows["Failed"] == "2 (0.0529 %)"
    assert rows["Names"] == "add_to_cart, browse, checkout, login, product_detail, search"
    assert rows["Evidence"] == "requests"
    assert "k6 does not write the thresholds of sub-metrics" in text
    markdown = run._repr_markdown_()
    assert markdown.startswith("### Run `base`\n")
    assert "| Failed | 2 (0.0529 %) |" in markdown


def test_a_card_of_a_monitor_alone_has_no_names(fixtures):
    run = pa.load(fixtures / "psutil/base.json")
    assert run.names == ()
    assert "Names</th><td><bdi>none" in run._repr_html_()
    assert run.plot.timeline(metric="system.cpu").axes[0].get_ylabel() == "system.cpu, %"


def test_the_card_shows_hostile_names_as_text(hostile):
    run = pa.load(hostile[1]).called(HOSTILE[1])
    tree, text = texts(run._repr_html_())
    assert_harmless(tree)
    assert "<script>alert(1)</script>" in text
    assert HOSTILE[1] in text
    outside = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", run._repr_markdown_())
    assert "<script" not in outside
    assert "<img" not in outside


def test_a_comparison_with_budgets_shows_them(demo):
    budgets = {"budgets": [{"metric": "latency.p95", "name": "checkout", "limit": "200 ms"}]}
    found = pa.compare(*demo, budgets=budgets)
    assert "1 broken of 1 budget." in texts(found._repr_html_())[1]


def test_a_summary_shows_its_series(fixtures):
    text = texts(pa.summarize(fixtures / "psutil/base.json")._repr_html_())[1]
    assert "system.cpu" in text
    assert "all requests" not in text


def test_a_trend_shows_itself_with_the_step_first(fixtures):
    found = pa.trend(fixtures / "history/shop")
    assert isinstance(found, trend.Trend)
    text = texts(found._repr_html_())[1]
    assert text.strip().startswith("regressed: search latency.p10 rose 20.5 %")
    assert "search latency.p50: 8.84 ms -> 10.8 ms" in text
    assert "Performance over 12 runs" in found._repr_markdown_()
    (axes,) = found.plot.timeline("search", "latency.p50").axes
    assert axes.get_title(loc="left") == "search"
    assert [text.get_text() for text in axes.texts] == ["+21.8 %"]
    with pytest.raises(pa.PerfanalysisError, match="no trend of 'serch'") as caught:
        found.plot.timeline("serch")
    assert caught.value.hint == "did you mean 'search'?"


def test_shown_in_japanese_within_a_block(demo):
    run = pa.load(demo[1])
    with pa.in_language("ja"):
        assert "2026/11/20" in run._repr_html_()
    assert "20 Nov 2026" in run._repr_html_()


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
