"""What steps are compiled with: variables known so far, the environment, where a mistake stands.

A scenario is compiled twice: in the process that was asked for it, which finds every mistake before
the first request, and in each worker, since compiled steps do not travel.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from perfanalysis.generator.scenario.expressions import (
    Expression,
    ExpressionError,
    parse_expression,
)
from perfanalysis.generator.scenario.model import Defaults
from perfanalysis.generator.scenario.patterns import (
    JsonPath,
    Pattern,
    PatternError,
    compile_jsonpath,
    compile_pattern,
)
from perfanalysis.generator.scenario.scope import Scope
from perfanalysis.generator.scenario.templates import (
    Render,
    Template,
    parse_template,
    sole_expression,
    value_template,
)
from perfanalysis.generator.scenario.yaml_text import Place

if TYPE_CHECKING:
    from perfanalysis.generator.session import Session
    from perfanalysis.generator.websocket import WebSocketSession

BUILT_IN = frozenset({"iteration", "user_id"})
_SCHEMES = ("http://", "https://")


class Problem(Exception):  # noqa: N818  (it is a place with a remark; callers make the error)
    """Something in a scenario cannot be done as it is written."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


@dataclass(kw_only=True, slots=True)
class State(Scope):
    """What a step acts on: one virtual user in one iteration.

    Attributes:
        session: makes the requests.
        websocket: the innermost open WebSocket.
    """

    session: Session
    websocket: WebSocketSession | None = None


Run: TypeAlias = Callable[[State], Awaitable[None]]


@dataclass(kw_only=True)
class Context:
    """What is known while steps are compiled, in the order in which they run.

    Attributes:
        environment: what `env.NAME` stands for.
        names: variables that something before this step sets.
        defaults: of the scenario file.
        urls: absolute URLs that the steps name.
        in_websocket: whether the step stands within a WebSocket's steps.
        must_succeed: whether every request is required: those before the test are not recorded,
            and one that failed would go unnoticed.
    """

    environment: Mapping[str, str]
    names: set[str]
    defaults: Defaults = field(default_factory=Defaults)
    urls: list[str] = field(default_factory=list)
    in_websocket: bool = False
    must_succeed: bool = False

    def template(self, text: str, place: Place) -> Template:
        """Return a template whose variables are all known.

        Raises:
            Problem: it cannot be understood, or reads what nothing sets.
        """
        with _at(place):
            template = parse_template(text, self.environment)
        self._check_names(template.expressions, place)
        return template

    def default_headers(self) -> dict[str, Template]:
        """Return the default headers that read variables, all of which are set before this step.

        So a default `Authorization` with a captured token is sent from the step behind the login
        on. Headers that never change are sent by the engine with every request.

        Raises:
            Problem: a template cannot be understood.
        """
        ready = {}
        for key, text in self.defaults.headers.items():
            with _at(("defaults", "headers", key)):
                template = parse_template(text, self.environment)
            needed = frozenset().union(*(part.names for part in template.expressions))
            if template.literal is None and needed <= self.names | BUILT_IN:
                ready[key] = template
        return ready

    def require_default_headers(self) -> None:
        """Check that every default header is sent at some time.

        Raises:
            Problem: one reads a variable that nothing sets.
        """
        for key, text in self.defaults.headers.items():
            self.template(text, ("defaults", "headers", key))

    def value(self, value: object, place: Place) -> tuple[Render, bool]:
        """Return how to make a JSON value, and whether it is the same every time.

        Raises:
            Problem: a template in it cannot be understood, or reads what nothing sets.
        """
        with _at(place):
            render, templates = value_template(value, self.environment)
        expressions = [found for template in templates for found in template.expressions]
        self._check_names(expressions, place)
        return render, not expressions

    def condition(self, text: str, place: Place) -> Expression:
        """Return an expression, with or without `${...}` around it.

        Raises:
            Problem: it cannot be understood, or reads what nothing sets.
        """
        with _at(place):
            expression = sole_expression(text, self.environment) or parse_expression(
                text, self.environment
            )
        self._check_names((expression,), place)
        return expression

    def path(self, text: str, place: Place, *, schemes: tuple[str, ...] = _SCHEMES) -> Template:
        """Return the template of a path or URL.

        Raises:
            Problem: it is neither.
        """
        template = self.template(text, place)
        start = template.parts[0] if template.parts else ""
        if isinstance(start, str) and not start.startswith(("/", *schemes)):
            message = f"expected a path that begins with /, or a URL, found {text!r}"
            raise Problem(place, message)
        if isinstance(start, str) and start.startswith(schemes):
            if not _names_a_host(start):
                raise Problem(place, f"expected a URL with a host and no password, found {text!r}")
            self.urls.append(start)
        return template

    def pattern(self, text: str, place: Place) -> Pattern:
        """Return a regular expression.

        Raises:
            Problem: it is none.
        """
        with _at(place):
            return compile_pattern(text)

    def jsonpath(self, text: str, place: Place) -> JsonPath:
        """Return a JSONPath.

        Raises:
            Problem: it is none.
        """
        with _at(place):
            return compile_jsonpath(text)

    def _check_names(self, expressions: Sequence[Expression], place: Place) -> None:
        for expression in expressions:
            for name in sorted(expression.unset):
                raise Problem(place, f"the environment variable {name!r} is not set")
            for name in sorted(expression.names - self.names - BUILT_IN):
                close = get_close_matches(name, self.names | BUILT_IN, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise Problem(place, f"nothing before this sets the variable {name!r}{hint}")


def _names_a_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # A port out of range is found when it is asked for.
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


@contextmanager
def _at(place: Place) -> Iterator[None]:
    try:
        yield
    except (ExpressionError, PatternError) as exc:
        raise Problem(place, str(exc)) from exc
