"""How often perfanalysis is wrong: false alarms on identical runs, misses on real changes.

    python benchmarks/accuracy [--draws 200] [--data FOLDER]

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
from rates import alarms, rate, table
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
FACTORS = (1.0, 1.05, 1.1, 1.2)
NAMES = ("a", "b", "c", "d")


def simulate(draws: int, settings: Settings) -> None:
    """Print false alarms and power on simulated runs of four names, of which one is slower."""
    rng = np.random.default_rng(20260101)
    print("## Simulated: share of comparisons flagged; one of four names is slower by the factor\n")
    rows = []
    for world in WORLDS:
        for design in DESIGNS:
            cells = [trial(world, design, factor, draws, settings, rng) for factor in FACTORS]
            rows.append([world.title, f"{design[0]} v {design[1]}", *cells])
    head = ["world", "design", "identical: any name", *(f"x{f:g}: the name" for f in FACTORS[1:])]
    table(head, rows, print)


def trial(
    world: World,
    design: tuple[int, int],
    factor: float,
    draws: int,
    settings: Settings,
    rng: np.random.Generator,
) -> str:
    """Return the share of comparisons that flag any name (factor 1) or the slower one."""
    same = dict.fromkeys(NAMES, 1.0)
    slower = same | {"a": factor}
    outcomes = []
    for _ in range(draws):
        baseline = [SimulatedRun(world, same, rng) for _ in range(design[0])]
        current = [SimulatedRun(world, slower, rng) for _ in range(design[1])]
        found = alarms(current, baseline, settings)
        outcomes.append(bool(found) if factor == 1 else "a" in found)
    return str(rate(outcomes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=60, help="comparisons per cell")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    settings = Settings()
    if (options.data / "truth").is_dir():
        with tempfile.TemporaryDirectory() as folder:
            real.report(options.data, Path(folder), 3 * options.draws, settings)
    else:
        print(f"{options.data} holds no runs: the tables of real runs are left out\n")
    simulate(options.draws, settings)


if __name__ == "__main__":
    main()
