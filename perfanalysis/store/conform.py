"""The check that every batch passes before it is written."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.errors import InputError
from perfanalysis.model.histograms import HISTOGRAMS
from perfanalysis.model.intervals import INTERVALS
from perfanalysis.model.requests import REQUESTS
from perfanalysis.model.series import SERIES

SCHEMAS: dict[str, pa.Schema] = {
    "requests": REQUESTS,
    "intervals": INTERVALS,
    "series": SERIES,
    "histograms": HISTOGRAMS,
}

# Text of requests travels as codes: names, groups and workers are few and repeat in every row.
TEXT = pa.dictionary(pa.int32(), pa.string())
ENCODED_REQUESTS = pa.schema(
    [field.with_type(TEXT) if field.type == pa.string() else field for field in REQUESTS]
)
WRITTEN: dict[str, pa.Schema] = SCHEMAS | {"requests": ENCODED_REQUESTS}

_NEVER_NEGATIVE = (
    "latency_ms",
    "blocked_ms",
    "connect_ms",
    "tls_ms",
    "send_ms",
    "wait_ms",
    "receive_ms",
    "duration_s",
    "requests",
    "failures",
    "latency_mean_ms",
    "latency_min_ms",
    "latency_max_ms",
)


def conform(batch: pa.RecordBatch, schema: pa.Schema, *, origin: str) -> pa.RecordBatch:
    """Return a batch in the full schema: columns ordered, missing ones null.

    Args:
        batch: any subset of the columns of `schema`; text may be plain or encoded.
        schema: one of `SCHEMAS` or `WRITTEN`.
        origin: who made the batch, for messages.

    Raises:
        InputError: an unknown or missing column, a type that does not cast, a null where none may
            be, a negative or infinite number. It is the importer's fault, not the user's.
    """
    unknown = set(batch.schema.names) - set(schema.names)
    if unknown:
        raise InputError(f"{origin}: unknown columns {sorted(unknown)}")
    columns = [_column(batch, field, origin) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _column(batch: pa.RecordBatch, field: pa.Field, origin: str) -> pa.Array:
    if field.name not in batch.schema.names:
        if not field.nullable:
            raise InputError(f"{origin}: column {field.name!r} is missing")
        return pa.nulls(batch.num_rows, field.type)
    column = batch.column(field.name)
    if field.type == TEXT or column.type != field.type:
        try:
            column = _encoded(column) if field.type == TEXT else column.cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
            raise InputError(f"{origin}: column {field.name!r}: {exc}") from exc
    if not field.nullable and column.null_count:
        raise InputError(f"{origin}: column {field.name!r} holds {column.null_count} nulls")
    if pa.types.is_floating(field.type) and not _all(pc.is_finite(column)):
        raise InputError(f"{origin}: column {field.name!r} holds a number that is not finite")
    if field.name in _NEVER_NEGATIVE and not _all(pc.greater_equal(column, 0)):
        raise InputError(f"{origin}: column {field.name!r} holds a negative number")
    return column


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    """Return text as a dictionary without nulls or repetitions."""
    if not pa.types.is_dictionary(column.type):
        return column.cast(pa.string()).dictionary_encode()
    words = column.dictionary
    if words.null_count or len(words.unique()) < len(words):
        return column.cast(pa.string()).dictionary_encode()
    return column.cast(TEXT)


def _all(mask: pa.Array) -> bool:
    # Nulls are skipped: a missing number is neither infinite nor negative.
    return bool(pc.all(mask, min_count=0).as_py())
