"""Memory does not grow with the file: one ten times as large is read under a limit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

MIB = 1 << 20
TIMES = 10
# Of the smaller file, more than one of the blocks that files are read in; and what the larger one
# may take more. Rows that were kept would take more than this.
SMALL_MIB, ALLOWED_MIB = 10, 48
# The same for those that are quick, whose blocks are larger in memory, and several at once.
QUICK = {"jmeter-csv", "jmeter-xml", "k6-csv", "k6-json", "locust-requests", "pgbench-log"}
QUICK_SMALL_MIB, QUICK_ALLOWED_MIB = 60, 80
# One document of limited size, whose rows are names and not moments.
DOCUMENTS = {"jmeter-statistics", "k6-summary", "locust-json"}

# Arrow's own allocator and malloc's arenas reserve addresses that nothing uses.
ONE_ALLOCATOR = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"}
READ = """
import resource, sys
from datetime import UTC
from pathlib import Path
from perfanalysis.importers.base import Rows
from perfanalysis.importers.registry import find_source
from perfanalysis.importers.rejects import Rejects

def rows(path, importer):
    importer, source = find_source(
        Path(path), label=path, format_name=importer, timezone=UTC
    )
    chunks = importer.read(source, Rejects())
    return sum(chunk.batch.num_rows for chunk in chunks if isinstance(chunk, Rows))

def status(name):
    found = Path("/proc/self/status").read_text().partition(name + ":")[2]
    return int(found.split()[0]) * 1024

importer, small, large, allowance = sys.argv[1:]
print(rows(small, importer))
# As much again as the smaller file took at its peak, and a little more.
limit = status("VmPeak") + int(allowance)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
print(rows(large, importer))
try:
    held = [bytearray(1 << 20) for _ in range(limit >> 20)]
except MemoryError:
    print("limited")
"""


def repeated(body: bytes) -> Iterator[bytes]:
    while True:
        yield body


def locust_history(_: bytes) -> Iterator[bytes]:
    yield (
        b"Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,99%,100%,Total Request Count,"
        b"Total Failure Count,Total Median Response Time,Total Average Response Time,"
        b"Total Min Response Time,Total Max Response Time,Total Average Content Size\n"
    )
    for second in count(1):
        for name, share in ((b"GET,/a", 10), (b"POST,/b", 5), (b",Aggregated", 15)):
            yield b"%d,8,%s,10.0,0.0,15,80,90,%d,0,15,20.5,1,90,512\n" % (
                1_700_000_000 + second,
                name,
                second * share,
            )


def aggregated_log(_: bytes) -> Iterator[bytes]:
    for second in count(1_700_000_000):
        yield b"%d 929 1999384 4304305130 2078 2404 0 0 0 0 0 0 0 0 0\n" % second


def progress(_: bytes) -> Iterator[bytes]:
    for second in count(1):
        yield b"progress: %d.0 s, 603.0 tps, lat 3.301 ms stddev 0.402, 0 failed\n" % second


def psrecord_log(_: bytes) -> Iterator[bytes]:
    yield b"# Elapsed time   CPU (%)     Real (MB)   Virtual (MB)\n"
    for step in count(1):
        yield b"%12.3f %12.3f %12.3f %12.3f\n" % (step / 10, 37.5, 120.25, 480.5)


# How a file grows, and how many lines of the specimen stand before what is repeated.
GROWING: dict[str, tuple[Callable[[bytes], Iterator[bytes]], int]] = {
    "jmeter-csv": (repeated, 1),
    "jmeter-xml": (repeated, 2),
    "k6-csv": (repeated, 1),
    "k6-json": (repeated, 0),
    "locust-csv": (locust_history, 0),
    "locust-requests": (repeated, 1),
    "pgbench-aggregate": (aggregated_log, 0),
    "pgbench-log": (repeated, 0),
    "pgbench-report": (progress, 0),
    "psrecord": (psrecord_log, 0),
    "psutil": (repeated, 0),
}
NAMES = {"locust-csv": "x_stats_history.csv"}


def write(folder: Path, specimen, size: int) -> Path:
    """Write whole rows of about `size` bytes."""
    lines = specimen.files[specimen.lead].splitlines(keepends=True)
    grow, before = GROWING[specimen.importer]
    ending = lines.pop() if lines[-1].startswith(b"</") else b""
    folder.mkdir()
    path = folder / NAMES.get(specimen.importer, specimen.lead)
    with path.open("wb") as out:
        out.write(b"".join(lines[:before]))
        pieces = grow(b"".join(lines[before:]))
        while out.tell() < size:
            out.write(next(pieces))
        out.write(ending)
    return path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_file_ten_times_as_large_is_read_in_the_memory_of_the_smaller(specimen, tmp_path):
    if specimen.importer in DOCUMENTS:
        pytest.skip("one document of limited size")
    quick = specimen.importer in QUICK
    size = (QUICK_SMALL_MIB if quick else SMALL_MIB) * MIB
    allowed = (QUICK_ALLOWED_MIB if quick else ALLOWED_MIB) * MIB
    small = write(tmp_path / "small", specimen, size)
    large = write(tmp_path / "large", specimen, TIMES * size)
    ended = subprocess.run(
        [sys.executable, "-c", READ, specimen.importer, small, large, str(allowed)],
        capture_output=True,
        check=False,
        env={**os.environ, **ONE_ALLOCATOR},
        text=True,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    few, many, limited = ended.stdout.split()
    assert limited == "limited"
    assert int(many) == pytest.approx(TIMES * int(few), rel=0.03)


def test_every_importer_is_measured_or_reads_documents(leading_files):
    assert set(GROWING) | DOCUMENTS == set(leading_files)
    assert not DOCUMENTS & set(GROWING)
