"""Cost of a report that compares two runs: time of the whole command, and size of the page.

Bundles of 200 names are written through the store (`report_bundles.py`); the report is made by the
command line in a process of its own, start-up included. The fastest round counts.

    python benchmarks/report_cost.py [--millions 10] [--rounds 3]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import fastest, measure

HERE = Path(__file__).parent
MOST_SECONDS, MOST_MEGABYTES = 5.0, 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", type=float, default=10.0, help="requests of a run")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    requests = round(options.millions * 1e6)
    print("| work | wall s | CPU s | peak MiB | page MB | bound: 5 s and 2 MB |")
    print("|---|--:|--:|--:|--:|---|")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{side}.run" for side in ("current", "baseline")]
        command = [sys.executable, str(HERE / "report_bundles.py"), str(requests)]
        subprocess.run([*command, *map(str, paths)], check=True)
        page = Path(folder) / "report.html"
        report = [sys.executable, "-m", "perfanalysis", "report", *map(str, paths), "-o", str(page)]
        found = fastest([measure(report) for _ in range(options.rounds)])
        megabytes = page.stat().st_size / 1e6
    holds = found.wall_s < MOST_SECONDS and megabytes < MOST_MEGABYTES
    title = f"report, 200 names, {options.millions:g} million requests a run"
    print(
        f"| {title} | {found.wall_s:.2f} | {found.cpu_s:.2f} | {found.peak_mib:.0f} "
        f"| {megabytes:.2f} | {'holds' if holds else 'missed'} |"
    )


if __name__ == "__main__":
    main()
