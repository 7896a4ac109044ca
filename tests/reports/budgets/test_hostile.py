"""Hostile names in every output of a check: read by other programs, not by ours."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from lxml import html as lxml_html

from perfanalysis.model.caveat import Caveat
from perfanalysis.reports.budgets.csv_rows import check_csv
from perfanalysis.reports.budgets.table import check_table
from perfanalysis.reports.html.fragments import check_fragment
from perfanalysis.reports.json_document import check_document, render_json
from perfanalysis.reports.junit import check_junit
from tests.reports.hostile import NAMES

EACH = pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[1:40])
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}


@pytest.fixture
def hostile(check, make_budget):
    """A check whose every text is a stranger's."""

    def make(name):
        budget = make_budget(
            name=name,
            metric=name or "m",
            unit=name,
            source=name,
            file=name,
            message=name,
            tags=((name, name),),
            caveats=(Caveat(code="odd", message=name),),
        )
        run = check.runs[0].model_copy(update={"name": name})
        return replace(check, runs=(run,), results=(budget,), caveats=budget.caveats)

    return make


@EACH
def test_a_terminal_is_not_steered(hostile, name):
    for width in (None, 80):
        table = check_table(hostile(name), width=width, color=False)
        unseen = {c for c in table if unicodedata.category(c) in _UNSEEN}
        assert unseen - _JOINERS <= {"\n"}
        assert all(len(line) < 2500 for line in table.splitlines())


@EACH
def test_xml_stays_well_formed_with_one_case(hostile, name):
    suite = ET.fromstring(check_junit(hostile(name))).find("testsuite")
    assert len(suite.findall("testcase")) == 1
    assert [part.tag for part in suite.find("testcase")] == ["failure"]


@pytest.fixture
def _long_fields():
    usual = csv.field_size_limit(10_000_000)
    yield
    csv.field_size_limit(usual)


@EACH
@pytest.mark.usefixtures("_long_fields")
def test_a_spreadsheet_finds_one_row_and_no_formula(hostile, name):
    rows = list(csv.DictReader(io.StringIO(check_csv(hostile(name)), newline="")))
    assert len(rows) == 1
    texts = [rows[0][key] for key in ("name", "source", "message", "metric", "unit", "file")]
    assert not any(text.startswith(tuple("=+-@\t\r\n")) for text in texts)


@EACH
def test_html_holds_no_tag_and_no_attribute_of_a_stranger(hostile, name):
    tree = lxml_html.fromstring(f"<div>{check_fragment(hostile(name))}</div>")
    tags = {element.tag for element in tree.iter()}
    assert tags <= {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "bdi"} | {
        "ul",
        "li",
    }
    attributes = {key for element in tree.iter() for key in element.attrib}
    assert attributes <= {"scope", "class"}


@EACH
def test_json_gives_the_name_back(hostile, name):
    text = render_json(check_document(hostile(name)))
    text.encode("utf-8")
    (budget,) = json.loads(text)["budgets"]
    assert budget["name"] == name
