"""Caveats: what a reader must know about a figure or a run, as a code and a sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import (
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from perfanalysis.phrases import as_object, from_object


@dataclass(frozen=True, kw_only=True)
class Caveat:
    """A limit of the data or of the method, stated beside the figure it concerns.

    It is stored with an optional third key, `phrase`: what a translation of the message needs.

    Attributes:
        code: short and stable, for programs: `single-run`, `cut-last-line`.
        message: one sentence for people, a phrase unless an older version stored it. It may quote
            names from result files: escape it on output.
    """

    code: str
    message: str

    @model_validator(mode="wrap")
    @classmethod
    def _with_phrase(cls, value: object, read: ModelWrapValidatorHandler[Caveat]) -> Caveat:
        if not isinstance(value, dict):
            return read(value)
        found = read({key: part for key, part in value.items() if key != "phrase"})
        return replace(found, message=from_object(value.get("phrase"), found.message))

    @model_serializer(mode="wrap")
    def _and_phrase(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        written: dict[str, object] = write(self)
        kept = as_object(self.message)
        return written if kept is None else {**written, "phrase": kept}
