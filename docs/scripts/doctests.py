"""Examples of docstrings as blocks of code: an extension of griffe, which reads them.

The examples stand bare at the end of a docstring, where doctest finds them. As Markdown they would
be quotations and links.
"""

from __future__ import annotations

import re

import griffe

_EXAMPLE = re.compile(r"^>>> .*?(?=^\s*$|\Z)", re.MULTILINE | re.DOTALL)


class Doctests(griffe.Extension):
    """Fences every example of every docstring."""

    def on_instance(self, *, obj: griffe.Object, **_: object) -> None:
        """Fence the examples of one object; griffe calls it for each."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """Return a docstring whose examples are fenced blocks."""
    return _EXAMPLE.sub(lambda found: f"```pycon\n{found[0].rstrip()}\n```\n", text)
