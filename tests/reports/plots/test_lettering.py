"""Names in plots: text, never a formula, in characters that a font has."""

from __future__ import annotations

import matplotlib as mpl
import pytest

from perfanalysis.reports.language import current_language, in_language
from perfanalysis.reports.plots import lettering
from perfanalysis.reports.plots.figure import one_panel
from perfanalysis.reports.plots.lettering import (
    name_label,
    run_title,
    writable_language,
    write_legend,
    write_title,
)
from tests.reports.hostile import HOSTILE_NAMES, NAMES

FORMULAS = ("$x^2$", "$\\frac{1}$", "costs $5 or $6", "\\$", "$", "$$", "a\\$b$c")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[1:40])
def test_the_label_of_a_name_is_one_bounded_line(name):
    label = name_label(name)
    assert label
    assert "\n" not in label
    assert len(label) <= 4 * 40  # marks without width of their own
    assert name_label(label) == label


@pytest.mark.parametrize("name", [*FORMULAS, *HOSTILE_NAMES], ids=lambda name: ascii(name)[1:40])
def test_a_name_is_drawn_as_it_is_without_a_warning(name):
    axes = one_panel(None)
    write_title(axes, run_title(name, [name]))
    lines = axes.plot([1, 2]) + axes.plot([2, 1])
    write_legend(axes, lines, [name_label(name), name_label(f"{name}!")])
    axes.figure.draw_without_rendering()
    assert axes.get_title(loc="left") == f"{name_label(name)}: {name_label(name)}"


@pytest.mark.parametrize("name", FORMULAS)
def test_dollars_stand_where_the_name_has_them(name):
    axes = one_panel(None)
    write_legend(axes, axes.plot([1]) + axes.plot([2]), [name_label(name), "other"])
    entry = axes.get_legend().get_texts()[0]
    shown, is_formula = entry._preprocess_math(entry.get_text())
    assert (shown, is_formula) == (name, False)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_legend_that_the_user_makes_himself_is_as_safe(name):
    axes = one_panel(None)
    write_legend(axes, axes.plot([1]) + axes.plot([2]), [name_label(name), "other"])
    own = axes.legend()
    shown, is_formula = own.get_texts()[0]._preprocess_math(own.get_texts()[0].get_text())
    assert (shown, is_formula) == (name, False)


def test_a_name_is_never_run_by_tex():
    with mpl.rc_context({"text.usetex": True}):
        axes = one_panel(None)
        write_title(axes, name_label("\\input{/etc/passwd}"))
        write_legend(axes, axes.plot([1]) + axes.plot([2]), ["\\input{x}", "b"])
    assert not any(text.get_usetex() for text in axes.get_legend().get_texts())
    assert "\\input{/etc/passwd}" in axes.get_title(loc="left")
    titles = [text for text in axes.findobj(mpl.text.Text) if "passwd" in text.get_text()]
    assert [text.get_usetex() for text in titles] == [False]


def test_a_label_with_an_underscore_in_front_is_in_the_legend():
    axes = one_panel(None)
    write_legend(axes, axes.plot([1]) + axes.plot([2]), ["_hidden", "shown"])
    assert [text.get_text().strip() for text in axes.get_legend().get_texts()] == [
        "_hidden",
        "shown",
    ]


def test_one_line_needs_no_legend():
    axes = one_panel(None)
    write_legend(axes, axes.plot([1]), ["alone"])
    assert axes.get_legend() is None


def test_what_no_font_can_write_is_a_box(monkeypatch):
    monkeypatch.setattr(lettering, "_east_asian", tuple)
    assert name_label("GET /検索\U000f0000") == "GET /□□□"


def test_a_font_for_chinese_and_japanese_is_used_where_there_is_one(monkeypatch):
    monkeypatch.setattr(lettering, "_east_asian", lambda: ("Noto Sans CJK JP",))
    monkeypatch.setattr(lettering, "_has_glyph", lambda _, families: "Noto Sans CJK JP" in families)
    axes = one_panel(None)
    write_title(axes, name_label("検索"))
    assert axes.get_title(loc="left") == "検索"
    (title,) = (text for text in axes.findobj(mpl.text.Text) if text.get_text() == "検索")
    assert "Noto Sans CJK JP" in title.get_fontfamily()


def test_plots_speak_english_where_no_font_can_write_the_language(monkeypatch):
    monkeypatch.setattr(lettering, "gettext", lambda _: "要求の割合")
    monkeypatch.setattr(lettering, "_east_asian", tuple)
    with in_language("ja"), writable_language():
        assert current_language() == "en"
    monkeypatch.setattr(lettering, "_has_glyph", lambda *_: True)
    with in_language("ja"), writable_language():
        assert current_language() == "ja"
