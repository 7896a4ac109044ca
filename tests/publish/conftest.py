from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from perfanalysis.model.budget_results import Check
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Comparison, Verdict
from perfanalysis.publish.findings import Findings
from perfanalysis.publish.http import Client
from perfanalysis.publish.patience import Patience
from tests.publish.forge_server import Forge
from tests.reports.conftest import (  # noqa: F401  (fixtures are found by their names here)
    comparison,
    hostile_comparison,
    hostile_names,
    make_budget,
    make_result,
    make_run,
    results,
    unchanged_result,
)

NOW = 1_800_000_000.0


@pytest.fixture
def forge() -> Iterator[Forge]:
    """A GitHub and GitLab on loopback, with pull request 7 of shop/api."""
    with Forge() as server:
        server.pull_request("shop/api", 7)
        server.pull_request("42", 7)
        yield server


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def slept() -> list[float]:
    """For how long would have been waited, in seconds."""
    return []


@pytest.fixture
def patience(slept) -> Callable[..., Patience]:
    """Patience that notes for how long it would wait, and does not."""

    def make(**changes) -> Patience:
        return Patience(sleep=slept.append, now=lambda: NOW, rng=random.Random(0), **changes)

    return make


@pytest.fixture
def quiet(comparison, unchanged_result) -> Comparison:  # noqa: F811  (a fixture)
    """A comparison that found nothing."""
    return replace(
        comparison, verdict=Verdict.UNCHANGED, results=(unchanged_result,), reasons=(), judged=1
    )


@pytest.fixture
def problem(comparison) -> Findings:  # noqa: F811  (a fixture)
    """Findings with a regression."""
    return Findings.of(comparison, None, strict=False)


@pytest.fixture
def no_problem(quiet) -> Findings:
    """Findings without any."""
    return Findings.of(quiet, None, strict=False)


@pytest.fixture
def broken_check(make_run, make_budget) -> Check:  # noqa: F811  (fixtures)
    """Two judged budgets, one of them broken."""
    met = make_budget(name="cart", outcome=Outcome.MET, headroom=0.3)
    return Check(
        runs=(make_run(),), outcome=Outcome.BROKEN, results=(make_budget(), met), caveats=()
    )


@pytest.fixture
def client(forge, patience):
    return Client(
        forge.github_url, headers={"Authorization": f"Bearer {forge.token}"}, patience=patience()
    )


@pytest.fixture
def closed_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
