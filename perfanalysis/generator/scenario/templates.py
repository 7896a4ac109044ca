"""Templates: texts and JSON values with expressions in `${...}` or `{{ ... }}`.

A template that is one expression and nothing else keeps the type of its value: `"${quantity}"` in a
JSON body becomes a number where the variable is one. `$${` stands for `${`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias
from urllib.parse import quote

from perfanalysis.generator.scenario.expressions import (
    Expression,
    ExpressionError,
    parse_prefix,
)
from perfanalysis.generator.scenario.scope import NOBODY, Scope

Part: TypeAlias = str | Expression
Render: TypeAlias = Callable[[Scope], object]

_CLOSING = {"${": "}", "{{": "}}"}
# Characters that may stand in a path as they are; what a value brings in beyond them is quoted.
_PATH_SAFE = "-._~"


@dataclass(frozen=True, kw_only=True)
class Template:
    """A parsed template.

    Attributes:
        text: as it was written.
        parts: literal texts and expressions, in order. An expression that is always the same text,
            such as `env.TOKEN`, has become a literal.
        label: the text with its expressions in plain braces, the same whatever their values are.
    """

    text: str
    parts: tuple[Part, ...]
    label: str

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions in it whose value may change, in order."""
        return tuple(part for part in self.parts if isinstance(part, Expression))

    @property
    def literal(self) -> str | None:
        """Its text, where that is always the same."""
        if self.expressions:
            return None
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def is_one_expression(self) -> bool:
        """Whether nothing stands beside a single expression."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Expression)

    def value(self, scope: Scope) -> object:
        """Return its value: of the expression's type if it is one expression, else a text."""
        if len(self.parts) == 1 and not isinstance(self.parts[0], str):
            return self.parts[0].evaluate(scope)
        return self.render(scope)

    def render(self, scope: Scope) -> str:
        """Return its text."""
        return "".join(
            [
                part if isinstance(part, str) else as_text(part.evaluate(scope))
                for part in self.parts
            ]
        )

    def render_path(self, scope: Scope) -> str:
        """Return its text as part of a URL: what values bring in is percent-encoded.

        One expression that is the whole template is taken as it is: it holds a path or URL.
        """
        if self.is_one_expression:
            return self.render(scope)
        return "".join(
            [
                part
                if isinstance(part, str)
                else quote(as_text(part.evaluate(scope)), safe=_PATH_SAFE)
                for part in self.parts
            ]
        )


def parse_template(text: str, environment: Mapping[str, str]) -> Template:
    """Parse a text with expressions.

    Args:
        text: the template.
        environment: what `env.NAME` stands for.

    Raises:
        ExpressionError: an expression cannot be understood, or is not closed.
    """
    parts: list[Part] = []
    labels: list[str] = []
    at = 0
    while (start := _next_opening(text, at)) is not None:
        if text[start - 1 : start + 2] == "$${":
            parts.append(text[at : start - 1] + "${")
            labels.append(text[at : start - 1] + "${")
            at = start + 2
            continue
        parts.append(text[at:start])
        expression, end = _expression_at(text, start, environment)
        whole = start == 0 and end == len(text)
        labels += [text[at:start], f"{{{expression.text}}}"]
        parts.append(_folded(expression, whole=whole))
        at = end
    parts.append(text[at:])
    label = "".join([*labels, text[at:]])
    return Template(text=text, parts=tuple(_merged(parts)), label=label)


def sole_expression(text: str, environment: Mapping[str, str]) -> Expression | None:
    """Return the expression of a text that is nothing but one, in its braces; None for any other.

    Raises:
        ExpressionError: what stands in the braces is no expression.
    """
    stripped = text.strip()
    if stripped[:2] not in _CLOSING:
        return None
    expression, end = _expression_at(stripped, 0, environment)
    return expression if end == len(stripped) else None


def _folded(expression: Expression, *, whole: bool) -> Part:
    """Return the text of an expression that is always the same, else the expression."""
    if not expression.is_constant or expression.unset:
        return expression
    value = expression.evaluate(NOBODY)
    # What stands alone keeps its type.
    return expression if whole and not isinstance(value, str) else as_text(value)


def _merged(parts: list[Part]) -> Iterator[Part]:
    for is_text, group in groupby(parts, key=lambda part: isinstance(part, str)):
        if not is_text:
            yield from group
        elif text := "".join(str(part) for part in group):
            yield text


def _next_opening(text: str, at: int) -> int | None:
    found = [place for sign in _CLOSING if (place := text.find(sign, at)) >= 0]
    return min(found) if found else None


def _expression_at(text: str, start: int, environment: Mapping[str, str]) -> tuple[Expression, int]:
    opening = text[start : start + 2]
    closing = _CLOSING[opening]
    expression, end = parse_prefix(text, start + 2, environment)
    after = len(text) - len(text[end:].lstrip())
    if not text.startswith(closing, after):
        raise ExpressionError(
            f"{text!r}: expected {closing!r} behind {opening}{expression.text}, found "
            f"{text[after : after + 10]!r}"
        )
    return expression, after + len(closing)


def as_text(value: object) -> str:
    """Return a value as it stands in a text: JSON for everything but texts.

    >>> as_text("a"), as_text(5), as_text(True), as_text([1, None])
    ('a', '5', 'true', '[1,null]')
    """
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def value_template(value: object, environment: Mapping[str, str]) -> tuple[Render, list[Template]]:
    """Return how to make a JSON value whose texts are templates, and the templates in it.

    A value whose templates are all literal is made once.

    Raises:
        ExpressionError: an expression cannot be understood.
    """
    templates: list[Template] = []
    render = _compiled(value, environment, templates)
    if all(template.literal is not None for template in templates):
        fixed = render(NOBODY)
        return lambda _: fixed, templates
    return render, templates


def _compiled(value: object, environment: Mapping[str, str], templates: list[Template]) -> Render:
    if isinstance(value, str):
        template = parse_template(value, environment)
        templates.append(template)
        return template.value
    if isinstance(value, dict):
        fields = [(key, _compiled(entry, environment, templates)) for key, entry in value.items()]
        return lambda scope: {key: render(scope) for key, render in fields}
    if isinstance(value, list | tuple):
        entries = [_compiled(entry, environment, templates) for entry in value]
        return lambda scope: [render(scope) for render in entries]
    return lambda _: value
