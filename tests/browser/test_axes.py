"""Axes of the interactive charts: ticks that differ, lines inside, many runs as bands."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from perfanalysis.reports.html.templates import template_folder

# The page's script keeps its functions to itself: these are read from their files.
_SCRIPTS = template_folder() / "script"
_SOURCE = "".join(
    (_SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
    for name in ("numbers", "scales", "chart_latency", "chart_time")
)


@pytest.fixture
def several(open_report):
    return lambda: open_report("several").page


def _call(page, body: str, argument: object = None):
    """Return what the body returns, where it sees the functions of the script."""
    return page.evaluate(
        f"argument => {{ {_SOURCE}\nreport = {{ lang: 'en' }};\n{body} }}", argument
    )


@pytest.mark.parametrize(
    ("low", "high"),
    [(1.50981, 1.50982), (69.946, 69.952), (0.0, 5.0), (31.5e9, 31.5001e9), (-3.00001, -3.0)],
)
def test_labels_of_a_series_that_hardly_changes_differ(several, low, high):
    bottom, top, labels = _call(
        several(),
        """const range = yRange(...argument, { keys: ["value"], log: false }, false);
        return [...range, linearTicks(...range, 5).map(tickLabel)];""",
        [low, high],
    )
    assert bottom <= low
    assert top > high
    assert len(labels) >= 2
    assert len({*labels}) == len(labels)


def test_a_band_goes_from_the_lowest_to_the_highest_run_around_the_middle_one(several):
    # Windows of the runs do not begin at the same time, and one run has a gap.
    high, low, middle = _call(
        several(),
        """const none = undefined;
        const found = envelope([0, 0.5, 1, 1.5, 2, 2.5, 3], [
          [10, none, 10, none, 10, none, 10],
          [none, 20, none, 30, none, 20, none],
          [14, none, 15, none, null, none, 16],
        ]);
        return found.map((values) => values.filter((value) => value !== none));""",
    )
    assert high == [14, 25, 25, 16]
    assert low == [10, 10, 10, 10]
    assert middle == [12, 15, 17.5, 13]


def test_reading_a_band_tells_lowest_and_highest(several):
    page = several()
    figure = page.locator('figure[data-chart="all-latency"]')
    figure.scroll_into_view_if_needed()
    page.locator('figure[data-chart="all-latency"].live').wait_for()
    box = figure.locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(50)
    readings = [text for text in figure.locator(".reading").all_inner_texts() if text]
    assert readings
    assert any(re.fullmatch(r"[\d.]+\u2013[\d.]+ ms", text) for text in readings)


@pytest.mark.parametrize("width", [280, 440])
def test_labels_of_a_horizontal_axis_do_not_run_into_each_other(several, width):
    shown = _call(
        several(),
        """const ticks = [3, 10, 30, 100, 300, 1000, 3000];
        const scale = { valToPos: (tick) => argument * Math.log(tick / 2) / Math.log(3000) };
        const words = apart(scale, ticks, ticks.map((t, n) => `${t}${n === 6 ? " ms" : ""}`));
        const found = words.map((word, n) => [word, scale.valToPos(ticks[n])]);
        return found.filter(([word]) => word);""",
        width,
    )
    assert shown[-1][0] == "3000 ms"
    assert len(shown) >= 4
    ends = [(x - 3 * len(word), x + 3 * len(word)) for word, x in shown]
    assert all(right < left for (_, right), (left, _) in pairwise(ends))
