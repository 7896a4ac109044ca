"""k6's CSV: `k6 run --out csv=FILE[.gz]`, every version of its header and of its times."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Facts, Importer, Match
from perfanalysis.importers.k6.fold import Fold
from perfanalysis.importers.k6.lines import Records, records
from perfanalysis.importers.k6.metrics import Metrics
from perfanalysis.importers.k6.points import (
    Keys,
    Mask,
    PointReader,
    Points,
    RawPoints,
    encode,
    file_caveats,
    whole_requests,
)
from perfanalysis.importers.k6.tags import TagError, TagSet, tag_set
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import InputFile, Source

# Every version of k6 begins with these three and lists its tags after them.
_FIRST_COLUMNS = ["metric_name", "timestamp", "metric_value"]
_TAGS = "tags"
_KEYS = Keys(metric="metric_name", time="timestamp", value="metric_value", tags=_TAGS)
# Columns whose cells hold several tags: `team=core&test_type=load`.
_LISTS_OF_TAGS = ("extra_tags", "metadata")


class K6Csv(Importer):
    """Reads k6's CSV; the types of custom metrics are not in it."""

    name: ClassVar[str] = "k6-csv"
    title: ClassVar[str] = "k6 CSV (k6 run --out csv=FILE)"

    def match(self, head: bytes, filename: str) -> Match:
        """Recognise the header by the three columns that every version begins with."""
        del filename
        header = head.partition(b"\n")[0].strip()
        return Match.CERTAIN if _begins_as_k6(header.split(b",")) else Match.NO

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield request and series rows, then the caveats."""
        for file in source.files:
            reader = _CsvReader(file, rejects)
            metrics = Metrics()
            fold = Fold(metrics)
            for points in whole_requests(reader.blocks()):
                yield from fold.rows(points)
            if not fold.points:
                raise InputError(
                    f"{file.label}:2: expected at least one row, found none",
                    hint="was the test killed before its first second was over?",
                )
            yield Facts(tool="k6")
            yield from (*reader.caveats(), *metrics.caveats(), *fold.caveats())


class _CsvReader:
    """Reads the points of one file."""

    def __init__(self, file: InputFile, rejects: Rejects) -> None:
        self._file = file
        self._rejects = rejects
        self._tag_columns: list[str] = []
        self._ambiguous = ""
        self._cut_line = 0
        self._points = PointReader(
            file=file,
            rejects=rejects,
            keys=_KEYS,
            read_tags=self._read_tags,
            found=_found,
        )

    def blocks(self) -> Iterator[Points]:
        """Yield the points of the file, in its order, block by block."""
        for number, found in enumerate(records(self._file)):
            block = found if number else self._without_header(found)
            raw = self._raw_points(self._without_cut_record(block))
            yield self._points.read(encode(raw, unix_times=True))

    def _without_header(self, block: Records) -> Records:
        header = _cells((block.text[0].as_py() or "").strip()) or []
        if header[:3] != _FIRST_COLUMNS:
            raise InputError(
                f"{self._file.label}:1: expected the header "
                f"'{','.join(_FIRST_COLUMNS)},...', found {','.join(header)[:80]!r}"
            )
        self._tag_columns = header[3:]
        return block[1:]

    def _without_cut_record(self, block: Records) -> Records:
        if not (block.cut and len(block)):
            return block
        last = _cells(block.text[-1].as_py() or "")
        if last is not None and len(last) == len(_FIRST_COLUMNS) + len(self._tag_columns):
            return block
        self._cut_line = int(block.line[-1])
        return block[:-1]

    def _raw_points(self, block: Records) -> RawPoints:
        # The tags of a request repeat over many rows: as one text they are parsed only once.
        pieces = pc.split_pattern(pc.ascii_rtrim(block.text, "\r\n"), ",", max_splits=3)
        sizes = pc.list_value_length(pieces).fill_null(0).to_numpy(zero_copy_only=False)
        whole = sizes == len(_FIRST_COLUMNS) + bool(self._tag_columns)
        if not whole.all():
            self._report_short(block, whole)
            pieces = pieces.filter(pa.array(whole))
        kept = np.flatnonzero(whole)
        parts = pieces.flatten()
        count = len(_FIRST_COLUMNS) + bool(self._tag_columns)
        columns = [parts.take(pa.array(np.arange(i, len(parts), count))) for i in range(count)]
        empty = pa.array(np.full(len(kept), ""), pa.string())
        return RawPoints(
            line=block.line[kept],
            metric=columns[0],
            time=columns[1],
            value=_numbers(columns[2]),
            tags=columns[3] if self._tag_columns else empty,
            raw=lambda i: str(block.text[kept[i]].as_py()),
        )

    def _report_short(self, block: Records, whole: Mask) -> None:
        for i in np.flatnonzero(~whole):
            text = block.text[i].as_py()
            if text is None or text.strip():
                columns = len(_FIRST_COLUMNS) + len(self._tag_columns)
                self._rejects.row(
                    self._file,
                    int(block.line[i]),
                    column=None,
                    expected="UTF-8" if text is None else f"{columns} columns",
                    found="other bytes" if text is None else text.strip(),
                    raw=text or "",
                )

    def _read_tags(self, text: str) -> TagSet:
        expected = f"{len(self._tag_columns)} columns of tags"
        cells = _cells(text) if self._tag_columns else []
        if cells is None or len(cells) != len(self._tag_columns):
            raise TagError(expected, text)
        tags: dict[str, str] = {}
        for column, cell in zip(self._tag_columns, cells, strict=True):
            if cell and column in _LISTS_OF_TAGS:
                tags.update(self._listed_tags(column, cell))
            else:
                tags[column] = cell
        return tag_set(tags.items())

    def _listed_tags(self, column: str, cell: str) -> dict[str, str]:
        # k6 does not escape & and =: unless each part has exactly one =, it is anyone's guess
        # which tags were meant.
        pairs = [part.split("=") for part in cell.split("&")]
        keys = {pair[0] for pair in pairs}
        if any(len(pair) != 2 for pair in pairs) or len(keys) < len(pairs):
            self._ambiguous = self._ambiguous or cell
            return {column: cell}
        return dict(pairs)

    def caveats(self) -> Iterator[Caveat]:
        """Yield what a reader must know about the file, once it is read."""
        yield from file_caveats(self._file, self._cut_line)
        yield from self._points.caveats()
        if self._ambiguous:
            yield Caveat(
                code="ambiguous-tags",
                message=phrase(
                    "{file}: k6 does not escape & and = in extra tags: cells "
                    "such as {cell} are kept whole, as one tag",
                    file=self._file.label,
                    cell=repr(self._ambiguous[:80]),
                ),
            )


def _begins_as_k6(header: Sequence[bytes]) -> bool:
    return [column.strip() for column in header[:3]] == [name.encode() for name in _FIRST_COLUMNS]


def _cells(text: str) -> list[str] | None:
    """Return the cells of one record; None where its quotes make no sense."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None


def _found(text: str, column: str) -> str:
    cells = text.split(",", 3)
    return cells[_FIRST_COLUMNS.index(column)]


def _numbers(texts: pa.Array) -> pa.Array:
    """Return texts as float64; null where a text is no number."""
    try:
        return texts.cast(pa.float64())
    except pa.ArrowInvalid:
        return pa.array([_number(text) for text in texts], pa.float64())


def _number(text: pa.Scalar) -> float | None:
    try:
        number: float = text.cast(pa.float64()).as_py()
    except pa.ArrowInvalid:
        return None
    return number
