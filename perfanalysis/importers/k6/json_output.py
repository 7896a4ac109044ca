"""k6's JSON lines: `k6 run --out json=FILE[.gz]`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Facts, Importer, Match
from perfanalysis.importers.k6.fold import Fold
from perfanalysis.importers.k6.json_lines import LineParser, ParsedLines
from perfanalysis.importers.k6.metrics import MetricError, Metrics
from perfanalysis.importers.k6.points import (
    Keys,
    PointReader,
    Points,
    file_caveats,
    whole_requests,
)
from perfanalysis.importers.k6.tags import read_json_tags
from perfanalysis.importers.pipeline import ordered_map, read_ahead
from perfanalysis.importers.source import line_blocks
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import InputFile, Source

# The order of keys differs by version; every one begins with either `metric` or `type`.
_SIGNATURE = re.compile(
    rb'^\{\s*"(?:metric"\s*:\s*"[^"\r\n]{1,200}"\s*,\s*"type|type)"\s*:\s*"(?:Metric|Point)"'
    rb'\s*,\s*"(?:data"\s*:\s*\{|metric"\s*:\s*")',
    re.MULTILINE,
)
# The two shapes in any other order of keys, as rewritten by other programs.
_LINE_KEYS = (b'"data"', b'"metric"', b'"type"')

_KEYS = Keys(metric="metric", time="data.time", value="data.value", tags="data.tags")


class K6Json(Importer):
    """Reads k6's JSON lines; console output between them is skipped and counted."""

    name: ClassVar[str] = "k6-json"
    title: ClassVar[str] = "k6 JSON lines (k6 run --out json=FILE)"

    def match(self, head: bytes, filename: str) -> Match:
        """Recognise a line that begins as k6 writes it, in any of its orders of keys."""
        del filename
        if _SIGNATURE.search(head):
            return Match.CERTAIN
        whole_lines = head[: head.rfind(b"\n") + 1].splitlines()
        return Match.LIKELY if any(_is_k6_line(line) for line in whole_lines) else Match.NO

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield request and series rows, then the declared thresholds and the caveats."""
        for file in source.files:
            reader = _JsonReader(file, rejects)
            fold = Fold(reader.metrics)
            for points in whole_requests(reader.blocks()):
                yield from fold.rows(points)
            if not fold.points:
                raise InputError(
                    f"{file.label}:1: expected at least one line of type 'Point', found none",
                    hint="was the test killed before its first second was over?",
                )
            yield Facts(tool="k6", thresholds=reader.metrics.thresholds)
            yield from (*reader.caveats(), *reader.metrics.caveats(), *fold.caveats())


class _JsonReader:
    """Reads the points of one file; takes note of its Metric lines and of what is none of both."""

    def __init__(self, file: InputFile, rejects: Rejects) -> None:
        self.metrics = Metrics()
        self._file = file
        self._rejects = rejects
        self._points = PointReader(
            file=file,
            rejects=rejects,
            keys=_KEYS,
            read_tags=read_json_tags,
            found=_found,
        )
        self._skipped = 0
        self._first_skipped = 0
        self._cut_line = 0

    def blocks(self) -> Iterator[Points]:
        """Yield the points of the file, in its order, block by block."""
        with LineParser() as parser:
            for parsed in ordered_map(parser.parse, read_ahead(line_blocks(self._file))):
                for number in parsed.others:
                    self._other_line(parsed, number)
                yield self._points.read(parsed.points)

    def _other_line(self, parsed: ParsedLines, number: int) -> None:
        """Read a line that DuckDB did not take for a Point."""
        line = parsed.block.first_line + number
        cut = parsed.block.cut and number == parsed.lines - 1
        text = parsed.raw(number).strip()
        if not text:
            return
        found = _json_object(text) if text.startswith("{") else {}
        if found is None and cut:
            self._cut_line = line
        elif found is None or found.get("type") == "Point":
            self._reject(line, None, "a JSON object in UTF-8", text, text)
        elif found.get("type") == "Metric":
            try:
                self.metrics.declare(found)
            except MetricError as error:
                self._reject(line, "data", error.expected, error.found, text)
        else:
            self._skipped += 1
            self._first_skipped = self._first_skipped or line

    def _reject(self, line: int, column: str | None, expected: str, found: str, raw: str) -> None:
        self._rejects.row(self._file, line, column=column, expected=expected, found=found, raw=raw)

    def caveats(self) -> Iterator[Caveat]:
        """Yield what a reader must know about the file, once it is read."""
        yield from file_caveats(self._file, self._cut_line)
        yield from self._points.caveats()
        if self._skipped:
            yield Caveat(
                code="skipped-lines",
                message=phrase(
                    "{file}:{line}: {skipped} lines are none of k6's results "
                    "(console output?) and were skipped; this is the first",
                    file=self._file.label,
                    line=self._first_skipped,
                    skipped=self._skipped,
                ),
            )


def _json_object(text: str | bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
        # Half a surrogate pair passes json.loads, and nothing else afterwards.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _is_k6_line(line: bytes) -> bool:
    if not all(key in line for key in _LINE_KEYS):
        return False
    found = _json_object(line) or {}
    return found.get("type") in ("Metric", "Point") and isinstance(found.get("data"), dict)


def _found(text: str, column: str) -> str:
    """Return what stands under a key such as `data.value` of a line that is a JSON object."""
    found: Any = _json_object(text)
    for key in column.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else json.dumps(found)
