"""JSON documents, read back: the comparison or check that another job wrote.

A document may come from an untrusted job (the pipeline of a fork writes it, a privileged one posts
it): it is validated before anything is made of it, and its texts are as hostile as result files.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError

from perfanalysis.errors import InputError
from perfanalysis.model.budget_results import Check
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison
from perfanalysis.model.run import Commit, Counts, Environment, RunInfo
from perfanalysis.reports.document_phrases import with_phrases
from perfanalysis.reports.escape import shortened
from perfanalysis.reports.json_document import SCHEMA_VERSION

Validated = TypeVar("Validated")

_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_SHOWN = 80


def read_comparison(text: str | bytes, *, source: str = "comparison") -> Comparison:
    """Return the comparison of a document `perfanalysis.comparison`.

    Equal to what was written, but for what the document leaves out of its runs: sources, tags,
    declared thresholds, window and clock. Lone surrogates, which no encoding can carry, come back
    as `<U+D800>`.

    Args:
        text: the document.
        source: what to call it in errors, such as its file name.

    Raises:
        InputError: it is no such document, or of a newer version; the message names the key.
    """
    document = _document(text, "perfanalysis.comparison", source)
    for side in ("current", "baseline"):
        document[side] = _runs(document, side, source)
    document["budgets"] = _budgets(document, source)
    phrases = document.pop("phrases", None)
    return with_phrases(_validated(TypeAdapter(Comparison), document, source), phrases)


def read_check(text: str | bytes, *, source: str = "check") -> Check:
    """Return the judged budgets of a document `perfanalysis.check`.

    Args:
        text: the document.
        source: what to call it in errors, such as its file name.

    Raises:
        InputError: it is no such document, or of a newer version; the message names the key.
    """
    document = _document(text, "perfanalysis.check", source)
    document["runs"] = _runs(document, "runs", source)
    document["results"] = _budgets(document, source)
    phrases = document.pop("phrases", None)
    return with_phrases(_validated(TypeAdapter(Check), document, source), phrases)


def _utc(text: str) -> str:
    if not text.endswith("Z"):
        raise ValueError("expected a time in UTC, such as 2026-01-01T00:00:00Z")
    return text


class _Run(BaseModel):
    """A run of a document; fields of later versions are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str
    name: str
    started_at: Annotated[str, AfterValidator(_utc)] | None
    duration_s: float | None
    tool: str
    tool_version: str | None
    evidence: str
    requests: int
    failures: int
    rejected_rows: int
    environment: dict[str, str | int | None]
    commit: dict[str, str | None] | None
    caveats: tuple[Caveat, ...]


def _document(text: str | bytes, schema: str, source: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as exc:
        # The exception of a decoding error would quote the whole document.
        place = f" at line {exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise InputError(
            f"{source}: expected a JSON document{place}",
            hint="compare --format json -o FILE and check --format json -o FILE write them",
        ) from exc
    found = document.get("schema") if isinstance(document, dict) else None
    if found != schema:
        raise InputError(f"{source}: schema: expected {schema!r}, found {_shown(found)}")
    version = document.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise InputError(
            f"{source}: schema_version: expected {SCHEMA_VERSION}, found {_shown(version)}",
            hint="a newer perfanalysis wrote it; use that version here too",
        )
    return dict(document)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number that is too large")
    return value


def _runs(document: Mapping[str, Any], key: str, source: str) -> list[dict[str, Any]]:
    parts = document.get(key)
    if not isinstance(parts, list):
        raise InputError(f"{source}: {key}: expected a list of runs, found {_shown(parts)}")
    return [
        _run(_validated(TypeAdapter(_Run), part, source, f"{key}[{index}]"))
        for index, part in enumerate(parts)
    ]


def _run(run: _Run) -> dict[str, Any]:
    """Return a run as `RunInfo` has it, to be validated with the rest."""
    environment = {name: run.environment.get(name) for name in Environment.model_fields}
    commit = run.commit and {name: run.commit.get(name) for name in Commit.model_fields}
    counted = {name: getattr(run, name) for name in Counts.model_fields}
    blank = {"window_s": None, "clock_resolution_ms": None, "sources": (), "thresholds": ()}
    kept = run.model_dump(include=set(RunInfo.model_fields) & set(_Run.model_fields))
    parts = {"environment": environment, "commit": commit, "counts": counted, "tags": {}}
    return {**kept, **parts, **blank}


def _budgets(document: Mapping[str, Any], source: str) -> list[dict[str, Any]]:
    parts = document.get("budgets")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise InputError(f"{source}: budgets: expected a list of objects, found {_shown(parts)}")
    return [{**part, "tags": _tags(part.get("tags"))} for part in parts]


def _tags(tags: object) -> object:
    """Return tags as pairs; what is no object is left to the validation."""
    return list(tags.items()) if isinstance(tags, dict) else tags


def _validated(
    adapter: TypeAdapter[Validated], document: object, source: str, within: str = ""
) -> Validated:
    text = json.dumps(document, ensure_ascii=False)
    # A lone surrogate in a name is odd, and no reason not to show a result.
    text = _SURROGATE.sub(lambda found: f"<U+{ord(found.group()):04X}>", text)
    try:
        return adapter.validate_json(text, strict=True)
    except ValidationError as exc:
        first = exc.errors()[0]
        key = _key(within, first["loc"])
        said = first["msg"].removeprefix("Value error, ").replace("Input should be", "expected", 1)
        raise InputError(
            f"{source}: {key}: {said[:1].lower()}{said[1:]}, found {_shown(first['input'])}"
        ) from exc


def _key(within: str, location: tuple[str | int, ...]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return f"{within}{''.join(parts)}".lstrip(".") or "document"


def _shown(value: object) -> str:
    return shortened(repr(value), _LONGEST_SHOWN)
