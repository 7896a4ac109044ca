"""What the monitor watches: the contract of a source."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

# Numbers of one reading; an endpoint with a label for every user must not fill disks.
MAX_POINTS = 2_000
# A rate of it per microsecond is still finite; importers refuse larger values, too.
MAX_VALUE = 1e18
_MAX_TEXT = 120
_MAX_MESSAGE = 300


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """What one reading gave.

    Attributes:
        entry: in the shape of monitors' JSON, without its time.
        numbers: how many there are in it, about: the monitor's buffer is bounded by them.
        left_out: numbers beyond the limits.
        unreadable: parts that could not be read, each in a few words; the others are in `entry`.
    """

    entry: dict[str, Any]
    numbers: int
    left_out: int
    unreadable: tuple[str, ...]


class ReadingError(Exception):
    """A reading failed; the next one may succeed. The message is for people, in a few words."""


class SourceEndedError(Exception):
    """There is nothing to watch any more: the process has ended."""


class Source(ABC):
    """Something that is read again and again, in a thread of its own.

    Attributes:
        label: what messages call it; never holds a secret.
        interval_s: from one reading to the next.
        timeout_s: after which a reading is interrupted.
        secrets: what must not be told, whatever an error message quotes.
        restarts: by metric, how often a counter fell: it began anew, and has no increment there.
    """

    label: str
    interval_s: float
    timeout_s: float = 5.0
    secrets: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.restarts: dict[str, int] = {}

    @abstractmethod
    def read(self) -> Sampled:
        """Take one reading.

        Raises:
            ReadingError: it failed.
            SourceEndedError: it will never succeed again.
        """

    def interrupt(self) -> None:  # noqa: B027  (most readings cannot hang)
        """Make a reading that is under way fail soon; called from another thread, never raises."""

    def close(self) -> None:  # noqa: B027  (most sources hold nothing open)
        """Release what is open; called when no reading is under way."""


def plain_text(text: str) -> str:
    r"""Return a stranger's name or label as it is kept: encodable, and of bounded length.

    >>> plain_text("queue\ud800"), len(plain_text("x" * 1000))
    ('queue?', 120)
    """
    text = text.encode("utf-8", errors="replace").decode()
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"


def told(error: BaseException, secrets: tuple[str, ...]) -> str:
    r"""Return what an error says, on one line of bounded length and without secrets.

    >>> told(OSError("no route for pw=hunter2\n"), ("hunter2",))
    'no route for pw=***'
    """
    text = " ".join(str(error).split()) or type(error).__name__
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, "***")
    text = text.encode("utf-8", errors="replace").decode()
    return text if len(text) <= _MAX_MESSAGE else f"{text[: _MAX_MESSAGE - 1]}…"
