"""Error rates, against published values."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.stats.rates import (
    Share,
    newcombe,
    run_share_difference,
    share_of,
    single_share_difference,
    wilson,
)


def share(events, n):
    return Share(events=events, n=n, design_effect=1.0)


@pytest.mark.parametrize(
    ("events", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_wilson_reproduces_newcombes_table(events, n, low, high):
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3."""
    assert wilson(share(events, n), 1.959964) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(
    ("a", "n", "b", "m", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
    ],
)
def test_newcombe_reproduces_his_table(a, n, b, m, low, high):
    """Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10."""
    assert newcombe(share(a, n), share(b, m), 0.95) == pytest.approx((low, high), abs=1e-4)


def test_no_errors_on_either_side_are_no_difference():
    found = single_share_difference(share(0, 1000), share(0, 1000), 0.05)
    assert found.estimate == 0
    assert found.p_value == 1.0
    assert found.interval(0.95)[0] < 0 < found.interval(0.95)[1]


def test_errors_from_none_are_found():
    assert single_share_difference(share(50, 1000), share(0, 1000), 0.05).p_value < 1e-6


def test_three_errors_in_a_hundred_thousand_are_not():
    assert single_share_difference(share(3, 100_000), share(0, 100_000), 0.05).p_value > 0.05


def test_a_burst_counts_for_little():
    events = np.array([0, 0, 0, 50, 0, 0, 0, 0, 0, 0])
    burst = share_of(events, np.full(10, 100))
    steady = share_of(np.full(10, 5), np.full(10, 100))
    assert steady.design_effect == 1.0
    assert burst.design_effect > 20
    calm = share_of(np.zeros(10, dtype=np.int64), np.full(10, 100))
    assert single_share_difference(burst, calm, 0.05).p_value > 0.05
    assert single_share_difference(steady, calm, 0.05).p_value < 1e-6


def test_several_runs_are_compared_run_by_run():
    quiet = [share(k, 1000) for k in (4, 5, 6, 5, 4)]
    loud = [share(k, 1000) for k in (48, 55, 51)]
    found = run_share_difference(loud, quiet, 0.05)
    assert found.p_value < 0.001
    assert found.interval(0.95)[0] > 0.03
    assert found.estimate == pytest.approx(0.0465, abs=0.001)


def test_runs_without_errors_still_have_an_interval():
    none = [share(0, 1000)] * 3
    found = run_share_difference(none, none, 0.05)
    assert found.p_value == 1.0
    assert found.interval(0.95)[1] > 0


def test_pairs_cancel_what_their_runs_share():
    noisy = [share(k, 10_000) for k in (100, 400, 900, 1600)]
    worse = [share(k + 150, 10_000) for k in (100, 400, 900, 1600)]
    assert run_share_difference(worse, noisy, 0.05).p_value > 0.5
    found = run_share_difference(worse, noisy, 0.05, in_pairs=True)
    assert found.method == "paired-arcsine"
    assert found.p_value < 0.001
