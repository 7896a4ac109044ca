"""The times of k6: RFC 3339 in JSON, five formats in CSV."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# The number of digits tells the unit of a Unix time: seconds, ms, µs, ns.
_NS_PER_UNIX_UNIT = {10: 1_000_000_000, 13: 1_000_000, 16: 1_000, 19: 1}


def read_times(texts: pa.Array, *, unix: bool) -> npt.NDArray[np.int64]:
    """Return times as whole microseconds since 1970, UTC; -1 where a text is no such time.

    Nanoseconds are cut off.

    Args:
        texts: without nulls.
        unix: whether whole seconds, ms, µs or ns since 1970 are times besides RFC 3339.
    """
    try:
        return _read(texts, unix=unix)
    except pa.ArrowInvalid:
        # Some text is bad, or the formats are mixed: find out which, one by one.
        return np.array([_read_one(text, unix=unix) for text in texts], np.int64)


def _read_one(text: pa.Scalar, *, unix: bool) -> int:
    try:
        return int(_read(pa.array([text]), unix=unix)[0])
    except pa.ArrowInvalid:
        return -1


def _read(texts: pa.Array, *, unix: bool) -> npt.NDArray[np.int64]:
    ns_per_unit = _ns_per_unix_unit(texts) if unix else None
    if ns_per_unit is None:
        # As a time with zone: Arrow then demands the offset, which k6 always writes.
        ns = texts.cast(pa.timestamp("ns", tz="UTC")).cast(pa.int64())
    else:
        ns = pc.multiply_checked(texts.cast(pa.int64()), ns_per_unit)
    us: npt.NDArray[np.int64] = ns.to_numpy(zero_copy_only=False) // 1000
    return np.maximum(us, -1)


def _ns_per_unix_unit(texts: pa.Array) -> int | None:
    if len(texts) == 0 or not pc.all(pc.ascii_is_decimal(texts)).as_py():
        return None
    shortest, longest = pc.min_max(pc.utf8_length(texts)).as_py().values()
    return _NS_PER_UNIX_UNIT.get(shortest) if shortest == longest else None
