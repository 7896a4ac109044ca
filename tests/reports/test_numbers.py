"""Numbers and times as readers of a language write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis import units
from perfanalysis.phrases import counted, joined, phrase
from perfanalysis.reports import numbers
from perfanalysis.reports.language import in_language, translated
from perfanalysis.reports.times import duration_text, moment_text

values = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


@given(values)
def test_english_reports_print_what_terminals_print(value):
    with in_language("en"):
        assert numbers.format_ms(value) == units.format_ms(value)
        assert numbers.format_change(value) == units.format_change(value)
        assert numbers.format_bytes(value) == units.format_bytes(value)


@given(values, st.sampled_from(["ms", "ratio", "1/s", "bytes", "count", "%"]))
def test_another_language_changes_separators_only(value, unit):
    """Digits, sign and unit stay, in their order."""

    def kept(text):
        return text.translate(str.maketrans("", "", ", \u202f"))

    with in_language("ja"):
        assert kept(numbers.format_quantity(value, unit)) == kept(
            units.format_quantity(value, unit)
        )


def test_japanese_groups_thousands_by_commas_and_puts_no_blank_before_percent():
    with in_language("ja"):
        assert numbers.format_count(1234567) == "1,234,567"
        assert numbers.format_ms(12034.7) == "12,035 ms"
        assert numbers.format_ratio(0.203) == "20.3%"
        assert numbers.format_change(-0.0421) == "-4.2%"
        assert numbers.format_share(0.99953) == "99.953%"


@pytest.mark.parametrize("unit", ["12000 widgets", "%x 99999", "9999 %"])
def test_a_strangers_unit_stays_as_it_is(unit):
    with in_language("ja"):
        assert numbers.format_quantity(12000.0, unit) == f"12,000 {unit}"


def test_a_missing_figure_is_a_dash_in_every_language():
    for code in ("en", "ja"):
        with in_language(code):
            assert numbers.format_ms(None) == numbers.format_ratio(None) == duration_text(None)


def test_times_are_told_in_utc_whatever_their_zone():
    tokyo = timezone(timedelta(hours=9))
    moment = datetime(2026, 11, 20, 8, 5, 9, 123, tzinfo=tokyo)
    assert moment_text(moment) == "2026-11-19T23:05:09Z"
    with in_language("en"):
        assert moment_text(moment) == "19 Nov 2026 23:05:09 UTC"
    with in_language("ja"):
        assert moment_text(moment) == "2026/11/19 23:05:09 UTC"


def test_a_time_without_a_zone_is_utc():
    with in_language("en"):
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        assert moment_text(moment.replace(tzinfo=None)) == moment_text(moment)


def test_durations_are_told_in_words_of_the_language():
    with in_language("ja"):
        assert [duration_text(s) for s in (30.13, 754.2, 7384.0)] == [
            "30.1 秒",
            "12 分 34 秒",
            "2 時間 3 分",
        ]


def test_figures_within_a_sentence_are_local_and_names_are_not():
    """A transaction may be called 2026, or 20000."""
    text = phrase("{name} {metric} rose {size}", name="20000", metric="50%", size="20.3 %")
    assert text == "20000 50% rose 20.3 %"
    with in_language("ja"):
        assert translated(text) == "20000 50% が 20.3% 増加"


def test_a_phrase_of_no_catalogue_stays_english():
    with in_language("ja"):
        assert translated(phrase("{thing} is unheard of", thing="this")) == "this is unheard of"
        assert translated(counted("one {x}", "many {x}", 2, x="y")) == "many y"


def test_joined_phrases_are_translated_one_by_one_with_what_stands_between():
    parts = [phrase("found {value}", value="1"), phrase("the expression is not understood")]
    with in_language("ja"):
        assert translated(joined("; ", parts)) == "実測値 1；式を解釈できない"  # noqa: RUF001  (the sign of Japanese)
        assert translated(joined(", ", parts)) == "実測値 1、式を解釈できない"


def test_hostile_templates_do_nothing():
    text = phrase("{x.__class__} %(a)s {0} {x}", x="{y}")
    with in_language("ja"):
        assert translated(text) == text == "{x.__class__} %(a)s {0} {y}"
