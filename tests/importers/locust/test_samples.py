"""Files of strangers' Locust runs: each imports with its own counts, or is refused with a reason.

The counts were taken with the csv module: rows that are not Aggregated, and their sums.
"""

from __future__ import annotations

import pytest

from perfanalysis.errors import InputError


def rows_of(run, scope):
    return [row for row in run.intervals.to_pylist() if row["scope"] == scope]


SAMPLES = {
    "blanklines_test_results_stats.csv": (4, 0, 71464, 10),
    "fullhistory_results_stats.csv": (16, 0, 225, 50),
    "fullhistory_results_failures.csv": (16, 0, 225, 50),
    "fullhistory_results_exceptions.csv": (16, 0, 225, 50),
    "py_example_stats.csv": (10, 50, 13, 1),
    "py_example_stats_history.csv": (10, 50, 13, 1),
    "py_example_failures.csv": (10, 50, 13, 1),
    "v0_example_requests.csv": (4, 0, 1648, 388),
    "v0_example_distribution.csv": (4, 0, 1648, 388),
    "win2_results_stats.csv": (35, 60, 3568, 3105),
    "win2_results_stats_history.csv": (35, 60, 3568, 3105),
    "win2_results_failures.csv": (35, 60, 3568, 3105),
    "win2_results_exceptions.csv": (35, 60, 3568, 3105),
    "win_results_stats_history.csv": (1, 55, 2050, 1496),
    "win_results_failures.csv": (1, 55, 2050, 1496),
    "win_results_exceptions.csv": (1, 55, 2050, 1496),
}
NOT_A_RUN = {
    "2022_example_failures.csv": r"2022_example_failures\.csv:1: expected the header",
    "mac_results_failures.csv": r"mac_results_failures\.csv:1: expected the header",
    "empty_results_stats.csv": r"empty_results_stats\.csv: expected at least one request",
    "empty_results_failures.csv": r"empty_results_stats\.csv: expected at least one request",
    "empty_results_exceptions.csv": r"empty_results_stats\.csv: expected at least one request",
}
OTHER_FORMATS = {"locust-workers2.ldjson", "v0_slave-report-data.json"}


@pytest.mark.parametrize("name", SAMPLES)
def test_foreign_samples_give_the_counts_of_their_files(read_run, shared, name):
    run = read_run(shared / "samples" / "locust" / name)
    names, windows, requests, failures = SAMPLES[name]
    whole = rows_of(run, "run")
    assert (len(whole), len(rows_of(run, "window"))) == (names, windows)
    assert sum(row["requests"] for row in whole) == requests
    assert sum(row["failures"] for row in whole) == failures


@pytest.mark.parametrize("name", NOT_A_RUN)
def test_foreign_samples_without_requests_are_refused(read_run, shared, name):
    with pytest.raises(InputError, match=NOT_A_RUN[name]):
        read_run(shared / "samples" / "locust" / name)


def test_every_foreign_sample_has_an_expectation(shared):
    found = {path.name for path in (shared / "samples" / "locust").iterdir()}
    assert found == {*SAMPLES, *NOT_A_RUN, *OTHER_FORMATS}
