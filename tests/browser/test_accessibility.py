"""Checks of axe-core for WCAG 2.2 A and AA, and what no such tool sees."""

from __future__ import annotations

from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.chromium import NARROW, WIDE
from tests.browser.reports import EVERY_KIND

_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_EVERY_RULE = {"type": "tag", "values": _LEVELS}
_CONTRAST = {"type": "rule", "values": ["color-contrast"]}


def _violations(tab, rules) -> list[str]:
    tab.unroll()
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(tab.page, options=options).response["violations"]
    return [
        f"{entry['id']}: {node['target']} {node['html'][:160]} {node['failureSummary']}"
        for entry in found
        for node in entry["nodes"][:3]
    ]


@pytest.mark.parametrize("name", [*EVERY_KIND, "hostile", "demo-ja"])
def test_axe_finds_nothing(open_report, name):
    assert _violations(open_report(name, width=WIDE), _EVERY_RULE) == []


@pytest.mark.parametrize("name", ["demo", "monitored"])
def test_axe_finds_nothing_on_a_phone(open_report, name):
    assert _violations(open_report(name, width=NARROW), _EVERY_RULE) == []


@pytest.mark.parametrize("name", ["budgets", "demo-run", "several"])
def test_dark_colours_have_contrast_enough(open_report, name):
    assert _violations(open_report(name, dark=True), _CONTRAST) == []


@pytest.mark.parametrize("name", EVERY_KIND)
def test_headings_descend_one_level_at_a_time(open_report, name):
    page = open_report(name).page
    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]"
        ".filter(node => node.checkVisibility()).map(node => Number(node.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_everything_that_can_be_focused_shows_that_it_is(open_report):
    page = open_report("demo").page
    plain = page.evaluate(
        """() => {
          const unseen = [];
          const all = [...document.querySelectorAll(
            'a[href], button, input, select, summary, [tabindex="0"]')];
          for (const node of all.filter(node => node.checkVisibility())) {
            const before = getComputedStyle(node).cssText
              || JSON.stringify([...getComputedStyle(node)].map(k => getComputedStyle(node)[k]));
            node.focus({focusVisible: true, preventScroll: true});
            const style = getComputedStyle(node);
            const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
            if (document.activeElement === node && !outlined && style.boxShadow === 'none') {
              unseen.push(node.outerHTML.slice(0, 100));
            }
          }
          return unseen;
        }"""
    )
    assert plain == []
