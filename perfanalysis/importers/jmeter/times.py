"""JMeter's time stamps: epoch milliseconds, or text in the load generator's local time.

Text is one of the patterns that JMeter itself reads back (`yyyy/MM/dd HH:mm:ss.SSS` and its
relatives, `MM/dd/yy HH:mm:ss`) or ISO 8601, with or without a zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

_EPOCH = re.compile(r"[0-9]{1,15}")
_YEAR_FIRST = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d:\d\d:\d\d(?:[.,]\d{1,6})?)"
    r"(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?"
)
_MONTH_FIRST = re.compile(r"(\d\d)/(\d\d)/(\d\d) (\d\d:\d\d:\d\d)")
# POSIX: two digits below 69 are of this century.
_LAST_YEAR_OF_THIS_CENTURY = 68
# Offsets of zones change at quarters of an hour, so one look-up serves all times of a quarter.
_QUARTER_US = 900_000_000
_CHECKS = 20
MAX_ELAPSED_MS = 10**15 - 1
END_OF_TIME_US = 253_370_764_800_000_000  # the year 9999: later times do not fit Python's datetime


@dataclass(frozen=True, kw_only=True)
class TimeFormat:
    """How the time stamps of a file are written.

    Attributes:
        epoch: whole milliseconds since 1970; otherwise text.
        month_first: text as `MM/dd/yy`; otherwise the year comes first.
        zoned: the text carries its zone.
        expected: the format in words, for messages.
    """

    epoch: bool
    month_first: bool
    zoned: bool
    expected: str

    def accepts(self, cell: str) -> bool:
        """Say whether one cell holds a time of this format that exists in the calendar."""
        cell = cell.strip(" \t")
        if self.epoch:
            return _EPOCH.fullmatch(cell) is not None and int(cell) * 1000 < END_OF_TIME_US
        pattern = _MONTH_FIRST if self.month_first else _YEAR_FIRST
        found = pattern.fullmatch(cell)
        if found is None or (not self.month_first and bool(found.group(5)) != self.zoned):
            return False
        try:
            when = datetime.fromisoformat(_iso_date(found, month_first=self.month_first))
            datetime.fromisoformat(f"{when.date()} {found.group(4).replace(',', '.')[:8]}")
        except ValueError:
            return False
        return 1970 <= when.year < 9999

    def to_epoch_us(self, cells: pa.Array) -> pa.Array:
        """Return times as microseconds since 1970 (int64), local ones as if they were UTC.

        Raises:
            pa.ArrowInvalid: a cell is no time of this format.
        """
        if self.epoch:
            return pc.multiply_checked(cells, 1000)
        if self.month_first:
            cells = _years_first(cells)
        text = _as_iso(cells)
        times = text.cast(pa.timestamp("us", tz="UTC" if self.zoned else None))
        return times.cast(pa.int64())


EPOCH = TimeFormat(epoch=True, month_first=False, zoned=False, expected="milliseconds since 1970")


def detect_time_format(cell: str) -> TimeFormat | None:
    """Return the format of a time stamp, or None if it is none that is known.

    >>> detect_time_format("2026/11/20 10:33:16.523").expected
    'a time as yyyy/MM/dd HH:mm:ss.SSS'
    """
    cell = cell.strip(" \t")
    if _EPOCH.fullmatch(cell):
        return EPOCH
    if _MONTH_FIRST.fullmatch(cell):
        return TimeFormat(
            epoch=False, month_first=True, zoned=False, expected="a time as MM/dd/yy HH:mm:ss"
        )
    if found := _YEAR_FIRST.fullmatch(cell):
        zone = found.group(5)
        pattern = f"yyyy{cell[4]}MM{cell[7]}dd HH:mm:ss"
        pattern += f"{cell[19]}SSS" if len(found.group(4)) > 8 else ""
        return TimeFormat(
            epoch=False,
            month_first=False,
            zoned=zone is not None,
            expected=f"a time as {pattern}{'Z' if zone else ''}",
        )
    return None


def all_within(values: pa.Array, low: int, high: int) -> bool:
    """Say whether no value is null or lies outside of low..high."""
    if values.null_count:
        return False
    bounds = pc.min_max(values).as_py()
    return bool(bounds["min"] >= low and bounds["max"] <= high)


def to_utc(local_us: npt.NDArray[np.int64], zone: tzinfo) -> tuple[npt.NDArray[np.int64], bool]:
    """Return local times as UTC, and whether some of them are ambiguous.

    Args:
        local_us: microseconds since 1970 on the clock of `zone`, any order, shape (n,), n at
            least 1.
        zone: of the load generator.

    Returns:
        Microseconds since 1970 in UTC, shape (n,). True if some times were shown twice by the
        clock (or never), because it was set back (or forward); the first reading is taken.
    """
    quarters = local_us // _QUARTER_US
    each, position = _different(quarters)
    start = datetime(1970, 1, 1)  # noqa: DTZ001  (a reading of the local clock)
    offsets = np.empty(len(each), dtype=np.int64)
    ambiguous = False
    for number, quarter in enumerate(each.tolist()):
        reading = start + timedelta(microseconds=quarter * _QUARTER_US)
        first, second = (_offset_us(reading, zone, fold) for fold in (0, 1))
        offsets[number] = first
        ambiguous = ambiguous or first != second
    return local_us - offsets[position], ambiguous


def _different(
    values: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the different values, ascending, and the place of each value among them."""
    low, high = int(values.min()), int(values.max())
    if high - low > len(values):
        different, position = np.unique(values, return_inverse=True)
        return different, position
    # Those of one run lie close together: looking them up is quicker than sorting.
    near = values - low
    met = np.zeros(high - low + 1, dtype=bool)
    met[near] = True
    place = np.cumsum(met) - 1
    return np.flatnonzero(met) + low, place[near]


def _offset_us(reading: datetime, zone: tzinfo, fold: int) -> int:
    offset = reading.replace(tzinfo=zone, fold=fold).utcoffset()
    return 0 if offset is None else int(offset / timedelta(microseconds=1))


def zone_name(zone: tzinfo) -> str:
    """Return how a zone is called in messages.

    >>> zone_name(UTC)
    'UTC'
    """
    return "UTC" if zone is UTC else str(zone)


def _iso_date(found: re.Match[str], *, month_first: bool) -> str:
    if not month_first:
        return f"{found.group(1)}-{found.group(2)}-{found.group(3)}"
    century = "20" if int(found.group(3)) <= _LAST_YEAR_OF_THIS_CENTURY else "19"
    return f"{century}{found.group(3)}-{found.group(1)}-{found.group(2)}"


def _as_iso(cells: pa.Array) -> pa.Array:
    """Return text with dashes for slashes and points for commas."""
    swapped = _swapped_in_place(cells)
    if swapped is None:
        return pc.replace_substring(pc.replace_substring(cells, "/", "-"), ",", ".")
    return swapped


def _swapped_in_place(cells: pa.Array) -> pa.Array | None:
    """Return the same, or None unless all cells have these signs at the places of the first one.

    Times of one pattern do, and take a tenth of the time that a search for the signs takes.
    """
    if not len(cells) or cells.null_count:
        return None
    _, starts, letters = cells.buffers()
    starts = np.frombuffer(starts, np.int32)[cells.offset : cells.offset + len(cells) + 1]
    width = starts[1] - starts[0]
    if not width or (np.diff(starts) != width).any():
        return None
    table = np.frombuffer(letters, np.uint8)[starts[0] : starts[-1]].reshape(-1, width).copy()
    signs = np.flatnonzero((table[0] == ord("/")) | (table[0] == ord(",")))
    found = np.count_nonzero(table == ord("/")) + np.count_nonzero(table == ord(","))
    if found != len(signs) * len(table) or (table[:, signs] != table[0, signs]).any():
        return None
    for column in signs.tolist():
        table[:, column] = ord("-") if table[0, column] == ord("/") else ord(".")
    offsets = pa.py_buffer(starts - starts[0])
    return pa.StringArray.from_buffers(len(cells), offsets, pa.py_buffer(table))


def _years_first(cells: pa.Array) -> pa.Array:
    """Turn `MM/dd/yy HH:mm:ss` into `yyyy-MM-dd HH:mm:ss`, leaving other text as it is."""
    pattern = r"^(\d\d)/(\d\d)/{} (\d\d:\d\d:\d\d)$"
    recent = pattern.format(r"([0-5]\d|6[0-8])")
    older = pattern.format(r"(69|[7-9]\d)")
    cells = pc.replace_substring_regex(cells, recent, r"20\3-\1-\2 \4")
    return pc.replace_substring_regex(cells, older, r"19\3-\1-\2 \4")


def stamps_are_ends(
    threads: npt.NDArray[np.int64],
    stamps_ms: npt.NDArray[np.int64],
    elapsed_ms: npt.NDArray[np.int64],
) -> bool:
    """Say whether time stamps mark the END of samples (`sampleresult.timestamp.start=false`).

    A thread runs one sample after the other, so on each thread a sample starts after the end of
    the one before. That holds for one reading of the stamps only, wherever a thread paused for a
    shorter time than its samples took.

    Args:
        threads: number of each sample's thread, in the order of the file, shape (n,).
        stamps_ms: shape (n,).
        elapsed_ms: shape (n,).

    Returns:
        True if at least 20 pairs of neighbours contradict start stamps and none end stamps.
    """
    order = np.argsort(threads, kind="stable")
    same = threads[order][1:] == threads[order][:-1]
    stamp, elapsed = stamps_ms[order], elapsed_ms[order]
    # JMeter derives stamps from two clocks: neighbours may overlap by a millisecond.
    not_starts = same & (stamp[:-1] + elapsed[:-1] > stamp[1:] + 1)
    not_ends = same & (stamp[1:] - elapsed[1:] < stamp[:-1] - 1)
    return bool(not_starts.sum() >= _CHECKS and not not_ends.any())
