"""Phrases in JSON documents: whoever reads one can say its sentences in another language.

A document holds its sentences in English, where they belong, and once more at its end: each
different one with the template and the values that it was made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from perfanalysis.model.run import RunInfo
from perfanalysis.phrases import Phrase, as_object, from_object

Found = TypeVar("Found")

# Fields of results that hold sentences. Names and sources may read like one, and are none.
_SENTENCES = frozenset({"message", "reasons", "sentence"})


def phrase_objects(document: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the phrases of a document, each once, in the order in which they stand there.

    Args:
        document: not yet rendered: its sentences are still phrases.
    """
    found = dict.fromkeys(_phrases_in(document))
    return [{"text": str(text), **(as_object(text) or {})} for text in found]


def _phrases_in(part: object) -> Iterator[Phrase]:
    if isinstance(part, Phrase):
        yield part
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _phrases_in(value)
    elif isinstance(part, Sequence) and not isinstance(part, str):
        for value in part:
            yield from _phrases_in(value)


def with_phrases(found: Found, written: object) -> Found:
    """Return what was read from a document with its sentences as phrases again.

    Sentences of which it does not say how they were made stay as they are.

    Args:
        found: a comparison, a check or a part of one.
        written: what the document holds under `phrases`; it may be anything.
    """
    known: dict[str, str] = {}
    for entry in written if isinstance(written, list) else ():
        if isinstance(entry, dict) and isinstance(text := entry.get("text"), str):
            known[text] = from_object(entry, text)
    return cast("Found", _restored(found, known)) if known else found


def _restored(part: Any, known: Mapping[str, str]) -> Any:  # noqa: ANN401  (any part of a result)
    if isinstance(part, tuple):
        return tuple(_restored(entry, known) for entry in part)
    if isinstance(part, RunInfo):
        return part.model_copy(update={"caveats": _restored(part.caveats, known)})
    if not is_dataclass(part) or isinstance(part, type):
        return part
    changes = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name not in _SENTENCES:
            changes[field.name] = _restored(value, known)
        elif isinstance(value, str):
            changes[field.name] = known.get(value, value)
        else:
            changes[field.name] = tuple(known.get(text, text) for text in value)
    return replace(part, **changes)
