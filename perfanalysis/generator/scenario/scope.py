"""What an expression sees: the variables of one virtual user, and its random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from perfanalysis.generator.failures import IterationFailedError


class ScenarioError(Exception):
    """An iteration cannot go on as its scenario says; it ends, and the reason is recorded."""


class RequiredError(ScenarioError, IterationFailedError):
    """A request has failed without which the iteration makes no sense."""


class UndefinedError(ScenarioError, IterationFailedError):
    """A variable is read that nothing has set: a capture before it has found nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(f"variable {name!r} is not defined")
        self.name = name


@dataclass(kw_only=True, slots=True)
class Scope:
    """The variables of one virtual user in one iteration.

    Attributes:
        variables: by name; captures and loops add to them.
        rng: the user's own source of random numbers.
    """

    variables: dict[str, object]
    rng: Random

    def value(self, name: str) -> object:
        """Return a variable.

        Raises:
            UndefinedError: nothing has set it.
        """
        try:
            return self.variables[name]
        except KeyError:
            raise UndefinedError(name) from None


# For what is the same for everybody: it has no variables, and its numbers are never drawn.
NOBODY = Scope(variables={}, rng=Random(0))  # noqa: S311


def field_of(value: object, key: object, path: str) -> object:
    """Return a field of a mapping by its name, or an entry of a list by its number.

    Args:
        value: the mapping or list.
        key: the name or number.
        path: the whole expression, for the message.

    Raises:
        UndefinedError: there is none.

    >>> field_of({"id": 7}, "id", "item.id"), field_of([1, 2, 3], -1, "items[-1]")
    (7, 3)
    """
    if isinstance(value, dict) and isinstance(key, str) and key in value:
        return value[key]
    if isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    raise UndefinedError(path)
