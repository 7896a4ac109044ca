"""The points of k6, whichever file format they come from: understood, checked, kept together.

A point is one value of one metric at one time with its tags. k6 writes nine adjacent points for
one HTTP request, with the same time and tags and without any request id; everything here keeps
the order of the file, because adjacency is all that ties them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.importers.k6.metrics import GROUP_DURATION, HTTP_METRICS, ITERATION_DURATION
from perfanalysis.importers.k6.tags import TagError, TagSet
from perfanalysis.importers.k6.times import read_times
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import InputFile

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

# Three years: a longer request is a damaged number, and would overflow the arithmetic of times.
_MAX_DURATION_MS = 1e11
_DURATIONS = {GROUP_DURATION, ITERATION_DURATION, *HTTP_METRICS[1:-1]}
_MAX_CACHED_TAG_SETS = 1 << 16


@dataclass(frozen=True, kw_only=True)
class RawPoints:
    """Points of one block as they are written, in file order; all arrays are of one length.

    Attributes:
        line: number of the line on which each point begins.
        metric: names, as text; null where missing.
        time: text; null where missing.
        value: float64; null where there is no number.
        tags: text, never null; what it means is the format's affair.
        raw: returns the line of the i-th point as text.
    """

    line: Ints
    metric: pa.Array
    time: pa.Array
    value: pa.Array
    tags: pa.Array
    raw: Callable[[int], str]


@dataclass(frozen=True, kw_only=True)
class EncodedPoints:
    """The same with what repeats as codes; bad parts can be told, and are not judged yet.

    Attributes:
        metric: index into `metrics`; a missing name is "".
        time_us: microseconds since 1970, UTC; -1 where there is no time.
        value: NaN where there is no number.
        tags: index into `tag_texts`.
    """

    line: Ints
    metrics: Sequence[str]
    metric: Ints
    time_us: Ints
    value: Floats
    tag_texts: Sequence[str]
    tags: Ints
    raw: Callable[[int], str]

    def take(self, kept: Ints) -> EncodedPoints:
        """Return some of the points."""
        return replace(
            self,
            line=self.line[kept],
            metric=self.metric[kept],
            time_us=self.time_us[kept],
            value=self.value[kept],
            tags=self.tags[kept],
            raw=lambda i: self.raw(int(kept[i])),
        )


def encode(raw: RawPoints, *, unix_times: bool) -> EncodedPoints:
    """Return points with their text understood or encoded; needs nothing but its arguments.

    Args:
        raw: points as they are written.
        unix_times: whether times may be whole seconds, ms, µs or ns since 1970 besides RFC 3339.
    """
    metric = pc.dictionary_encode(raw.metric.fill_null(""))
    heads, run = _runs(raw.time.fill_null(""))
    tag_heads, tag_run = _runs(raw.tags)
    tags = pc.dictionary_encode(tag_heads)
    return EncodedPoints(
        line=raw.line,
        metrics=metric.dictionary.to_pylist(),
        metric=metric.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        time_us=read_times(heads, unix=unix_times)[run],
        value=pc.fill_null(raw.value, np.nan).to_numpy(zero_copy_only=False),
        tag_texts=tags.dictionary.to_pylist(),
        tags=tags.indices.to_numpy(zero_copy_only=False).astype(np.int64)[tag_run],
        raw=raw.raw,
    )


@dataclass(frozen=True, kw_only=True)
class Points:
    """Points in file order; the first four arrays are of one length.

    Attributes:
        time_us: microseconds since 1970, UTC.
        metric: index into `metrics`.
        value: finite; durations also lie within 0..1e11 ms.
        tags: index into `tag_sets`, whose entries are distinct.
    """

    time_us: Ints
    metric: Ints
    value: Floats
    tags: Ints
    metrics: Sequence[str]
    tag_sets: Sequence[TagSet]

    def __len__(self) -> int:
        return len(self.time_us)

    def __getitem__(self, where: slice | Mask) -> Points:
        return Points(
            time_us=self.time_us[where],
            metric=self.metric[where],
            value=self.value[where],
            tags=self.tags[where],
            metrics=self.metrics,
            tag_sets=self.tag_sets,
        )


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What a format calls the parts of a point, for messages."""

    metric: str
    time: str
    value: str
    tags: str


class PointReader:
    """Turns the text of points into points; bad ones go to `rejects`.

    Args:
        keys: the format's names of the parts of a point.
        read_tags: what the text of tags means; raises TagError.
        found: returns what stands under a key of a raw line, for messages.
    """

    def __init__(
        self,
        *,
        file: InputFile,
        rejects: Rejects,
        keys: Keys,
        read_tags: Callable[[str], TagSet],
        found: Callable[[str, str], str],
    ) -> None:
        self._whole_seconds = True
        self._file = file
        self._rejects = rejects
        self._keys = keys
        self._read_tags = read_tags
        self._found = found
        self._cache: dict[str, TagSet | TagError] = {}

    def read(self, raw: EncodedPoints) -> Points:
        """Return the good points of a block.

        Raises:
            RowError: there are more bad points than is tolerated.
        """
        metric, time_us, value = raw.metric, raw.time_us, raw.value
        tags, tag_sets, errors = self._tags(raw)
        has_name = np.array([bool(name) for name in raw.metrics], bool)[metric]
        is_duration = np.array([name in _DURATIONS for name in raw.metrics], bool)[metric]
        has_time, is_number = time_us >= 0, np.isfinite(value)
        in_range = ~is_duration | ((value >= 0) & (value <= _MAX_DURATION_MS))
        good = has_name & has_time & is_number & in_range & (tags >= 0)
        if self._whole_seconds:
            self._whole_seconds = not (time_us % 1_000_000)[has_time].any()
        points = Points(
            time_us=time_us,
            metric=metric,
            value=value,
            tags=tags,
            metrics=raw.metrics,
            tag_sets=tag_sets,
        )
        if good.all():
            return points
        keys = self._keys
        self._report(
            raw,
            (has_name, keys.metric, "the name of a metric"),
            (has_time, keys.time, "a time"),
            (is_number, keys.value, "a number"),
            (in_range, keys.value, "a duration from 0 to 1e11 ms"),
            (tags >= 0, keys.tags, "tags"),
            tag_errors=errors,
        )
        return points[good]

    def caveats(self) -> Iterator[Caveat]:
        """Yield what a reader must know about the points, once all are read."""
        if self._whole_seconds:
            yield Caveat(
                code="whole-second-times",
                message=phrase(
                    "all times are whole seconds: windows shorter than some "
                    "seconds mean little (k6 writes finer ones with "
                    "K6_CSV_TIME_FORMAT=unix_micro)"
                ),
            )

    def _tags(self, raw: EncodedPoints) -> tuple[Ints, list[TagSet], dict[int, TagError]]:
        """Return the index of each point's tag set, -1 where its text makes no sense."""
        position: dict[TagSet, int] = {}
        errors: dict[int, TagError] = {}
        codes = []
        for number, text in enumerate(raw.tag_texts):
            found = self._tag_set(text)
            if isinstance(found, TagError):
                errors[number] = found
                codes.append(-1)
            else:
                # Two texts may mean the same tags: k6 writes extra tags in random order.
                codes.append(position.setdefault(found, len(position)))
        return np.array(codes, np.int64)[raw.tags], list(position), errors

    def _tag_set(self, text: str) -> TagSet | TagError:
        found = self._cache.get(text)
        if found is None:
            if len(self._cache) >= _MAX_CACHED_TAG_SETS:
                self._cache.clear()
            try:
                found = self._read_tags(text)
            except TagError as error:
                found = error
            self._cache[text] = found
        return found

    def _report(
        self,
        raw: EncodedPoints,
        *checks: tuple[Mask, str, str],
        tag_errors: dict[int, TagError],
    ) -> None:
        failed = ~np.logical_and.reduce([good for good, _, _ in checks])
        for i in np.flatnonzero(failed).tolist():
            text = raw.raw(i)
            column, expected = next((c, e) for good, c, e in checks if not good[i])
            found = None
            if column == self._keys.tags:
                error = tag_errors[int(raw.tags[i])]
                expected, found = error.expected, error.found
            self._rejects.row(
                self._file,
                int(raw.line[i]),
                column=column,
                expected=expected,
                found=self._found(text, column) if found is None else found,
                raw=text,
            )


def file_caveats(file: InputFile, cut_line: int) -> Iterator[Caveat]:
    """Yield how the end of a file was missing.

    Args:
        file: the file, read to its end.
        cut_line: number of the last line if it was dropped, or 0.
    """
    if cut_line:
        yield Caveat(
            code="cut-last-line",
            message=phrase(
                "{file}:{line}: the last line is cut short and was dropped",
                file=file.label,
                line=cut_line,
            ),
        )
    if file.truncated:
        yield Caveat(
            code="truncated-archive",
            message=phrase(
                "{file}: the compressed data end before their trailer: what comes before was read",
                file=file.label,
            ),
        )


def _runs(texts: pa.Array) -> tuple[pa.Array, Ints]:
    """Return the first of each run of equal neighbours, and the number of each element's run."""
    if len(texts) == 0:
        return texts, np.zeros(0, np.int64)
    changed = np.ones(len(texts), bool)
    changed[1:] = pc.not_equal(texts[1:], texts[:-1]).to_numpy(zero_copy_only=False)
    return texts.filter(pa.array(changed)), np.cumsum(changed) - 1


def role_of(points: Points, names: Sequence[str]) -> Ints:
    """Return the index of each point's metric in `names`, -1 for any other metric."""
    index = {name: i for i, name in enumerate(names)}
    return np.array([index.get(name, -1) for name in points.metrics], np.int64)[points.metric]


def whole_requests(blocks: Iterable[Points]) -> Iterator[Points]:
    """Yield points so that no HTTP request is cut by the end of a block.

    The last request of a block is held back and put before the next one.
    """
    held: Points | None = None
    for points in blocks:
        joined = points if held is None else _joined(held, points)
        cut = _start_of_last_request(joined)
        held = joined[cut:]
        if cut:
            yield joined[:cut]
    if held is not None and len(held):
        yield held


def _start_of_last_request(points: Points) -> int:
    """Return where the last HTTP request begins, or the length when no request is open.

    A request's metrics come in a fixed order, whichever it is in that version of k6; so the last
    request begins at the last repetition of the metric with which its run of equal time and tags
    begins.
    """
    count = len(points)
    role = role_of(points, HTTP_METRICS)
    if count == 0 or role[-1] < 0:
        return count
    differs = (role < 0) | (points.time_us != points.time_us[-1]) | (points.tags != points.tags[-1])
    others = np.flatnonzero(differs)
    start = int(others[-1]) + 1 if len(others) else 0
    begins = start + int(np.flatnonzero(role[start:] == role[start])[-1])
    # More points than a request can have are no request: do not hoard them.
    return begins if count - begins <= len(HTTP_METRICS) else count


def _joined(first: Points, second: Points) -> Points:
    metric, metrics = _merged(first.metric, first.metrics, second.metrics)
    tags, tag_sets = _merged(first.tags, first.tag_sets, second.tag_sets)
    return Points(
        time_us=np.concatenate([first.time_us, second.time_us]),
        metric=np.concatenate([metric, second.metric]),
        value=np.concatenate([first.value, second.value]),
        tags=np.concatenate([tags, second.tags]),
        metrics=metrics,
        tag_sets=tag_sets,
    )


def _merged(codes: Ints, names: Sequence[Any], others: Sequence[Any]) -> tuple[Ints, list[Any]]:
    """Return the codes of (few) points in the terms of `others`, which grows by what it lacks."""
    merged = list(others)
    positions = {name: i for i, name in enumerate(merged)}
    recoded = []
    for code in codes:
        name = names[code]
        if name not in positions:
            positions[name] = len(merged)
            merged.append(name)
        recoded.append(positions[name])
    return np.array(recoded, np.int64), merged
