"""JUnit XML by the rules of those who read it.

Jenkins: the schema junit-10.xsd of its xUnit plugin. GitLab: a case is known by its class name and
name, and two cases of one key are shown as one.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from perfanalysis.reports.junit import comparison_junit, summary_junit

# Element: what it may hold, and its attributes; those in capitals must be there.
JENKINS = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"properties", "testcase", "system-out", "system-err"},
        {"NAME", "TESTS", "FAILURES", "ERRORS", "skipped", "time", "timestamp", "hostname"},
    ),
    "properties": ({"property"}, set()),
    "property": (set(), {"NAME", "VALUE"}),
    "testcase": (
        {"failure", "skipped", "system-out", "system-err"},
        {"NAME", "classname", "time"},
    ),
    "failure": (set(), {"type", "message"}),
    "skipped": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}
# The schema's times: digits, with at most three behind the point.
TIME = re.compile(r"[0-9]*(\.[0-9]{0,3})?")


@pytest.fixture(params=["comparison", "hostile_comparison"])
def root(request):
    return ET.fromstring(comparison_junit(request.getfixturevalue(request.param)).encode())


@pytest.fixture(params=["summary", "hostile_summary"])
def summary_root(request):
    return ET.fromstring(summary_junit(request.getfixturevalue(request.param)).encode())


def follow_the_schema_of_jenkins(root):
    for element in root.iter():
        children, attributes = JENKINS[element.tag]
        assert {child.tag for child in element} <= children
        assert set(element.attrib) <= {name.lower() for name in attributes}
        assert {name.lower() for name in attributes if name.isupper()} <= set(element.attrib)
        assert TIME.fullmatch(element.get("time", "0"))


def test_jenkins_reads_a_comparison(root):
    follow_the_schema_of_jenkins(root)


def test_jenkins_reads_a_summary(summary_root):
    follow_the_schema_of_jenkins(summary_root)


@pytest.mark.parametrize("fixture", ["comparison", "hostile_comparison"])
def test_gitlab_tells_all_cases_apart(request, fixture):
    judged = request.getfixturevalue(fixture)
    root = ET.fromstring(comparison_junit(judged).encode())
    keys = {(case.get("classname"), case.get("name")) for case in root.iter("testcase")}
    assert len(keys) == len({(r.name, r.metric) for r in (*judged.results, *judged.not_judged)}) > 6
    assert all(part.strip() for key in keys for part in key)


def test_a_case_has_at_most_one_outcome(root):
    for case in root.iter("testcase"):
        assert len([child for child in case if child.tag in ("failure", "skipped")]) <= 1
