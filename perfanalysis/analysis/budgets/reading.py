"""Budget files, in any of their forms, as budgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pydantic

from perfanalysis.analysis.budgets.document import (
    Document,
    Location,
    plain_document,
    read_document,
)
from perfanalysis.analysis.budgets.figures import suggestion
from perfanalysis.analysis.budgets.k6_form import k6_budgets
from perfanalysis.analysis.budgets.long_form import long_budgets
from perfanalysis.analysis.budgets.object_form import object_budgets
from perfanalysis.errors import ConfigError
from perfanalysis.model.budget import (
    Budget,
    Budgets,
    WrittenBounds,
    WrittenBudget,
    WrittenFile,
    WrittenThreshold,
)
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.stored import Stored
from perfanalysis.phrases import phrase

BudgetSource: TypeAlias = str | Path | Mapping[str, object]

_MOST_BUDGETS = 5000
# Pydantic's types of errors, in the words of a file.
_EXPECTED = {
    "string_type": "text or a number",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "tuple_type": "a list",
    "bool_parsing": "true or false",
}


def read_budgets(sources: Sequence[BudgetSource]) -> Budgets:
    """Return what budget files demand, in the order in which they say it.

    Args:
        sources: paths of files, YAML or JSON; or their content as objects of Python.

    Raises:
        ConfigError: a file cannot be read, or says something that is no budget; the message names
            file, line and key.
    """
    found: list[Budget] = []
    notes: list[Caveat] = []
    for source in sources:
        document = (
            plain_document(source) if isinstance(source, Mapping) else read_document(Path(source))
        )
        written = _validated(document)
        budgets = list(_budgets(written, document))
        if not budgets:
            raise ConfigError(
                f"{document.label}: expected budgets, found none",
                hint=f"keys of a budget file: {', '.join(_keys_of(WrittenFile))}",
            )
        found += budgets
        notes += _notes(written, document)
    if len(found) > _MOST_BUDGETS:
        raise ConfigError(f"expected at most {_MOST_BUDGETS} budgets, found {len(found)}")
    return Budgets(budgets=tuple(found), notes=tuple(notes))


def _budgets(written: WrittenFile, document: Document) -> Iterator[Budget]:
    for number, entry in enumerate(written.budgets):
        yield from long_budgets(entry, document, ("budgets", number))
    for metric, thresholds in written.thresholds.items():
        for number, threshold in enumerate(thresholds):
            yield from k6_budgets(metric, threshold, document, ("thresholds", metric, number))
    yield from object_budgets(written, document)


def _notes(written: WrittenFile, document: Document) -> list[Caveat]:
    ending = [
        metric
        for metric, thresholds in written.thresholds.items()
        if any(threshold.abort_on_fail for threshold in thresholds)
    ]
    if not ending:
        return []
    message = phrase(
        "{file}: abortOnFail of {metrics} ends a test early, and has no effect on a run that has "
        "ended",
        file=Path(document.label).name,
        metrics=", ".join(ending),
    )
    return [Caveat(code="abort-on-fail", message=message)]


def _validated(document: Document) -> WrittenFile:
    if not isinstance(document.content, dict):
        what = _shown(document.content)
        raise ConfigError(
            f"{document.label}: expected keys and values, found {what}",
            hint=f"keys of a budget file: {', '.join(_keys_of(WrittenFile))}",
        )
    try:
        return WrittenFile.model_validate(document.content)
    except pydantic.ValidationError as exc:
        raise _explained(document, exc) from exc


def _explained(document: Document, exc: pydantic.ValidationError) -> ConfigError:
    """Return the first of pydantic's complaints in words, with its line."""
    errors = exc.errors(include_url=False)
    # A misspelt key explains why another one is missing.
    first = next((error for error in errors if error["type"] == "extra_forbidden"), errors[0])
    where = _existing(document.content, first["loc"])
    place = document.place(where)
    if first["type"] == "extra_forbidden":
        known = _keys_of(_model_at(where))
        key = str(where[-1])
        return ConfigError(
            f"{place}: {key!r} is no key; {suggestion(key, known)}",
            hint=f"keys there: {', '.join(known)}",
        )
    if first["type"] == "missing":
        return ConfigError(f"{place}: expected {first['loc'][-1]!r}, found none")
    expected = _EXPECTED.get(first["type"])
    if expected is None:
        expected = str(first["msg"]).removeprefix("Input should be ")
    return ConfigError(f"{place}: expected {expected}, found {_shown(first['input'])}")


def _existing(content: Any, loc: tuple[int | str, ...]) -> Location:  # noqa: ANN401  (any value)
    """Return the part of pydantic's location that is in the file: it adds names of its own."""
    where: list[int | str] = []
    for part in loc:
        inside = isinstance(content, dict) and part in content
        if inside or (isinstance(content, list) and isinstance(part, int) and part < len(content)):
            where.append(part)
            content = content[part]
    return tuple(where)


def _model_at(where: Location) -> type[Stored]:
    if len(where) == 1:
        return WrittenFile
    models: dict[str, type[Stored]] = {"budgets": WrittenBudget, "thresholds": WrittenThreshold}
    return models.get(str(where[0]), WrittenBounds)


def _keys_of(model: type[Stored]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "keys and values" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
