"""Budget files of a test, and runs that have a little of everything."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest

from perfanalysis.analysis.budgets.judging import judge_budgets
from perfanalysis.analysis.budgets.observing import Observed
from perfanalysis.analysis.budgets.reading import read_budgets


@pytest.fixture
def budgets_of(tmp_path):
    """Read the budgets of a file with this text."""

    def read(text, *, name="budget.yml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return read_budgets([path]).budgets

    return read


@pytest.fixture(scope="session")
def shop(rows_run, load_of, lognormal, series_of):
    """search: 2000 requests around 20 ms; checkout: 500 around 100 ms, one in fifty fails."""
    parts = (
        load_of(
            "search",
            lognormal(20.0, 0.4, 2000),
            seconds=40.0,
            method="GET",
            scenario="load",
            status="200",
            wait_ms=4.0,
            tags={"region": "eu", "url": "http://shop/search"},
        ),
        load_of(
            "checkout",
            lognormal(100.0, 0.4, 500, seed=2),
            seconds=40.0,
            ok=(np.arange(500) % 50 != 7).tolist(),
            method="POST",
            scenario="load",
            tags={"region": "us"},
        ),
        load_of("journey", [250.0] * 100, kind="iteration", seconds=40.0),
        load_of("::shop", lognormal(130.0, 0.2, 200), kind="transaction", group="::shop"),
        load_of("is 200", [np.nan] * 200, kind="check", ok=[True] * 199 + [False]),
    )
    rng = np.random.default_rng(5)
    series = (
        series_of("system.cpu", 50 + 5 * rng.standard_normal(60), unit="%"),
        series_of("system.memory.used", np.linspace(4e8, 5e8, 60), unit="bytes"),
        series_of("orders", [2.0] * 50, kind="counter"),
        series_of("data_sent", [1000.0] * 50, kind="counter", unit="bytes"),
        series_of("vus", [4.0, 8.0, 6.0]),
        series_of("flaky", [0.0] * 99 + [1.0], kind="rate"),
        series_of("checkout_time", lognormal(50.0, 0.3, 400), kind="trend", unit="ms"),
    )
    return rows_run(*parts, series=series)


@pytest.fixture
def judged(budgets_of, shop):
    """Judge the budgets of a text on the shop, or on other runs: one result each."""

    def judge(text, *runs):
        observed = [Observed(run) for run in runs or (shop,)]
        return judge_budgets(budgets_of(text), observed)

    return judge


@pytest.fixture
def only(judged):
    """Judge a text that makes one result."""

    def judge(text, *runs):
        (result,) = judged(text, *runs)
        return result

    return judge
