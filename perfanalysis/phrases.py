"""Phrases: sentences that remember how they were made, so that they can be translated.

Analysis, importers and the api word what they found in English. A phrase is that English text,
an ordinary `str` for everyone, and besides it the template and the values that it was made of:
`reports.language` looks the template up in a catalogue and fills in the same values again.

Templates are written as literals where they are used, because that is where they are extracted
from. What stands for a placeholder is text (a name, a number with its unit) or another phrase.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Self

_PLACEHOLDER = re.compile(r"\{(\w+)\}", re.ASCII)
# Of phrases within phrases, in files: ours are at most half as deep.
_DEEPEST = 8


class Phrase(str):
    """An English sentence with the template and values that it was made of.

    Attributes:
        template: English text with `{name}` for each value: the key of the catalogues.
        values: text, or other phrases, by name.
        plural: the template for any other count than one; None where there is nothing to count.
        number: what decides between the two; None likewise.
    """

    __slots__ = ("number", "plural", "template", "values")

    template: str
    values: Mapping[str, str]
    plural: str | None
    number: int | None

    def __new__(
        cls,
        template: str,
        values: Mapping[str, str],
        plural: str | None = None,
        number: int | None = None,
    ) -> Self:
        """Return the filled template; that of the plural where there is one and the number asks."""
        chosen = template if plural is None or number == 1 else plural
        made = super().__new__(cls, filled(chosen, values))
        made.template = template
        made.values = MappingProxyType(dict(values))
        made.plural, made.number = plural, number
        return made

    def __reduce__(
        self,
    ) -> tuple[type[Phrase], tuple[str, dict[str, str], str | None, int | None]]:
        """Return what copying and pickling need."""
        return type(self), (self.template, dict(self.values), self.plural, self.number)


def phrase(template: str, /, **values: object) -> Phrase:
    """Return a sentence made of a template and values; numbers become text as they are.

    Args:
        template: English text with `{name}` for each value.
        values: what stands for the names. Format numbers before (`units`).

    >>> found = phrase("{rows} rows were rejected", rows=3)
    >>> found, found.template
    ('3 rows were rejected', '{rows} rows were rejected')
    """
    return Phrase(template, _texts(values))


def counted(singular: str, plural: str, number: int, /, **values: object) -> Phrase:
    """Return a sentence whose form depends on a number.

    Args:
        singular: the template for one.
        plural: the template for any other number.
        number: what is counted. It is no value by itself: the templates may want it formatted.
        values: what stands for the names of both templates.

    >>> counted("{n} run has it", "{n} runs have it", 2, n=2)
    '2 runs have it'
    """
    return Phrase(singular, _texts(values), plural, number)


def joined(separator: str, texts: Iterable[str]) -> Phrase:
    """Return texts with a separator between them; those that are phrases stay translatable.

    >>> joined("; ", [phrase("one {thing}", thing="run"), "two"])
    'one run; two'
    """
    values = {str(number): text for number, text in enumerate(texts)}
    return Phrase(separator.join(f"{{{key}}}" for key in values), values)


def changed(text: str, change: Callable[[str], str]) -> str:
    """Return a text changed by a function; of a phrase the values are, where that is the same.

    Args:
        text: plain, or a phrase.
        change: takes and returns text, such as one that hides what is secret.

    >>> changed(phrase("no {thing} here", thing="salt"), str.upper)
    'NO SALT HERE'
    >>> changed(phrase("no {thing} here", thing="salt"), lambda t: t.replace("salt", "***")).values
    mappingproxy({'thing': '***'})
    """
    whole = change(text)
    if not isinstance(text, Phrase):
        return whole
    values = {name: changed(value, change) for name, value in text.values.items()}
    again = Phrase(text.template, values, text.plural, text.number)
    return again if again == whole else whole


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its placeholders replaced; unknown ones stay as they are.

    Not `str.format`: a template may come from a stranger's file, and `{x.__class__}` must mean
    nothing.
    """
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group()), template)


def as_object(text: str) -> dict[str, object] | None:
    """Return what a phrase is made of as an object of JSON; None for any other text.

    >>> as_object(phrase("no {thing} here", thing="salt"))
    {'template': 'no {thing} here', 'values': {'thing': 'salt'}}
    """
    if not isinstance(text, Phrase):
        return None
    made: dict[str, object] = {"template": text.template}
    if text.plural is not None:
        made |= {"plural": text.plural, "number": text.number}
    if text.values:
        made["values"] = {name: as_object(v) or str(v) for name, v in text.values.items()}
    return made


def from_object(made: object, text: str) -> str:
    """Return a text as the phrase that was stored beside it, or plain where that is another text.

    Whoever wrote the file may have meant harm: what is no phrase, or not of this text, is left
    out, and nothing here takes more time or memory than the text is long.

    Args:
        made: of `as_object`, read from a file.
        text: the sentence itself.
    """
    found = _from_object(made, len(text), depth=0)
    return found if found is not None and found == text else text


def _from_object(made: object, longest: int, *, depth: int) -> Phrase | None:
    if not isinstance(made, dict) or depth == _DEEPEST:
        return None
    plural: str | None = None
    number: int | None = None
    match made:
        case {"template": str() as template, "plural": str() as plural, "number": int() as number}:
            chosen = template if number == 1 else plural
        case {"template": str() as template}:
            chosen = template
        case _:
            return None
    values = _values_of(made.get("values", {}), longest, depth=depth + 1)
    if values is None or _filled_length(chosen, values) > longest:
        return None
    return Phrase(template, values, plural, number)


def _values_of(stored: object, longest: int, *, depth: int) -> dict[str, str] | None:
    if not isinstance(stored, dict):
        return None
    values: dict[str, str] = {}
    for name, value in stored.items():
        text = value if isinstance(value, str) else _from_object(value, longest, depth=depth)
        if text is None or len(text) > longest:
            return None
        values[str(name)] = text
    return values


def _filled_length(template: str, values: Mapping[str, str]) -> int:
    """Return how long the filled template would be, without making it."""
    found = _PLACEHOLDER.finditer(template)
    gained = (len(values[m[1]]) - len(m[0]) for m in found if m[1] in values)
    return len(template) + sum(gained)


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {key: v if isinstance(v, Phrase) else str(v) for key, v in values.items()}
