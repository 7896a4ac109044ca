from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import NotJudged, Severity, Verdict
from perfanalysis.model.run import Evidence
from perfanalysis.reports.markdown import comparison_markdown, summary_markdown

COMPARISON = """\
### ❌ Performance: regressed (3 regressed, 1 undecided, 1 improved, 1 unchanged)

search latency.p95 rose 20.3 %; checkout error_rate rose 0.43 pp

current slow (1 run, started 2026-01-01T00:10:00Z) \
against baseline base (1 run, started 2026-01-01T00:00:00Z) · judged 6 of 7 · tolerance 5 %

|   | Name | Metric | Baseline | Current | Change (95 % interval) | Verdict |
| :-: | :-- | :-- | --: | --: | --: | :-- |
| ❌ | `checkout` | error_rate | 0.5 % | 0.93 % | +0.43 pp (+0.21 to +0.66) \
| regressed, critical |
| ❌ | `search` | latency.p95 | 48.1 ms | 57.9 ms | +20.3 % (+12.1 to +29.2) | regressed, major |
| ⚠️ | `login` | throughput | 40.1 /s | 37.0 /s | -7.7 % (-9.0 to -6.4) \
| regressed, minor, not gating |
| ⚠️ | `search` | latency.p99 | 480 ms | 515 ms | +7.3 % (at least -1.0) \
| undecided: a change of up to 12 % could hide |
| ✅ | `cart` | latency.p95 | 140 ms | 118 ms | -15.7 % (-19.0 to -12.0) | improved, major |

<details><summary>1 unchanged</summary>

|   | Name | Metric | Baseline | Current | Change (95 % interval) | Verdict |
| :-: | :-- | :-- | --: | --: | --: | :-- |
| ✅ | `browse` | latency.p95 | 20.0 ms | 20.1 ms | +0.5 % (-2.0 to +3.0) | unchanged |

</details>

<details><summary>1 not judged</summary>

- GET /legacy: in the baseline, absent now \\[missing-in-current\\]

</details>

<details><summary>How this was decided</summary>

- design 1v1, alpha 5 %, correction holm+bh
- methods: batch-means, newcombe
- one run per side cannot show run-to-run noise \\[single-run\\]
- throughput follows latency here \\[closed-loop\\]
- only 12 requests lie beyond p99 \\[few-exceedances\\]

</details>

Reproduce: `perfanalysis compare slow base`
"""


def rendered(markdown):
    """The text as a page: our own <details> stay elements, everything else goes through."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    return ET.fromstring(f"<page>{html}</page>")


def cells(row):
    return ["".join(cell.itertext()) for cell in row]


def tables(page):
    return [[cells(row) for row in table.iter("tr")] for table in page.iter("table")]


def test_comparison_layout(comparison):
    markdown = comparison_markdown(comparison, reproduce="perfanalysis compare slow base")
    assert markdown == COMPARISON


def test_comparison_tables_parse_to_the_expected_cells(comparison):
    main, unchanged = tables(rendered(comparison_markdown(comparison)))
    assert [row[1:3] for row in main] == [
        ["Name", "Metric"],
        ["checkout", "error_rate"],
        ["search", "latency.p95"],
        ["login", "throughput"],
        ["search", "latency.p99"],
        ["cart", "latency.p95"],
    ]
    assert unchanged[1:] == [
        ["✅", "browse", "latency.p95", "20.0 ms", "20.1 ms", "+0.5 % (-2.0 to +3.0)", "unchanged"]
    ]


def test_reproduce_line_is_only_there_when_known(comparison):
    assert "Reproduce" not in comparison_markdown(comparison)


@pytest.mark.parametrize(
    ("verdict", "symbol"),
    [
        (Verdict.REGRESSED, "❌"),
        (Verdict.UNDECIDED, "⚠️"),
        (Verdict.NOT_REGRESSED, "✅"),
        (Verdict.IMPROVED, "✅"),
        (Verdict.UNCHANGED, "✅"),
    ],
)
def test_heading_holds_the_verdict_as_word_and_symbol(comparison, verdict, symbol):
    heading = comparison_markdown(replace(comparison, verdict=verdict)).splitlines()[0]
    assert heading.startswith(f"### {symbol} Performance: {verdict} (")


def test_nothing_judged_is_no_green_heading(comparison):
    nothing = replace(comparison, verdict=Verdict.UNDECIDED, results=(), judged=0, reasons=())
    lines = comparison_markdown(nothing).splitlines()
    assert lines[0] == "### ⚠️ Performance: undecided (nothing was judged)"
    assert lines[2] == "these data allow no verdict"


def test_the_main_table_has_at_most_ten_rows_the_worst(comparison, make_result):
    results = tuple(
        make_result(name=f"n{n:02}", severity=Severity.CRITICAL if n == 24 else Severity.MINOR)
        for n in range(25)
    )
    page = rendered(comparison_markdown(replace(comparison, results=results)))
    main, further = tables(page)
    assert [row[1] for row in main[1:]] == ["n24", *(f"n{n:02}" for n in range(9))]
    assert [row[1] for row in further[1:]] == [f"n{n:02}" for n in range(9, 24)]
    assert "<summary>15 more changed or undecided</summary>" in comparison_markdown(
        replace(comparison, results=results)
    )


def test_hostile_names_stay_in_their_cells_and_make_no_element(hostile_comparison):
    page = rendered(comparison_markdown(hostile_comparison))
    assert {element.tag for element in page.iter()} <= {
        *("page", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code"),
        *("details", "summary", "ul", "li"),
    }
    main, further, unchanged = tables(page)
    assert (len(main), len(further), len(unchanged)) == (11, 46, 12)
    assert {len(row) for row in (*main, *further, *unchanged)} == {7}
    assert {row[1] for row in unchanged[1:]} >= {"a|b`<x>@team", "␛[31mred␛[0m␇", "(empty)"}


def test_hostile_names_mention_nobody(hostile_comparison, hostile_summary):
    for markdown in (comparison_markdown(hostile_comparison), summary_markdown(hostile_summary)):
        page = rendered(markdown)
        for code in [*page.iter("code")]:
            code.text = ""
        assert not re.search(r"@\w", "".join(page.itertext()))


def test_sections_are_shed_in_order_until_the_text_fits(comparison, make_result):
    def sized(unchanged, minor):
        quiet = make_result(verdict=Verdict.UNCHANGED, severity=Severity.NONE)
        rows = (
            *(replace(quiet, name=f"quiet {n} " + "x" * 60) for n in range(unchanged)),
            *(make_result(name=f"loud {n} " + "x" * 60) for n in range(minor)),
        )
        return comparison_markdown(replace(comparison, results=rows))

    few = sized(unchanged=100, minor=30)
    assert "Left out" not in few
    assert "<summary>100 unchanged</summary>" in few

    many_unchanged = sized(unchanged=600, minor=30)
    assert len(many_unchanged) <= 60_000
    assert "Left out for their size: 600 unchanged. The JSON output has all." in many_unchanged
    assert "<summary>How this was decided</summary>" in many_unchanged
    assert "<summary>20 more changed or undecided</summary>" in many_unchanged

    many_of_both = sized(unchanged=600, minor=600)
    assert len(many_of_both) <= 60_000
    assert (
        "Left out for their size: 600 unchanged, How this was decided, "
        "590 more changed or undecided. The JSON output has all."
    ) in many_of_both
    assert "<summary>1 not judged</summary>" in many_of_both
    assert many_of_both.count("| ❌ |") == 10


def test_a_comment_of_only_hostile_giants_still_fits(comparison, make_result):
    giant = "|`<&@\x9b" * 20_000
    caveats = tuple(Caveat(code=f"c{n}", message=f"{n} {giant}") for n in range(200))
    results = tuple(make_result(name=f"{n}{giant}", caveats=caveats) for n in range(50))
    not_judged = tuple(
        NotJudged(name=f"{n}{giant}", metric=None, reason="r", message=giant) for n in range(200)
    )
    huge = replace(
        comparison,
        reasons=(giant,) * 5,
        results=results,
        not_judged=not_judged,
        caveats=caveats,
    )
    markdown = comparison_markdown(huge)
    assert len(markdown) <= 60_000
    assert len(tables(rendered(markdown))[0]) == 11


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
    names = tuple(make_name(name=f"{number} " + "y" * 70) for number in range(2000))
    markdown = summary_markdown(replace(summary, names=names))
    assert len(markdown) <= 60_000
    assert "1990 more names. The JSON output has all." in markdown


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
