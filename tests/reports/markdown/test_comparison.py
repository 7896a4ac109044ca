from __future__ import annotations

import re
from dataclasses import replace

import pytest

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import NotJudged, Severity, Verdict
from perfanalysis.model.run import Commit, Environment
from perfanalysis.reports.markdown import Framing, comparison_markdown
from tests.reports.markdown.reading import first_line, rendered, tables

COMPARISON = """\
### ❌ Performance: 2 regressions, 1 budget broken \
(1 regressed without gating, 1 undecided, 1 improved, 1 unchanged)

Worst: `checkout` error_rate **+0.43 pp (+0.21 to +0.66)**, regressed, critical

`slow` against `base` (1 + 1 runs) · judged 6 of 7 · tolerance 5 %

|   | Name | Metric | Baseline | Current | Change (95 % interval) | Budget | Verdict |
| :-: | :-- | :-- | --: | --: | --: | :-- | :-- |
| ❌ | `checkout` | error_rate | 0.5 % | 0.93 % | +0.43 pp (+0.21 to +0.66) | – \
| regressed, critical |
| ❌ | `search` | latency.p95 | 48.1 ms | 57.9 ms | +20.3 % (+12.1 to +29.2) | 50.0 ms ✗ \
| regressed, major; budget broken |
| ⚠️ | `login` | throughput | 40.1 /s | 37.0 /s | -7.7 % (-9.0 to -6.4) | – \
| regressed, minor, not gating |
| ⚠️ | `search` | latency.p99 | 480 ms | 515 ms | +7.3 % (at least -1.0) | – \
| undecided: 8 runs a side would decide |
| ✅ | `cart` | latency.p95 | 140 ms | 118 ms | -15.7 % (-19.0 to -12.0) | 200 ms ✓ \
| improved, major |

<details><summary>2 budgets: 1 broken, 1 met</summary>

|   | Budget | Name | Value | Headroom | Outcome |
| :-: | :-- | :-- | --: | --: | :-- |
| ❌ | `latency.p95 of search at most 50 ms` | `search` | 57.9 ms | -15.8 % \
| broken: search latency.p95 is 57.9 ms, 15.8 % over 50 ms |
| ✅ | `latency.p95 of cart at most 200 ms` | `cart` | 118 ms | 41 % \
| met: cart latency.p95 is 118 ms |

</details>

<details><summary>1 unchanged</summary>

|   | Name | Metric | Baseline | Current | Change (95 % interval) | Budget | Verdict |
| :-: | :-- | :-- | --: | --: | --: | :-- | :-- |
| ✅ | `browse` | latency.p95 | 20.0 ms | 20.1 ms | +0.5 % (-2.0 to +3.0) | – | unchanged |

</details>

<details><summary>1 not judged</summary>

- GET /legacy: in the baseline, absent now \\[missing-in-current\\]

</details>

<details><summary>How this was decided</summary>

- current slow (1 run, started 2026-01-01T00:10:00Z) \
against baseline base (1 run, started 2026-01-01T00:00:00Z)
- design 1v1, alpha 5 %, correction holm+bh
- methods: batch-means, newcombe
- one run per side cannot show run-to-run noise \\[single-run\\]
- only 12 requests lie beyond p99 \\[few-exceedances\\]
- throughput follows latency here \\[closed-loop\\]

</details>

Reproduce: `perfanalysis compare slow base` · [full report](<https://ci.example/7/report.html>)
"""


def test_the_layout_of_a_comparison(judged):
    framing = Framing(
        reproduce="perfanalysis compare slow base", report_url="https://ci.example/7/report.html"
    )
    assert comparison_markdown(judged, framing) == COMPARISON


def test_no_p_value_is_shown(judged):
    assert not re.search(r"\bp[ =]|0\.0004|0\.009|p-value", comparison_markdown(judged))


def test_without_budgets_there_is_no_column_for_them(comparison):
    markdown = comparison_markdown(comparison)
    assert "udget" not in markdown
    assert {len(row) for table in tables(rendered(markdown)) for row in table} == {7}


def test_foot_is_only_there_when_known(comparison):
    markdown = comparison_markdown(comparison)
    assert "Reproduce" not in markdown
    assert "full report" not in markdown
    assert markdown.endswith("</details>\n")


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (Verdict.REGRESSED, "### ❌ Performance: 2 regressions ("),
        (Verdict.UNDECIDED, "### ⚠️ Performance: no verdict ("),
        (Verdict.NOT_REGRESSED, "### ✅ Performance: no regression ("),
        (Verdict.IMPROVED, "### ✅ Performance: no regression ("),
        (Verdict.UNCHANGED, "### ✅ Performance: no regression ("),
    ],
)
def test_the_heading_says_what_the_gate_says(comparison, verdict, line):
    assert first_line(replace(comparison, verdict=verdict)).startswith(line)


def test_the_heading_counts_and_says_resolved_once_a_problem_is_gone(comparison, unchanged_result):
    quiet = replace(comparison, verdict=Verdict.UNCHANGED, results=(unchanged_result,))
    assert first_line(quiet) == "### ✅ Performance: no regression (1 unchanged)"
    assert first_line(quiet, resolved=True) == "### ✅ Performance: resolved (1 unchanged)"
    still = replace(quiet, verdict=Verdict.UNDECIDED)
    assert first_line(still, resolved=True) == "### ⚠️ Performance: no verdict (1 unchanged)"


def test_nothing_judged_is_no_green_heading(comparison):
    nothing = replace(comparison, verdict=Verdict.UNDECIDED, results=(), judged=0, reasons=())
    lines = comparison_markdown(nothing).splitlines()
    assert lines[0] == "### ⚠️ Performance: no verdict (nothing was judged)"
    assert lines[2] == "Reason: these data allow no verdict"


def test_versions_and_machines_are_told_where_they_are_known(comparison, make_run):
    def run(sha, branch, host="c5.large"):
        return make_run(
            commit=Commit(sha=sha * 10, branch=branch), environment=Environment(host_class=host)
        )

    known = replace(
        comparison,
        current=(run("a1b2", None),) * 4,
        baseline=(run("9f8e", "main"), run("9f8e", "main")),
    )
    line = comparison_markdown(known).splitlines()[4]
    assert line.startswith("`a1b2a1b` against `main@9f8e9f8` (4 + 2 runs, same machine class) · ")
    other = replace(known, current=(run("a1b2", None, "m7g"),))
    assert ", different machine classes) · " in comparison_markdown(other)
    mixed = replace(known, current=(run("a1b2", None), run("c3d4", None)))
    assert comparison_markdown(mixed).splitlines()[4].startswith("`base` against `main@9f8e9f8`")


def test_the_main_table_has_at_most_ten_rows_the_worst(comparison, make_result):
    results = tuple(
        make_result(
            name=f"n{n:02}",
            change=0.06 + n / 1000,
            severity=Severity.CRITICAL if n == 3 else Severity.MINOR,
        )
        for n in range(25)
    )
    markdown = comparison_markdown(replace(comparison, results=results))
    main, further = tables(rendered(markdown))
    assert [row[1] for row in main[1:]] == ["n03", *(f"n{n:02}" for n in range(24, 15, -1))]
    assert len(further) == 16
    assert "<summary>15 more changed or undecided</summary>" in markdown


def test_hostile_names_stay_in_their_cells_and_make_no_element(hostile_comparison, make_budget):
    names = {result.name for result in hostile_comparison.results}
    budgets = tuple(
        make_budget(name=name, metric=name, source=name, message=name) for name in sorted(names)
    )
    page = rendered(comparison_markdown(replace(hostile_comparison, budgets=budgets)))
    assert {element.tag for element in page.iter()} <= {
        *("page", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code"),
        *("details", "summary", "ul", "li", "strong"),
    }
    main, further, listed, unchanged = tables(page)
    assert (len(main), len(further), len(listed), len(unchanged)) == (11, 57, 12, 12)
    assert {len(row) for row in (*main, *further, *unchanged)} == {8}
    assert {row[1] for row in unchanged[1:]} >= {"a|b`<x>@team", "␛[31mred␛[0m␇", "(empty)"}


def test_hostile_names_mention_nobody(hostile_comparison):
    page = rendered(comparison_markdown(hostile_comparison))
    for code in [*page.iter("code")]:
        code.text = ""
    assert not re.search(r"@\w", "".join(page.itertext()))


def many(comparison, make_result, count):
    """A comparison of many names with seven metrics each: a quarter regressed, others quiet."""
    metrics = ("p10", "p50", "p95", "p99", "p99.9", "error_rate", "throughput")
    quiet = make_result(verdict=Verdict.UNCHANGED, severity=Severity.NONE)
    results = tuple(
        replace(make_result() if n % 4 == 0 else quiet, name=f"GET /api/v1/{n}", metric=metric)
        for n in range(count)
        for metric in metrics
    )
    not_judged = tuple(
        NotJudged(name=f"gone {n}", metric=None, reason="missing", message="absent now")
        for n in range(count // 10)
    )
    return replace(comparison, results=results, not_judged=not_judged, judged=len(results))


def test_two_thousand_names_fit_and_everything_is_shown_or_counted(comparison, make_result):
    markdown = comparison_markdown(many(comparison, make_result, 2000))
    assert 55_000 < len(markdown.encode()) <= 60_000
    assert markdown.startswith("### ❌ Performance: 3500 regressions (10500 unchanged)\n")
    shown = markdown.count("regressed, major |")
    assert shown > 300
    counts = re.search(r"Left out for their size: (.*)\. The JSON output has all\.", markdown)
    assert counts is not None
    parts = counts[1].split("; ")
    assert parts == [
        f"{3500 - shown} of 3490 more changed or undecided",
        "10500 unchanged",
        "How this was decided",
    ]


def test_sections_are_shed_in_order(comparison, make_result):
    small = many(comparison, make_result, 60)
    whole = comparison_markdown(small, Framing(most_bytes=1_000_000))
    assert "Left out" not in whole
    order = []
    for most in range(len(whole.encode()) + 1000, 4000, -1000):
        text = comparison_markdown(small, Framing(most_bytes=most))
        assert len(text.encode()) <= most
        for title in ("unchanged", "How this was decided", "more changed"):
            is_whole = re.search(rf"<summary>[^<]*{title}[^<]*</summary>", text) and not re.search(
                rf"Left out[^.]*{title}", text
            )
            if not is_whole and title not in order:
                order.append(title)
    assert order == ["unchanged", "How this was decided", "more changed"]


def test_a_comment_of_only_hostile_giants_still_fits(comparison, make_result, make_budget):
    giant = "|`<&@\x9b検" * 20_000
    caveats = tuple(Caveat(code=f"c{n}", message=f"{n} {giant}") for n in range(200))
    results = tuple(
        make_result(name=f"{n}{giant}", metric=giant, caveats=caveats) for n in range(50)
    )
    not_judged = tuple(
        NotJudged(name=f"{n}{giant}", metric=None, reason="r", message=giant) for n in range(200)
    )
    huge = replace(
        comparison,
        reasons=(giant,) * 5,
        results=results,
        not_judged=not_judged,
        budgets=tuple(make_budget(name=giant, source=giant, message=giant) for _ in range(50)),
        caveats=caveats,
    )
    markdown = comparison_markdown(huge, Framing(reproduce=giant))
    assert len(markdown.encode()) <= 60_000
    assert len(tables(rendered(markdown))[0]) == 11
