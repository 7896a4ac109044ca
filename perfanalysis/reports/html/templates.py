"""The templates of the HTML outputs, and what they may call.

Jinja escapes every value. The few values marked as safe are made by `charts.svg` and
`html.intervals` from numbers and our own words.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from perfanalysis.reports import shape_wording, times, wording
from perfanalysis.reports.budgets import wording as budget_wording
from perfanalysis.reports.escape import shortened, terminal_text
from perfanalysis.reports.html.tables import shown
from perfanalysis.reports.language import gettext, ngettext, pgettext, translated
from perfanalysis.reports.numbers import (
    format_bytes,
    format_count,
    format_ms,
    format_quantity,
    format_rate,
    format_ratio,
)
from perfanalysis.reports.words import kind_word, word

if TYPE_CHECKING:
    from jinja2 import Environment

_OF_BUDGETS = {
    "budget_counts": budget_wording.outcome_counts,
    "budget_source": budget_wording.source_text,
    "budget_name": budget_wording.name_text,
    "budget_outcome": budget_wording.outcome_text,
    "budget_value": budget_wording.value_text,
    "budget_interval": budget_wording.interval_text,
    "budget_limit": budget_wording.limit_text,
    "budget_left": budget_wording.left_text,
}
_FILTERS = {
    "ms": format_ms,
    "number": format_count,
    "ratio": format_ratio,
    "rate": format_rate,
    "bytes": format_bytes,
    "quantity": format_quantity,
    "duration": times.duration_text,
    "word": word,
    "kind": kind_word,
    "typeset": lambda text: text.replace("-", "\u2212"),
    "name": lambda text: terminal_text(wording.name_text(text)),
}
_LONGEST_TEXT = 400  # terminal cells of one text from a result file


def template_folder() -> Path:
    """Return the folder of the templates: in a wheel inside the package, else beside it."""
    package = Path(__file__).parents[2]
    inside = package / "report_templates"
    return inside if inside.is_dir() else package.parent / "report_templates"


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Return the environment in which every template is rendered."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        extensions=["jinja2.ext.i18n"],
        loader=FileSystemLoader(template_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # the extension's
    environment.globals.update({"_": _text, "gettext": _text, "ngettext": _counted_text})
    environment.globals["pgettext"] = _text_in_context
    environment.filters.update(_FILTERS)
    environment.globals.update(
        plural=wording.plural,
        coverage=wording.coverage,
        verdict_counts=wording.verdict_counts,
        direction=wording.direction,
        size_text=wording.size_text,
        change_text=wording.change_text,
        interval_text=wording.interval_text,
        interval_heading=wording.interval_heading,
        verdict_text=wording.verdict_text,
        remedy=wording.remedy,
        shape_text=shape_wording.shape_text,
        modes_text=shape_wording.modes_text,
        timestamp=times.moment_text,
        shown=shown,
    )
    environment.globals.update(_OF_BUDGETS)
    return environment


def visible(value: object) -> object:
    """Return what is printed for a value: translated, all characters visible, bounded in length.

    Applied to every expression of the templates, so that no text can be forgotten.
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        # Cut before, for what it costs, and after: `<U+202E>` is longer than the sign it shows.
        shown_text = terminal_text(shortened(translated(value), _LONGEST_TEXT))
        return shortened(shown_text, _LONGEST_TEXT)
    return value


def _text(template: str, **values: object) -> Markup:
    """Return a text of ours in the current language; its values are escaped, bounded, visible.

    Jinja's own would let values past `visible`.
    """
    return Markup(gettext(template)) % {  # noqa: S704  (our own text)
        key: visible(value) for key, value in values.items()
    }


def _text_in_context(context: str, template: str, **values: object) -> Markup:
    """Return a text of ours that other languages say in several ways."""
    return Markup(pgettext(context, template)) % {  # noqa: S704  (our own text)
        key: visible(value) for key, value in values.items()
    }


def _counted_text(singular: str, plural: str, num: int, **values: object) -> Markup:
    """Return the form of a text that a count needs; `%(num)s` is the count itself."""
    filling = {"num": format_count(num), **values}
    return Markup(ngettext(singular, plural, num)) % {  # noqa: S704  (our own text)
        key: visible(value) for key, value in filling.items()
    }
