"""`.plot` of runs and results: what is chosen, and what is said of a wrong choice."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import perfanalysis as pa
from tests.notebook.conftest import HOSTILE

ROOT = Path(__file__).parents[2]


def test_plots_of_a_run(demo):
    run = pa.load(demo[0])
    (ecdf,) = run.plot.ecdf(["search", "login"]).axes
    assert [text.get_text() for text in ecdf.get_legend().get_texts()] == ["search", "login"]
    (heat, bar) = run.plot.heatmap("search").axes
    assert (heat.get_title(loc="left"), bar.get_ylabel()) == ("slow: search", "requests in a cell")
    upper, lower = run.plot.timeline(metric=["latency.p50", "vus"]).axes
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("latency.p50, ms", "vus")
    assert upper.get_xlim() == lower.get_xlim()
    assert set(lower.get_lines()[0].get_ydata()) == {8.0}


def test_without_percentiles_over_time_the_mean_is_drawn(fixtures):
    run = pa.load(fixtures / "locust/slow")
    (axes,) = run.plot.timeline().axes
    assert axes.get_ylabel() == "latency.mean, ms"
    with pytest.raises(
        pa.PerfanalysisError, match=r"^latency.p95 of all requests is not known"
    ) as e:
        run.plot.timeline(metric="latency.p95")
    assert e.value.hint == "known are: latency.mean, throughput, error_rate"


def test_plots_of_a_summary_are_those_of_its_run(demo):
    summary = pa.summarize(demo[0])
    assert summary.plot.ecdf("search").axes[0].get_title(loc="left") == "slow: search"
    with pytest.raises(pa.PerfanalysisError, match="made without its runs"):
        replace(summary, checks=()).plot.ecdf()


def test_plots_of_a_comparison(demo):
    found = pa.compare(*demo)
    for axes in (found.plot.ecdf("search").axes[0], found.plot.timeline("search").axes[0]):
        legend = [text.get_text() for text in axes.get_legend().get_texts()]
        assert legend == ["baseline: base", "current: slow"]
    (strips,) = found.plot.strip().axes
    assert [tick.get_text() for tick in strips.get_yticklabels()][:2] == ["checkout", "search"]
    (chosen,) = found.plot.strip(["login"], "latency.p95").axes
    assert [tick.get_text() for tick in chosen.get_yticklabels()] == ["login"]
    (shift,) = found.plot.shift("search").axes
    assert shift.get_title(loc="left").startswith("search\nfast and slow requests changed alike")


def test_given_axes_are_drawn_into_and_returned(demo):
    found, run = pa.compare(*demo), pa.load(demo[0])
    plots = (
        *(found.plot.ecdf, found.plot.timeline, found.plot.shift, found.plot.strip),
        *(run.plot.ecdf, run.plot.timeline, run.plot.heatmap),
    )
    for plot in plots:
        axes = Figure().add_subplot()
        assert plot(ax=axes) is axes
        assert axes.get_title(loc="left")


@pytest.mark.parametrize(
    ("choose", "message", "hint"),
    [
        (lambda f: f.plot.ecdf("serch"), "no distribution of 'serch'", "did you mean 'search'?"),
        (lambda f: f.plot.shift("login page"), "no change by quantile", "did you mean 'login'?"),
        (lambda f: f.plot.timeline(metric="cpu"), "no timeline of 'cpu'", None),
        (lambda f: f.plot.strip(name="nothing"), "no distribution of 'nothing'", None),
        (lambda f: f.plot.strip(metric="throughput"), "'throughput' is no percentile", None),
        (lambda f: f.plot.strip(metric="latency.p101"), "is no metric", None),
    ],
)
def test_a_choice_that_is_none_is_an_error_with_a_suggestion(demo, choose, message, hint):
    with pytest.raises(pa.PerfanalysisError, match=re.escape(message)) as caught:
        choose(pa.compare(*demo, metrics=["latency.p50"]))
    assert hint in (None, caught.value.hint)


def test_what_the_source_does_not_hold_is_not_drawn(fixtures):
    totals = pa.load(fixtures / "k6/base.summary.json")
    with pytest.raises(pa.PerfanalysisError, match="no timeline of all requests"):
        totals.plot.timeline()
    with pytest.raises(pa.PerfanalysisError, match="no heat map of all requests"):
        totals.plot.heatmap()
    with pytest.raises(pa.PerfanalysisError, match="expected one metric, found 2"):
        totals.plot.timeline(metric=["latency.p50", "vus"], ax=Figure().add_subplot())


def test_hostile_names_are_drawn_as_text(hostile):
    found = pa.compare(*hostile)
    figure = found.plot.strip()
    figure.draw_without_rendering()
    shown = {tick.get_text() for tick in figure.axes[0].get_yticklabels()}
    assert "<script>alert(1)</script>" in shown
    assert "line⏎break" in shown
    for name in HOSTILE:
        found.plot.ecdf(name).draw_without_rendering()


def test_plots_need_no_pyplot():
    code = (
        "import sys, perfanalysis as pa\n"
        "run = pa.load('fixtures/demo/base.json.xz')\n"
        "assert 'matplotlib' not in sys.modules\n"
        "run.plot.ecdf('search')._repr_png_()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
