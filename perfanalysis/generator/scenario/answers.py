"""What an answer must be, and what is taken out of it: checks and captures.

A wrong answer is a failure: a request whose status or body is not what its checks say counts as
failed. A slow answer is not: `latency_below` is recorded as a check and fails no request, because
failures are left out of latencies, and a run must not look fast for having its slow half removed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from perfanalysis.generator.scenario.comparing import are_equal
from perfanalysis.generator.scenario.compiling import Context
from perfanalysis.generator.scenario.patterns import BodyError, JsonPath, Pattern, parse_json
from perfanalysis.generator.scenario.scope import Scope
from perfanalysis.generator.scenario.steps import Capture, Check
from perfanalysis.generator.scenario.templates import as_text
from perfanalysis.generator.scenario.yaml_text import Place

MAX_CAPTURES = 10_000
_MISSING = object()
Find = Callable[["Answer", Scope], object]


class Received(Protocol):
    """What is looked at: a response, or something like it."""

    status: int
    content: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, found whatever the case of their names."""


class Answer:
    """A response whose JSON is parsed once, when it is first asked for.

    Args:
        received: the response.
    """

    __slots__ = ("_document", "_received", "content", "status")

    def __init__(self, received: Received) -> None:
        self._received = received
        self._document: object = _MISSING
        self.status = received.status
        self.content = received.content

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        return self._received.headers

    @property
    def document(self) -> object:
        """The body as JSON.

        Raises:
            BodyError: it is none.
        """
        if self._document is _MISSING:
            self._document = parse_json(self.content)
        return self._document


@dataclass(frozen=True)
class CompiledCheck:
    """A check that is ready to run.

    Attributes:
        name: as it stands in the results.
        latency_ms: the limit, for a check of the latency; None for any other.
        holds: whether the answer is as it must be.
    """

    name: str
    latency_ms: float | None
    holds: Callable[[Answer, Scope], bool]


@dataclass(frozen=True)
class CompiledCapture:
    """A capture that is ready to run.

    Attributes:
        variable: which it sets.
        where: the JSONPath, header or expression, for messages.
        find: the value, or `MISSING`.
    """

    variable: str
    where: str
    find: Find


MISSING = _MISSING


def compile_check(check: Check, request: str, context: Context, place: Place) -> CompiledCheck:
    """Return a check that is ready to run; its name begins with the request's.

    Raises:
        Problem: a template, JSONPath or regular expression in it cannot be understood.
    """
    if check.latency_below is not None:
        limit_ms = check.latency_below * 1000
        name = check.name or f"{request}: latency below {limit_ms:g} ms"
        return CompiledCheck(name, limit_ms, lambda answer, scope: True)  # noqa: ARG005
    if check.status is not None:
        allowed = check.status
        name = check.name or f"{request}: status is {' or '.join(allowed)}"
        return CompiledCheck(name, None, _has_status(allowed))
    subject, find = _subject(check, context, place)
    asked, holds = _question(check, find, context, place)
    return CompiledCheck(check.name or f"{request}: {subject} {asked}", None, _safe(holds))


def compile_capture(
    variable: str, capture: Capture, context: Context, place: Place
) -> CompiledCapture:
    """Return a capture that is ready to run.

    Raises:
        Problem: a JSONPath or regular expression cannot be understood.
    """
    where = capture.json_path or capture.header or capture.regex or ""
    find = _finder(capture, context, place)
    if capture.has_default:
        default = capture.default
        return CompiledCapture(variable, where, _with_default(find, default))
    return CompiledCapture(variable, where, find)


def status_allowed(status: int, allowed: tuple[str, ...]) -> bool:
    """Return whether a status is one of `200`, `4xx` and the like.

    >>> status_allowed(404, ("200", "4xx"))
    True
    """
    text = str(status)
    return text in allowed or f"{text[:1]}xx" in allowed


def _has_status(allowed: tuple[str, ...]) -> Callable[[Answer, Scope], bool]:
    return lambda answer, _: status_allowed(answer.status, allowed)


def _subject(check: Check, context: Context, place: Place) -> tuple[str, Find]:
    if check.json_path is not None:
        return check.json_path, _json_finder(
            context.jsonpath(check.json_path, (*place, "json")), "first"
        )
    if check.header is not None:
        return f"header {check.header}", _header_finder(check.header)
    return "body", lambda answer, _: answer.content


def _question(
    check: Check, find: Find, context: Context, place: Place
) -> tuple[str, Callable[[Answer, Scope], bool]]:
    if check.asks_equality:
        wanted, _ = context.value(check.equals, (*place, "equals"))
        return f"equals {as_text(check.equals)}", lambda answer, scope: _equal(
            find(answer, scope), wanted(scope)
        )
    if check.contains is not None:
        part = context.template(check.contains, (*place, "contains"))
        return (
            f"contains {part.label}",
            lambda answer, scope: part.render(scope).encode() in _bytes(find(answer, scope)),
        )
    if check.matches is not None:
        pattern = context.pattern(check.matches, (*place, "matches"))
        return f"matches {check.matches}", lambda answer, scope: pattern.is_in(
            _bytes(find(answer, scope))
        )
    wanted_there = check.exists is not False
    asked = "exists" if wanted_there else "does not exist"
    return asked, lambda answer, scope: (find(answer, scope) is not MISSING) == wanted_there


def _safe(holds: Callable[[Answer, Scope], bool]) -> Callable[[Answer, Scope], bool]:
    def run(answer: Answer, scope: Scope) -> bool:
        try:
            return holds(answer, scope)
        except BodyError:
            return False

    return run


def _equal(found: object, wanted: object) -> bool:
    return found is not MISSING and are_equal(found, wanted)


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is MISSING else as_text(value).encode("utf-8", "replace")


def _finder(capture: Capture, context: Context, place: Place) -> Find:
    if capture.json_path is not None:
        return _json_finder(context.jsonpath(capture.json_path, place), capture.which)
    if capture.header is not None:
        return _header_finder(capture.header)
    return _regex_finder(context.pattern(capture.regex or "", place), capture.which)


def _json_finder(path: JsonPath, which: str) -> Find:
    def find_first(answer: Answer, scope: Scope) -> object:
        del scope
        found, value = path.first(answer.document)
        return _storable(value) if found else MISSING

    def find_one(answer: Answer, scope: Scope) -> object:
        return _chosen([_storable(v) for v in path.all(answer.document)], which, scope)

    return find_first if which == "first" else find_one


def _regex_finder(pattern: Pattern, which: str) -> Find:
    most = 1 if which == "first" else MAX_CAPTURES
    return lambda answer, scope: _chosen(pattern.captures(answer.content, most), which, scope)


def _header_finder(name: str) -> Find:
    return lambda answer, _: answer.headers.get(name, MISSING)


def _chosen(found: list[object] | list[str], which: str, scope: Scope) -> object:
    if not found:
        return MISSING
    if which == "all":
        return found[:MAX_CAPTURES]
    if which == "random":
        return scope.rng.choice(found)
    return found[-1] if which == "last" else found[0]


def _with_default(find: Find, default: object) -> Find:
    def run(answer: Answer, scope: Scope) -> object:
        try:
            value = find(answer, scope)
        except BodyError:
            return default
        return default if value is MISSING else value

    return run


def _storable(value: object) -> object:
    """Return a value that can be sent on: JSON may hold halves of characters, UTF-8 may not."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value
