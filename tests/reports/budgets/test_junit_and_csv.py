"""Budgets as test cases and as rows."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from perfanalysis.reports.budgets.csv_rows import check_csv
from perfanalysis.reports.json_document import check_document
from perfanalysis.reports.junit import check_junit, comparison_junit


def test_each_budget_is_a_test_case_that_fails_is_skipped_or_passes(check):
    suite = ET.fromstring(check_junit(check)).find("testsuite")
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped")} == {
        "tests": "5",
        "failures": "1",
        "skipped": "2",
    }
    cases = suite.findall("testcase")
    assert [case[0].tag for case in cases] == [
        *("failure", "system-out", "skipped", "skipped", "system-out")
    ]
    assert [case.get("classname") for case in cases] == [
        *("search", "cart", "budgets", "budgets", "browse")
    ]
    assert cases[0].get("name") == "budget latency.p95 of search: change +10 %"
    # One that only warns passes, and says so.
    assert "broken, level warn" in cases[1][0].text
    assert suite.find("system-out").text.startswith("broken: 2 broken")


def test_budgets_of_a_comparison_come_before_its_results(comparison, budgets):
    suite = ET.fromstring(comparison_junit(replace(comparison, budgets=budgets))).find("testsuite")
    cases = suite.findall("testcase")
    assert len(cases) == 5 + len(comparison.results) + len(comparison.not_judged)
    assert cases[0].get("name").startswith("budget ")
    assert int(suite.get("failures")) == 1 + sum(
        r.verdict == "regressed" and r.gate for r in comparison.results
    )


def test_rows_hold_what_the_document_holds(check):
    rows = list(csv.DictReader(io.StringIO(check_csv(check))))
    assert [row["outcome"] for row in rows] == [
        *("broken", "broken", "undecided", "undecided", "met")
    ]
    documented = set(check_document(check)["budgets"][0])
    assert set(rows[0]) == documented
    assert (rows[0]["limit"], rows[0]["relative"], rows[3]["value"]) == ("0.1", "true", "")
    assert rows[2]["caveats"] == "odd: a caveat of the budget"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_a_formula_in_a_name_or_message_is_none_in_a_spreadsheet(check, make_budget, sign):
    text = f"{sign}HYPERLINK(1)"
    budget = make_budget(name=text, source=text, message=text, tags=((text, text),))
    (row,) = csv.DictReader(io.StringIO(check_csv(replace(check, results=(budget,)))))
    for column in ("name", "source", "message", "tags"):
        assert row[column].startswith("'")
