"""Reading a scenario file: every mistake is told with its file, its line and what was meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from perfanalysis.errors import ConfigError
from perfanalysis.generator.scenario.model import LoadTest
from perfanalysis.generator.scenario.python_files import import_file, referenced
from perfanalysis.generator.scenario.written import UNKNOWN_KEY
from perfanalysis.generator.scenario.yaml_text import Document, Place

MAX_EXTENDS = 5


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A load test that was read from a file, or made in Python.

    Attributes:
        test: its content.
        path: the file; None for one that was made in Python.
        documents: a scenario file and those that it extends, nearest first; empty for Python.
        owners: which of the documents each top-level key comes from.
    """

    test: LoadTest
    path: Path | None
    documents: tuple[Document, ...]
    owners: Mapping[str, Document]

    def error(self, place: Place, message: str, *, hint: str | None = None) -> ConfigError:
        """Return the error of something at a place, with its file and line where it has them."""
        if self.documents:
            return _error(self.documents[0], self.owners, place, message, hint=hint)
        where = written_place(place, None)
        prefix = "" if self.path is None else f"{self.path}: "
        return ConfigError(f"{prefix}{where}: {message}", hint=hint)

    def files(self) -> tuple[Path, ...]:
        """Return the files that it was read from, the one that was asked for first."""
        if self.path is None:
            return ()
        return (self.path, *(document.path for document in self.documents[1:]))


def load_scenario(path: Path) -> Loaded:
    """Read a scenario file.

    Raises:
        ConfigError: it cannot be read, or something in it is wrong.
    """
    documents = _with_extended(path)
    content: dict[str, Any] = {}
    owners: dict[str, Document] = {}
    for document in reversed(documents):
        # A key replaces the extended file's as a whole: there is one place to look at.
        content |= _with_folder(document)
        owners |= dict.fromkeys(document.content, document)
    content.pop("extends", None)
    try:
        test = LoadTest.model_validate(content)
    except pydantic.ValidationError as exc:
        raise _translated(exc, documents[0], owners) from exc
    if test.name is None:
        test = test.model_copy(update={"name": path.stem})
    return Loaded(test=test, path=path, documents=tuple(documents), owners=owners)


def load_python(path: Path) -> Loaded:
    """Run a Python file and return its load test: the one object of that type in it.

    Raises:
        ConfigError: it cannot be run, or has no load test, or several.
    """
    module = import_file(path)
    found = [value for value in vars(module).values() if isinstance(value, LoadTest)]
    if len(found) != 1:
        raise ConfigError(
            f"{path}: expected one LoadTest, found {len(found) or 'none'}",
            hint="test = LoadTest(target=..., scenarios=[...]) at the top level of the file",
        )
    return loaded_object(found[0], path=path)


def loaded_object(test: LoadTest, *, path: Path | None = None) -> Loaded:
    """Return a load test that was made in Python, by a file or directly."""
    scenarios = tuple(
        scenario.model_copy(update={"function": referenced(scenario.function)})
        for scenario in test.scenarios
    )
    name = test.name or (path.stem if path is not None else "load test")
    test = test.model_copy(update={"scenarios": scenarios, "name": name})
    return Loaded(test=test, path=path, documents=(), owners={})


def _with_extended(path: Path) -> list[Document]:
    documents = [Document(path)]
    while "extends" in (content := documents[-1].content):
        last = documents[-1]
        where = f"{last.path}:{last.line(('extends',))}: extends"
        if not isinstance(content["extends"], str):
            raise ConfigError(f"{where}: expected the name of a scenario file")
        if len(documents) > MAX_EXTENDS:
            raise ConfigError(
                f"{where}: expected at most {MAX_EXTENDS} files, or they are a circle"
            )
        documents.append(Document(last.path.parent / content["extends"]))
    return documents


def _with_folder(document: Document) -> dict[str, Any]:
    """Return the content with the files that it names relative to its own folder."""
    content = dict(document.content)
    folder = document.path.parent
    content["data"] = _each(content.get("data"), "file", lambda name: str(folder / name))
    content["scenarios"] = _each(
        content.get("scenarios"), "function", lambda name: str(folder / name)
    )
    if isinstance(defaults := content.get("defaults"), dict) and "ca_file" in defaults:
        content["defaults"] = {**defaults, "ca_file": str(folder / str(defaults["ca_file"]))}
    return {key: value for key, value in content.items() if key in document.content}


def _each(entries: Any, key: str, change: Any) -> Any:  # noqa: ANN401  (not validated yet)
    if not isinstance(entries, list):
        return entries
    return [
        {**entry, key: change(entry[key])}
        if isinstance(entry, dict) and isinstance(entry.get(key), str)
        else entry
        for entry in entries
    ]


def _translated(
    exc: pydantic.ValidationError, document: Document, owners: Mapping[str, Document]
) -> ConfigError:
    errors = exc.errors(include_url=False)
    # What is wrong further in comes first: a list whose entries are wrong is also too short.
    first = max(errors, key=lambda error: (len(error["loc"]) > 1, -errors.index(error)))
    place: Place = tuple(first["loc"])
    context = first.get("ctx", {})
    if first["type"] == UNKNOWN_KEY:
        place = (*place, str(context["key"]))
    message = str(context["error"]) if "error" in context else first["msg"]
    if first["type"] == "missing":
        message = f"expected the key {place[-1]!r}"
        place = place[:-1]
    elif first["type"] not in _OUR_TYPES and "error" not in context:
        message = f"{message[0].lower()}{message[1:]}, found {_shown(first['input'])}"
    return _error(document, owners, place, message)


_OUR_TYPES = frozenset(
    {UNKNOWN_KEY, "body", "check", "expect", "load", "name", "names", "one_of", "scenario"}
    | {"status", "step", "value_error"}
)


def _error(
    document: Document,
    owners: Mapping[str, Document],
    place: Place,
    message: str,
    *,
    hint: str | None = None,
) -> ConfigError:
    owner = owners.get(str(place[0]), document) if place else document
    where = written_place(place, owner)
    prefix = f"{where}: " if where else ""
    return ConfigError(f"{owner.path}:{owner.line(place)}: {prefix}{message}", hint=hint)


def written_place(place: Place, document: Document | None) -> str:
    """Return a place as people write it: `scenarios[0].steps[2].think`.

    Parts that are no keys of the document are left out.
    """
    text = ""
    known: Place = ()
    for part in place:
        if document is not None and (*known, part) not in document.lines:
            continue
        known = (*known, part)
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
