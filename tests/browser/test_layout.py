"""Nothing overflows, on a phone, a tablet or a desk; and pictures of it, to be looked at."""

from __future__ import annotations

import pytest

from tests.browser.chromium import MIDDLE, NARROW, WIDE
from tests.browser.reports import EVERY_KIND

# Elements that stick out of the page and do not scroll inside a region of their own.
_STICKING_OUT = """
() => {
  const clipped = node => {
    let within = getComputedStyle(node).position;
    for (let at = node.parentElement; at && at !== document.body; at = at.parentElement) {
      const { overflowX, position } = getComputedStyle(at);
      // What is positioned absolutely is clipped by positioned ancestors only.
      const holds = within !== 'absolute' || position !== 'static';
      if (holds && ['auto', 'scroll', 'hidden', 'clip'].includes(overflowX)) return true;
      if (holds) within = position;
    }
    return within === 'fixed';
  };
  const edge = document.documentElement.clientWidth + 1;
  return [...document.body.querySelectorAll('*')]
    .filter(node => node.getBoundingClientRect().right > edge && !clipped(node))
    .slice(0, 5)
    .map(node => `${node.tagName}.${node.getAttribute('class')} ${node.textContent.slice(0, 40)}`);
}
"""
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("name", [*EVERY_KIND, "hostile", "locust", "pgbench", "demo-ja"])
def test_the_page_does_not_scroll_sideways(open_report, name):
    tab = open_report(name)
    for width in (NARROW, MIDDLE, WIDE):
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.scroll_through()
        assert tab.page.evaluate(_STICKING_OUT) == []
        assert tab.page.evaluate(_OVERFLOW) <= 0, width


@pytest.mark.parametrize("name", ["demo", "several"])
def test_large_text_does_not_scroll_the_page_sideways(open_report, name):
    page = open_report(name, width=MIDDLE).page
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(_OVERFLOW) <= 0


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("name", [*EVERY_KIND, "hostile", "demo-ja"])
def test_a_picture_is_taken(open_report, artefacts, name, width):
    path = artefacts / f"{name}-{width}.png"
    open_report(name, width=width).picture(path)
    assert path.stat().st_size > 10_000


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("name", ["budgets", "monitored", "several"])
def test_a_dark_picture_is_taken(open_report, artefacts, name, width):
    path = artefacts / f"{name}-{width}-dark.png"
    open_report(name, width=width, dark=True).picture(path)
    assert path.stat().st_size > 10_000
