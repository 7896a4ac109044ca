"""The marker: the hidden line by which a comment is found again, and what it remembers.

Only the first lines of a comment count, and nothing that is quoted in it can look like them: what
begins an HTML comment is taken apart everywhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from perfanalysis.errors import UsageError

DEFAULT_KEY: Final = "default"
_KEY: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/]|-(?!-)){0,98}[A-Za-z0-9]|[A-Za-z0-9]")
_STATE: Final = re.compile(
    r"<!-- perfanalysis-state (?P<mood>quiet|problem|resolved) order=(?P<order>[0-9.]{1,40}) -->"
)


class Mood(StrEnum):
    """What a comment tells: nothing bad so far, a problem, or that one is gone."""

    QUIET = "quiet"
    PROBLEM = "problem"
    RESOLVED = "resolved"


@dataclass(frozen=True, kw_only=True)
class State:
    """What a comment remembers.

    Attributes:
        mood: what it tells.
        order: of the pipeline that wrote it, which later ones exceed.
    """

    mood: Mood
    order: tuple[int, ...]


def checked_key(key: str) -> str:
    """Return a key that can stand in an HTML comment.

    Raises:
        UsageError: it holds anything but letters, digits, single hyphens, dots, underscores and
            slashes, or is longer than a hundred characters.

    >>> checked_key("checkout-load")
    'checkout-load'
    """
    if _KEY.fullmatch(key) is None:
        raise UsageError(
            f"expected a key of letters and digits, with . _ / - between them, found {key!r}",
            hint="a comment is found again by its key; one for each load test",
        )
    return key


def marker(key: str) -> str:
    """Return the first line of a comment."""
    return f"<!-- perfanalysis key={key} -->"


def marked(body: str, key: str, state: State) -> str:
    """Return a comment: marker, state and body."""
    order = ".".join(str(part) for part in state.order)
    remembered = f"<!-- perfanalysis-state {state.mood} order={order} -->"
    # No name may look like a marker, ours or another tool's: U+200B takes it apart.
    harmless = body.replace("<!--", "<\u200b!--")
    return f"{marker(key)}\n{remembered}\n\n{harmless}"


def is_same_post(body: str, other: str) -> bool:
    """Return whether two comments tell the same, marker and state included.

    Services may change line ends and blanks of what they are given.
    """
    return body.split() == other.split()


def read_state(body: str, key: str) -> State | None:
    """Return what a comment of a key remembers; None if it is no comment of that key."""
    lines = body.replace("\r\n", "\n").split("\n", 2)
    if lines[0].strip() != marker(key):
        return None
    found = _STATE.fullmatch(lines[1].strip()) if len(lines) > 1 else None
    if found is None:
        # Edited by hand, or written by `comment file`: it has spoken.
        return State(mood=Mood.PROBLEM, order=())
    order = tuple(int(part) for part in found["order"].split(".") if part)
    return State(mood=Mood(found["mood"]), order=order)
