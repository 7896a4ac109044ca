"""Counting alarms: how often identical runs are flagged, how often real changes are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from perfanalysis.analysis.compare import compare_evidence
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.results import Verdict

ALARMS = (Verdict.REGRESSED, Verdict.IMPROVED)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share of trials with its Monte-Carlo error."""

    hits: int
    trials: int

    @property
    def value(self) -> float:
        """The share."""
        return self.hits / self.trials

    def __str__(self) -> str:
        error = np.sqrt(max(self.value * (1 - self.value), 1 / self.trials) / self.trials)
        return f"{self.value:.3f} ± {error:.3f}"


def alarms(
    current: Sequence[RunEvidence], baseline: Sequence[RunEvidence], settings: Settings
) -> set[str]:
    """Return the names that a comparison calls regressed or improved, gating results only."""
    found = compare_evidence(current, baseline, settings=settings)
    return {r.name for r in found.results if r.gate and r.verdict in ALARMS}


def rate(outcomes: Iterable[bool]) -> Rate:
    """Return the share of true outcomes."""
    counted = list(outcomes)
    return Rate(hits=sum(counted), trials=len(counted))


def splits(
    runs: Sequence[RunEvidence],
    others: Sequence[RunEvidence],
    design: tuple[int, int],
    draws: int,
    rng: np.random.Generator,
) -> list[tuple[list[RunEvidence], list[RunEvidence]]]:
    """Draw current and baseline runs: `design` is (baseline, current); without others, disjoint."""
    baseline_size, current_size = design
    found = []
    for _ in range(draws):
        order = rng.permutation(len(runs))
        baseline = [runs[i] for i in order[:baseline_size]]
        if others:
            picked = rng.permutation(len(others))[:current_size]
            found.append(([others[i] for i in picked], baseline))
        else:
            rest = order[baseline_size : baseline_size + current_size]
            found.append(([runs[i] for i in rest], baseline))
    return found


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], out: Callable[[str], None]
) -> None:
    """Print a Markdown table."""
    out(f"| {' | '.join(head)} |")
    out(f"|{'---|' * len(head)}")
    for row in rows:
        out(f"| {' | '.join(str(cell) for cell in row)} |")
    out("")
