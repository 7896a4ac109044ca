from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from rich.cells import cell_len

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import NotJudged, Severity, Verdict
from perfanalysis.model.run import Evidence, Fidelity
from perfanalysis.reports.terminal.tables import comparison_table, summary_table

NARROW = """\
regressed: search latency.p95 rose 20.3 %; checkout error_rate rose 0.43 pp
current slow (1 run, started 2026-01-01T00:10:00Z)
against baseline base (1 run, started 2026-01-01T00:00:00Z)
judged 6 of 7, tolerance 5 %, design 1v1

name      metric       baseline  current    change  verdict
checkout  error_rate      0.5 %   0.93 %  +0.43 pp  regressed, critical
search    latency.p95   48.1 ms  57.9 ms   +20.3 %  regressed, major
login     throughput    40.1 /s  37.0 /s    -7.7 %  regressed, minor¹ ²
search    latency.p99    480 ms   515 ms    ~<12 %  undecided³
cart      latency.p95    140 ms   118 ms   -15.7 %  improved, major
browse    latency.p95   20.0 ms  20.1 ms         ~  unchanged
~ the interval includes no change; <X: a change of up to X could hide
too narrow to show: 95 % interval

Not judged (1):
  GET /legacy: in the baseline, absent now [missing-in-current]

Caveats:
  one run per side cannot show run-to-run noise [single-run]

¹ throughput follows latency here
² this result does not gate: it fails no comparison by itself
³ only 12 requests lie beyond p99
"""

IN_A_PIPE = """\
name      metric       baseline  current    change  95 % interval   verdict
checkout  error_rate      0.5 %   0.93 %  +0.43 pp  +0.21 to +0.66  regressed, critical
search    latency.p95   48.1 ms  57.9 ms   +20.3 %  +12.1 to +29.2  regressed, major
login     throughput    40.1 /s  37.0 /s    -7.7 %  -9.0 to -6.4    regressed, minor¹ ²
search    latency.p99    480 ms   515 ms    ~<12 %  at least -1.0   undecided³
cart      latency.p95    140 ms   118 ms   -15.7 %  -19.0 to -12.0  improved, major
browse    latency.p95   20.0 ms  20.1 ms         ~  -2.0 to +3.0    unchanged
"""

# Names, metrics and verdicts of a row.
ROWS = [re.split(r"\s{2,}", line) for line in IN_A_PIPE.splitlines()]


def steering(text):
    """Characters that a terminal acts on, line ends apart."""
    return [
        char
        for char in text.replace("\n", "")
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char == "\u202e"
    ]


def test_comparison_at_80_columns(comparison):
    table = comparison_table(comparison, width=80, color=False)
    assert table == NARROW
    assert max(cell_len(line) for line in table.splitlines()) <= 80


def test_comparison_in_a_pipe_has_the_figures_that_everybody_needs(comparison):
    assert IN_A_PIPE in comparison_table(comparison, width=None, color=False)


@pytest.mark.parametrize("width", [80, 100, 200, None])
def test_comparison_has_one_line_per_result(comparison, width):
    text = comparison_table(comparison, width=width, color=False)
    rows = [re.split(r"\s{2,}", line) for line in text.splitlines()]
    for name, metric, *_figures, verdict in ROWS:
        assert len([r for r in rows if r[:2] == [name, metric] and r[-1] == verdict]) == 1


def test_direction_stays_on_one_line_where_it_fits(comparison):
    lines = comparison_table(comparison, width=200, color=False).splitlines()
    assert lines[1] == (
        "current slow (1 run, started 2026-01-01T00:10:00Z) "
        "against baseline base (1 run, started 2026-01-01T00:00:00Z)"
    )


def test_colour_only_repeats_the_words(comparison):
    plain = comparison_table(comparison, width=100, color=False)
    coloured = comparison_table(comparison, width=100, color=True)
    assert "\x1b[" not in plain
    assert "\x1b[1;31mregressed\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_environment_changes_nothing(comparison, monkeypatch):
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "20", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    assert comparison_table(comparison, width=80, color=False) == NARROW
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in comparison_table(comparison, width=80, color=True)


@pytest.mark.parametrize("width", [40, 80, 200, None])
def test_hostile_names_never_steer_the_terminal(hostile_comparison, hostile_summary, width):
    assert steering(comparison_table(hostile_comparison, width=width, color=False)) == []
    assert steering(summary_table(hostile_summary, width=width, color=False)) == []


def test_hostile_names_stay_within_a_wide_terminal(hostile_comparison):
    lines = comparison_table(hostile_comparison, width=120, color=False).splitlines()
    assert max(cell_len(line) for line in lines) <= 120


def test_brackets_in_names_are_no_markup(comparison, make_result):
    odd = replace(comparison, results=(make_result(name="[red]x[/red] :smile:"),))
    assert "[red]x[/red] :smile:" in comparison_table(odd, width=200, color=False)


def test_long_names_are_cut_in_the_middle_and_columns_stay_aligned(comparison, make_result):
    name = "GET /" + "very/" * 40 + "end"
    odd = replace(comparison, results=(make_result(name=name), make_result(name="检索")))
    lines = comparison_table(odd, width=120, color=False).splitlines()
    rows = [line for line in lines if line.endswith("regressed, major")]
    assert "…" in rows[0]
    assert rows[0].index("GET /") == 0
    assert "end" in rows[0].split("…")[1]
    assert len({cell_len(row) for row in rows}) == 1


def test_equal_caveats_share_a_footnote(comparison, make_result):
    caveats = (Caveat(code="rounded", message="the clock counts whole milliseconds"),)
    rows = tuple(make_result(name=name, caveats=caveats) for name in ("a", "b"))
    text = comparison_table(replace(comparison, results=rows), width=200, color=False)
    assert text.count("the clock counts whole milliseconds") == 1
    assert text.count("regressed, major¹\n") == 2


def undecided(make_result, name, metric="latency.p95", size=0.12, runs=8):
    return make_result(
        name=name,
        metric=metric,
        change=0.01,
        ci_low=-0.05,
        ci_high=0.07,
        verdict=Verdict.UNDECIDED,
        severity=Severity.NONE,
        detectable_change=size,
        runs_needed=runs,
        tolerance_needed=size,
    )


def test_many_quiet_results_take_a_line_a_metric_that_says_what_could_hide(comparison, make_result):
    quiet = [undecided(make_result, f"n{n:02}", size=0.1 + n / 100, runs=8 + n) for n in range(12)]
    quiet.append(
        make_result(name="same", verdict=Verdict.UNCHANGED, severity=Severity.NONE, change=0.0)
    )
    rows = replace(comparison, results=(make_result(name="slow"), *quiet))
    text = comparison_table(rows, width=None, color=False)
    assert [line.split()[0] for line in text.splitlines() if "latency.p95  " in line] == ["slow"]
    assert "Without a row (13; --all shows them):\n" in text
    assert (
        "  latency.p95: 1 unchanged; 12 undecided: a change of up to 21 % could hide (n11); "
        "19 runs a side or a tolerance of 21 % would decide them\n"
    ) in text


def test_every_row_is_shown_when_asked_for(comparison, make_result):
    rows = replace(comparison, results=tuple(undecided(make_result, f"n{n}") for n in range(30)))
    text = comparison_table(rows, width=None, color=False, every_row=True)
    assert "Without a row" not in text
    assert all(f"\nn{n} " in text for n in range(30))


def test_few_quiet_results_keep_their_rows(comparison, make_result):
    rows = replace(comparison, results=tuple(undecided(make_result, f"n{n}") for n in range(8)))
    text = comparison_table(rows, width=None, color=False)
    assert "Without a row" not in text
    assert "\nn7 " in text


def test_a_quiet_result_that_could_hide_anything_says_so(comparison, make_result):
    rows = [undecided(make_result, f"n{n}", runs=None) for n in range(8)]
    rows.append(replace(rows[0], name="wild", detectable_change=None, tolerance_needed=None))
    text = comparison_table(replace(comparison, results=tuple(rows)), width=None, color=False)
    assert "9 undecided: a change of any size could hide in wild\n" in text


def test_a_wide_terminal_shows_more_columns_and_a_pipe_does_not(comparison):
    wide, pipe = (comparison_table(comparison, width=w, color=False) for w in (200, None))
    for title in ("detectable", "n current", "n baseline", "tolerance", "p adjusted"):
        assert f"  {title}  " in wide
        assert f"  {title}  " not in pipe


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_no_line_of_a_table_is_wider_than_the_terminal(comparison, make_result, width):
    odd = replace(comparison, results=(*comparison.results, make_result(name="GET /" + "x/" * 90)))
    lines = comparison_table(odd, width=width, color=False).splitlines()
    assert max(cell_len(line) for line in lines) <= width


def test_long_lists_of_not_judged_are_counted(comparison):
    entries = tuple(
        NotJudged(name=f"gone{number}", metric=None, reason="missing", message="absent now")
        for number in range(25)
    )
    text = comparison_table(replace(comparison, not_judged=entries), width=100, color=False)
    assert "judged 6 of 31" in text
    assert "Not judged (25):\n  gone0: absent now [missing]\n" in text
    assert text.count("absent now [missing]") == 20
    assert "  and 5 more; the JSON output has all\n" in text


def test_a_comparison_without_results_is_only_its_verdict_and_reasons(comparison):
    nothing = replace(
        comparison, verdict=Verdict.UNDECIDED, reasons=(), results=(), judged=0, caveats=()
    )
    assert comparison_table(nothing, width=80, color=False) == (
        "undecided: these data allow no verdict\n"
        "current slow (1 run, started 2026-01-01T00:10:00Z)\n"
        "against baseline base (1 run, started 2026-01-01T00:00:00Z)\n"
        "judged 0 of 1, tolerance 5 %, design 1v1\n"
        "\n"
        "Not judged (1):\n"
        "  GET /legacy: in the baseline, absent now [missing-in-current]\n"
    )


def test_prose_is_wrapped_with_an_indent_on_a_terminal_only(comparison):
    message = "words " * 40 + "end"
    noted = replace(comparison, caveats=(Caveat(code="long", message=message),))
    narrow = comparison_table(noted, width=80, color=False)
    assert max(cell_len(line) for line in narrow.splitlines()) <= 80
    assert "\n    words" in narrow
    assert f"  {message} [long]\n" in comparison_table(noted, width=None, color=False)


def test_summary_at_80_columns(summary):
    assert summary_table(summary, width=80, color=False) == (
        "base: k6 2.2.0, started 2026-01-01T00:00:00Z, 30.1 s, 5395 requests, 3\n"
        "  failures, evidence: requests, latencies exact\n"
        "\n"
        "Thresholds: 1 broken, 1 undecided, 1 met\n"
        "  broken     search latency.p95: 72.3 ms, limit 50 ms\n"
        "    (http_req_duration{name:search}: p(95)<50)\n"
        "  undecided  my_trend: no data (my_trend: avg<5)\n"
        "  met        latency.p95: 80.8 ms, limit 500 ms (http_req_duration: p(95)<500)\n"
        "\n"
        "name          kind         requests   errors  per s  p50 ms  p95 ms  p99 ms\n"
        "login         request         1\u202f199      0 %   39.9    41.0    72.2     101\n"
        "search ¹      request         1\u202f200   0.25 %   39.9    41.0    72.2     101\n"
        "journey       transaction     1\u202f199      0 %      –    41.0    72.2     101\n"
        "all requests  request         2\u202f399  0.125 %   39.9    41.0    72.2     101\n"
        "too narrow to show: mean, p75, p90, p99.9, max\n"
        "\n"
        "check                passes  fails\n"
        "login status is 200   1\u202f199      0\n"
        "\n"
        "series         mean     p95     max  total\n"
        "system.cpu   41.5 %  77.0 %  93.0 %      –\n"
        "iterations  29.9 /s    31.0    33.0    899\n"
        "\n"
        "Caveats:\n"
        "  k6.csv:9: cut short [cut-last-line]\n"
        "\n"
        "¹ p99.9 needs 100 000 requests\n"
    )


def test_summary_with_room_leaves_nothing_out(summary):
    text = summary_table(summary, width=None, color=False)
    heading = next(line for line in text.splitlines() if line.startswith("name "))
    assert heading.split("  ")[0] == "name"
    for title in ("mean ms", "p50 ms", "p75 ms", "p90 ms", "p95 ms", "p99 ms", "p99.9 ms", "max"):
        assert title in heading
    assert "too narrow" not in text


def test_summary_says_fidelity_per_name_where_it_differs(summary, make_name):
    names = (make_name(), make_name(name="search", fidelity=Fidelity.BUCKETED))
    text = summary_table(replace(summary, names=names), width=None, color=False)
    assert "latencies exact" not in text
    assert re.search(r"^login .* exact$", text, re.MULTILINE)
    assert re.search(r"^search .* bucketed$", text, re.MULTILINE)


def test_summary_names_no_kind_where_all_are_requests(summary, make_name):
    text = summary_table(replace(summary, names=(make_name(),)), width=None, color=False)
    assert "kind" not in text


def test_summary_shows_failed_checks_first(summary):
    checks = (
        replace(summary.checks[0], name="a passes"),
        replace(summary.checks[0], name="b fails", fails=7),
    )
    text = summary_table(replace(summary, checks=checks), width=None, color=False)
    assert text.index("b fails") < text.index("a passes")


def test_summary_colours_outcomes(summary):
    coloured = summary_table(summary, width=100, color=True)
    assert "\x1b[1;31mbroken" in coloured
    met = [threshold for threshold in summary.thresholds if threshold.outcome is Outcome.MET]
    only_met = summary_table(replace(summary, thresholds=tuple(met)), width=100, color=True)
    assert "\x1b[1;31m" not in only_met


def test_summary_without_requests_shows_dashes_not_zeros(summary, make_name):
    nothing = replace(make_name(name=None).latency, **dict.fromkeys(vars(make_name().latency)))
    empty = make_name(name=None, requests=0, error_rate=None, throughput=None, latency=nothing)
    text = summary_table(
        replace(summary, names=(), total=empty, checks=(), series=(), thresholds=()),
        width=None,
        color=False,
    )
    row = next(line for line in text.splitlines() if line.startswith("all requests"))
    assert row.split() == ["all", "requests", "0", *["–"] * 10]


def test_summary_of_a_monitor_alone_has_no_table_of_names(summary, make_run):
    monitor = replace(summary, names=(), run=make_run(evidence=Evidence.SERIES))
    text = summary_table(monitor, width=80, color=False)
    assert "all requests" not in text
    assert "system.cpu" in text


def test_summary_counts_the_series_beyond_forty(summary):
    series = tuple(replace(summary.series[0], metric=f"m{number}") for number in range(45))
    text = summary_table(replace(summary, series=series), width=80, color=False)
    assert "\nm39 " in text
    assert "\nm40 " not in text
    assert "and 5 more; the JSON output has all\n" in text
