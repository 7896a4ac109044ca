"""psrecord's log of one process: plain and CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Facts, Importer, Match
from perfanalysis.importers.source import line_blocks
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase
from perfanalysis.traces.psutil_metrics import PROCESS, PROCESS_CPU, Figure
from perfanalysis.traces.series_points import Rates, SeriesPoints

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import InputFile, Source

_MIB = float(1 << 20)
_COUNTERS = PROCESS["io_counters"]
_MEMORY = ("process.memory.rss", "process.memory.vms")
# What each column of the two layouts is, and the factor to its unit here. psrecord's MB are MiB.
_FIGURES: dict[str, tuple[Figure, float]] = {
    "cpu": (PROCESS_CPU, 1.0),
    "nproc": (Figure("process.count", None), 1.0),
    "mem_real": (Figure(_MEMORY[0], "bytes"), _MIB),
    "mem_virtual": (Figure(_MEMORY[1], "bytes"), _MIB),
    "read_count": (_COUNTERS["read_count"], 1.0),
    "write_count": (_COUNTERS["write_count"], 1.0),
    "read_bytes": (_COUNTERS["read_bytes"], 1.0),
    "write_bytes": (_COUNTERS["write_bytes"], 1.0),
}
_PLAIN = {
    "# Elapsed time": "elapsed_time",
    "CPU (%)": "cpu",
    "Real (MB)": "mem_real",
    "Virtual (MB)": "mem_virtual",
    "Read count": "read_count",
    "Write count": "write_count",
    "Read bytes": "read_bytes",
    "Write bytes": "write_bytes",
}
# Beyond three years of seconds it is no elapsed time.
_MAX_ELAPSED_S = 1e8
_MAX_VALUE = 1e18
_BLOCK_BYTES = 1 << 20
_MAX_HEADER_BYTES = 1000


class Psrecord(Importer):
    """Reads CPU, memory and I/O of a process and its children.

    psrecord writes no date: its times are told as if the recording had begun with 1970. CPU is
    summed over the processes, 100 % a core.
    """

    name: ClassVar[str] = "psrecord"
    title: ClassVar[str] = "psrecord --log, plain or CSV"

    def match(self, head: bytes, filename: str) -> Match:
        """Judge by the header."""
        del filename
        line = head.split(b"\n", 1)[0][:_MAX_HEADER_BYTES].decode("latin-1")
        return Match.CERTAIN if _columns(line) else Match.NO

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield the series.

        Raises:
            InputError: the header is none of psrecord's, or there are no rows.
        """
        file = source.files[0]
        recording = _Recording(file, rejects)
        # Rows become Python objects here: blocks are small, so that few are alive at a time.
        for block in line_blocks(file, size=_BLOCK_BYTES):
            lines = block.data.decode("latin-1").split("\n")
            last = block.first_line + len(lines) - 1
            for number, line in enumerate(lines, start=block.first_line):
                if line.strip():
                    recording.add(number, line, cut=block.cut and number == last)
            yield from recording.points.full()
        yield from recording.finish()
        if file.truncated:
            message = phrase(
                "{file}: the compressed data are cut short; what they hold was read",
                file=file.label,
            )
            yield Caveat(code="truncated-archive", message=message)


class _Recording:
    """The points of one file, and what must be known between its lines."""

    def __init__(self, file: InputFile, rejects: Rejects) -> None:
        self.points = SeriesPoints()
        self._file = file
        self._rejects = rejects
        self._rates = Rates()
        self._columns: list[str] = []
        self._rows = 0
        self._cut_line: int | None = None

    def add(self, number: int, line: str, *, cut: bool) -> None:
        if not self._columns:
            self._columns = _columns(line)
            if not self._columns:
                raise InputError(
                    f"{self._file.label}:{number}: expected the header of psrecord, "
                    f"found {line[:80].strip()!r}"
                )
            return
        cells = (line.replace(",", " ") if self._columns[1] == "nproc" else line).split()
        values = [_value(cell) for cell in cells]
        bad = self._bad(cells, values)
        if bad is None:
            self._add_row([value for value in values if value is not None])
        elif cut:
            self._cut_line = number
        else:
            column, expected, found = bad
            self._rejects.row(
                self._file, number, column=column, expected=expected, found=found, raw=line.rstrip()
            )

    def finish(self) -> Iterator[Chunk]:
        if not self._rows:
            raise InputError(f"{self._file.label}: expected at least one row, found none")
        yield from self.points.rest()
        yield Facts(tool="psrecord")
        yield Caveat(
            code="no-absolute-time",
            message=phrase(
                "{file}: does not tell when it was recorded: its times count "
                "from 1970-01-01T00:00:00Z",
                file=self._file.label,
            ),
        )
        if self._rates.restarts:
            yield Caveat(
                code="counter-restart",
                message=phrase(
                    "{file}: counters fell (a child process ended?): no rate at "
                    "those rows: {metrics}",
                    file=self._file.label,
                    metrics=", ".join(sorted(self._rates.restarts)),
                ),
            )
        if self._cut_line is not None:
            message = phrase(
                "{file}:{line}: the last line is cut short and was dropped",
                file=self._file.label,
                line=self._cut_line,
            )
            yield Caveat(code="cut-last-line", message=message)

    def _bad(
        self, cells: list[str], values: list[float | None]
    ) -> tuple[str | None, str, str] | None:
        """Return the first column that is wrong, what it should hold and what it holds."""
        if len(cells) != len(self._columns):
            return None, f"{len(self._columns)} columns", f"{len(cells)} columns"
        for column, cell, value in zip(self._columns, cells, values, strict=True):
            if value is None or (column == "elapsed_time" and value > _MAX_ELAPSED_S):
                return (
                    column,
                    "a number of seconds" if column == "elapsed_time" else "a number",
                    cell,
                )
        return None

    def _add_row(self, values: list[float]) -> None:
        time_us = round(values[0] * 1e6)
        for column, stated in zip(self._columns[1:], values[1:], strict=True):
            figure, factor = _FIGURES[column]
            value: float | None = stated * factor
            if figure.is_counter:
                value = self._rates.rate(time_us, figure.metric, stated, {})
            # psutil has nothing to compare its first CPU percentage with.
            elif figure.since_last_call and self._rows == 0 and stated == 0:
                value = None
            if value is not None:
                self.points.add(time_us, figure.metric, value, figure.unit, {})
        self._rows += 1


def _columns(header: str) -> list[str]:
    """Return the names of the columns in the words of the CSV layout; empty for any other line."""
    line = header.strip()
    if line.startswith("# Elapsed time"):
        found = sorted((line.find(title), name) for title, name in _PLAIN.items() if title in line)
        return [name for _, name in found] if len(found) > 1 else []
    names = line.split(",")
    if names[:3] == ["elapsed_time", "nproc", "cpu"] and all(n in _FIGURES for n in names[1:]):
        return names
    return []


def _value(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if 0 <= value <= _MAX_VALUE else None
