"""Charts in Markdown: where they stand, and that a name in them is only text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.reports.markdown import Framing, LinkedChart, comparison_markdown
from tests.reports.hostile import NAMES
from tests.reports.markdown.reading import rendered


def charts_of(*names, folder="charts"):
    numbered = [
        LinkedChart(kind=kind, name=name, address=f"{folder}/{kind}-{number}.svg")
        for number, name in enumerate(names, 1)
        for kind in ("shift", "ecdf")
    ]
    return [LinkedChart(kind="strip", name=None, address=f"{folder}/strip.svg"), *numbered]


def test_strips_follow_the_main_table_and_the_rest_is_folded(comparison):
    one = [result for result in comparison.results if result.name == "search"]
    comparison = replace(comparison, results=tuple(one))
    markdown = comparison_markdown(comparison, Framing(charts=charts_of("search")))
    strips, folded = markdown.index("(charts/strip.svg)"), markdown.index("<details>")
    assert markdown.index("| Name |") < strips < folded
    section = markdown[folded : markdown.index("</details>")]
    assert "Charts of 1 regressed name<" in section
    assert section.index("**`search`**") < section.index("charts/shift-1.svg")
    assert "charts/ecdf-1.svg" in section


def test_names_without_charts_are_counted(comparison, results):
    regressed = next(iter(results.values()))
    many = tuple(replace(regressed, name=f"n{number}") for number in range(9))
    markdown = comparison_markdown(
        replace(comparison, results=many), Framing(charts=charts_of("n0", "n1"))
    )
    assert "<summary>Charts of 2 of 9 regressed names</summary>" in markdown


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[1:40])
def test_a_name_beside_a_chart_is_text(comparison, name):
    framing = Framing(charts=charts_of(name))
    page = rendered(comparison_markdown(comparison, framing))
    images = list(page.iter("img"))
    assert [image.attrib["src"] for image in images] == [
        "charts/strip.svg",
        "charts/shift-1.svg",
        "charts/ecdf-1.svg",
    ]
    assert not {"script", "x", "a"} & {element.tag for element in page.iter()}


def test_long_addresses_keep_the_text_below_its_limit(comparison):
    charts = charts_of("a", "b", "c", "d", "e", folder="%E6%A4%9C" * 1300)
    markdown = comparison_markdown(comparison, Framing(charts=charts))
    assert len(markdown.encode()) <= 60_000
    assert "Left out for their size" in markdown
