"""The report can be read without scripts, and printed."""

from __future__ import annotations

import re

import pytest

from tests.browser.reports import EVERY_KIND

_VISIBLE_CHARTS = """
[...document.querySelectorAll('figure svg, figure canvas')].filter(node => {
  const box = node.getBoundingClientRect();
  return box.width > 100 && box.height > 50 && node.checkVisibility({visibilityProperty: true});
}).map(node => node.tagName.toLowerCase())
"""
_WITH_CHARTS = [name for name in EVERY_KIND if name != "k6-summary"]


def _images(page) -> int:
    return page.locator("figure svg:visible").count()


@pytest.mark.parametrize("name", _WITH_CHARTS)
def test_static_charts_stand_where_scripts_do_not_run(open_report, name):
    page = open_report(name, script=False).page
    assert _images(page) > 0
    assert page.locator("canvas:visible").count() == 0
    assert page.locator("main").inner_text().strip()


@pytest.mark.parametrize("name", ["demo", "several"])
def test_all_results_can_be_read_without_scripts(open_report, name):
    def rows(*, script: bool) -> int:
        return open_report(name, script=script).page.locator("#changes tbody tr").count()

    assert rows(script=False) == rows(script=True) > 0


@pytest.mark.parametrize("name", _WITH_CHARTS)
def test_print_shows_static_charts_and_nothing_to_operate(open_report, artefacts, name):
    tab = open_report(name)
    tab.scroll_through()
    tab.page.emulate_media(media="print")
    shown = tab.page.evaluate(_VISIBLE_CHARTS)
    assert "svg" in shown
    assert "canvas" not in shown
    controls = tab.page.locator("button:visible, input:visible, select:visible")
    # The buttons that sort hold the words of their columns.
    assert controls.evaluate_all("all => all.filter(node => !node.closest('th')).length") == 0
    tab.picture(artefacts / f"{name}-print.png")


@pytest.mark.parametrize("name", _WITH_CHARTS)
def test_it_prints_to_a_document_of_pages(open_report, artefacts, name):
    page = open_report(name, dark=True).page
    path = artefacts / f"{name}.pdf"
    content = page.pdf(path=path, format="A4", print_background=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", content))
    assert 1 <= pages <= 40
