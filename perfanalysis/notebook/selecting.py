"""What the arguments of plots choose, and what is said of a choice that is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

T = TypeVar("T")
_MOST_NAMED = 10


def listed_names(name: str | Sequence[str] | None) -> list[str | None]:
    """Return the names that were asked for; None is all requests.

    Raises:
        UsageError: an empty list.

    >>> listed_names(None), listed_names("search"), listed_names(("search", "login"))
    ([None], ['search'], ['search', 'login'])
    """
    found: list[str | None] = [name] if name is None or isinstance(name, str) else list(name)
    if not found:
        raise UsageError("expected a name, found an empty list", hint="None is all requests")
    return found


def listed_metrics(metric: str | Sequence[str] | None, usual: str, ax: Axes | None) -> list[str]:
    """Return the metrics that were asked for; the usual one for None.

    Raises:
        UsageError: none, or several for one Axes.
    """
    chosen_or_usual = usual if metric is None else metric
    found = [chosen_or_usual] if isinstance(chosen_or_usual, str) else list(chosen_or_usual)
    if not found or (ax is not None and len(found) > 1):
        raise UsageError(
            f"expected one metric, found {len(found)}",
            hint="without ax, several metrics get a panel each",
        )
    return found


def chosen(found: Mapping[str | None, T], name: str | None, what: str) -> T:
    """Return what belongs to a name.

    Raises:
        UsageError: there is nothing of that name; the message suggests another.
    """
    if name not in found:
        raise unknown(name, [known for known in found if known is not None], what)
    return found[name]


def unknown(name: str | None, known: Sequence[str], what: str) -> UsageError:
    """Return what to tell of a name that is not there, or of which nothing can be drawn."""
    if name is None:
        return UsageError(f"there is no {what} of all requests", hint=_hint("", known))
    return UsageError(f"there is no {what} of {name!r}", hint=_hint(name, known))


def _hint(name: str, known: Sequence[str]) -> str:
    if not known:
        return "the source holds neither single requests nor windows of time"
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    more = ", ..." if len(known) > _MOST_NAMED else ""
    return f"there is one of: {', '.join(repr(each) for each in known[:_MOST_NAMED])}{more}"
