"""Whole tables of real runs, at 80 and 200 columns and plain.

`pytest -n0 tests/reports/terminal/test_golden.py --update-golden` accepts what they look like now;
look at the difference before committing it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from rich.cells import cell_len

from perfanalysis import api
from perfanalysis.api.rendering import Screen
from tests.conftest import ROOT

# A transaction of the JMeter run is called so.
JAPANESE_NAME = "商品を閲覧"
GOLDEN = Path(__file__).parent / "golden"
SCREENS = {"80": Screen(width=80), "200": Screen(width=200), "plain": Screen()}


@cache
def demo(name):
    return api.load(ROOT / "fixtures/demo" / f"{name}.json.xz")


def rendered(kind, size):
    form = "plain" if size == "plain" else "table"
    screen = SCREENS[size]
    if kind == "summary":
        run = api.load(ROOT / "fixtures/jmeter/base.csv.jtl")
        found, courses = api.summarize(run), api.courses(run)
        return api.render_summary(found, form, screen=screen, courses=courses)
    if kind == "compare":
        return api.render_comparison(api.compare(demo("slow"), demo("base")), form, screen=screen)
    return api.render_trend(api.trend(str(ROOT / "fixtures/history/shop")), form, screen=screen)


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("kind", ["summary", "compare", "trend"])
def test_tables_look_as_they_looked_before(kind, size, request):
    text = rendered(kind, size)
    path = GOLDEN / f"{kind}-{size}.txt"
    if request.config.getoption("update_golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "--update-golden accepts the new output"
    if SCREENS[size].width is not None:
        assert max(cell_len(line) for line in text.splitlines()) <= SCREENS[size].width
    if size == "plain":
        assert text.replace(JAPANESE_NAME, "").isascii()
