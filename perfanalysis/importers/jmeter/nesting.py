"""Which samples are parts of another one, and so must not be counted beside it.

XML says so by nesting its elements. CSV does not: since JMeter 5.0 it writes the sub-results of a
sample (redirects, embedded resources) as rows `Home-0`, `Home-1`, ... behind their parent `Home`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.importers.jmeter.words import codes_of, joined

if TYPE_CHECKING:
    import numpy.typing as npt

    Bools: TypeAlias = npt.NDArray[np.bool_]
    Integers: TypeAlias = npt.NDArray[np.int64]

# Threads write in turns: this many rows may lie between a parent and its sub-results.
_CONTEXT_ROWS = 4096
_MAX_DEPTH = 10  # JMeter's own limit
_MAX_PASSES = 16
# JMeter derives time stamps from two clocks: a part may stick out by a millisecond.
_SLACK_MS = 1


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What samples are to each other.

    Attributes:
        part: the sample is part of a request that is counted, shape (n,), or None if none is.
        group: label of the sample that it is part of (text, null for none), or None if no sample
            is part of another.
    """

    part: Bools | None
    group: pa.Array | None


_NO_PARTS = Roles(part=None, group=None)


class Nesting(Protocol):
    """Tells the samples of one file apart, batch by batch."""

    def alone(self, samples: pa.RecordBatch) -> Bools:
        """Return which samples are surely no part of another one, shape (n,)."""
        ...

    def roles(self, samples: pa.RecordBatch, starts_us: Integers, controllers: Bools) -> Roles:
        """Return what the samples are to each other.

        Args:
            samples: in the order of the file.
            starts_us: when they started, shape (n,).
            controllers: which ones are transaction controllers, shape (n,).
        """
        ...


class StatedNesting:
    """For sources that state it, in columns `part` (bool) and, perhaps, `group` (text)."""

    def alone(self, samples: pa.RecordBatch) -> Bools:
        """Return which samples are no part of a request."""
        part: Bools = samples["part"].to_numpy(zero_copy_only=False)
        return ~part

    def roles(self, samples: pa.RecordBatch, starts_us: Integers, controllers: Bools) -> Roles:
        """Return what the source states."""
        del starts_us, controllers
        group = samples["group"] if "group" in samples.schema.names else None
        return Roles(part=samples["part"].to_numpy(zero_copy_only=False), group=group)


class LabelNesting:
    """For CSV: by label, thread and time.

    A sample is part of the one before it on its thread if its label is that one's with `-N`
    appended, the first such sample is `-0`, and it ran within that one's time. Labels that users
    end in `-1` stay requests: their samples run after each other, not within.
    """

    def __init__(self) -> None:
        self._context: _Family | None = None

    def alone(self, samples: pa.RecordBatch) -> Bools:
        """Return which samples' labels are no other label with `-N` appended."""
        none: Bools = _stems(samples["label"].dictionary)[_places(samples["label"])] < 0
        return none

    def roles(self, samples: pa.RecordBatch, starts_us: Integers, controllers: Bools) -> Roles:
        """Return what the samples are to each other, those of the batches before included."""
        if "threadName" not in samples.schema.names:
            return _NO_PARTS
        batch = _Family(
            labels=samples["label"],
            threads=samples["threadName"],
            starts_us=starts_us,
            elapsed_ms=samples["elapsed"].to_numpy(),
            controllers=controllers,
        )
        before = self._context
        parts = batch.may_hold_parts() or (before is not None and before.may_hold_parts())
        if not parts and samples.num_rows >= _CONTEXT_ROWS:
            self._context = batch.tail(_CONTEXT_ROWS)
            return _NO_PARTS
        both = batch if before is None else _joined(before, batch)
        self._context = both.tail(_CONTEXT_ROWS)
        return both.roles(len(both.starts_us) - samples.num_rows)


@dataclass(frozen=True, kw_only=True)
class _Family:
    """Samples in the order of the file; labels and threads are dictionary-encoded."""

    labels: pa.DictionaryArray
    threads: pa.DictionaryArray
    starts_us: Integers
    elapsed_ms: Integers
    controllers: Bools

    def may_hold_parts(self) -> bool:
        """Say whether a label is that of a first part."""
        return bool(pc.any(_first_parts(self.labels.dictionary)).as_py())

    def tail(self, rows: int) -> _Family:
        """Return the last rows, without the words of the others."""
        first = max(0, len(self.starts_us) - rows)
        return _Family(
            labels=self.labels[first:].dictionary_decode().dictionary_encode(),
            threads=self.threads[first:].dictionary_decode().dictionary_encode(),
            starts_us=self.starts_us[first:].copy(),
            elapsed_ms=self.elapsed_ms[first:].copy(),
            controllers=self.controllers[first:].copy(),
        )

    def roles(self, skip: int) -> Roles:
        """Return the roles of all samples but the first `skip`."""
        words = self.labels.dictionary
        stems = _stems(words)
        first_parts = _first_parts(words).to_numpy(zero_copy_only=False)
        opening = (stems >= 0) & np.append(first_parts, [False])
        if not opening.any():
            return _NO_PARTS
        rows = len(self.starts_us)
        threads = _places(self.threads)
        # Small numbers sort ten times as fast.
        few = len(self.threads.dictionary) < np.iinfo(np.uint16).max
        order = np.argsort(threads.astype(np.uint16) if few else threads, kind="stable")
        root, depth = self._roots(order, stems, opening)
        below_controller = self.controllers[order][root]
        part, parent = np.zeros(rows, dtype=bool), np.full(rows, -1)
        # What a controller holds are requests: it is the controller that is not counted.
        part[order] = np.where(below_controller, depth > 1, depth > 0)
        parent[order] = np.where(depth > 0, stems[_places(self.labels)[order]], -1)
        parent = parent[skip:]
        codes = pa.array(parent.astype(np.int32), mask=parent < 0)
        group = pa.DictionaryArray.from_arrays(codes, words) if (parent >= 0).any() else None
        return Roles(part=part[skip:], group=group)

    def _roots(self, order: Integers, stems: Integers, opening: Bools) -> tuple[Integers, Integers]:
        """Return for each sample, in `order`, the sample that it is part of and how deep.

        Returns:
            Position in `order` of the outermost sample (its own if it is no part), and the depth
            below it: 0 for no part, 1 for `Home-0`, 2 for `Home-0-1`.
        """
        label, thread = _places(self.labels)[order], _places(self.threads)[order]
        start = (self.starts_us // 1000)[order]
        end = start + self.elapsed_ms[order]
        position = np.arange(len(order))
        is_root = (stems[label] < 0) | (start >= _latest_end_before(thread, end))
        for _ in range(_MAX_PASSES):
            root = np.maximum.accumulate(np.where(is_root, position, 0))
            depth = np.where(is_root, 0, _depth_below(label, label[root], stems))
            within = (start >= start[root] - _SLACK_MS) & (end <= end[root] + _SLACK_MS)
            part = (depth > 0) & within
            opens = part & opening[label] & (depth == 1)
            part &= np.append(opens[1:], [False])[root]
            if np.array_equal(is_root, ~part):
                break
            # A sample that is no part may itself be the parent of those behind it.
            is_root = ~part
        return np.where(part, root, position), np.where(part, depth, 0)


def _joined(first: _Family, second: _Family) -> _Family:
    return _Family(
        labels=joined([first.labels, second.labels]),
        threads=joined([first.threads, second.threads]),
        starts_us=np.concatenate((first.starts_us, second.starts_us)),
        elapsed_ms=np.concatenate((first.elapsed_ms, second.elapsed_ms)),
        controllers=np.concatenate((first.controllers, second.controllers)),
    )


def _stems(words: pa.Array) -> Integers:
    """Return for each label the place of the label that it is with `-N` appended, or -1.

    The last entry, -1, is for rows without a label.
    """
    stems = pc.replace_substring_regex(words, r"-\d+$", "")
    place = pc.index_in(stems, value_set=words).fill_null(-1).to_numpy(zero_copy_only=False)
    own = pc.equal(stems, words).fill_null(fill_value=True).to_numpy(zero_copy_only=False)
    return np.append(np.where(own, -1, place), [-1]).astype(np.int64)


def _first_parts(words: pa.Array) -> pa.BooleanArray:
    return pc.ends_with(words, "-0")


def _places(column: pa.DictionaryArray) -> Integers:
    """Return the place of each row's word, one behind the last for rows without one."""
    codes = codes_of(column).astype(np.int64)
    places: Integers = np.where(codes < 0, len(column.dictionary), codes)
    return places


def _latest_end_before(thread: Integers, end: Integers) -> Integers:
    """Return the latest end of all samples before each one on its thread; 0 for the first one.

    Args:
        thread: sorted, shape (n,).
        end: at least 0, shape (n,).
    """
    # Each thread's ends are lifted above those of the threads before it, and lowered again.
    lift = thread * (end.max() + 1)
    latest = np.maximum.accumulate(end + lift) - lift
    first = np.flatnonzero(np.diff(thread, prepend=thread[0] - 1))
    before = np.concatenate(([0], latest[:-1]))
    before[first] = 0
    return before


def _depth_below(label: Integers, ancestor: Integers, stems: Integers) -> Integers:
    """Return how many `-N` must be taken off each label to get the other one; 0 if none helps."""
    depth = np.zeros(len(label), dtype=np.int64)
    for step in range(1, _MAX_DEPTH + 1):
        # Labels without a stem stay at -1: the last entry is asked for and says -1 again.
        label = stems[label]
        depth = np.where((depth == 0) & (label == ancestor), step, depth)
        if (label < 0).all():
            break
    return depth
