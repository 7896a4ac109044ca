"""Large inputs for benchmarks: the lines of a fixture again and again, each time later.

Times are moved on with every repetition, so that a file looks like one long test: in order, and as
long as its size says. Everything else is as the tool wrote it.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Format:
    """How the times of a format are found, read and written.

    Attributes:
        fixture: the file whose lines are repeated.
        head_lines: lines that stand once, at the top.
        once: a part of further lines that stand once, in the first repetition.
        tail: what stands once, at the end.
        time: matches a time stamp and nothing else, with one group.
        read: its milliseconds since 1970.
        write: the time stamp that many milliseconds later.
    """

    fixture: str
    head_lines: int
    once: bytes | None
    tail: bytes
    time: re.Pattern[bytes]
    read: Callable[[bytes], int]
    write: Callable[[bytes, int], bytes]


def _epoch_ms(text: bytes) -> int:
    return int(text)


def _later_epoch_ms(text: bytes, ms: int) -> bytes:
    return b"%d" % (int(text) + ms)


def _rfc3339_ms(text: bytes) -> int:
    return (datetime.fromisoformat(text[:19].decode() + "+00:00") - _EPOCH) // timedelta(
        milliseconds=1
    )


def _later_rfc3339(text: bytes, ms: int) -> bytes:
    """Move whole seconds on; the fraction, of whatever length, stays."""
    moved = datetime.fromisoformat(text[:19].decode()) + timedelta(seconds=ms // 1000)
    return moved.isoformat().encode() + text[19:]


K6_JSON = Format(
    fixture="k6/base.json.gz",
    head_lines=0,
    once=b'"type":"Metric"',
    tail=b"",
    time=re.compile(rb'"time":"([^"]+)"'),
    read=_rfc3339_ms,
    write=_later_rfc3339,
)
JMETER_CSV = Format(
    fixture="jmeter/base.csv.jtl",
    head_lines=1,
    once=None,
    tail=b"",
    time=re.compile(rb"^(\d{13})(?=,)", re.MULTILINE),
    read=_epoch_ms,
    write=_later_epoch_ms,
)
JMETER_XML = Format(
    fixture="jmeter/base.xml.jtl",
    head_lines=2,
    once=None,
    tail=b"</testResults>\n",
    time=re.compile(rb' ts="(\d{13})"'),
    read=_epoch_ms,
    write=_later_epoch_ms,
)


def write_input(kind: Format, path: Path, megabytes: int) -> None:
    """Write a file of about that size, decimal megabytes."""
    file = FIXTURES / kind.fixture
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    lines = data.removesuffix(kind.tail).splitlines(keepends=True)
    head, body = lines[: kind.head_lines], lines[kind.head_lines :]
    again = [line for line in body if kind.once is None or kind.once not in line]
    repetitions = _repeated(kind, b"".join(again))
    # The first one is as the tool wrote it.
    next(repetitions)
    with path.open("wb") as out:
        out.writelines((*head, *body))
        for repetition in repetitions:
            if out.tell() >= megabytes * 1_000_000:
                break
            out.write(repetition)
        out.write(kind.tail)


def _repeated(kind: Format, body: bytes) -> Iterator[bytes]:
    """Yield a text again and again, its times as they are and then later and later."""
    # Text and times in turn.
    pieces = kind.time.split(body)
    whole = [match.group() for match in kind.time.finditer(body)]
    times = pieces[1::2]
    known = {time: kind.read(time) for time in set(times)}
    # A whole number of seconds, because fractions stay as they are.
    step_ms = (max(known.values()) - min(known.values())) // 1000 * 1000 + 1000
    ms = 0
    around = [match.replace(time, b"%s") for match, time in zip(whole, times, strict=True)]
    while True:
        later = {time: kind.write(time, ms) for time in known}
        moved = list(pieces)
        moved[1::2] = [frame % later[time] for frame, time in zip(around, times, strict=True)]
        yield b"".join(moved)
        ms += step_ms
