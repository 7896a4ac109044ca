from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from perfanalysis.model.results import NotJudged
from perfanalysis.reports.junit import comparison_junit, summary_junit


def outcome(case):
    (child,) = case
    return case.get("classname"), case.get("name"), child.tag


def test_every_result_is_a_case(comparison):
    cases = ET.fromstring(comparison_junit(comparison)).findall("testsuite/testcase")
    assert [outcome(case) for case in cases] == [
        ("search", "latency.p95", "failure"),
        ("checkout", "error_rate", "failure"),
        ("cart", "latency.p95", "system-out"),
        ("browse", "latency.p95", "system-out"),
        ("search", "latency.p99", "skipped"),
        ("login", "throughput", "system-out"),
        ("GET /legacy", "all metrics", "skipped"),
    ]


def test_counts_are_those_of_the_cases(comparison):
    root = ET.fromstring(comparison_junit(comparison))
    for element in (root, root.find("testsuite")):
        counts = {key: element.get(key) for key in ("tests", "failures", "errors")}
        assert counts == {"tests": "7", "failures": "2", "errors": "0"}
    assert root.find("testsuite").get("skipped") == "2"


def test_a_failure_says_what_regressed_in_full(comparison):
    failure = ET.fromstring(comparison_junit(comparison)).find("testsuite/testcase/failure")
    said = (
        "search latency.p95: 48.1 ms -> 57.9 ms, +20.3 % "
        "(95 % interval +12.1 % to +29.2 %), regressed, major"
    )
    assert failure.get("message") == said
    assert failure.get("type") == "regressed"
    assert failure.text == said


def test_an_undecided_case_says_what_could_hide(comparison):
    skipped = ET.fromstring(comparison_junit(comparison)).find("testsuite/testcase/skipped")
    assert skipped.get("message") == (
        "search latency.p99: 480 ms -> 515 ms, +7.3 % (95 % interval at least -1.0 %), undecided; "
        "a change of up to 12 % could hide"
    )
    assert skipped.text.endswith("\nonly 12 requests lie beyond p99 [few-exceedances]")


def test_what_was_not_judged_says_why(comparison):
    entry = NotJudged(name="x", metric="latency.p99", reason="too-few", message="12 requests")
    root = ET.fromstring(comparison_junit(replace(comparison, not_judged=(entry,))))
    case = root.findall("testsuite/testcase")[-1]
    assert outcome(case) == ("x", "latency.p99", "skipped")
    assert case[0].get("message") == "x latency.p99: 12 requests [too-few]"


def test_a_regression_that_does_not_gate_passes_and_says_so(comparison):
    root = ET.fromstring(comparison_junit(comparison))
    (case,) = (c for c in root.iter("testcase") if c.get("name") == "throughput")
    assert case.find("failure") is None
    assert case.find("system-out").text == (
        "login throughput: 40.1 /s -> 37.0 /s, -7.7 % (95 % interval -9.0 % to -6.4 %), "
        "regressed, minor, not gating\nthroughput follows latency here [closed-loop]"
    )


def test_the_suite_holds_direction_verdict_and_caveats(comparison):
    suite = ET.fromstring(comparison_junit(comparison)).find("testsuite")
    assert suite.get("name") == (
        "current slow (1 run, started 2026-01-01T00:10:00Z) "
        "against baseline base (1 run, started 2026-01-01T00:00:00Z)"
    )
    assert suite.get("timestamp") == "2026-01-01T00:10:00"
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert properties == {
        "verdict": "regressed",
        "coverage": "judged 6 of 7",
        "tolerance": "0.05",
        "design": "1v1",
    }
    assert suite.find("system-out").text.splitlines() == [
        "regressed: search latency.p95 rose 20.3 %; checkout error_rate rose 0.43 pp",
        "one run per side cannot show run-to-run noise [single-run]",
    ]


def test_summary_has_one_case_per_threshold(summary):
    root = ET.fromstring(summary_junit(summary))
    assert [outcome(case) for case in root.iter("testcase")] == [
        ("all requests", "http_req_duration: p(95)<500", "system-out"),
        ("search", "http_req_duration{name:search}: p(95)<50", "failure"),
        ("all requests", "my_trend: avg<5", "skipped"),
    ]
    assert root.find("testsuite").get("name") == "thresholds of base"


def test_a_summary_without_thresholds_is_an_empty_suite(summary, make_run):
    bare = replace(summary, thresholds=(), run=make_run(started_at=None))
    suite = ET.fromstring(summary_junit(bare)).find("testsuite")
    assert (suite.get("tests"), suite.get("timestamp"), len(suite)) == ("0", None, 0)


def test_the_file_is_utf_8_xml_with_a_line_end(comparison):
    text = comparison_junit(comparison)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    assert text.endswith("</testsuites>\n")


@pytest.mark.parametrize("parser", ["etree", "lxml"])
def test_hostile_names_neither_break_nor_add_elements(hostile_comparison, hostile_summary, parser):
    parse = ET.fromstring if parser == "etree" else pytest.importorskip("lxml.etree").fromstring
    root = parse(comparison_junit(hostile_comparison).encode())
    assert len(root.findall("testsuite/testcase")) == 11 * 6 + 11
    assert len(list(root.iter("failure"))) == 11 * 2
    assert {element.tag for element in root.iter()} == {
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "skipped",
        "system-out",
    }
    assert len(parse(summary_junit(hostile_summary).encode()).findall("testsuite/testcase")) == 11


def test_names_stay_whole_so_that_histories_of_tests_match(comparison, make_result):
    name = "GET /" + "very/" * 100
    root = ET.fromstring(comparison_junit(replace(comparison, results=(make_result(name=name),))))
    assert root.find("testsuite/testcase").get("classname") == name
