"""JUnit XML: for CI systems that list tests.

One test case per judged name and metric: a failure where a gating result regressed, skipped where
it is undecided or was not judged, passed otherwise. JUnit has no word for "regressed but not
gating": such a case passes, and its output says so. The exit code of the command, not this file,
tells an undecided comparison from a passed one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from xml.etree import ElementTree as ET  # only written here, nothing is parsed

from perfanalysis.model.budget_results import Check
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import (
    Comparison,
    NotJudged,
    Result,
    Summary,
    ThresholdOutcome,
    Verdict,
)
from perfanalysis.reports import wording
from perfanalysis.reports.budgets.junit import budget_cases
from perfanalysis.reports.budgets.wording import headline
from perfanalysis.reports.escape import xml_text
from perfanalysis.reports.summary_wording import threshold_sentence
from perfanalysis.reports.times import timestamp

_ALL_METRICS = "all metrics"
_ALL_REQUESTS = "all requests"


def comparison_junit(comparison: Comparison) -> str:
    """Return a comparison as one test suite; the class name of a case is the request's name."""
    cases = budget_cases(comparison.budgets)
    cases += [_result_case(result, comparison.alpha) for result in comparison.results]
    cases += [_not_judged_case(entry) for entry in comparison.not_judged]
    current = comparison.current[0].started_at if comparison.current else None
    suite = _suite(wording.direction(comparison), cases, current)
    properties = ET.Element("properties")
    for name, value in (
        ("verdict", str(comparison.verdict)),
        ("coverage", wording.coverage(comparison)),
        ("tolerance", str(comparison.tolerance)),
        ("design", comparison.design),
    ):
        ET.SubElement(properties, "property", name=name, value=xml_text(value))
    suite.insert(0, properties)
    lines = [wording.headline(comparison), *wording.caveat_sentences(comparison.caveats)]
    ET.SubElement(suite, "system-out").text = xml_text("\n".join(lines))
    return _render(suite)


def check_junit(check: Check) -> str:
    """Return judged budgets as one test suite."""
    first = check.runs[0].started_at if check.runs else None
    suite = _suite(f"budgets of {wording.side(check.runs)}", budget_cases(check.results), first)
    lines = [headline(check), *wording.caveat_sentences(check.caveats)]
    ET.SubElement(suite, "system-out").text = xml_text("\n".join(lines))
    return _render(suite)


def summary_junit(summary: Summary) -> str:
    """Return the declared thresholds of a run as one test suite."""
    cases = [_threshold_case(threshold) for threshold in summary.thresholds]
    return _render(_suite(f"thresholds of {summary.run.name}", cases, summary.run.started_at))


def _result_case(result: Result, alpha: float) -> ET.Element:
    case = _case(result.name, result.metric)
    said = wording.result_sentence(result)
    notes = "\n".join([said, *wording.caveat_sentences(result.caveats)])
    if result.verdict is Verdict.REGRESSED and result.gate:
        failure = ET.SubElement(case, "failure", type="regressed", message=xml_text(said))
        failure.text = xml_text(notes)
    elif result.verdict is Verdict.UNDECIDED:
        hidden = wording.undecided_text(result, alpha)
        message = said if hidden is None else f"{said}; {hidden}"
        ET.SubElement(case, "skipped", message=xml_text(message)).text = xml_text(notes)
    else:
        ET.SubElement(case, "system-out").text = xml_text(notes)
    return case


def _not_judged_case(entry: NotJudged) -> ET.Element:
    case = _case(entry.name, entry.metric or _ALL_METRICS)
    ET.SubElement(case, "skipped", message=xml_text(wording.not_judged_text(entry)))
    return case


def _threshold_case(threshold: ThresholdOutcome) -> ET.Element:
    # Two thresholds may stand on one metric; the source's own words tell them apart.
    case = _case(_ALL_REQUESTS if threshold.name is None else threshold.name, threshold.source)
    said = xml_text(threshold_sentence(threshold))
    if threshold.outcome is Outcome.BROKEN:
        ET.SubElement(case, "failure", type="broken", message=said).text = said
    elif threshold.outcome is Outcome.UNDECIDED:
        ET.SubElement(case, "skipped", message=said)
    else:
        ET.SubElement(case, "system-out").text = said
    return case


def _case(name: str, metric: str) -> ET.Element:
    return ET.Element(
        "testcase",
        classname=xml_text(name) if name.strip() else wording.name_text(name),
        name=xml_text(metric),
        time="0",
    )


def _suite(name: str, cases: Iterable[ET.Element], started_at: datetime | None) -> ET.Element:
    cases = list(cases)
    suite = ET.Element("testsuite", {"name": xml_text(name), **_counts(cases), "time": "0"})
    if started_at is not None:
        # The schemas of most CI systems take no zone here; the time is UTC.
        suite.set("timestamp", timestamp(started_at.replace(microsecond=0))[:-1])
    suite.extend(cases)
    return suite


def _counts(cases: Iterable[ET.Element]) -> dict[str, str]:
    outcomes = Counter(child.tag for case in cases for child in case)
    return {
        "tests": str(outcomes.total()),
        "failures": str(outcomes["failure"]),
        "errors": "0",
        "skipped": str(outcomes["skipped"]),
    }


def _render(suite: ET.Element) -> str:
    # Jenkins' schema knows `skipped` of a suite, not of all suites together.
    keys = ("tests", "failures", "errors", "time")
    totals = {key: suite.attrib[key] for key in keys}
    root = ET.Element("testsuites", {"name": "perfanalysis", **totals})
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'
