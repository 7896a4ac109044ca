"""Import speed and memory against other parsers, on the same file, one after the other.

Inputs are made from the fixtures by repeating their lines to the chosen size. Every contestant is a
process of its own, start-up included. Timings on shared machines are noisy: the ratio within one
run is what counts.

    python benchmarks/import_speed.py [--megabytes 200]
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"

JSON_LOADS = """
import json, sys
with open(sys.argv[1]) as lines:
    points = [json.loads(line) for line in lines]
durations = [p["data"]["value"] for p in points if p.get("metric") == "http_req_duration"
             and p["type"] == "Point"]
print(len(durations))
"""
PANDAS_CSV = """
import sys
import pandas as pd
frame = pd.read_csv(sys.argv[1])
frame.to_parquet(sys.argv[2])
print(len(frame))
"""
ITERPARSE = """
import sys
import xml.etree.ElementTree as ET
rows = []
for _, element in ET.iterparse(sys.argv[1]):
    if element.tag in ("httpSample", "sample"):
        rows.append((element.get("ts"), element.get("t"), element.get("lb"), element.get("s")))
        element.clear()
print(len(rows))
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One format: how its input is made, and what perfanalysis is held against."""

    title: str
    fixture: str
    head_lines: int
    tail: bytes
    rival: str
    script: str


CASES = (
    Case(
        title="k6 JSON",
        fixture="k6/base.json.gz",
        head_lines=0,
        tail=b"",
        rival="json.loads per line",
        script=JSON_LOADS,
    ),
    Case(
        title="JMeter CSV",
        fixture="jmeter/base.csv.jtl",
        head_lines=1,
        tail=b"",
        rival="pandas.read_csv, to_parquet",
        script=PANDAS_CSV,
    ),
    Case(
        title="JMeter XML",
        fixture="jmeter/base.xml.jtl",
        head_lines=2,
        tail=b"</testResults>\n",
        rival="ElementTree.iterparse",
        script=ITERPARSE,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def make_input(case: Case, path: Path, megabytes: int) -> None:
    """Repeat the lines of a fixture, its head once, to the wanted size."""
    file = FIXTURES / case.fixture
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    lines = data.splitlines(keepends=True)
    body = [line for line in lines[case.head_lines :] if line != case.tail]
    block = b"".join(body)
    with path.open("wb") as out:
        out.writelines(lines[: case.head_lines])
        while out.tell() < megabytes << 20:
            out.write(block)
        out.write(case.tail)


def measure(command: list[str]) -> Measured:
    """Run a command and return its wall time, CPU time and peak memory."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {command}")
    return Measured(
        wall_s=wall_s, cpu_s=usage.ru_utime + usage.ru_stime, peak_mib=usage.ru_maxrss / 1024
    )


def row(title: str, who: str, megabytes: float, found: Measured, ratio: str) -> str:
    return (
        f"| {title} | {who} | {found.wall_s:.2f} | {found.cpu_s:.2f} "
        f"| {megabytes / found.wall_s:.0f} | {found.peak_mib:.0f} | {ratio} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=200)
    size = parser.parse_args().megabytes
    print("| input | who | wall s | CPU s | MB/s | peak MiB | perfanalysis is faster by |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            path = Path(folder) / "input"
            make_input(case, path, size)
            actual = path.stat().st_size / 1e6
            out = str(Path(folder) / f"{case.title}.run")
            ours = measure([sys.executable, "-m", "perfanalysis", "import", str(path), "-o", out])
            parquet = str(Path(folder) / "rival.parquet")
            theirs = measure([sys.executable, "-c", case.script, str(path), parquet])
            factor = f"{theirs.wall_s / ours.wall_s:.1f} times"
            print(row(case.title, "perfanalysis, to a bundle", actual, ours, factor), flush=True)
            print(row(case.title, case.rival, actual, theirs, ""), flush=True)
    print(f"\n{os.cpu_count()} cores")


if __name__ == "__main__":
    main()
