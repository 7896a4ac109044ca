"""What a baseline keeps of a run: all that comparisons read, and no rows.

Histograms and intervals are kept as they are, so a stored run compares like the whole one. Series
are thinned to a bounded number of points each: a load test may have one for every iteration.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeAlias

from perfanalysis.model.series import SERIES, SeriesKind
from perfanalysis.store.bundle import RUN_FILE, SCHEDULE_FILE, Run

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Ints = npt.NDArray[np.int64]

MOST_POINTS = 240
# The files of a stored run, each optional but the first.
FILES = (
    RUN_FILE,
    SCHEDULE_FILE,
    "histograms.parquet",
    "intervals.parquet",
    "series.parquet",
)
# Accepted once and read often: worth the slowest compression.
_COMPRESSION_LEVEL = 19

# Content of files by name.
Files: TypeAlias = Mapping[str, bytes]


def slim_files(run: Run) -> Files:
    """Return the files that a baseline keeps of a run.

    Raises:
        BundleError: a table of the run is damaged.
    """
    files = {RUN_FILE: (run.info.model_dump_json(indent=2, by_alias=True) + "\n").encode()}
    schedule = run.schedule()
    if schedule is not None:
        files[SCHEDULE_FILE] = (json.dumps(asdict(schedule), indent=2) + "\n").encode()
    tables = {
        "histograms": run.histograms_table,
        "intervals": run.intervals_table,
        "series": thinned(run.series_table),
    }
    files |= {f"{name}.parquet": _packed(table) for name, table in tables.items() if len(table)}
    return files


def folder_of(files: Files) -> str:
    """Return the name of the folder for these files: equal files, equal name.

    Git may write other line ends into the text files of a working copy; they do not count.
    """
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name]
        if name.endswith(".json"):
            content = content.replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return f"{digest.hexdigest()[:16]}.run"


def thinned(series: pa.Table) -> pa.Table:
    """Return a series table with at most 240 points (and one) of each series.

    Counters are summed up over equally many points each, so their totals stay exact. Of gauges,
    trends and rates every n-th point is kept; of gauges besides the largest, since the most users
    of a run decide whether another had the same load.

    Args:
        series: in the schema of `perfanalysis.model.series`.
    """
    import pyarrow as pa

    if series.num_rows <= MOST_POINTS:
        return series
    parts = [
        _counter(part) if kind == SeriesKind.COUNTER else _sampled(part, kind)
        for kind, part in _series_of(series)
    ]
    return pa.concat_tables(parts).sort_by("time").cast(SERIES)


def _series_of(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield kind and points of each series, which is a metric with its labels, ordered by time."""
    import numpy as np
    import pyarrow as pa

    group = _groups(table)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        part = table.take(pa.array(rows)).sort_by("time")
        yield part.column("kind")[0].as_py(), part


def _groups(table: pa.Table) -> Ints:
    """Return a number for each point, equal for points of one series."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    group = np.zeros(table.num_rows, dtype=np.int64)
    for name in ("metric", "kind"):
        codes, most = _codes(table.column(name).combine_chunks())
        group = group * most + codes
    labels = pa.concat_arrays(table.column("labels").chunks)
    offset = labels.offsets.to_numpy()
    count = np.diff(offset) * pc.is_valid(labels).to_numpy(zero_copy_only=False)
    (keys, _), (items, most) = _codes(labels.keys), _codes(labels.items)
    pair = keys * most + items + 1
    for place in range(int(count.max(initial=0))):
        has = count > place
        label = np.zeros_like(group)
        label[has] = pair[offset[:-1][has] + place]
        # Renumbered at each step: the product of many labels would not fit.
        group = np.unique(group, return_inverse=True)[1] * (int(pair.max()) + 1) + label
    return group


def _codes(texts: pa.Array) -> tuple[Ints, int]:
    """Return a number for each text, and how many different ones there are."""
    import numpy as np

    encoded = texts.dictionary_encode()
    codes = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy().astype(np.int64)
    return codes, len(encoded.dictionary) + 1


def _counter(part: pa.Table) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    n = part.num_rows
    if n <= MOST_POINTS:
        return part
    starts = np.arange(0, n, -(-n // MOST_POINTS))
    sums = np.add.reduceat(part.column("value").to_numpy(), starts)
    return part.take(starts).set_column(
        part.schema.get_field_index("value"), SERIES.field("value"), pa.array(sums)
    )


def _sampled(part: pa.Table, kind: str) -> pa.Table:
    import numpy as np

    n = part.num_rows
    if n <= MOST_POINTS:
        return part
    kept = np.arange(0, n, -(-n // MOST_POINTS))
    if kind == SeriesKind.GAUGE:
        kept = np.union1d(kept, [int(np.argmax(part.column("value").to_numpy()))])
    return part.take(kept)


def _packed(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = pa.BufferOutputStream()
    coded = {
        "use_dictionary": [name for name in table.column_names if name != "bucket"],
        # Buckets of a window increase: their steps take less than their numbers.
        "column_encoding": {"bucket": "DELTA_BINARY_PACKED"},
    }
    pq.write_table(
        table,
        out,
        compression="zstd",
        compression_level=_COMPRESSION_LEVEL,
        **(coded if "bucket" in table.column_names else {}),
    )
    packed: bytes = out.getvalue().to_pybytes()
    return packed
