"""Phrases: sentences that remember how they were made, so that they can be translated.

Analysis, importers and the api word what they found in English. A phrase is that English text,
an ordinary `str` for everyone, and besides it the template and the values that it was made of:
`reports.language` looks the template up in a catalogue and fills in the same values again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

_PLACEHOLDER = re.compile(r"\{(\w+)\}", re.ASCII)


class Phrase(str):
    """An English sentence with the template and values that it was made of.

    Attributes:
        template: English text with `{name}` for each value: the key of the catalogues.
        values: text, or other phrases, by name.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, str]

    def __new__(cls, template: str, values: Mapping[str, str]) -> Self:
        """Return the filled template."""
        made = super().__new__(cls, filled(template, values))
        made.template = template
        made.values = MappingProxyType(dict(values))
        return made

    def __reduce__(self) -> tuple[type[Phrase], tuple[str, dict[str, str]]]:
        """Return what copying and pickling need."""
        return type(self), (self.template, dict(self.values))


def phrase(template: str, **values: object) -> Phrase:
    """Return a sentence made of a template and values; numbers become text as they are.

    Args:
        template: English text with `{name}` for each value.
        values: what stands for the names. Format numbers before (`units`).

    >>> found = phrase("{rows} rows were rejected", rows=3)
    >>> found, found.template
    ('3 rows were rejected', '{rows} rows were rejected')
    """
    texts = {key: v if isinstance(v, str) else str(v) for key, v in values.items()}
    return Phrase(template, texts)


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its placeholders replaced; unknown ones stay as they are.

    Not `str.format`: a template may come from a stranger's file, and `{x.__class__}` must mean
    nothing.
    """
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group()), template)
