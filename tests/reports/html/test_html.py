"""The HTML report: every section, the right figures, both kinds of report, bounded size."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from lxml import html as lxml_html

from perfanalysis.model.results import NotJudged, Verdict
from perfanalysis.model.views import RunView
from perfanalysis.reports.html.changes import MOST_ROWS, short_remedy
from perfanalysis.reports.html.figures import MOST_DRAWN_NAMES, ordered_names
from perfanalysis.reports.html.page import MOST_BYTES, render_report


def section_text(page: str, identifier: str) -> str:
    [found] = lxml_html.fromstring(page).xpath(f"//*[@id='{identifier}']")
    return re.sub(r"\s+", " ", found.text_content())


def page_data(page: str) -> dict:
    """The data that the page's script reads."""
    [found] = lxml_html.fromstring(page).xpath("//script[@type='application/json']/text()")
    return json.loads(found)


def test_the_verdict_comes_first_with_reasons_coverage_and_caveats(report_data):
    page = render_report(report_data)
    head = section_text(page, "verdict")
    assert "Regressed" in head
    assert "Judged 6 of 7: 3 regressed, 1 undecided, 1 improved, 1 unchanged." in head
    assert "search latency.p95 rose 20.3 %" in head
    assert "current slow (1 run" in head
    assert "one run per side cannot show run-to-run noise" in page
    assert page.index('id="verdict"') < page.index('id="changes"') < page.index('id="names"')


def test_a_caveat_of_a_run_names_the_run(report_data):
    text = " ".join(lxml_html.fromstring(render_report(report_data)).text_content().split())
    assert "base: k6.csv:9: cut short" in text


def test_changes_show_values_interval_and_verdict_in_the_words_of_the_other_reports(report_data):
    tree = lxml_html.fromstring(render_report(report_data))
    rows = [
        [" ".join(cell.text_content().split()) for cell in row]
        for row in tree.xpath("//*[@id='changes']//tbody/tr")
    ]
    by_key = {(row[0].rstrip("12"), row[1]): row for row in rows}
    assert by_key["search", "latency.p95"][2:6] == [
        "regressed, major",
        "48.1 ms",
        "57.9 ms",
        "+20.3 % +12.1 to +29.2",
    ]
    assert by_key["checkout", "error_rate"][2:6] == [
        "regressed, critical",
        "0.5 %",
        "0.93 %",
        "+0.43 pp +0.21 to +0.66",
    ]
    assert by_key["cart", "latency.p95"][5].startswith("\u221215.7 %")
    assert by_key["search", "latency.p99"][5].endswith("at least \u22121.0")
    assert len(rows) == 6


def test_unchanged_results_follow_all_others(report_data):
    tree = lxml_html.fromstring(render_report(report_data))
    verdicts = tree.xpath("(//*[@id='changes']//table)[1]/tbody/tr/@data-verdict")
    assert verdicts == ["regressed", "regressed", "undecided", "improved", "unchanged"]


def test_jump_links_lead_to_what_matters(report_data):
    tree = lxml_html.fromstring(render_report(report_data))
    chips = {
        a.text_content(): (a.get("href"), a.get("data-show-verdict"))
        for a in tree.xpath("//*[@id='verdict']//a")
    }
    assert chips == {
        "search latency.p95 +20.3 %": ("#name-1", None),
        "login throughput -7.7 %": ("#name-2", None),
        "3 regressed": ("#changes", "regressed"),
        "1 undecided": ("#changes", "undecided"),
        "1 improved": ("#changes", "improved"),
        "1 not judged": ("#not-judged", None),
        "3 failed requests": ("#errors", None),
        "8 anomalies": ("#events", None),
    }


def test_filters_offer_what_is_there(report_data):
    tree = lxml_html.fromstring(render_report(report_data))
    [verdicts] = tree.xpath("//select[@data-filter='verdict']")
    assert [option.text for option in verdicts] == [
        *("all", "all but unchanged", "regressed", "undecided", "improved", "unchanged")
    ]
    [metrics] = tree.xpath("//select[@data-filter='metric']")
    assert [option.text for option in metrics][1:] == [
        *("latency.p95", "throughput", "latency.p99", "error_rate")
    ]


def test_rows_carry_what_the_columns_are_sorted_by(report_data):
    tree = lxml_html.fromstring(render_report(report_data))
    row = tree.xpath("//tr[@data-verdict='undecided']")[0]
    assert row.get("data-values") == "16 480 515 0.073 0.12 2400"
    sortable = tree.xpath("(//*[@id='changes']//table)[1]/thead//th/@data-sort")
    assert sortable == ["text", "text", "0", "1", "2", "3", "4", "5"]


def test_warmup_and_anomalies_are_told_and_marked(report_data):
    page = render_report(report_data)
    told = section_text(page, "all")
    assert "the first 2 s are warm-up" in told
    assert "p95 was 3 times as high from 12 s to 14 s" in told
    marks = page_data(page)["marks"]
    assert {"kind": "warmup", "run": 0, "from": 0.0, "to": 2.0, "section": "all"}.items() <= (
        marks[0].items()
    )
    assert {mark["section"] for mark in marks} == {"all", "n1", "n2", "n3"}


def test_errors_have_shares_of_both_sides(report_data):
    tree = lxml_html.fromstring(render_report(report_data))
    [head] = tree.xpath("//*[@id='errors']//thead/tr[1][th[text()='Status']]")
    assert [th.text_content() for th in head][3:] == [
        *("Baseline", "Share of requests", "Current", "Share of requests")
    ]
    [row] = tree.xpath("//*[@id='errors']//tr[td//bdi[text()='broken search']]")
    assert [cell.text_content() for cell in row][3:] == ["3", "0.25 %", "3", "0.25 %"]


def test_what_latency_did_meanwhile_stands_below_a_resource(report_data):
    tree = lxml_html.fromstring(render_report(report_data))
    said = [p.text_content() for p in tree.xpath("//p[contains(@class, 'correlation')]")]
    assert any("latency.p95 rose and fell with it: Spearman 0.82 (" in text for text in said)


def test_caveats_of_results_become_numbered_notes(report_data):
    tree = lxml_html.fromstring(render_report(report_data))
    marks = tree.xpath("//*[@id='changes']//a[@class='mark']/@href")
    notes = {n.get("id"): n.text_content() for n in tree.xpath("//ol[@class='footnotes']/li")}
    assert sorted(marks) == ["#caveat-1", "#caveat-2"]
    assert set(notes.values()) == {
        "only 12 requests lie beyond p99",
        "throughput follows latency here",
    }


def test_every_section_of_a_comparison_is_there(report_data):
    page = render_report(report_data, reproduce="perfanalysis compare slow.run base.run")
    assert "Latency distribution" in section_text(page, "all")
    assert "search" in section_text(page, "names")
    assert "broken search" in section_text(page, "errors")
    assert "login status is 200" in section_text(page, "errors")
    assert "system.cpu" in section_text(page, "resources")
    assert "latency.p95: 80.8 ms, limit 500 ms" in section_text(page, "thresholds")
    assert "in the baseline, absent now" in section_text(page, "not-judged")
    assert "batch-means (5 results)" in section_text(page, "method")
    assert "perfanalysis compare slow.run base.run" in section_text(page, "reproduce")


def test_provenance_names_files_hash_machine_commit_and_tags(report_data):
    text = section_text(render_report(report_data), "provenance")
    for expected in (
        "slow.json.gz k6-json, 864 KiB, SHA-256 ab12ab12ab12",
        "k6 2.2.0",
        "2026-01-01T00:00:00Z",
        "30.1 s",
        "ci-large",
        "AMD EPYC",
        "a1b2c3d4e5f6",
        "faster-search",
        "nightly",
    ):
        assert expected in text


def test_each_name_has_its_charts_and_a_row_per_run(report_data):
    tree = lxml_html.fromstring(render_report(report_data))
    sections = tree.xpath("//section[@class='name']")
    titles = [section.xpath(".//h3")[0].text_content() for section in sections]
    # search regressed, then by number of requests
    assert titles[0] == "search"
    assert set(titles) == {"search", "login", "journey"}
    for section in sections:
        assert len(section.xpath(".//figure//*[@class='chart']")) == 4
        assert len(section.xpath(".//tbody/tr")) == 2


def test_both_sides_are_drawn_and_several_runs_are_lines_of_their_own(report_data):
    two = replace(report_data, baseline=report_data.baseline * 2)
    tree = lxml_html.fromstring(render_report(two))
    [first, *_] = tree.xpath("//*[@id='all']//*[@class='chart']")
    strokes = {
        path.get("class"): path.get("d").count("M")
        for path in first.xpath(".//*[contains(@class, 'line')]")
    }
    assert strokes == {"line baseline many": 2, "line current many": 1}


def test_a_single_run_gets_a_summary_instead_of_changes(single_data):
    page = render_report(single_data)
    tree = lxml_html.fromstring(page)
    assert tree.xpath("//*[@id='changes' or @id='not-judged']") == []
    rows = [row[0].text_content() for row in tree.xpath("//*[@id='summary']//tbody/tr")]
    assert rows == ["search", "login", "journey transaction"]
    assert "all requests" in section_text(page, "summary")
    assert "broken search latency.p95: 72.3 ms, limit 50 ms" in section_text(page, "verdict")
    assert "baseline" not in section_text(page, "provenance")
    assert tree.xpath("//header[@id='verdict']/@class") == ["verdict regressed"]


def test_a_run_of_totals_says_why_it_has_no_charts(single_data):
    nothing = {key: {} for key in ("distributions", "histograms", "timelines", "heatmaps")}
    view = replace(single_data.current[0], **nothing, curves=(), errors=())
    page = render_report(replace(single_data, current=(view,)))
    assert "the source holds totals only" in section_text(page, "all")
    assert "No request failed." in section_text(page, "errors")
    assert "<svg" not in page


def test_an_empty_run_renders(single_data, make_name):
    view = single_data.current[0]
    nothing = dict.fromkeys(vars(view.summary.total.latency))
    total = make_name(
        name=None,
        requests=0,
        error_rate=None,
        throughput=None,
        latency=replace(view.summary.total.latency, **nothing),
    )
    summary = replace(view.summary, names=(), total=total, series=(), checks=(), thresholds=())
    empty = RunView(
        summary=summary,
        distributions={},
        histograms={},
        timelines={},
        heatmaps={},
        warmup_s=None,
        warmup_message=None,
        anomalies=(),
        curves=(),
        correlations=(),
        errors=(),
    )
    page = render_report(replace(single_data, current=(empty,)))
    assert "The run holds no requests." in section_text(page, "names")
    assert "No resource series were recorded." in section_text(page, "resources")
    assert "No requests were recorded." in section_text(page, "method")


def test_names_beyond_the_static_drawings_have_data(many_names):
    page = render_report(many_names(12, 1))
    tree = lxml_html.fromstring(page)
    drawn = tree.xpath("//section[@class='name'][.//*[@class='static']]")
    assert len(drawn) == MOST_DRAWN_NAMES
    assert len(tree.xpath("//section[@class='name']")) == 12
    charts = page_data(page)["charts"]
    assert {"n12-latency", "n12-distribution", "n12-histogram", "n12-load"} <= charts.keys()
    assert set(tree.xpath("//figure/@data-chart")) == charts.keys()


@pytest.mark.slow
def test_two_hundred_names_and_six_runs_stay_under_two_megabytes(many_names):
    page = render_report(many_names(200, 3))
    assert 1_000_000 < len(page.encode()) < MOST_BYTES
    text = section_text(page, "names")
    assert "names are in the tables only" in text
    assert "GET /api/v1/resources/0/items" in text
    assert f"{800 - MOST_ROWS} more are left out here" in section_text(page, "changes")
    tree = lxml_html.fromstring(page)
    assert set(tree.xpath("//figure/@data-chart")) == page_data(page)["charts"].keys()


@pytest.mark.slow
def test_many_runs_and_names_stay_under_two_megabytes(many_names):
    data = many_names(400, 12)
    page = render_report(data)
    assert len(page.encode()) < MOST_BYTES
    assert "8 more runs are in the tables, but not in the charts" in section_text(page, "all")


@pytest.mark.slow
def test_texts_of_any_length_stay_under_two_megabytes(many_names):
    data = many_names(100, 2)
    long = "\u202e<\u6aa2" * 2000
    view = data.current[0]
    errors = tuple(
        replace(view.errors[0], name=f"{long}{n}", status=long, error=f"{n}{long}")
        for n in range(100)
    )
    reasons = tuple(
        NotJudged(name=f"{long}{n}", metric=long, reason=long, message=f"{n}{long}")
        for n in range(400)
    )
    thresholds = tuple(
        replace(threshold, source=f"{n}{long}", message=f"{n}{long}")
        for n in range(200)
        for threshold in view.summary.thresholds
    )
    summary = replace(view.summary, thresholds=thresholds)
    comparison = replace(data.comparison, not_judged=reasons)
    view = replace(view, errors=errors, summary=summary)
    page = render_report(replace(data, comparison=comparison, current=(view, *data.current[1:])))
    assert len(page.encode()) < MOST_BYTES
    assert "Judged" in section_text(page, "verdict")


def test_names_with_a_change_get_charts_before_busier_ones(many_names, make_result):
    data = many_names(40, 1)
    changed = make_result(name="GET /api/v1/resources/0/items?sort=name")
    data = replace(data, comparison=replace(data.comparison, results=(changed,)))
    first, second, *_, last = ordered_names(data)
    assert first == "GET /api/v1/resources/0/items?sort=name"
    assert second == "GET /api/v1/resources/39/items?sort=name"
    assert last == "GET /api/v1/resources/1/items?sort=name"


def test_the_same_data_give_the_same_page(report_data):
    assert render_report(report_data) == render_report(report_data)


def test_a_command_of_two_lines_keeps_its_lines(report_data):
    page = render_report(report_data, reproduce="perfanalysis compare \\\n  a.run b.run")
    assert "<code>perfanalysis compare \\\n  a.run b.run</code>" in page


def test_correlations_of_several_runs_are_one_sentence_a_side(report_data):
    calm = replace(report_data.current[0].correlations[0], coefficient=-0.1, distinct=False)
    other = replace(report_data.current[0], correlations=(calm,))
    page = render_report(replace(report_data, current=(*report_data.current, other)))
    said = section_text(page, "resources")
    assert (
        "current Spearman \u22120.10 to 0.82 with latency.p95 in 2 runs, beyond chance in 1" in said
    )
    assert "baseline latency.p95 rose and fell with it: Spearman 0.82" in said


def test_a_caveat_of_several_runs_stands_once_below_its_name(report_data):
    three = replace(report_data, current=report_data.current * 3)
    assert section_text(render_report(three), "name-1").count("p99.9 needs 100") == 1


def test_an_undecided_row_says_in_few_words_what_would_decide_it(make_result):
    open_row = make_result(
        verdict=Verdict.UNDECIDED, runs_needed=8, tolerance_needed=0.116, tolerance=0.05
    )
    assert short_remedy(open_row) == "8 runs a side, or \u00b111.6 %"
    assert short_remedy(replace(open_row, runs_needed=None)) == "\u00b111.6 %"
    assert short_remedy(replace(open_row, tolerance_needed=None)) == "8 runs a side"
    assert short_remedy(replace(open_row, verdict=Verdict.UNCHANGED)) is None


def test_the_key_tells_the_confidence_of_the_intervals(report_data):
    data = report_data
    assert "interval of the change (confidence 95 %)" in section_text(
        render_report(data), "changes"
    )
    first, *others = data.comparison.results
    wider = replace(data.comparison, results=(replace(first, confidence=0.986), *others))
    said = section_text(render_report(replace(data, comparison=wider)), "changes")
    assert "confidence 95 %, of the changes that stand out 98.6 %" in said


@pytest.mark.parametrize(("runs", "told"), [(2, False), (3, True)])
def test_bands_are_explained_where_there_are_any(report_data, runs, told):
    data = replace(report_data, current=report_data.current * runs)
    assert (
        "the lowest to the highest run as a band" in section_text(render_report(data), "all")
    ) is told
