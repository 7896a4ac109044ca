"""Names of baselines, and how a RUN argument refers to one: `@main`, `@main/staging#anchor`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from perfanalysis.errors import UsageError

PREFIX = "@"
ANCHOR = "anchor"
MOST_PARTS = 4
# Letters, digits and a few signs: a name can neither leave the folder nor hide in it.
_PART = re.compile(r"\w(?:[\w.+-]{0,98}\w)?")
# Endings that files and folders of the store itself have.
_TAKEN = (".run", ".json", ".lock")

Role = Literal["recent", "anchor"]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Which runs of which baseline are meant."""

    name: str
    role: Role


def checked_name(name: str) -> str:
    """Return the name of a baseline, if it is one.

    Raises:
        UsageError: it is none: it could leave the store, hide in it, or be taken for its files.

    >>> checked_name("main/staging")
    'main/staging'
    """
    parts = name.split("/")
    if len(parts) > MOST_PARTS or not all(map(_is_part, parts)):
        raise UsageError(
            f"{name!r} is no name of a baseline",
            hint="a name is up to 100 letters, digits and . _ + -, such as shop-nightly; a slash "
            f"may set apart up to {MOST_PARTS} of these, such as main/staging",
        )
    return name


def is_name(name: str) -> bool:
    """Say whether a text is the name of a baseline."""
    parts = name.split("/")
    return len(parts) <= MOST_PARTS and all(map(_is_part, parts))


def _is_part(part: str) -> bool:
    plain = _PART.fullmatch(part) is not None and ".." not in part
    return plain and not part.lower().endswith(_TAKEN)


def is_reference(argument: str) -> bool:
    """Say whether a RUN argument refers to a stored baseline."""
    return argument.startswith(PREFIX)


def parse_reference(argument: str) -> Reference:
    """Return what `@name` or `@name#anchor` refers to.

    Raises:
        UsageError: the name is none, or another word follows the `#`.

    >>> parse_reference("@main#anchor")
    Reference(name='main', role='anchor')
    """
    name, sign, word = argument.removeprefix(PREFIX).partition("#")
    if sign and word != ANCHOR:
        raise UsageError(
            f"{argument!r}: expected '#{ANCHOR}' behind the name, found {'#' + word!r}",
            hint=f"@{name} is what the baseline holds, @{name}#{ANCHOR} its fixed anchor",
        )
    return Reference(name=checked_name(name), role="anchor" if sign else "recent")
