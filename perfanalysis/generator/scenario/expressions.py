r"""Expressions of a scenario file: `token`, `user.email`, `stock > 0 and not sold_out`.

They stand in templates (`${user.email}`) and conditions (`if:`). Nothing in them is Python: they
are parsed here, know variables, comparisons and a few functions, and cannot call anything else.

    expression  = and ("or" and)*
    and         = not ("and" not)*
    not         = "not" not | comparison
    comparison  = operand [("==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "contains") operand]
    operand     = number | "text" | 'text' | true | false | null | "(" expression ")"
                | name "(" [expression ("," expression)*] ")" | name ("." name | "[" operand "]")*

As in Python, `a or b` is `a` unless it is empty, zero, false, null or not defined, then `b`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from perfanalysis.generator.scenario.comparing import COMPARISONS, is_true
from perfanalysis.generator.scenario.functions import FUNCTIONS
from perfanalysis.generator.scenario.scope import Scope, UndefinedError, field_of

Evaluate: TypeAlias = Callable[[Scope], object]

MAX_DEPTH = 30
_WORDS = {"and", "or", "not", "in", "contains", "true", "false", "null"}
_CONSTANTS = {"true": True, "false": False, "null": None}
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign>==|!=|<=|>=|[<>()\[\].,])
    )""",
    re.VERBOSE | re.ASCII,
)


class ExpressionError(ValueError):
    """An expression cannot be understood."""


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: as it was written.
        evaluate: its value for one virtual user.
        names: the variables that it reads.
        unset: the environment variables that it needs and that are not set.
        is_constant: it reads no variable and calls no function.
    """

    text: str
    evaluate: Evaluate
    names: frozenset[str]
    unset: frozenset[str]
    is_constant: bool


class _Token(NamedTuple):
    kind: str
    text: str
    end: int


def parse_expression(text: str, environment: Mapping[str, str]) -> Expression:
    """Parse a whole text as an expression.

    Args:
        text: the expression.
        environment: what `env.NAME` stands for.

    Raises:
        ExpressionError: it is none; the message quotes it.

    >>> parse_expression("stock > 0 and not sold", {}).names == {"stock", "sold"}
    True
    """
    expression, end = parse_prefix(text, 0, environment)
    rest = text[end:].strip()
    if rest:
        raise ExpressionError(f"expected the end of the expression {text!r}, found {rest!r}")
    return expression


def parse_prefix(text: str, start: int, environment: Mapping[str, str]) -> tuple[Expression, int]:
    """Parse the expression at the start of a text and return it with the place where it ends.

    Raises:
        ExpressionError: there is none.
    """
    parser = _Parser(text, start, environment)
    evaluate = parser.any_of(0)
    expression = Expression(
        text=text[start : parser.end].strip(),
        evaluate=evaluate,
        names=frozenset(parser.names),
        unset=frozenset(parser.unset),
        is_constant=not parser.names and not parser.calls,
    )
    return expression, parser.end


class _Parser:
    """Recursive descent, one method for each rule of the grammar."""

    def __init__(self, text: str, start: int, environment: Mapping[str, str]) -> None:
        self.names: set[str] = set()
        self.unset: list[str] = []
        self.calls = False
        self.end = start
        self._text = text
        self._environment = environment
        self._token = self._next()

    def any_of(self, depth: int) -> Evaluate:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"expected an expression less deep, found {self._text!r}")
        unset_before = len(self.unset)
        left = self._all_of(depth)
        while self._takes("or"):
            # What stands behind `or` replaces what is missing.
            del self.unset[unset_before:]
            left = _either(left, self._all_of(depth))
        return left

    def _all_of(self, depth: int) -> Evaluate:
        left = self._negation(depth)
        while self._takes("and"):
            left = _both(left, self._negation(depth))
        return left

    def _negation(self, depth: int) -> Evaluate:
        if not self._takes("not"):
            return self._comparison(depth)
        if depth > MAX_DEPTH:
            raise ExpressionError(f"expected an expression less deep, found {self._text!r}")
        inner = self._negation(depth + 1)
        return lambda scope: not is_true(inner(scope))

    def _comparison(self, depth: int) -> Evaluate:
        left = self._operand(depth)
        compare = COMPARISONS.get(self._token.text) if self._token.kind != "text" else None
        if compare is None:
            return left
        self._advance()
        right = self._operand(depth)
        return lambda scope: compare(left(scope), right(scope))

    def _operand(self, depth: int) -> Evaluate:
        token = self._token
        if token.kind == "number":
            self._advance()
            return _constant(_number(token.text))
        if token.kind == "text":
            self._advance()
            return _constant(_unquoted(token.text))
        if self._takes("("):
            inner = self.any_of(depth + 1)
            self._expect(")")
            return inner
        if token.kind != "name" or token.text in _WORDS - _CONSTANTS.keys():
            raise self._unexpected("a variable, a number or a quoted text")
        self._advance()
        if token.text in _CONSTANTS:
            return _constant(_CONSTANTS[token.text])
        return self._call(token.text, depth) if self._takes("(") else self._path(token.text, depth)

    def _call(self, name: str, depth: int) -> Evaluate:
        function = FUNCTIONS.get(name)
        if function is None:
            known = ", ".join(sorted(FUNCTIONS))
            raise ExpressionError(f"{name!r} is no function; functions: {known}")
        arguments: list[Evaluate] = []
        while not self._takes(")"):
            if arguments:
                self._expect(",")
            arguments.append(self.any_of(depth + 1))
        if len(arguments) != function.arguments:
            raise ExpressionError(
                f"{function.usage}: expected {function.arguments} arguments, found {len(arguments)}"
            )
        self.calls = True
        run = function.run
        return lambda scope: run(scope, *[argument(scope) for argument in arguments])

    def _path(self, name: str, depth: int) -> Evaluate:
        start = self.end - len(name)
        evaluate = self._root(name)
        while True:
            if self._takes("."):
                key = self._token
                if key.kind != "name":
                    raise self._unexpected("a name behind the dot")
                self._advance()
                inner = _constant(key.text)
            elif self._takes("["):
                inner = self._operand(depth + 1)
                self._expect("]")
            else:
                return evaluate
            evaluate = _field(evaluate, inner, self._text[start : self.end].strip())

    def _root(self, name: str) -> Evaluate:
        if name != "env":
            self.names.add(name)
            return lambda scope: scope.value(name)
        self._expect(".")
        key = self._token
        if key.kind != "name":
            raise self._unexpected("the name of an environment variable")
        self._advance()
        if key.text in self._environment:
            return _constant(self._environment[key.text])
        self.unset.append(key.text)
        return _undefined(f"env.{key.text}")

    def _takes(self, text: str) -> bool:
        if self._token.text != text or self._token.kind == "text":
            return False
        self._advance()
        return True

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            raise self._unexpected(repr(text))

    def _unexpected(self, expected: str) -> ExpressionError:
        found = repr(self._token.text) if self._token.text else "nothing more"
        return ExpressionError(f"{self._text.strip()!r}: expected {expected}, found {found}")

    def _advance(self) -> None:
        self.end = self._token.end
        self._token = self._next()

    def _next(self) -> _Token:
        found = _TOKEN.match(self._text, self.end)
        if found is None:
            # Whatever stands here is not ours: the closing brace of a template, or nonsense.
            rest = self._text[self.end :].lstrip()
            return _Token("other", rest[:10], self.end)
        return _Token(str(found.lastgroup), found[found.lastgroup or 0], found.end())


def _constant(value: object) -> Evaluate:
    return lambda _: value


def _undefined(name: str) -> Evaluate:
    def fail(scope: Scope) -> object:
        del scope
        raise UndefinedError(name)

    return fail


def _field(of: Evaluate, key: Evaluate, path: str) -> Evaluate:
    return lambda scope: field_of(of(scope), key(scope), path)


def _either(left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(scope: Scope) -> object:
        try:
            value = left(scope)
        except UndefinedError:
            return right(scope)
        return value if is_true(value) else right(scope)

    return evaluate


def _both(left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(scope: Scope) -> object:
        value = left(scope)
        return right(scope) if is_true(value) else value

    return evaluate


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"-?\d+", text, re.ASCII) else float(text)


def _unquoted(text: str) -> Any:  # noqa: ANN401  (json.loads)
    if text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError as exc:
            raise ExpressionError(f"expected a quoted text, found {text}") from exc
    return re.sub(r"\\(.)", r"\1", text[1:-1])
