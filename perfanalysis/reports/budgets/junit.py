"""Budgets as JUnit test cases: a failure where one is broken, skipped where it is undecided.

A broken budget that only warns passes, and its output says so: JUnit knows no warnings.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET  # only written here, nothing is parsed

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.outcome import Outcome
from perfanalysis.reports import wording
from perfanalysis.reports.budgets.wording import by_importance, name_text, source_text
from perfanalysis.reports.escape import xml_text

_WITHOUT_NAME = "budgets"


def budget_cases(results: Sequence[BudgetResult]) -> list[ET.Element]:
    """Return one test case a budget and name; the class name is what it was judged on."""
    return [_case(result) for result in by_importance(results)]


def _case(result: BudgetResult) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=xml_text(name_text(result)) or _WITHOUT_NAME,
        name=xml_text(f"budget {result.source}"),
        time="0",
    )
    said = xml_text(result.message)
    place = f"{result.outcome}, level {result.level}: {source_text(result)}"
    notes = [result.message, place, *wording.caveat_sentences(result.caveats)]
    text = xml_text("\n".join(notes))
    if result.fails:
        ET.SubElement(case, "failure", type="broken", message=said).text = text
    elif result.outcome is Outcome.UNDECIDED:
        ET.SubElement(case, "skipped", message=said).text = text
    else:
        ET.SubElement(case, "system-out").text = text
    return case
