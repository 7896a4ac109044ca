"""Charts in files: which there are, and that each is a picture that any page can show."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from perfanalysis import api
from perfanalysis.model.results import Verdict
from perfanalysis.model.views import Anomaly
from perfanalysis.reports.language import in_language
from perfanalysis.reports.plots import course, files, lettering
from perfanalysis.reports.plots.files import comparison_charts, run_charts
from tests.reports.hostile import HOSTILE_NAMES

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def data(fixtures):
    sides = [api.load_runs(fixtures / f"demo/{name}.json.xz") for name in ("slow", "base")]
    return api.report_data(*sides, api.compare(*sides))


@pytest.fixture(scope="module")
def view(data):
    return data.current[0]


def named(data, names):
    """The same findings, of `checkout`, under many names."""
    views = {
        side: tuple(
            replace(view, distributions=dict.fromkeys(names, view.distributions["checkout"]))
            for view in getattr(data, side)
        )
        for side in ("current", "baseline")
    }
    comparison = data.comparison
    of_one = [result for result in comparison.results if result.name == "checkout"]
    (shape,) = [shape for shape in comparison.shapes if shape.name == "checkout"]
    results = tuple(replace(result, name=name) for name in names for result in of_one)
    shapes = tuple(replace(shape, name=name) for name in names)
    return replace(comparison, results=results, shapes=shapes), replace(data, **views)


def test_a_comparison_has_strips_and_two_charts_of_each_name_that_regressed(data):
    found = comparison_charts(data.comparison, data)
    assert [(chart.file_name, chart.name) for chart in found] == [
        ("strip.svg", None),
        ("shift-1.svg", "search"),
        ("ecdf-1.svg", "search"),
        ("shift-2.svg", "checkout"),
        ("ecdf-2.svg", "checkout"),
        ("ecdf-3.svg", "all requests"),
    ]


def test_names_are_numbered_in_the_order_of_the_table(data):
    from perfanalysis.reports.markdown.rows import ordered_rows

    rows = ordered_rows(data.comparison.results, ())
    names = [row.result.name for row in rows if row.result.verdict is Verdict.REGRESSED]
    charts = comparison_charts(data.comparison, data)
    assert [c.name for c in charts if c.kind == "ecdf"] == list(dict.fromkeys(names))


def test_of_many_regressed_names_five_have_charts(data):
    found = comparison_charts(*named(data, [f"n{number}" for number in range(30)]))
    assert len(found) == 1 + 2 * 5


def test_what_did_not_regress_has_no_charts_of_its_own(data):
    unchanged = tuple(replace(r, verdict=Verdict.UNDECIDED) for r in data.comparison.results)
    found = comparison_charts(replace(data.comparison, results=unchanged), data)
    assert [chart.file_name for chart in found] == ["strip.svg"]


def test_runs_that_carry_no_distributions_have_no_charts(data, view):
    bare = replace(view, distributions={}, timelines={})
    comparison = replace(data.comparison, shapes=())
    assert comparison_charts(comparison, replace(data, current=(bare,), baseline=(bare,))) == []
    assert run_charts(bare) == []


def test_the_strips_mark_the_percentile_in_which_most_names_regressed(data):
    results = data.comparison.results
    tail = [
        replace(r, verdict=Verdict.REGRESSED if r.metric == "latency.p95" else Verdict.UNCHANGED)
        for r in results
    ]
    assert files._marked(tail).key == "latency.p95"
    assert files._marked(results).key == "latency.p50"
    assert files._marked([r for r in results if r.metric == "throughput"]).key == "latency.p50"


def test_a_run_has_its_course_and_its_distribution(view):
    assert [chart.file_name for chart in run_charts(view)] == ["timeline.svg", "ecdf.svg"]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_file_is_small_and_nothing_but_lines_on_white(data, view, lang):
    with in_language(lang):
        charts = [*comparison_charts(data.comparison, data), *run_charts(view)]
    for chart in charts:
        assert len(chart.svg) < 60_000
        root = ET.fromstring(chart.svg)
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "defs", "style", "g", "path", "use", "clipPath", "rect"}
        ground = next(root.iter(f"{SVG}path"))
        assert "fill: #ffffff" in ground.attrib["style"]
        links = re.findall(rb'(?:href=|url\()"?([^")]*)', chart.svg)
        assert links
        assert all(link.startswith(b"#") for link in links)


def test_twelve_long_names_stay_near_sixty_kilobytes(data):
    names = [f"GET /api/v1/resource/{number}/items/list/all" for number in range(30)]
    strip = comparison_charts(*named(data, names))[0]
    assert len(strip.svg) < 70_000


def test_the_style_of_the_user_changes_no_byte(view):
    plain = run_charts(view)
    changed = {"figure.facecolor": "black", "font.size": 30, "text.usetex": True}
    with mpl.rc_context({**changed, "lines.linewidth": 9}):
        assert run_charts(view) == plain
        assert mpl.rcParams["font.size"] == 30


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: ascii(name)[1:40])
def test_a_name_is_drawn_and_never_written(data, name):
    found = comparison_charts(*named(data, [name]))
    assert [chart.file_name for chart in found] == ["strip.svg", "shift-1.svg", "ecdf-1.svg"]
    for chart in found:
        texts = [text for text in ET.fromstring(chart.svg).itertext() if text.strip()]
        assert texts == ["*{stroke-linejoin: round; stroke-linecap: butt}"]
        assert b"<!--" not in chart.svg


def test_without_a_font_for_it_a_language_is_english(view, monkeypatch):
    monkeypatch.setattr(lettering, "_east_asian", tuple)
    english = run_charts(view)
    with in_language("ja"):
        assert run_charts(view) == english


def courses_of(view):
    with files._drawing():
        return course.run_courses(view).axes


def test_a_course_shows_percentiles_throughput_and_errors(view):
    latency, throughput, errors = courses_of(view)
    assert [text.get_text() for text in latency.get_legend().get_texts()] == ["p50", "p95"]
    assert latency.get_ylabel() == "latency, ms"
    assert (throughput.get_ylabel(), errors.get_ylabel()) == ("throughput, 1/s", "error_rate")


def test_a_course_without_percentiles_shows_the_mean_and_without_errors_no_panel(view):
    timeline = view.timelines[None]
    unknown = np.full_like(timeline.p50_ms, np.nan)
    bare = replace(timeline, p50_ms=unknown, p95_ms=unknown, p99_ms=unknown, error_rate=unknown * 0)
    latency, throughput = courses_of(replace(view, timelines={None: bare}))
    assert latency.get_ylabel() == "latency.mean, ms"
    assert throughput.get_ylabel() == "throughput, 1/s"


def test_shades_are_explained_where_there_are_any(view):
    odd = Anomaly(
        start_s=3.0, end_s=4.0, kind="spike", name=None, metric="latency.p50", size=2.0, message=""
    )
    found = [
        courses_of(replace(view, warmup_s=warmup, anomalies=anomalies))[0].get_title(loc="left")
        for warmup in (0.0, 2.0)
        for anomalies in ((), (odd,))
    ]
    assert found == [
        "slow",
        "slow\norange: unlike the rest of the run",
        "slow\ngrey: warm-up",
        "slow\ngrey: warm-up, orange: unlike the rest of the run",
    ]
