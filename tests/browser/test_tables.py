"""The tables of changes can be sorted and filtered, with a mouse and with keys."""

from __future__ import annotations

import re

import pytest

_TABLE = "#changes table.sortable"


def _rows(page) -> list[str]:
    """Return the text of each row of the tables of changes that can be seen."""
    return page.evaluate(
        "[...document.querySelectorAll('#changes table.sortable tbody tr')]"
        ".filter(row => row.checkVisibility()).map(row => row.innerText)"
    )


def _column(page, number: int) -> list[str]:
    """Return what the rows of the first table hold in a column, sort keys where there are any."""
    return page.locator(_TABLE).first.evaluate(
        """(table, number) => [...table.tBodies[0].rows].filter(row => row.checkVisibility())
          .map(row => row.cells[number]).map(cell => cell.dataset.sort ?? cell.innerText)""",
        number,
    )


@pytest.fixture
def page(open_report):
    return lambda name="demo", **options: open_report(name, **options).page


def _sortable(page) -> list[int]:
    return page.locator(f"{_TABLE} >> nth=0 >> th[data-sort]").evaluate_all(
        "cells => cells.map(cell => cell.cellIndex)"
    )


def _header(page, number: int):
    return page.locator(f"{_TABLE} thead th").nth(number)


def test_every_sortable_column_turns_around(page):
    page = page()
    numbers = _sortable(page)
    assert len(numbers) >= 4
    for number in numbers:
        button = _header(page, number).get_by_role("button")
        button.click()
        first, once = _header(page, number).get_attribute("aria-sort"), _column(page, number)
        button.click()
        second, twice = _header(page, number).get_attribute("aria-sort"), _column(page, number)
        assert {first, second} == {"ascending", "descending"}
        assert sorted(once) == sorted(twice)
        if len(set(once)) == len(once):
            assert once == twice[::-1]


def test_only_the_sorted_column_says_that_it_is(page):
    page = page()
    for number in _sortable(page)[:3]:
        _header(page, number).get_by_role("button").click()
        sorted_ones = page.locator(f"{_TABLE} >> nth=0 >> th[aria-sort]").evaluate_all(
            "all => all.filter(th => th.ariaSort !== 'none').map(th => th.cellIndex)"
        )
        assert sorted_ones == [number]


def test_figures_are_sorted_as_numbers(page):
    page = page("several")
    header = page.locator(f"{_TABLE} thead th[data-sort]").filter(has_text="Current").first
    header.get_by_role("button").click()
    number = header.evaluate("cell => cell.cellIndex")
    figures = page.locator(_TABLE).first.evaluate(
        """(table, number) => [...table.tBodies[0].rows].filter(row => row.checkVisibility())
          .map(row => [row.dataset.metric, row.cells[number].innerText])""",
        number,
    )
    milliseconds = [
        float(text.split()[0].replace("\u202f", "").replace(",", ""))
        for metric, text in figures
        if metric.startswith("latency") and re.fullmatch(r"[\d.,]+\sms", text.strip())
    ]
    assert len(milliseconds) > 3
    assert milliseconds in (sorted(milliseconds), sorted(milliseconds, reverse=True))


def test_sorting_works_with_keys_alone(page):
    page = page()
    number = _sortable(page)[0]
    button = _header(page, number).get_by_role("button")
    before = _column(page, number)
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert _header(page, number).get_attribute("aria-sort") in {"ascending", "descending"}
    assert sorted(_column(page, number)) == sorted(before)
    assert button.evaluate("node => node === document.activeElement")


def test_a_text_leaves_the_rows_that_hold_it(page):
    page = page()
    everything = _rows(page)
    page.locator("[data-filter=text]").fill("SEARCH")
    left = _rows(page)
    assert 0 < len(left) < len(everything)
    assert all("search" in row for row in left)
    assert str(len(left)) in page.locator("[data-filter-count]").inner_text()
    page.locator("[data-filter=text]").fill("no such name")
    assert _rows(page) == []
    page.locator("[data-filter-reset]").click()
    assert _rows(page) == everything
    assert page.locator("[data-filter=text]").input_value() == ""


@pytest.mark.parametrize("kind", ["verdict", "metric"])
def test_a_choice_leaves_the_rows_of_its_kind(page, kind):
    page = page()
    field = page.locator(f"[data-filter={kind}]").first
    values = field.evaluate("node => [...node.options].map(option => option.value)")
    assert len(values) > 2
    for value in filter(None, values):
        field.select_option(value)
        left = page.evaluate(
            "kind => [...document.querySelectorAll('#changes table.sortable tbody tr')]"
            ".filter(row => row.checkVisibility()).map(row => row.dataset[kind])",
            kind,
        )
        assert {*left} <= {value}
    field.select_option(values[0])
    assert len(_rows(page)) > len(left)


def test_filters_add_up(page):
    page = page()
    page.locator("[data-filter=text]").fill("search")
    page.locator("[data-filter=metric]").select_option("latency.p50")
    assert len(_rows(page)) == 1


def test_the_count_is_announced_when_it_changes(page):
    page = page()
    live = page.locator("[data-filter-count]").evaluate(
        "node => node.closest('[aria-live], [role=status], output') !== null"
    )
    assert live


def test_every_control_has_a_name(page):
    page = page()
    controls = page.locator("main button:visible, input:visible, select:visible").all()
    assert controls
    for control in controls:
        assert control.evaluate(
            "node => (node.labels?.length && node.labels[0].innerText)"
            " || node.getAttribute('aria-label') || node.innerText"
        ).strip()


def test_jump_chips_lead_to_the_rows_that_they_count(page):
    page = page()
    for chip in page.locator("#verdict a.chip[data-show-verdict]").all():
        verdict = chip.get_attribute("data-show-verdict")
        chip.click()
        shown = page.evaluate(
            "[...document.querySelectorAll('#changes table.sortable tbody tr')]"
            ".filter(row => row.checkVisibility()).map(row => row.dataset.verdict)"
        )
        assert {*shown} == {verdict}
        counted = re.search(r"\d+", chip.inner_text())
        assert counted is None or int(counted[0]) == len(shown)
