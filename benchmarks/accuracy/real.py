"""Real runs with known truth: identical k6 and pgbench runs, and ones with a known change."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
from rates import Rate, alarms, rate, splits, table
from rivals import RIVALS

from perfanalysis import api
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Settings

CHANGES = {
    "search120": ("search", "search x1.2"),
    "checkout115": ("checkout", "checkout x1.15"),
    "browsetail3": ("browse", "browse tail x3"),
    "checkouterr5": ("checkout", "checkout errors 5 %"),
}
DESIGNS = ((1, 1), (5, 1), (9, 1), (3, 3), (5, 3), (5, 5))


def report(data: Path, folder: Path, draws: int, settings: Settings) -> None:
    """Print the tables of real runs."""
    rng = np.random.default_rng(1)
    truth = {name: load(data / "truth", f"{name}-*.json.gz", folder) for name in ("base", *CHANGES)}
    print("## k6 against a service of known latency: share of comparisons flagged\n")
    print(noise_table(truth["base"]))
    rows = [_truth_row(truth, design, draws, settings, rng) for design in DESIGNS]
    table(["design", "identical: any name", *(c[1] for c in CHANGES.values())], rows, print)
    print("## Rules of thumb on the same runs, one against one\n")
    rows = [_rival_row(name, truth) for name in RIVALS]
    head = ["rule", "identical: per name", "identical: any name", "search x1.2", "browse tail x3"]
    table(head, rows, print)
    pgbench = {kind: load(data / "pgbench-aa", f"{kind}-*", folder) for kind in ("base", "more")}
    print("## pgbench on a noisy virtual machine; `more` executes one more statement\n")
    rows = []
    for design in ((1, 1), (5, 1), (5, 5), (10, 5)):
        identical = splits(pgbench["base"], [], design, draws, rng)
        changed = splits(pgbench["base"], pgbench["more"], design, draws, rng)
        rows.append(
            [
                f"{design[0]} v {design[1]}",
                rate(bool(alarms(c, b, settings)) for c, b in identical),
                rate(bool(alarms(c, b, settings)) for c, b in changed),
            ]
        )
    table(["design", "identical", "one more statement"], rows, print)


def load(folder: Path, pattern: str, cache: Path) -> list[RunEvidence]:
    """Return the evidence of every run that matches, imported into a cache of its own."""
    import os

    os.environ["XDG_CACHE_HOME"] = str(cache)
    return [RunEvidence(run) for run in api.load_runs(str(folder / pattern))]


def noise_table(base: list[RunEvidence]) -> str:
    """Return what identical runs differ by, in words."""
    lines = []
    for q in (0.5, 0.95):
        spread = {
            name: np.std(
                [np.log(run.names[name].latencies.cdf().quantile(q)) for run in base], ddof=1
            )
            for name in base[0].names
        }
        words = ", ".join(f"{name} {value:.1%}" for name, value in spread.items())
        lines.append(f"Standard deviation between identical runs of log p{q * 100:g}: {words}.")
    return "\n".join(lines) + "\n"


def _spread(runs: list[RunEvidence], name: str, q: float) -> float:
    values = [np.log(run.names[name].latencies.cdf().quantile(q)) for run in runs]
    return float(np.std(values, ddof=1))


def _truth_row(
    truth: dict[str, list[RunEvidence]],
    design: tuple[int, int],
    draws: int,
    settings: Settings,
    rng: np.random.Generator,
) -> list[object]:
    base = truth["base"]
    if design == (1, 1):
        pairs = [([a], [b]) for a, b in combinations(base, 2)]
    else:
        pairs = splits(base, [], design, draws, rng)
    row: list[object] = [f"{design[0]} v {design[1]}"]
    row.append(rate(bool(alarms(current, other, settings)) for current, other in pairs))
    for kind, (name, _) in CHANGES.items():
        if design[1] > len(truth[kind]):
            row.append("")
            continue
        changed = splits(base, truth[kind], design, draws // 2, rng)
        row.append(rate(name in alarms(current, other, settings) for current, other in changed))
    return row


def _rival_row(rule: str, truth: dict[str, list[RunEvidence]]) -> list[object]:
    test = RIVALS[rule]
    flagged: list[bool] = []
    anywhere: list[bool] = []
    for a, b in combinations(truth["base"], 2):
        found = [test(requests(a, name), requests(b, name)) for name in a.names]
        flagged += found
        anywhere.append(any(found))

    def power(kind: str, name: str) -> Rate:
        return rate(
            test(requests(run, name), requests(base, name))
            for run in truth[kind]
            for base in truth["base"]
        )

    return [
        rule,
        rate(flagged),
        rate(anywhere),
        power("search120", "search"),
        power("browsetail3", "browse"),
    ]


def requests(run: RunEvidence, name: str) -> np.ndarray:
    """Return latencies as the rivals want them: one value a request, from the histogram."""
    from perfanalysis.model.buckets import bucket_edges

    data = run.names[name].latencies
    low, high = bucket_edges(data.bucket)
    return np.repeat((low + high) / 2, data.count)
