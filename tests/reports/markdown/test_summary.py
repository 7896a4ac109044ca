from __future__ import annotations

import re
from dataclasses import replace

from perfanalysis.model.run import Evidence
from perfanalysis.reports.markdown import summary_markdown
from tests.reports.markdown.reading import rendered, tables


def test_hostile_names_mention_nobody(hostile_summary):
    page = rendered(summary_markdown(hostile_summary))
    for code in [*page.iter("code")]:
        code.text = ""
    assert not re.search(r"@\w", "".join(page.itertext()))


def test_summary_shows_thresholds_then_names(summary):
    thresholds, names, checks, series = tables(rendered(summary_markdown(summary)))
    assert thresholds[1:] == [
        [
            "❌",
            "http_req_duration{name:search}: p(95)<50",
            "broken: search latency.p95: 72.3 ms, limit 50 ms",
        ],
        ["⚠️", "my_trend: avg<5", "undecided: my_trend: no data"],
        ["✅", "http_req_duration: p(95)<500", "met: latency.p95: 80.8 ms, limit 500 ms"],
    ]
    assert names[0] == [
        *("Name", "kind", "requests", "errors", "per s"),
        *("p50 ms", "p90 ms", "p95 ms", "p99 ms", "max ms"),
    ]
    assert names[2] == [
        *("search", "request", "1\u202f200", "0.25 %", "39.9"),
        *("41.0", "61.5", "72.2", "101", "131"),
    ]
    assert names[-1][0] == "all requests"
    assert checks[1:] == [["login status is 200", "1\u202f199", "0"]]
    assert [row[0] for row in series[1:]] == ["system.cpu", "iterations"]


def test_summary_folds_names_beyond_ten_and_keeps_the_total_in_sight(summary, make_name):
    names = tuple(make_name(name=f"n{number:02}") for number in range(14))
    markdown = summary_markdown(replace(summary, names=names, thresholds=()))
    main, further, *_ = tables(rendered(markdown))
    assert [row[0] for row in main[1:]] == [*(f"n{n:02}" for n in range(10)), "all requests"]
    assert [row[0] for row in further[1:]] == ["n10", "n11", "n12", "n13"]
    assert "<summary>4 more names</summary>" in markdown
    assert "Threshold" not in markdown


def test_summary_says_whose_caveat_it_is(summary):
    assert (
        "<details><summary>Caveats</summary>\n\n"
        "- k6.csv:9: cut short \\[cut-last-line\\]\n"
        "- search: p99.9 needs 100 000 requests \\[few-requests\\]\n\n"
        "</details>\n"
    ) in summary_markdown(summary)


def test_summary_of_many_names_stays_below_the_limit(summary, make_name):
    names = tuple(make_name(name=f"{number} " + "y" * 40) for number in range(2000))
    markdown = summary_markdown(replace(summary, names=names))
    assert 58_000 < len(markdown.encode()) <= 60_000
    shown = markdown.count("y" * 40)
    assert f"and {2000 - shown} more\n\n</details>" in markdown
    assert f"{2000 - shown} of 1990 more names" in markdown


def test_hostile_summary_keeps_the_shape_of_its_tables(hostile_summary):
    thresholds, names, more_thresholds, further, checks, series = tables(
        rendered(summary_markdown(hostile_summary))
    )
    assert (len(thresholds), len(names), len(further)) == (11, 12, 2)
    assert (len(more_thresholds), len(checks), len(series)) == (2, 12, 12)
    for table in (thresholds, more_thresholds, names, further, checks, series):
        assert len({len(row) for row in table}) == 1


def test_summary_of_a_monitor_alone_has_no_table_of_names(summary, make_run):
    monitor = replace(summary, names=(), run=make_run(evidence=Evidence.SERIES))
    markdown = summary_markdown(monitor)
    assert "all requests" not in markdown
    assert "p95 ms" not in markdown
    assert "`system.cpu`" in markdown
