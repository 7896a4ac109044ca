"""Secrets kept out of what is stored and shown: values of the environment that a scenario uses."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

import pyarrow as pa

from perfanalysis.errors import PerfanalysisError

HIDDEN = "***"
# Shorter values occur everywhere by chance, and are no secrets that protect anything.
SHORTEST = 4
# Credentials that were put together from parts that are not known here.
_CREDENTIALS = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{4,}", re.IGNORECASE)


class Redactor:
    """Replaces secrets in texts, in the forms that they take on in URLs, JSON and headers.

    Args:
        secrets: the values; those of fewer than four characters are not looked for.

    >>> Redactor(["s3cr/et"]).text("GET /x?key=s3cr%2Fet failed")
    'GET /x?key=*** failed'
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        # A secret within a longer one must not leave the rest of it behind.
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        joined = "|".join(re.escape(form) for form in longest_first)
        self._pattern = re.compile(joined) if joined else None

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        return _CREDENTIALS.sub(rf"\1 {HIDDEN}", text)

    def error(self, exc: PerfanalysisError) -> PerfanalysisError:
        """Return an error without secrets; raise it `from None`, for its cause may quote one."""
        hint = None if exc.hint is None else self.text(exc.hint)
        return type(exc)(self.text(exc.message), hint=hint)

    def batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch whose texts hold no secrets; it is the same batch where they held none."""
        before = batch.columns
        columns = [self._column(column) for column in before]
        if all(new is old for new, old in zip(columns, before, strict=True)):
            return batch
        return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)

    def _column(self, column: Any) -> Any:  # noqa: ANN401  (Arrow is untyped)
        if pa.types.is_string(column.type):
            encoded = column.dictionary_encode()
            cleaned = self._dictionary(encoded.dictionary)
            return column if cleaned is None else cleaned.take(encoded.indices)
        if pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type):
            cleaned = self._dictionary(column.dictionary)
            if cleaned is None:
                return column
            return pa.DictionaryArray.from_arrays(column.indices, cleaned)
        if pa.types.is_map(column.type) and self._dictionary(column.items.unique()) is not None:
            pairs = column.to_pylist()
            return pa.array([row and self._pairs(row) for row in pairs], type=column.type)
        return column

    def _pairs(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(key, self.text(value)) for key, value in pairs]

    def _dictionary(self, texts: Any) -> Any:  # noqa: ANN401  (Arrow is untyped)
        """Return the distinct texts of a column without secrets, or None if they hold none."""
        before = texts.to_pylist()
        after = [None if text is None else self.text(text) for text in before]
        return None if after == before else pa.array(after, type=pa.string())


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield base64.b64encode(secret.encode("utf-8", "surrogateescape")).decode()
    yield repr(secret)[1:-1]
