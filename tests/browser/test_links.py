"""Every jump link leads to where it says."""

from __future__ import annotations

import pytest

from tests.browser.reports import COMPARISONS, EVERY_KIND

_JUMP = """
async ([from, target]) => {
  const link = [...document.querySelectorAll('a[href^="#"]')][from];
  scrollTo({top: 0, behavior: 'instant'});
  link.click();
  // Scrolling may be smooth: it has ended when nothing moved for a few frames.
  let still = 0, last = -1;
  while (still < 5) {
    await new Promise(resolve => requestAnimationFrame(resolve));
    still = scrollY === last ? still + 1 : 0;
    last = scrollY;
  }
  const box = document.getElementById(target).getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight;
}
"""
_HREFS = "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href'))"


def _decoded(href: str) -> str:
    from urllib.parse import unquote

    return unquote(href.removeprefix("#"))


@pytest.mark.parametrize("name", [*EVERY_KIND, "hostile", "locust"])
def test_the_target_of_every_link_exists(open_report, name):
    page = open_report(name).page
    targets = [_decoded(href) for href in page.evaluate(_HREFS)]
    assert targets
    assert page.evaluate("ids => ids.filter(id => !document.getElementById(id))", targets) == []


@pytest.mark.parametrize("name", [*COMPARISONS, "monitored"])
def test_following_a_link_shows_its_target(open_report, name):
    page = open_report(name, reduced_motion=True).page
    hrefs = page.evaluate(_HREFS)
    # Of many links to the same place one is enough.
    first = {_decoded(href): number for number, href in reversed([*enumerate(hrefs)])}
    unseen = [
        target for target, number in first.items() if not page.evaluate(_JUMP, [number, target])
    ]
    assert unseen == []


def test_the_first_tab_stop_skips_to_the_content(open_report):
    page = open_report("demo").page
    page.keyboard.press("Tab")
    href = page.evaluate("document.activeElement.getAttribute('href')")
    assert href
    assert page.evaluate("id => document.getElementById(id).closest('main') !== null", href[1:])
    box = page.evaluate(
        "(({top, left}) => [top, left])(document.activeElement.getBoundingClientRect())"
    )
    assert min(box) >= 0  # it comes into view when it is focused
