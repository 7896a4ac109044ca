"""Numbers with units: what people write is what was meant, and what is printed can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.units import format_quantity, format_share, parse_quantity

UNITS = ("ms", "1/s", "ratio", "%", "bytes", "bytes/s", "MHz")


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("500 ms", "ms", 500.0),
        ("500ms", "ms", 500.0),
        (" 1.5 s ", "ms", 1500.0),
        ("250 us", "ms", 0.25),
        ("250 µs", "ms", 0.25),
        ("2 min", "ms", 120_000.0),
        ("1e3", "ms", 1000.0),
        (".5 s", "ms", 500.0),
        ("0.1 %", "ratio", 0.001),
        ("0.3%", "ratio", 0.003),
        ("0.001", "ratio", 0.001),
        ("70 %", "%", 70.0),
        ("70", "%", 70.0),
        ("100 /s", "1/s", 100.0),
        ("100 1/s", "1/s", 100.0),
        ("100 rps", "1/s", 100.0),
        ("6000 /min", "1/s", 100.0),
        ("512 MB", "bytes", 512e6),
        ("512 MiB", "bytes", 512 * 1024**2),
        ("1 kB", "bytes", 1000.0),
        ("10 MB/s", "bytes/s", 1e7),
        ("10s", "s", 10.0),
        ("500 ms", "s", 0.5),
        ("1.2 GHz", "MHz", 1200.0),
        ("12 widgets", "widgets", 12.0),
        ("12", None, 12.0),
    ],
)
def test_quantities_are_read_in_the_unit_that_is_wanted(text, unit, value):
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *(("", "ms"), ("fast", "ms"), ("5 /s", "ms"), ("5 %", "ms"), ("5 s", "1/s"), ("5 ms", "%")),
        *(("nan", "ms"), ("inf", "ms"), ("1e999", "ms"), ("5 MS", "ms"), ("5 m", "ms")),
        *(("5 ms 3", "ms"), ("--5", "ms"), ("5 ms", None), ("5 gizmos", "widgets")),
        ("\u0665 ms", "ms"),
    ],
)
def test_what_is_no_such_quantity_is_refused_with_what_was_expected(text, unit):
    with pytest.raises(ValueError, match=r"^expected .* found "):
        parse_quantity(text, unit)


def test_a_long_text_is_refused_at_once():
    with pytest.raises(ValueError, match="expected"):
        parse_quantity("5" + " " * 200_000 + "x", "ms")


@given(st.floats(1e-6, 1e9), st.sampled_from(UNITS))
def test_what_is_printed_can_be_read_again(value, unit):
    whole = 0.51 if unit.startswith("bytes") else 0.0
    read = parse_quantity(format_quantity(value, unit), unit)
    assert read == pytest.approx(value, rel=0.006, abs=whole)


@given(st.floats(0.9, 1.0))
def test_shares_near_one_keep_what_sets_them_apart_from_it(share):
    read = parse_quantity(format_share(share), "ratio")
    assert 1 - read == pytest.approx(1 - share, rel=0.06, abs=1e-13)
