"""The report of every kind of file opens without a complaint and without a network."""

from __future__ import annotations

import pytest

from tests.browser.reports import EVERY

_SMALL = [name for name in EVERY if name != "large"]


@pytest.mark.parametrize("name", _SMALL)
def test_the_report_complains_of_nothing_and_asks_for_nothing(open_report, name):
    tab = open_report(name)
    tab.scroll_through()
    assert tab.console == []
    assert tab.violations() == []
    assert tab.outside() == []


@pytest.mark.parametrize("name", ["demo-ja", "demo-run-ja", "budgets-ja"])
def test_the_japanese_report_opens_as_the_english_one_does(open_report, name):
    tab = open_report(name)
    tab.scroll_through()
    assert tab.page.evaluate("document.documentElement.lang") == "ja"
    assert tab.console == []
    assert tab.violations() == []
    assert tab.outside() == []


def test_the_page_stops_what_would_slip_through_its_escaping(open_report, tmp_path, chromium):
    text = open_report("demo").report.read_text(encoding="utf-8")
    evil = (
        "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>"
        "<style>body { display: none }</style><img src='http://evil.example/x.png'>"
    )
    page = tmp_path / "evil.html"
    page.write_text(text.replace("</body>", f"{evil}</body>"), encoding="utf-8")
    tab = chromium.open(page)
    try:
        tab.page.wait_for_load_state()
        assert len(tab.violations()) >= 3
        assert tab.alerts() == 0
        assert tab.page.title() != "owned"
        assert tab.page.evaluate("getComputedStyle(document.body).display") != "none"
        assert tab.loaded() == []
    finally:
        tab.close()
