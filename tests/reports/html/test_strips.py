"""Distribution strips in the rows of the tables of changes."""

from __future__ import annotations

from dataclasses import replace

from lxml import html as lxml_html

from perfanalysis.reports.html.strips import WIDTH, strip_scale


def test_a_strip_shows_both_sides_and_a_dot_per_run(report_data, make_result):
    three = replace(report_data, current=report_data.current * 3)
    result = make_result(name="search", metric="latency.p95")
    scale = strip_scale(three, [result])
    drawn = lxml_html.fromstring(str(scale.row(result)))
    dots = {
        path.get("class"): path.get("d").count("M")
        for path in drawn.xpath("//path[@class]")
        if "dot" in path.get("class")
    }
    assert dots == {"baseline dot": 1, "current dot": 3}


def test_slower_requests_lie_further_right(report_data, make_result):
    result = make_result(name="search", metric="latency.p50")
    scale = strip_scale(report_data, [result])
    drawn = lxml_html.fromstring(str(scale.row(result)))
    [baseline] = drawn.xpath("//path[@class='baseline dot']/@d")
    [current] = drawn.xpath("//path[@class='current dot']/@d")
    assert float(baseline[1:].split()[0]) < float(current[1:].split()[0])


def test_all_rows_share_one_axis_within_the_drawing(report_data, make_result):
    results = [make_result(name=name) for name in ("search", "login")]
    scale = strip_scale(report_data, results)
    places = [scale.x(latency) for latency in (0.0, 5.0, 50.0, 500.0, 1e9)]
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] < WIDTH
    assert str(scale.row(results[0])) == str(scale.row(results[1]))


def test_what_is_no_latency_has_no_strip(report_data, make_result):
    result = make_result(name="search", metric="latency.p95")
    scale = strip_scale(report_data, [result])
    assert scale.row(make_result(name="search", metric="throughput")) == ""
    assert scale.row(make_result(name="unheard of", metric="latency.p95")) == ""
    assert strip_scale(report_data, [make_result(metric="error_rate")]) is None
