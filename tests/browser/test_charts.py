"""The charts can be read, zoomed and quietened, with a mouse and with keys."""

from __future__ import annotations

import re

import pytest

_CHART = "figure.chart-interactive"


@pytest.fixture
def drawn(open_report):
    """Open a report at the charts of all requests, which are drawn when they are near."""

    def opened(name="demo", **options):
        page = open_report(name, **options).page
        _show(page, "all-latency")
        return page

    return opened


def _show(page, key: str):
    """Return the chart of that key, scrolled into view and drawn."""
    figure = page.locator(f'{_CHART}[data-chart="{key}"]')
    figure.scroll_into_view_if_needed()
    page.locator(f'{_CHART}[data-chart="{key}"].live').wait_for()
    figure.scroll_into_view_if_needed()  # it may have grown
    return figure


def _keys(page) -> list[str]:
    return page.locator(_CHART).evaluate_all("all => all.map(figure => figure.dataset.chart)")


def _over_time(page) -> list:
    """Return charts whose axis is the time of the run: zooming one zooms them all."""
    return [_show(page, "all-latency"), _show(page, "all-load")]


def _readings(figure) -> list[str]:
    return figure.locator(".reading").all_inner_texts()


def _drag(page, figure, start=0.3, end=0.6) -> None:
    figure.scroll_into_view_if_needed()
    box = figure.locator(".u-over").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], y, steps=5)
    page.mouse.up()


def _pixels(figure) -> str:
    return figure.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")


@pytest.mark.parametrize("name", ["demo-run", "several", "monitored", "psutil-run", "locust"])
def test_every_chart_is_drawn_when_it_is_seen(open_report, name):
    page = open_report(name).page
    assert _keys(page)
    for key in _keys(page):
        figure = _show(page, key)
        assert figure.locator("canvas:visible").count() >= 1
        assert figure.locator(".static svg:visible").count() == 0
    assert page.locator(f"{_CHART}.failed").count() == 0


def test_charts_out_of_sight_are_not_drawn(open_report):
    page = open_report("several").page
    drawn = page.locator(f"{_CHART}.live").count()
    assert drawn < page.locator(_CHART).count()


def test_hovering_reads_the_values(drawn):
    page = drawn()
    figure = _over_time(page)[0]
    figure.scroll_into_view_if_needed()
    box = figure.locator(".u-over").bounding_box()
    readings = []
    for share in (0.25, 0.75):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        page.wait_for_timeout(50)
        readings.append(_readings(figure))
    assert any(character.isdigit() for character in "".join(readings[0]))
    assert readings[0] != readings[1]


def test_the_cursor_stands_at_the_same_time_in_every_chart(drawn):
    page = drawn()
    first, *others = _over_time(page)
    first.scroll_into_view_if_needed()
    box = first.locator(".u-over").bounding_box()
    before = [_readings(figure) for figure in others]
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    page.wait_for_timeout(50)
    after = [_readings(figure) for figure in others]
    assert others
    assert sum(a != b for a, b in zip(before, after, strict=True)) > len(others) / 2


def test_dragging_zooms_all_charts_over_time_and_the_button_shows_all_again(drawn):
    page = drawn()
    figures = _over_time(page)
    whole = [_pixels(figure) for figure in figures]
    reset = page.locator("#reset-zoom")
    assert not reset.is_visible()
    _drag(page, figures[0])
    page.mouse.move(0, 0)
    page.wait_for_timeout(100)
    zoomed = [_pixels(figure) for figure in figures]
    assert all(a != b for a, b in zip(whole, zoomed, strict=True))
    assert reset.is_visible()
    reset.click()
    page.wait_for_timeout(100)
    assert [_pixels(figure) for figure in figures] == whole
    assert not reset.is_visible()


def test_a_double_click_shows_all_again(drawn):
    page = drawn()
    figure = _over_time(page)[0]
    whole = _pixels(figure)
    _drag(page, figure)
    page.wait_for_timeout(100)
    assert _pixels(figure) != whole
    figure.locator(".u-over").dblclick()
    page.wait_for_timeout(100)
    assert _pixels(figure) == whole


@pytest.mark.parametrize("key", ["mouse", "Enter", "Space"])
def test_a_series_is_hidden_and_shown_again(drawn, key):
    page = drawn()
    figure = _over_time(page)[0]
    figure.scroll_into_view_if_needed()
    button = figure.locator(".legend-keys button").first
    before = _pixels(figure)
    assert button.get_attribute("aria-pressed") == "true"

    def press() -> None:
        if key == "mouse":
            button.click()
        else:
            button.focus()
            page.keyboard.press(key)
        page.wait_for_timeout(50)

    press()
    assert button.get_attribute("aria-pressed") == "false"
    assert _pixels(figure) != before
    press()
    assert button.get_attribute("aria-pressed") == "true"


def test_arrow_keys_read_a_chart_and_say_what_they_read(drawn):
    page = drawn()
    figure = _over_time(page)[0]
    plot = figure.locator(".plot")
    plot.focus()
    read = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
        page.wait_for_timeout(50)
        read.append(_readings(figure))
    assert read[0] != read[1] != read[2]
    assert read[3] == read[1]
    page.locator("#live", has_text=re.compile(r"\d")).wait_for(state="attached")
    assert page.locator("#live").get_attribute("aria-live") == "polite"


def test_plus_and_escape_zoom_with_keys(drawn):
    page = drawn()
    figure = _over_time(page)[0]
    whole = _pixels(figure)
    figure.locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    page.wait_for_timeout(100)
    assert page.locator("#reset-zoom").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    assert not page.locator("#reset-zoom").is_visible()
    figure.locator(".plot").evaluate("node => node.blur()")
    page.mouse.move(0, 0)
    page.wait_for_timeout(100)
    assert _pixels(figure) == whole


@pytest.mark.parametrize("name", ["jmeter-xml", "monitored"])
def test_behind_every_chart_stands_a_table(open_report, name):
    page = open_report(name).page
    for key in _keys(page):
        figure = _show(page, key)
        details = figure.locator("details.chart-data")
        details.locator("summary").click()
        details.locator("tbody tr").first.wait_for()
        assert 1 <= details.locator("tbody tr").count() <= 60
        assert details.locator("thead th").count() >= 2
        assert figure.locator(".plot").get_attribute("aria-label")


def test_a_chart_that_comes_into_view_later_is_zoomed_as_the_others_are(drawn):
    page = drawn()
    whole = _pixels(_show(page, "n1-latency"))
    _drag(page, _show(page, "all-latency"))
    assert _pixels(_show(page, "n1-latency")) != whole
    page.locator("#reset-zoom").click()
    assert _pixels(_show(page, "n1-latency")) == whole


def test_charts_follow_the_colours_of_the_page(drawn):
    page = drawn()
    figure = _over_time(page)[0]
    light = _pixels(figure)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(150)
    assert _pixels(figure) != light


def test_the_switch_of_colours_goes_both_ways(open_report):
    page = open_report("demo").page
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.locator("#theme").click()
    dark = page.evaluate(background)
    assert dark != light
    page.locator("#theme").click()
    assert page.evaluate(background) == light


def test_nothing_moves_for_readers_who_asked_for_stillness(open_report):
    page = open_report("demo", reduced_motion=True).page
    moving = page.evaluate(
        """[...document.querySelectorAll('*')].filter(node => {
          const style = getComputedStyle(node);
          const long = text => text.split(',').some(part => parseFloat(part) > 0.01);
          return long(style.transitionDuration) && style.transitionProperty !== 'none'
            || style.animationName !== 'none' && long(style.animationDuration)
            || style.scrollBehavior === 'smooth';
        }).length"""
    )
    assert moving == 0
