"""The tables of changes fit: on a desk side by side, on narrow screens as blocks."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.browser.chromium import MIDDLE, NARROW

_DESK = 1200
_TABLE = "#changes table.changes"
# Which cells of the rows lie outside of what their region shows.
_HIDDEN = """
(selector) => [...document.querySelectorAll(`#changes table.changes tbody ${selector}`)]
  .filter(cell => {
    const own = cell.getBoundingClientRect();
    const region = cell.closest('.scroll').getBoundingClientRect();
    return own.width === 0 || own.left < region.left - 1 || own.right > region.right + 1;
  })
  .map(cell => `${cell.className}: ${cell.textContent.trim()}`)
"""


@pytest.mark.parametrize("name", ["demo", "several", "pgbench", "demo-ja"])
def test_a_desk_of_1200_pixels_shows_verdict_change_and_drawings(open_report, name):
    page = open_report(name, width=_DESK).page
    assert page.locator(f"{_TABLE} tbody .drawn svg").count() > 0
    assert page.evaluate(_HIDDEN, "td:not(.detail)") == []


@pytest.mark.parametrize("width", [NARROW, MIDDLE])
@pytest.mark.parametrize("name", ["demo", "several", "hostile", "demo-ja"])
def test_a_narrow_screen_shows_verdict_change_and_drawings(open_report, name, width):
    page = open_report(name, width=width).page
    for cells in ("th.name", ".outcome .pill", "td.strong", "td.drawn", "td.value"):
        assert page.evaluate(_HIDDEN, cells) == []


@pytest.mark.parametrize("script", [True, False])
def test_the_blocks_of_a_phone_are_still_a_table(open_report, script):
    page = open_report("demo", width=NARROW, script=script).page
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    found = session.send("DOM.querySelector", {"nodeId": root, "selector": _TABLE})["nodeId"]
    tree = session.send("Accessibility.queryAXTree", {"nodeId": found})["nodes"]
    roles = Counter(node["role"]["value"] for node in tree if not node["ignored"])
    rows = page.locator(_TABLE).first.locator("tbody tr").count()
    assert roles["table"] == 1
    assert roles["row"] == rows + 1
    assert roles["rowheader"] == rows
    assert roles["columnheader"] >= 6
    assert roles["cell"] >= 6 * rows


def test_a_phone_can_sort_the_blocks(open_report):
    page = open_report("demo", width=NARROW).page
    head = page.locator(f"{_TABLE} thead th[data-sort]").filter(has_text="Change").first
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    changes = page.locator(_TABLE).first.evaluate(
        "table => [...table.tBodies[0].rows].map(row => Number(row.dataset.values.split(' ')[3]))"
    )
    assert changes == sorted(changes)
