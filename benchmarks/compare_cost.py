"""Cost of comparing two bundles against the number of their requests: it must not grow.

Bundles of simulated requests are written through the store, then compared by the command line in a
process of its own. Start-up is measured by comparing two tiny bundles.

    python benchmarks/compare_cost.py [--millions 10]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import fastest, measure

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", type=float, default=10.0)
    most = int(parser.parse_args().millions * 1e6)
    print("| requests a run | compare s | beyond start-up s | peak MiB |")
    print("|---|---|---|---|")
    start_up = None
    with tempfile.TemporaryDirectory() as folder:
        for requests in (1_000, most // 100, most // 10, most):
            paths = [Path(folder) / f"{side}-{requests}.run" for side in ("current", "baseline")]
            command = [sys.executable, str(HERE / "bundles.py"), str(requests), *map(str, paths)]
            subprocess.run(command, check=True)
            compare = [sys.executable, "-m", "perfanalysis", "compare", *map(str, paths)]
            found = fastest([measure(compare, good_exits=(0, 1)) for _ in range(3)])
            wall_s, peak_mib = found.wall_s, found.peak_mib
            start_up = wall_s if start_up is None else start_up
            beyond = f"{max(wall_s - start_up, 0):.2f}"
            print(f"| {requests:,} | {wall_s:.2f} | {beyond} | {peak_mib:.0f} |", flush=True)


if __name__ == "__main__":
    main()
