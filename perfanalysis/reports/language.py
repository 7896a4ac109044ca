"""The language of a report: texts from gettext catalogues, numbers and dates by Babel.

English needs no catalogue: it is what stands in the code. The catalogues are the PO files below
`locale/`; they are compiled in memory when a language is first used, so nothing can be stale.

A language holds for a block of code (`with in_language("ja")`): the wording of a result passes
through many functions, and none of them should have to hand it on.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from perfanalysis.errors import UsageError
from perfanalysis.phrases import Phrase, filled

ENGLISH = "en"
_LOCALES = Path(__file__).parent / "locale"
_CURRENT: ContextVar[str] = ContextVar("language", default=ENGLISH)


def languages() -> tuple[str, ...]:
    """Return the codes of the languages there are, English first.

    >>> languages()
    ('en', 'ja')
    """
    found = sorted(path.parent.parent.name for path in _LOCALES.glob("*/LC_MESSAGES/*.po"))
    return (ENGLISH, *found)


def current_language() -> str:
    """Return the code of the language that texts are made in."""
    return _CURRENT.get()


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


def gettext(message: str) -> str:
    """Return a text in the current language."""
    return _catalogue(_CURRENT.get()).gettext(message) if message else message


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the form of a text that a count needs."""
    return _catalogue(_CURRENT.get()).ngettext(singular, plural, count)


def translated(text: str) -> str:
    """Return a phrase in the current language; any other text as it is.

    >>> translated("as it is")
    'as it is'
    """
    if not isinstance(text, Phrase) or _CURRENT.get() == ENGLISH:
        return text
    values = {name: translated(value) for name, value in text.values.items()}
    return filled(gettext(text.template), values)


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
