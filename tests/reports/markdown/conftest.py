"""A comparison with budgets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.model.outcome import Outcome


@pytest.fixture
def judged(comparison, results, make_budget):
    """The comparison of the other reports, with budgets and a way to decide what is undecided."""
    met = make_budget(
        name="cart",
        source="latency.p95 of cart at most 200 ms",
        limit=200.0,
        value=118.0,
        outcome=Outcome.MET,
        headroom=0.41,
        message="cart latency.p95 is 118 ms",
    )
    undecided = replace(results["undecided"], runs_needed=8)
    shown = tuple({**results, "undecided": undecided}.values())
    return replace(comparison, results=shown, budgets=(met, make_budget()))
