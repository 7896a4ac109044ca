"""No text of a report is left out of the catalogues."""

from __future__ import annotations

import re

import pytest

from tests.reports.language.reports import data_of, visible_texts

pytestmark = pytest.mark.slow

_INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[A-Za-z]{2,}")
_UNITS = {"ms", "min", "KiB", "MiB", "GiB", "UTC", "pp", "SHA", "perfanalysis"}
_SENTENCE = re.compile(r"(?:[A-Za-z][a-z']*[ ,;:]+){2,}[A-Za-z][a-z']*")
_MONTHS = re.compile(r"\d+ [A-Z][a-z]{2} \d{4}")


def outside_marks(text):
    """Return what stands outside of all marks; texts within texts have marks of their own."""
    while (shorter := _INNERMOST.sub(" ", text)) != text:
        text = shorter
    return text


def without(words, text):
    for word in words:
        text = text.replace(word, " ")
    return text


def test_every_word_is_a_text_of_ours_or_data(report, marking):
    known = data_of(report.made_of)
    text = report.render(marking)
    left = []
    for seen in visible_texts(report, text):
        rest = without(known, _MONTHS.sub(" ", outside_marks(seen)))
        left += [
            f"{word!r} in {seen[:200]!r}" for word in _WORD.findall(rest) if word not in _UNITS
        ]
    assert list(dict.fromkeys(left)) == []


def test_japanese_reports_hold_no_english_sentence(report):
    known = data_of(report.made_of)
    text = report.render("ja")
    assert re.search("[ぁ-ん]", text)
    found = [
        (sentence.group(), seen[:200])
        for seen in visible_texts(report, text)
        if (sentence := _SENTENCE.search(without(known, seen)))
    ]
    assert found == []


def test_an_english_report_would_be_found_out(report):
    """The test above can fail."""
    known = data_of(report.made_of)
    seen = visible_texts(report, report.render("en"))
    assert any(_SENTENCE.search(without(known, text)) for text in seen)
