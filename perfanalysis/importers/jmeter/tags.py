"""Sample variables and host names as the tags of a request."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.model.requests import LABELS

# What JMeter writes for a variable that has no value.
NO_VALUE = "null"


def tags_of(columns: dict[str, pa.Array]) -> pa.Array | None:
    """Return one map per row from text columns; None if no row has a tag.

    Args:
        columns: values of each tag by its name, all of one length; null and the word `null` stand
            for no value. A row without values gets a null.
    """
    values = {name: _present(column) for name, column in columns.items()}
    values = {name: column for name, column in values.items() if column.null_count < len(column)}
    if not values:
        return None
    rows = len(next(iter(values.values())))
    present = np.column_stack(
        [column.is_valid().to_numpy(zero_copy_only=False) for column in values.values()]
    )
    # Row by row: the n-th value of column c stands at c * rows + n of all columns laid end to end.
    place = np.arange(rows)[:, None] + rows * np.arange(len(values))[None, :]
    items = pa.concat_arrays(list(values.values())).take(pa.array(place[present]))
    number = np.broadcast_to(np.arange(len(values), dtype=np.int32), present.shape)[present]
    keys = pa.DictionaryArray.from_arrays(pa.array(number), pa.array(list(values)))
    counts = present.sum(axis=1)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    # A null offset makes a null row; the last one only closes the list.
    none = np.append(counts == 0, [False])
    return pa.MapArray.from_arrays(
        pa.array(offsets, mask=none), keys.cast(pa.string()), items
    ).cast(LABELS)


def _present(column: pa.Array) -> pa.Array:
    column = column.cast(pa.string())
    return pc.if_else(pc.equal(column, NO_VALUE), pa.scalar(None, pa.string()), column)
