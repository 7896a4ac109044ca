"""How often perfanalysis is wrong: false alarms on identical runs, misses on real changes.

    python benchmarks/accuracy [--draws 100] [--data FOLDER] [--noise 0.03,0.06]

Prints the tables of docs/accuracy.md. Errors are Monte-Carlo standard errors; splits of the same
few real runs overlap, so theirs are too small. FOLDER holds `truth` and `pgbench-aa`; without it
only simulations run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import real
from rates import alarms, rate, splits, table
from simulated import SimulatedRun, World

from perfanalysis.analysis.judge import Settings

DESIGNS = ((1, 1), (5, 1), (10, 1), (3, 3), (5, 3), (5, 5))
WORLDS = (
    *(World(shape="lognormal", phi=phi, run_sd=0.0) for phi in (0.0, 0.5, 0.9, 0.98)),
    *(World(shape="lognormal", phi=0.9, run_sd=sd) for sd in (0.03, 0.1)),
    World(shape="bimodal", phi=0.5, run_sd=0.03),
    World(shape="heavy", phi=0.5, run_sd=0.03),
    World(shape="lognormal", phi=0.5, run_sd=0.03, rounded=True),
)
FACTORS = (1.05, 1.1, 1.2)
NAMES = ("a", "b", "c", "d")
POOL = 40


def simulate(draws: int, settings: Settings) -> None:
    """Print false alarms and power on simulated runs of four names, of which one is slower.

    Comparisons draw from a pool of simulated runs, as splits of real runs do.
    """
    rng = np.random.default_rng(20260101)
    print("## Simulated: share of comparisons flagged; one of four names is slower by the factor\n")
    rows = []
    for world in WORLDS:
        same = dict.fromkeys(NAMES, 1.0)
        base = [SimulatedRun(world, same, rng) for _ in range(POOL)]
        slower = {
            factor: [SimulatedRun(world, same | {"a": factor}, rng) for _ in range(POOL // 2)]
            for factor in FACTORS
        }
        for design in DESIGNS:
            identical = splits(base, [], design, draws, rng)
            cells = [rate(bool(alarms(c, b, settings)) for c, b in identical)]
            for factor in FACTORS:
                changed = splits(base, slower[factor], design, draws, rng)
                cells.append(rate("a" in alarms(c, b, settings) for c, b in changed))
            rows.append([world.title, f"{design[0]} v {design[1]}", *cells])
    head = ["world", "design", "identical: any name", *(f"x{f:g}: the name" for f in FACTORS)]
    table(head, rows, print)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=100, help="comparisons per cell")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--real-only", action="store_true", help="leave out the simulations")
    parser.add_argument("--noise", default="0.03,0.06", help="assumed run noise: CENTER,TAIL")
    options = parser.parse_args()
    center, _, tail = options.noise.partition(",")
    settings = Settings(noise_center=float(center), noise_tail=float(tail))
    if (options.data / "truth").is_dir():
        with tempfile.TemporaryDirectory() as folder:
            real.report(options.data, Path(folder), 2 * options.draws, settings)
    else:
        print(f"{options.data} holds no runs: the tables of real runs are left out\n")
    if not options.real_only:
        simulate(options.draws, settings)


if __name__ == "__main__":
    main()
