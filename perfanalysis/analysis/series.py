"""Series told apart: the points of one metric and one set of labels are one series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.model.series import SeriesKind
from perfanalysis.store.bundle import Run

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# What sources list of their failures is shown in the table of errors instead.
NOT_RESOURCES = frozenset({"errors", "exceptions"})
_COLUMNS = ("time", "metric", "value", "unit", "kind", "labels")


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """All points of one metric and one set of labels, in order of time.

    Attributes:
        labels: as `core=0, host=a`, in order of names; empty without labels.
        time_us: microseconds since 1970, not decreasing, shape (n,), n > 0.
        value: shape (n,).
    """

    metric: str
    labels: str
    unit: str | None
    kind: str
    time_us: Ints
    value: Floats


def series_of(
    run: Run, *, kinds: Sequence[SeriesKind] = (), without: frozenset[str] = frozenset()
) -> list[Series]:
    """Return the series of a run, in order of metrics and labels.

    Args:
        run: any.
        kinds: only series of these; all if empty.
        without: metrics that are left out.
    """
    points = _Points(kinds=frozenset(kind.value for kind in kinds), without=without)
    for rows in run.series_groups(_COLUMNS):
        points.add(rows)
    return sorted(points.series(), key=lambda series: (series.metric, natural(series.labels)))


class _Points:
    """Points of all series: a time, a value and the number of its series each."""

    def __init__(self, *, kinds: frozenset[str], without: frozenset[str]) -> None:
        self._kinds = kinds
        self._without = without
        # Number, unit and kind of each series, by metric and labels.
        self._known: dict[tuple[str, str], tuple[int, str | None, str]] = {}
        self._parts: list[tuple[Ints, Floats, Ints]] = []

    def add(self, rows: pa.Table) -> None:
        """Add the points of one row group."""
        rows = self._wanted(rows)
        if rows.num_rows == 0:
            return
        metric = rows.column("metric").combine_chunks()
        labels, texts = _label_sets(rows.column("labels"))
        code = metric.indices.to_numpy().astype(np.int64) * len(texts) + labels
        present, first, place = np.unique(code, return_index=True, return_inverse=True)
        numbers = np.zeros(len(present), np.int64)
        for at, (own, row) in enumerate(zip(present.tolist(), first.tolist(), strict=True)):
            key = metric.dictionary[own // len(texts)].as_py(), texts[own % len(texts)]
            unit, kind = (rows.column(name)[row].as_py() for name in ("unit", "kind"))
            numbers[at] = self._known.setdefault(key, (len(self._known), unit, kind))[0]
        time_us = rows.column("time").cast(pa.int64()).to_numpy()
        self._parts.append((time_us, rows.column("value").to_numpy(), numbers[place]))

    def series(self) -> list[Series]:
        """Return the series, each in order of time."""
        if not self._parts:
            return []
        time_us, value, number = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        # By time first: sorting by series after that is stable, and keeps the order of time.
        order = np.argsort(time_us, kind="stable")
        order = order[np.argsort(number[order], kind="stable")]
        ends = np.cumsum(np.bincount(number, minlength=len(self._known)))
        return [
            Series(
                metric=metric,
                labels=labels,
                unit=unit,
                kind=kind,
                time_us=time_us[order[start:end]],
                value=value[order[start:end]],
            )
            for (metric, labels), (_, unit, kind), start, end in zip(
                self._known, self._known.values(), [0, *ends[:-1]], ends, strict=True
            )
        ]

    def _wanted(self, rows: pa.Table) -> pa.Table:
        if self._kinds:
            kinds = pa.array(sorted(self._kinds))
            rows = rows.filter(pc.is_in(rows.column("kind").cast(pa.string()), kinds))
        if self._without:
            metrics = pa.array(sorted(self._without))
            left_out = pc.is_in(rows.column("metric").cast(pa.string()), metrics)
            rows = rows.filter(pc.invert(left_out))
        return rows


def natural(text: str) -> list[tuple[int, str]]:
    """Return a key that sorts `core=2` before `core=10`.

    >>> sorted(["core=10", "core=2"], key=natural)
    ['core=2', 'core=10']
    """
    parts = re.split(r"(\d{1,18})", text)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _label_sets(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Return the number of each row's set of labels, and the sets as text.

    Sets are told apart by the sum of random numbers of their pairs, whatever their order: millions
    of points may have labels, and no Python object is made of each.
    """
    if column.null_count == len(column):
        return np.zeros(len(column), np.int64), [""]
    maps = column.combine_chunks()
    # A null may hide pairs, and a slice may begin within its buffer.
    starts = maps.offsets.to_numpy()[:-1].astype(np.int64)
    lengths = np.where(maps.is_valid().to_numpy(zero_copy_only=False), _lengths(maps), 0)
    pair = np.repeat(starts, lengths) + _counted_up(lengths)
    keys, items = maps.keys.dictionary_encode(), maps.items.dictionary_encode()
    random = np.random.default_rng(0)
    drawn = random.integers(1, 1 << 63, len(keys.dictionary) + len(items.dictionary), np.uint64)
    key_code, item_code = _codes(keys)[pair], _codes(items)[pair]
    mixed = (drawn[key_code] | np.uint64(1)) * (drawn[len(keys.dictionary) + item_code])
    upto = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    ends = np.cumsum(lengths)
    hashes = upto[ends] - upto[ends - lengths]
    _, first, number = np.unique(hashes, return_index=True, return_inverse=True)
    return number.astype(np.int64), [_text(maps[int(row)].as_py()) for row in first]


def _lengths(maps: pa.MapArray) -> Ints:
    lengths: Ints = np.diff(maps.offsets.to_numpy()).astype(np.int64)
    return lengths


def _counted_up(lengths: Ints) -> Ints:
    """Return 0, 1, 2... for each row's pairs."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)


def _codes(encoded: pa.DictionaryArray) -> Ints:
    """Return codes; a value that is null has that of the first text, which is rare enough."""
    codes: Ints = pc.fill_null(encoded.indices, 0).to_numpy().astype(np.int64)
    return codes


def _text(labels: list[tuple[str, str | None]] | None) -> str:
    return ", ".join(f"{name}={value or ''}" for name, value in sorted(labels or ()))
