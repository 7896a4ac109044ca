from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.reports.terminal.sparklines import ASCII_LEVELS, BLOCKS, sparkline

FIGURES = st.lists(
    st.none() | st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=80
)


def test_the_lowest_and_the_highest_figure_take_the_ends_of_the_scale():
    assert sparkline([10, 20, 30], width=10) == "▁▅█"


def test_what_is_missing_is_a_blank():
    assert sparkline([1, None, math.nan, 8], width=10) == "▁  █"


def test_noise_of_a_per_cent_makes_no_mountains():
    assert set(sparkline([100, 101, 100, 99], width=10)) <= set("▃▄▅")


def test_figures_that_are_all_zero_lie_on_the_ground():
    assert sparkline([0, 0, 0], width=10) == "▁▁▁"


def test_neighbours_are_averaged_where_there_is_no_room():
    assert sparkline([0, 0, 8, 8], width=2) == "▁█"


def test_nothing_known_is_all_blank():
    assert sparkline([None, None], width=5) == "  "
    assert sparkline([], width=5) == ""


@given(FIGURES, st.integers(1, 40), st.booleans())
def test_it_fits_and_has_only_characters_of_its_scale(values, width, ascii_only):
    line = sparkline(values, width=width, ascii_only=ascii_only)
    assert len(line) == min(len(values), width)
    assert set(line) <= set(ASCII_LEVELS if ascii_only else BLOCKS) | {" "}
    assert line.isascii() or not ascii_only


@pytest.mark.parametrize("scale", [1e-3, 1, 1e9])
def test_the_unit_does_not_matter(scale):
    values = [3, 1, 4, 1, 5, 9, 2, 6]
    assert sparkline([v * scale for v in values], width=8) == sparkline(values, width=8)
