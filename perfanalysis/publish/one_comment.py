"""One comment: created at the first problem, then always updated, never doubled.

The rules are the same wherever people review changes; what differs is a `Place`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol, TypeAlias

from perfanalysis.errors import PublishRefusedError
from perfanalysis.publish.findings import Findings
from perfanalysis.publish.marker import Mood, State, marked, read_state
from perfanalysis.reports.markdown import Framing

Mode: TypeAlias = Literal["off", "on-change", "always"]
Action: TypeAlias = Literal["created", "updated", "unchanged", "silent", "superseded", "off"]


_SENTENCES: Final[Mapping[Action, str]] = {
    "created": "comment: created",
    "updated": "comment: updated",
    "unchanged": "comment: unchanged",
    "silent": "no comment: no problem so far",
    "superseded": "comment: left as it is, for a later pipeline wrote it",
    "off": "no comment: it is off",
}


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment that whoever holds the token wrote."""

    id: int
    body: str
    url: str | None


class Place(Protocol):
    """Where comments are written: a pull request, a merge request."""

    def own_comments(self) -> Sequence[Comment]:
        """Return the comments of whoever holds the token, and of nobody else."""

    def create(self, body: str) -> Comment:
        """Write a comment, once, even if the answer was lost."""

    def edit(self, comment: Comment, body: str) -> None:
        """Replace the text of a comment."""

    def delete(self, comment: Comment) -> None:
        """Remove a comment."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What became of the comment.

    Attributes:
        action: `silent`: no problem so far, nothing to say; `superseded`: a later pipeline has
            spoken already.
        url: of the comment, where there is one.
    """

    action: Action
    url: str | None

    @property
    def sentence(self) -> str:
        """What became of it, in words."""
        said = _SENTENCES[self.action]
        return said if self.url is None else f"{said}: {self.url}"


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What is to be said, and how.

    Attributes:
        key: tells the comments of several load tests apart.
        mode: `on-change` is quiet until the first problem, `always` never.
        order: of this pipeline; later ones exceed it.
    """

    findings: Findings
    framing: Framing
    key: str
    mode: Mode
    order: tuple[int, ...]

    def text(self, before: State | None) -> str:
        """Return the comment that follows on what was said before."""
        mood = Mood.QUIET
        if self.findings.is_problem:
            mood = Mood.PROBLEM
        elif before is not None and before.mood is not Mood.QUIET:
            mood = Mood.RESOLVED
        framing = replace(self.framing, resolved=mood is Mood.RESOLVED)
        return marked(self.findings.markdown(framing), self.key, State(mood=mood, order=self.order))


def publish_comment(place: Place, publication: Publication) -> Published:
    """Create the comment or bring it up to date; remove doubles that races made.

    Raises:
        PublishError: the service is out of reach, or refuses.
    """
    if publication.mode == "off":
        return Published(action="off", url=None)
    ours = _ours(place, publication.key)
    if not ours:
        return _speak_up(place, publication)
    first, *doubles = ours
    action = _update(place, publication, first)
    for double in doubles:
        _remove(place, double)
    return Published(action=action, url=first.url)


def _ours(place: Place, key: str) -> list[Comment]:
    """Return our comments of a key, the oldest first."""
    found = [c for c in place.own_comments() if read_state(c.body, key) is not None]
    return sorted(found, key=lambda comment: comment.id)


def _speak_up(place: Place, publication: Publication) -> Published:
    if publication.mode == "on-change" and not publication.findings.is_problem:
        return Published(action="silent", url=None)
    made = place.create(publication.text(None))
    first, *doubles = _ours(place, publication.key) or [made]
    if first.id == made.id:
        for double in doubles:
            _remove(place, double)
        return Published(action="created", url=made.url)
    # Another job of this pull request spoke up in the same moment: the older comment stays.
    action = _update(place, publication, first)
    _remove(place, made)
    return Published(action=action, url=first.url)


def _update(place: Place, publication: Publication, comment: Comment) -> Action:
    before = read_state(comment.body, publication.key)
    if before is not None and before.order > publication.order:
        return "superseded"
    text = publication.text(before)
    if text == comment.body:
        return "unchanged"
    try:
        place.edit(comment, text)
    except PublishRefusedError as exc:
        if exc.status != 404:
            raise
        place.create(text)  # somebody has removed it meanwhile
    return "updated"


def _remove(place: Place, comment: Comment) -> None:
    try:
        place.delete(comment)
    except PublishRefusedError as exc:
        if exc.status != 404:  # else another job was quicker
            raise
