"""Import, summary and comparison against the alternatives: same file, whole processes, in turn.

    python benchmarks/speed.py [--megabytes 1000] [--millions 10] [--rounds 3] [--only k6]

Inputs are made from the fixtures (`inputs.py`), bundles from simulated requests (`bundles.py`).
Every contestant is a process of its own, start-up included; they take turns, round by round, so
that a machine that slows down slows all of them. The fastest round counts. Timings on shared
machines are noisy: the ratio is what matters.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import inputs
from processes import Measured, fastest, measure

HERE = Path(__file__).parent
OURS = "perfanalysis"


@dataclass(frozen=True, kw_only=True)
class Rival:
    """Another way to do a work.

    Attributes:
        script: in `rivals/`.
        bound: at most this multiple of the rival's time may be ours; None: reported only.
        rounds: how often it runs; None for as often as all.
    """

    who: str
    script: str
    bound: float | None = None
    rounds: int | None = None


@dataclass(frozen=True, kw_only=True)
class Work:
    """Something to do, and how perfanalysis and others do it.

    Attributes:
        arguments: of perfanalysis, given the input and a path to write to.
        exits: exit codes of perfanalysis that are no failure.
    """

    key: str
    title: str
    rivals: Sequence[Rival]
    arguments: Callable[[Sequence[Path], Path], list[str]]
    exits: Sequence[int] = (0,)


def _import(sources: Sequence[Path], out: Path) -> list[str]:
    return ["import", str(sources[0]), "-o", str(out)]


IMPORTS = (
    (
        Work(
            key="k6",
            title="k6 JSON",
            rivals=(
                Rival(who="DuckDB read_json to Parquet", script="k6_duckdb.py", bound=1.5),
                Rival(who="json.loads loop", script="k6_json_loads.py", bound=1 / 4, rounds=1),
                Rival(who="polars to Parquet", script="k6_polars.py"),
                Rival(who="pyarrow.json to Parquet", script="k6_pyarrow.py"),
            ),
            arguments=_import,
        ),
        inputs.K6_JSON,
    ),
    (
        Work(
            key="csv",
            title="JMeter CSV",
            rivals=(
                Rival(who="pandas read_csv, to_parquet", script="csv_pandas.py", bound=1 / 2),
                Rival(who="polars to Parquet", script="csv_polars.py"),
                Rival(who="pyarrow.csv to Parquet", script="csv_pyarrow.py"),
                Rival(who="DuckDB read_csv to Parquet", script="csv_duckdb.py"),
            ),
            arguments=_import,
        ),
        inputs.JMETER_CSV,
    ),
    (
        Work(
            key="xml",
            title="JMeter XML",
            rivals=(
                Rival(
                    who="ElementTree.iterparse loop",
                    script="xml_iterparse.py",
                    bound=1 / 3,
                    rounds=1,
                ),
            ),
            arguments=_import,
        ),
        inputs.JMETER_XML,
    ),
)
SUMMARY = Work(
    key="summary",
    title="summary",
    rivals=(Rival(who="pandas groupby().quantile", script="summary_pandas.py", bound=1 / 3),),
    arguments=lambda bundles, _: ["summary", str(bundles[0])],
)
COMPARE = Work(
    key="compare",
    title="compare",
    rivals=(
        Rival(
            who="scipy.stats.mannwhitneyu per name",
            script="compare_mannwhitney.py",
            bound=1 / 20,
            rounds=1,
        ),
    ),
    arguments=lambda bundles, _: ["compare", str(bundles[0]), str(bundles[1])],
    exits=(0, 1),
)


def contest(work: Work, sources: Sequence[Path], rounds: int, folder: Path) -> dict[str, Measured]:
    """Let everybody do a work in turn; return the fastest round of each."""
    found: dict[str, list[Measured]] = {}
    for number in range(rounds):
        out = folder / f"{work.key}.run"
        command = [sys.executable, "-m", "perfanalysis", *work.arguments(sources, out)]
        found.setdefault(OURS, []).append(measure(command, good_exits=work.exits))
        shutil.rmtree(out, ignore_errors=True)
        for rival in work.rivals:
            if rival.rounds is None or number < rival.rounds:
                parquet = folder / "rival.parquet"
                arguments = [str(path) for path in sources] + [str(parquet)]
                script = str(HERE / "rivals" / rival.script)
                times = measure([sys.executable, script, *arguments])
                found.setdefault(rival.who, []).append(times)
                parquet.unlink(missing_ok=True)
    return {who: fastest(runs) for who, runs in found.items()}


def print_rows(work: Work, size: str, megabytes: float | None, found: dict[str, Measured]) -> None:
    """Print a row of the table for everybody."""
    ours = found[OURS]
    bounds = {rival.who: rival.bound for rival in work.rivals}
    for who, times in found.items():
        rate = "" if megabytes is None else f"{megabytes / times.wall_s:.0f}"
        ratio = verdict = ""
        if who != OURS:
            quotient = ours.wall_s / times.wall_s
            ratio = f"{quotient:.2f}"
            if (bound := bounds[who]) is not None:
                verdict = f"{bound:.2f}: {'holds' if quotient <= bound else 'missed'}"
        print(
            f"| {work.title}, {size} | {who} | {times.wall_s:.2f} | {times.cpu_s:.2f} | {rate} "
            f"| {times.peak_mib:.0f} | {ratio} | {verdict} |",
            flush=True,
        )


def print_memory(work: Work, kind: inputs.Format, folder: Path, megabytes: int) -> None:
    """Print the peak of importing two sizes, one ten times the other."""
    peaks = []
    for size in (megabytes // 5, 2 * megabytes):
        source, out = folder / "memory-input", folder / "memory.run"
        inputs.write_input(kind, source, size)
        command = [sys.executable, "-m", "perfanalysis", *work.arguments([source], out)]
        peaks.append(measure(command).peak_mib)
        shutil.rmtree(out)
        source.unlink()
    small, large = peaks
    holds = large <= 1.2 * small and large * 1.048576 < 700
    print(
        f"| {work.title} | {small:.0f} | {large:.0f} | {large / small:.2f} "
        f"| {'holds' if holds else 'missed'} |",
        flush=True,
    )


def _bundles(folder: Path, millions: float) -> list[Path]:
    """Write two bundles, in a process of its own that may take memory."""
    paths = [folder / "current.run", folder / "baseline.run"]
    command = [
        sys.executable,
        str(HERE / "bundles.py"),
        str(round(millions * 1e6)),
        *map(str, paths),
    ]
    subprocess.run(command, check=True)
    return paths


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=1000, help="size of the files to import")
    parser.add_argument("--millions", type=float, default=10.0, help="requests of a bundle")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", help="k6, csv, xml, summary, compare, memory")
    return parser.parse_args()


def main() -> None:
    options = _options()

    def wanted(key: str) -> bool:
        return options.only is None or key in options.only

    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine}, best of {options.rounds} rounds\n")
    print("| work | who | wall s | CPU s | MB/s | peak MiB | our time / theirs | bound |")
    print("|---|---|--:|--:|--:|--:|--:|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for work, kind in IMPORTS:
            if wanted(work.key):
                source = folder / "input"
                inputs.write_input(kind, source, options.megabytes)
                found = contest(work, [source], options.rounds, folder)
                size = source.stat().st_size / 1e6
                print_rows(work, f"{size:,.0f} MB", size, found)
                source.unlink()
        if wanted("summary") or wanted("compare"):
            bundles = _bundles(folder, options.millions)
            for work in (SUMMARY, COMPARE):
                if wanted(work.key):
                    found = contest(work, bundles, options.rounds, folder)
                    print_rows(work, f"{options.millions:g} million requests", None, found)
        if wanted("memory"):
            small, large = options.megabytes // 5, 2 * options.megabytes
            print(f"\n| import | peak MiB, {small} MB | peak MiB, {large} MB | ratio | bound |")
            print("|---|--:|--:|--:|---|")
            for work, kind in IMPORTS:
                print_memory(work, kind, folder, options.megabytes)


if __name__ == "__main__":
    main()
