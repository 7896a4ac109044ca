"""The language of a report: texts from gettext catalogues.

English needs no catalogue: it is what stands in the code. The catalogues are the PO files below
`locale/`; they are compiled in memory when a language is first used, so nothing can be stale.

A language holds for a block of code (`with in_language("ja")`): the wording of a result passes
through many functions, and none of them should have to hand it on. Outside of any block texts are
those of terminals and programs: English, with times in ISO 8601. Inside, they are for readers of
HTML and Markdown: numbers (`numbers`) and times (`times`) are written as the language does.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING

from perfanalysis.errors import UsageError
from perfanalysis.phrases import Phrase, filled

if TYPE_CHECKING:
    from babel import Locale

ENGLISH = "en"
_LOCALES = Path(__file__).parent / "locale"
# Readers of English are everywhere: 20 Nov 2026, not Nov 20, 2026.
_BABEL_NAMES = {ENGLISH: "en_001"}
_BETWEEN = re.compile(r"\{0\}([,;] )(?:\{\d+\}\1)*\{\d+\}", re.ASCII)
_CURRENT: ContextVar[str | None] = ContextVar("language", default=None)


def languages() -> tuple[str, ...]:
    """Return the codes of the languages there are, English first.

    >>> languages()
    ('en', 'ja')
    """
    found = sorted(path.parent.parent.name for path in _LOCALES.glob("*/LC_MESSAGES/*.po"))
    return (ENGLISH, *found)


def current_language() -> str:
    """Return the code of the language that texts are made in."""
    return _CURRENT.get() or ENGLISH


def current_locale() -> Locale | None:
    """Return how numbers and times are written; None where that is not for readers of a report."""
    code = _CURRENT.get()
    return None if code is None else _locale(code)


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Make the texts of a block in a language.

    Raises:
        UsageError: there is no such language.

    >>> with in_language("ja"):
    ...     current_language()
    'ja'
    """
    if code not in languages():
        raise UsageError(f"no language {code!r}", hint=f"one of: {', '.join(languages())}")
    token = _CURRENT.set(code)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def in_language_or_current(code: str | None) -> Iterator[None]:
    """Make the texts of a block in a language, or in that of the block around it.

    Raises:
        UsageError: there is no such language.
    """
    with nullcontext() if code is None else in_language(code):
        yield


@contextmanager
def for_programs() -> Iterator[None]:
    """Make the texts of a block as terminals and programs get them, whatever stands around it."""
    token = _CURRENT.set(None)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def gettext(message: str) -> str:
    """Return a text in the current language."""
    return _catalogue(current_language()).gettext(message) if message else message


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the form of a text that a count needs."""
    return _catalogue(current_language()).ngettext(singular, plural, count)


def pgettext(context: str, message: str) -> str:
    """Return a text in the current language, of one that other languages say in several ways."""
    return _catalogue(current_language()).pgettext(context, message)


def gettext_noop(message: str) -> str:
    """Return a text as it is: it is marked for the catalogues, and translated when shown."""
    return message


def translated(text: str) -> str:
    """Return a phrase in the current language; any other text as it is.

    >>> translated("as it is")
    'as it is'
    """
    if not isinstance(text, Phrase) or current_language() == ENGLISH:
        return text
    values = {name: _translated_value(value) for name, value in text.values.items()}
    if text.plural is not None and text.number is not None:
        return filled(ngettext(text.template, text.plural, text.number), values)
    between = _BETWEEN.fullmatch(text.template)
    if between is None:
        return filled(gettext(text.template), values)
    # Made by `phrases.joined`: nothing to look up but what stands between its parts.
    return (sentences if ";" in between[1] else listed)(values.values())


def _translated_value(value: str) -> str:
    if isinstance(value, Phrase):
        return translated(value)
    from perfanalysis.reports.numbers import localized_value  # it stands on this module

    return localized_value(value)


def listed(texts: Iterable[str]) -> str:
    """Return words one after the other, as an enumeration.

    >>> listed(["p50", "p95"])
    'p50, p95'
    """
    return pgettext("between words", ", ").join(texts)


def sentences(texts: Iterable[str]) -> str:
    """Return clauses one after the other, in one line.

    >>> sentences(["search rose", "cart fell"])
    'search rose; cart fell'
    """
    return pgettext("between clauses", "; ").join(texts)


def paragraph(texts: Iterable[str]) -> str:
    """Return whole sentences one after the other.

    >>> paragraph(["It rose.", "It fell."])
    'It rose. It fell.'
    """
    return pgettext("between sentences", " ").join(texts)


@lru_cache(maxsize=8)
def _catalogue(code: str) -> NullTranslations:
    if code == ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    path = _LOCALES / code / "LC_MESSAGES" / "perfanalysis.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=8)
def _locale(code: str) -> Locale:
    from babel import Locale

    return Locale.parse(_BABEL_NAMES.get(code, code))
