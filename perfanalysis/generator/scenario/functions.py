"""The functions that expressions may call."""

from __future__ import annotations

import base64
import string
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from perfanalysis.generator.scenario.scope import ScenarioError, Scope

MAX_TEXT = 1_000_000
_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of the expression language.

    Attributes:
        usage: how it is called: `random_int(low, high)`.
        does: one line for the documentation.
        arguments: how many it takes.
        run: gets the scope and its arguments.
    """

    usage: str
    does: str
    arguments: int
    run: Callable[..., object]


def _random(scope: Scope) -> float:
    return scope.rng.random()


def _random_int(scope: Scope, low: object, high: object) -> int:
    first, last = _whole("random_int", low), _whole("random_int", high)
    if first > last:
        raise ScenarioError(f"random_int: expected the smaller bound first, found {first}, {last}")
    return scope.rng.randint(first, last)


def _random_item(scope: Scope, items: object) -> object:
    if not isinstance(items, list) or not items:
        found = "an empty one" if items == [] else type(items).__name__
        raise ScenarioError(f"random_item: expected a list with entries, found {found}")
    return scope.rng.choice(items)


def _random_text(scope: Scope, length: object) -> str:
    count = _whole("random_text", length)
    if not 0 <= count <= MAX_TEXT:
        raise ScenarioError(f"random_text: expected 0 to {MAX_TEXT} characters, found {count}")
    return "".join(scope.rng.choices(_LETTERS, k=count))


def _uuid(scope: Scope) -> str:
    return str(uuid.UUID(int=scope.rng.getrandbits(128), version=4))


def _now(scope: Scope) -> str:
    del scope
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _length(scope: Scope, value: object) -> int:
    del scope
    if not isinstance(value, str | list | dict):
        raise ScenarioError(f"length: expected a text or list, found {type(value).__name__}")
    return len(value)


def _basic_auth(scope: Scope, user: object, password: object) -> str:
    del scope
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _whole(function: str, value: object) -> int:
    try:
        if isinstance(value, int | str) and not isinstance(value, bool):
            return int(value)
    except ValueError:
        pass
    raise ScenarioError(f"{function}: expected a whole number, found {type(value).__name__}")


FUNCTIONS: dict[str, Function] = {
    function.usage.partition("(")[0]: function
    for function in (
        Function(
            usage="basic_auth(user, password)",
            does="the value of an `Authorization` header",
            arguments=2,
            run=_basic_auth,
        ),
        Function(
            usage="length(value)",
            does="the number of characters or entries",
            arguments=1,
            run=_length,
        ),
        Function(usage="now()", does="the time, UTC, ISO 8601", arguments=0, run=_now),
        Function(usage="random()", does="a number from 0 up to 1", arguments=0, run=_random),
        Function(
            usage="random_int(low, high)",
            does="a whole number, both bounds included",
            arguments=2,
            run=_random_int,
        ),
        Function(
            usage="random_item(list)", does="one entry of a list", arguments=1, run=_random_item
        ),
        Function(
            usage="random_text(length)",
            does="letters and digits",
            arguments=1,
            run=_random_text,
        ),
        Function(usage="uuid()", does="a UUID, version 4", arguments=0, run=_uuid),
    )
}
