"""The section of budgets in the HTML report."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from lxml import html

from perfanalysis.model.outcome import Outcome
from perfanalysis.reports.html.budgets import WIDTH, usage_bar, used_share
from perfanalysis.reports.html.page import render_report


@pytest.mark.parametrize(
    ("changes", "value", "used"),
    [
        ({"limit": 500.0}, 250.0, 0.5),
        ({"limit": 500.0}, 750.0, 1.5),
        ({"limit": 100.0, "bound": "min"}, 200.0, 0.5),
        ({"limit": 100.0, "bound": "min"}, 50.0, 2.0),
        ({"limit": 100.0, "bound": "min"}, 0.0, 1.5),
        ({"limit": 0.999, "bound": "min", "error_budget_left": 0.5}, 0.9995, 0.5),
        ({"limit": 0.1, "relative": True}, 0.05, 0.5),
        ({"limit": 0.1, "relative": True}, -0.05, 0.0),
        ({"limit": -0.05, "relative": True, "bound": "min"}, -0.1, 2.0),
        ({"limit": -0.1, "relative": True}, -0.2, None),
        ({"limit": 0.0}, 1.0, None),
        ({"limit": None}, 1.0, None),
        ({"limit": 5.0, "bound": "equal"}, 1.0, None),
    ],
)
def test_how_much_of_a_limit_is_used(make_budget, changes, value, used):
    found = used_share(make_budget(**changes), value)
    assert found == (None if used is None else pytest.approx(used))


def test_the_bar_ends_at_the_value_and_never_beyond_the_edge(make_budget):
    for value, end in ((250.0, WIDTH / 3), (500.0, WIDTH / 1.5), (9000.0, WIDTH)):
        bar = usage_bar(make_budget(limit=500.0, value=value, ci_low=None, ci_high=None))
        assert float(re.search(r'class="used" d="M0 9\.0H([\d.]+)"', bar)[1]) == pytest.approx(end)


def test_without_a_value_there_is_no_bar(make_budget):
    assert usage_bar(make_budget(value=None)) == ""


@pytest.fixture
def with_budgets(report_data, make_budget):
    """Make a page of a comparison with these budgets."""

    def render(*budgets):
        comparison = replace(report_data.comparison, budgets=budgets)
        data = replace(report_data, comparison=comparison, budgets=budgets)
        return html.fromstring(render_report(data))

    return render


def test_budgets_have_a_section_before_the_changes(with_budgets, make_budget):
    page = with_budgets(make_budget(), make_budget(outcome=Outcome.MET, name="browse"))
    sections = page.xpath("//main/section/@id")
    assert sections.index("budgets") < sections.index("changes")
    rows = page.xpath("//section[@id='budgets']//tbody/tr")
    assert [row.xpath("string(.//span[contains(@class, 'pill')])") for row in rows] == [
        "broken",
        "met",
    ]
    assert page.xpath("//nav//a[@href='#budgets']")
    assert len(page.xpath("//section[@id='budgets']/ul/li")) == 1
    assert "Budgets" in page.xpath("//section[@id='method']//dt/text()")


def test_a_broken_budget_reddens_the_verdict_whatever_it_is(report_data, make_budget):
    from perfanalysis.model.results import Verdict

    green = replace(report_data.comparison, verdict=Verdict.UNCHANGED, budgets=(make_budget(),))
    page = html.fromstring(
        render_report(replace(report_data, comparison=green, budgets=green.budgets))
    )
    (head,) = page.xpath("//header[@id='verdict']")
    assert head.get("class") == "verdict regressed"
    assert head.xpath("string(h1)") == "Unchanged, over budget"
    warns = (make_budget(level="warn"),)
    green = replace(green, budgets=warns)
    page = html.fromstring(render_report(replace(report_data, comparison=green, budgets=warns)))
    assert page.xpath("string(//header[@id='verdict']/h1)") == "Unchanged"


def test_without_budgets_there_is_no_section(with_budgets):
    page = with_budgets()
    assert not page.xpath("//*[@id='budgets'] | //nav//a[@href='#budgets']")
    assert "Budgets" not in page.xpath("//section[@id='method']//dt/text()")


def test_budgets_of_a_single_run_stand_in_its_head(single_data, make_budget):
    page = html.fromstring(render_report(replace(single_data, budgets=(make_budget(),))))
    assert "Budgets: 1 broken of 1 budget." in page.xpath("string(//header[@id='verdict'])")
    assert page.xpath("//section[@id='budgets']")
