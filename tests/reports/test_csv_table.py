from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

from perfanalysis.model.caveat import Caveat
from perfanalysis.reports.csv_table import comparison_csv, summary_csv


def read(text):
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def test_comparison_has_one_row_per_result_and_per_not_judged(comparison):
    rows = read(comparison_csv(comparison))
    assert [(row["name"], row["metric"], row["verdict"]) for row in rows] == [
        ("search", "latency.p95", "regressed"),
        ("checkout", "error_rate", "regressed"),
        ("cart", "latency.p95", "improved"),
        ("browse", "latency.p95", "unchanged"),
        ("search", "latency.p99", "undecided"),
        ("login", "throughput", "regressed"),
        ("GET /legacy", "", "not-judged"),
    ]
    assert rows[-1]["caveats"] == "missing-in-current: in the baseline, absent now"


def test_comparison_columns_are_those_of_the_contract(comparison):
    first_line = comparison_csv(comparison).split("\r\n")[0]
    assert first_line == (
        "name,metric,unit,better,baseline,current,change,ci_low,ci_high,confidence,p_value,"
        "p_adjusted,tolerance,verdict,severity,detectable_change,runs_needed,tolerance_needed,n_baseline,n_current,"
        "n_effective,method,gate,caveats"
    )


def test_numbers_are_written_in_full_and_negative_ones_stay_numbers(comparison, make_result):
    result = make_result(change=-0.1234567890123, ci_low=-1e-7, ci_high=None)
    row = read(comparison_csv(replace(comparison, results=(result,))))[0]
    assert (row["change"], row["ci_low"], row["ci_high"]) == ("-0.1234567890123", "-1e-07", "")
    assert row["gate"] == "true"


def test_names_that_look_like_formulas_are_defused(comparison, make_result):
    names = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx")
    results = tuple(make_result(name=name) for name in names)
    rows = read(comparison_csv(replace(comparison, results=results, not_judged=())))
    assert [row["name"] for row in rows] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx"]


def test_commas_quotes_and_line_ends_stay_in_their_cell(comparison, make_result):
    result = make_result(name='a,"b"\nc', caveats=(Caveat(code="x", message="y, z"),) * 2)
    row = read(comparison_csv(replace(comparison, results=(result,))))[0]
    assert row["name"] == 'a,"b"\nc'
    assert row["caveats"] == "x: y, z; x: y, z"


def test_summary_has_one_row_per_name_and_a_marked_total(summary):
    rows = read(summary_csv(summary))
    assert [(row["scope"], row["name"], row["kind"]) for row in rows] == [
        ("name", "login", "request"),
        ("name", "search", "request"),
        ("name", "journey", "transaction"),
        ("total", "", "request"),
    ]
    assert rows[0]["latency_p95_ms"] == "72.25"
    assert rows[0]["latency_p999_ms"] == ""
    assert rows[2]["throughput"] == ""
    assert rows[1]["caveats"] == "few-requests: p99.9 needs 100 000 requests"


def test_summary_columns_stand_over_their_values(summary):
    row = read(summary_csv(summary))[0]
    assert row == {
        "scope": "name",
        "name": "login",
        "kind": "request",
        "requests": "1199",
        "failures": "0",
        "error_rate": "0.0",
        "throughput": "39.9",
        "latency_mean_ms": "43.2",
        "latency_min_ms": "20.1",
        "latency_p50_ms": "41.0",
        "latency_p75_ms": "48.0",
        "latency_p90_ms": "61.5",
        "latency_p95_ms": "72.25",
        "latency_p99_ms": "101.0",
        "latency_p999_ms": "",
        "latency_max_ms": "131.0",
        "fidelity": "exact",
        "bytes_received": "12034",
        "caveats": "",
    }


def test_lines_end_as_rfc_4180_says(summary, comparison):
    for text, rows in ((summary_csv(summary), 5), (comparison_csv(comparison), 8)):
        assert text.count("\r\n") == rows
        assert text.count("\n") == rows
        assert text.endswith("\r\n")


def test_hostile_names_keep_the_shape_of_the_table(hostile_comparison, hostile_summary):
    for text, expected in (
        (comparison_csv(hostile_comparison), 11 * 6 + 11),
        (summary_csv(hostile_summary), 11 + 1),
    ):
        text.encode("utf-8")
        rows = read(text)
        assert len(rows) == expected
        assert all(None not in row and None not in row.values() for row in rows)
        assert "\x1b" not in text
