"""Names, messages and labels of a hostile file neither run nor break the layout."""

from __future__ import annotations

import pytest

from tests.browser.chromium import NARROW, WIDE

_UNSEEN = r"/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/"


@pytest.fixture
def hostile(open_report):
    return lambda **options: open_report("hostile", **options)


def test_nothing_of_it_runs(hostile):
    tab = hostile()
    tab.scroll_through()
    # Hovering and focusing would start handlers that loading does not.
    for node in tab.page.locator("main a, main summary, main button").all()[:30]:
        node.evaluate("node => { node.focus(); node.dispatchEvent(new Event('mouseover')); }")
    assert tab.alerts() == 0
    assert tab.console == []
    assert tab.violations() == []
    assert tab.outside() == []


def test_it_makes_no_elements_of_its_own(hostile):
    page = hostile().page
    found = page.evaluate(
        "[...new Set([...document.body.querySelectorAll('*')].map(n => n.tagName))]"
    )
    assert not {"IMG", "IFRAME", "OBJECT", "EMBED", "BASE", "FORM", "LINK", "STYLE"} & {*found}
    links = page.evaluate("[...document.links].map(link => link.getAttribute('href'))")
    assert all(link.startswith("#") for link in links)
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(n => [...n.attributes])"
        ".filter(a => a.name.startsWith('on') || a.name === 'style' && a.value.includes('url'))"
        ".map(a => a.name)"
    )
    assert handlers == []


def test_its_text_is_shown_as_text(hostile):
    page = hostile().page
    shown = page.evaluate("document.body.textContent")
    assert "<script>alert(1)</script>" in shown
    assert "{{ 7 * 7 }} {% raw %} ${7*7}" in shown
    assert "</style><style>*{display:none}</style>" in shown
    assert "<!DOCTYPE x [<!ENTITY e SYSTEM" in shown


def test_signs_that_steer_terminals_and_text_direction_are_made_visible(hostile):
    page = hostile().page
    scripts_too = f"{_UNSEEN}.test(document.documentElement.innerHTML)"
    assert page.evaluate(scripts_too) is False
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_long_text_does_not_make_a_row_that_fills_the_page(hostile, width):
    tab = hostile(width=width)
    tab.scroll_through()
    tallest = tab.page.evaluate(
        "Math.max(...[...document.querySelectorAll('tbody tr')].map(row => row.offsetHeight))"
    )
    assert tallest < 1200  # of ten thousand letters a few hundred are shown


def test_filtering_by_its_signs_finds_it(hostile):
    page = hostile().page
    field = page.locator("#changes input[data-filter=text]").first
    for text in ("<script>", "[", "\\", "(?<", "$&"):
        field.fill(text)
        assert page.locator("#changes tbody tr:visible").count() >= 0
    field.fill("<script>alert(1)</script>")
    names = page.locator("#changes tbody tr:visible").all_inner_texts()
    assert names
    assert all("<script>" in name for name in names)
