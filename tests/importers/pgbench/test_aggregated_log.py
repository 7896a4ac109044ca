"""Aggregated logs of pgbench."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.base import Match
from perfanalysis.importers.pgbench.aggregated_log import PgbenchAggregate
from perfanalysis.importers.rejects import Tolerance

ROW = "1795168296 6 17020 64246582 936 5438\n"
ROWS_15 = """\
1795168296 6 17020 64246582 936 5438 3787 3747075 198 1431 0 0 0 0 0
1795168297 16 21752 33699998 699 2568 6455 3990789 91 1103 4 0 0 2 1
"""


@pytest.fixture
def read_logs(tmp_path, read_run):
    """Write the logs of the threads, and read them as one run."""

    def read(*logs, **options):
        for number, log in enumerate(logs):
            name = f"pgbench_log.77.{number}" if number else "pgbench_log.77"
            (tmp_path / name).write_text(log)
        return read_run(tmp_path / "pgbench_log.77", **options)

    return read


def at(seconds):
    return datetime.fromtimestamp(1795168290 + seconds, UTC)


def windows(run, *columns):
    rows = [row for row in run.intervals.to_pylist() if row["scope"] == "window"]
    return [tuple(row[column] for column in columns) for row in rows]


def test_six_columns_hold_counts_sums_and_bounds(read_logs):
    (row,) = read_logs(ROW).intervals.to_pylist()
    assert row["started_at"] == at(6)
    assert (row["name"], row["kind"], row["requests"], row["failures"]) == (
        "script 0",
        "request",
        6,
        0,
    )
    # 17020 / 6 us; sqrt(64246582 / 6 - (17020 / 6) ** 2) us
    assert row["latency_mean_ms"] == pytest.approx(2.836667, abs=1e-6)
    assert row["latency_stddev_ms"] == pytest.approx(1.631284, abs=1e-6)
    assert (row["latency_min_ms"], row["latency_max_ms"]) == (0.936, 5.438)


def test_since_version_15_skipped_and_failed_come_on_top_of_the_transactions(read_logs):
    run = read_logs(ROWS_15)
    found = windows(run, "requests", "failures", "duration_s")
    assert found == [(6, 0, 1.0), (16 + 4 + 2 + 1, 7, 1.0)]
    assert windows(run, "latency_mean_ms")[1] == (21752 / 16 / 1000,)


def test_up_to_version_14_the_transactions_include_the_skipped(read_logs):
    run = read_logs("1795168297 16 21752 33699998 699 2568 6455 3990789 91 1103 4\n")
    assert windows(run, "requests", "failures") == [(16, 4)]
    assert windows(run, "latency_mean_ms") == [(21752 / 12 / 1000,)]


def test_ten_columns_of_version_9_4_and_later_have_the_lag_too(read_logs):
    run = read_logs("1795168297 16 21752 33699998 699 2568 6455 3990789 91 1103\n")
    assert windows(run, "requests", "failures", "latency_max_ms") == [(16, 0, 2.568)]


def test_threads_are_added_up_interval_by_interval(read_logs):
    run = read_logs(
        "1795168296 2 3000 5000000 1000 2000\n1795168297 1 500 250000 500 500\n",
        "1795168297 3 4500 7250000 900 2100\n1795168298 1 700 490000 700 700\n",
    )
    columns = ("started_at", "requests", "latency_mean_ms", "latency_min_ms", "latency_max_ms")
    assert windows(run, *columns) == [
        (at(6), 2, 1.5, 1.0, 2.0),
        (at(7), 4, 1.25, 0.5, 2.1),
        (at(8), 1, 0.7, 0.7, 0.7),
    ]
    assert windows(run, "latency_stddev_ms")[0] == (0.5,)


def test_an_interval_without_transactions_is_a_window_without_latencies(read_logs):
    run = read_logs(ROW + "1795168297 0 0 0 0 0\n1795168298 1 5 25 5 5\n")
    columns = ("requests", "latency_mean_ms", "latency_stddev_ms", "latency_min_ms")
    assert windows(run, *columns)[1] == (0, None, None, None)


def test_an_idle_thread_does_not_lower_the_minimum(read_logs):
    run = read_logs(ROW, "1795168296 0 0 0 0 0\n")
    assert windows(run, "requests", "latency_min_ms") == [(6, 0.936)]


def test_the_width_of_a_window_is_known_though_empty_intervals_are_missing(read_logs):
    run = read_logs("".join(f"17951683{at}0 1 5 25 5 5\n" for at in (0, 2, 5)))
    assert windows(run, "duration_s") == [(10.0,), (10.0,), (10.0,)]


def test_the_width_of_a_single_window_is_unknown(read_logs):
    assert windows(read_logs(ROW), "duration_s") == [(None,)]


def test_threads_that_began_in_different_seconds_share_windows(read_logs):
    run = read_logs(
        "1795168295 1 5 25 5 5\n1795168300 1 5 25 5 5\n",
        "1795168296 2 8 32 4 4\n1795168301 2 8 32 4 4\n",
    )
    assert windows(run, "started_at", "duration_s", "requests") == [
        (at(5), 5.0, 3),
        (at(10), 5.0, 3),
    ]
    assert "moved-windows" in run.caveat_codes


def test_sums_of_squares_beyond_64_bits_are_read(read_logs):
    run = read_logs("1795168296 2 20000000000 200000000000000000000 10000000000 10000000000\n")
    assert windows(run, "latency_mean_ms", "latency_stddev_ms") == [(1e7, 0.0)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1795168297 6 17020 64246582 936", ":2: expected an interval in 6, 10, 11 or 15 columns"),
        ("1795168297 6 17020 64246582 936 54x8", ":2: expected an interval"),
        ("1795168297 -6 17020 64246582 936 5438", ":2: expected an interval"),
        ("1795168297 3 9 9 1 9 0 0 0 0 4", ":2: expected an interval"),
        (ROW.strip(), ":2: column 'interval_start': expected a start later than 1795168296"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(read_logs, row, message):
    with pytest.raises(RowError) as caught:
        read_logs(f"{ROW}{row}\n1795168298 1 5 25 5 5\n1795168299 1 5 25 5 5\n")
    assert f"pgbench_log.77{message}" in caught.value.message


def test_tolerated_bad_rows_are_counted_and_the_others_kept(read_logs):
    run = read_logs(f"{ROW}bad\n1795168298 1 5 25 5 5\n", tolerance=Tolerance.parse("1"))
    assert run.rejected == 1
    assert windows(run, "requests") == [(6,), (1,)]


def test_a_cut_last_line_is_dropped_even_if_it_reads_as_a_row(read_logs):
    run = read_logs(ROW + "1795168297 1 500 250000 500 50")
    assert windows(run, "requests") == [(6,)]
    (caveat,) = [c for c in run.caveats if c.code == "cut-last-line"]
    assert "pgbench_log.77:2: the last line is cut short" in caveat.message


def test_a_log_with_nothing_but_a_cut_line_is_an_error(read_logs):
    with pytest.raises(InputError, match="expected at least one transaction, found none"):
        read_logs(ROW.strip())


def test_without_a_report_it_is_said_that_the_last_interval_is_missing(read_logs):
    assert read_logs(ROWS_15).caveat_codes == {"last-interval-missing"}


# Counted with awk '{n += $2; f += $11 + $14 + $15} END {print n + f, f}' over the logs.
@pytest.mark.parametrize(
    ("folder", "name", "count", "requests", "failures", "width_s"),
    [
        ("aggregate", "fast.sql", 6, 9499, 0, 1.0),
        ("aggregate-rate", "shop.sql", 5, 328, 23, 1.0),
        ("aggregate-failures", "hot.sql", 2, 5482, 4089, 2.0),
        ("aggregate-hidden-failures", "hot.sql", 4, 1816, 0, 1.0),
        ("aggregate-scripts", "multiple scripts", 4, 915, 0, 1.0),
        ("aggregate-idle", "fast.sql", 7, 3, 0, 1.0),
    ],
)
def test_windows_add_up_to_the_logs(
    fixtures, read_run, folder, name, count, requests, failures, width_s
):
    run = read_run(next((fixtures / "pgbench" / folder).glob("pgbench_log.*")))
    found = windows(run, "name", "requests", "failures", "duration_s")
    assert len(found) == count
    assert {row[0] for row in found} == {name}
    assert sum(row[1] for row in found) == requests
    assert sum(row[2] for row in found) == failures
    assert {row[3] for row in found} == {width_s}


def test_the_report_tells_how_much_the_last_interval_leaves_out(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "aggregate" / "pgbench_log.12136.1")
    (total,) = [row for row in run.intervals.to_pylist() if row["scope"] == "run"]
    assert (total["requests"], total["latency_mean_ms"]) == (11187, 2.145)
    (caveat,) = run.caveats
    assert caveat.code == "last-interval-missing"
    assert "1688 of 11187 transactions" in caveat.message


def test_failures_that_the_log_does_not_count_are_told(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "aggregate-hidden-failures" / "pgbench_log.12194")
    (caveat,) = [c for c in run.caveats if c.code == "failures-not-in-log"]
    assert "5330 of 5330 failed or skipped transactions" in caveat.message
    (total,) = [row for row in run.intervals.to_pylist() if row["scope"] == "run"]
    assert (total["requests"], total["failures"]) == (7153, 5330)


def test_several_scripts_are_parts_of_the_total_that_the_windows_show(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "aggregate-scripts" / "pgbench_log.12262")
    totals = [row for row in run.intervals.to_pylist() if row["scope"] == "run"]
    assert [(row["name"], row["kind"], row["requests"]) for row in totals] == [
        ("multiple scripts", "request", 926),
        ("fast.sql", "transaction", 466),
        ("shop.sql", "transaction", 460),
    ]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (ROW, Match.CERTAIN),
        (ROWS_15, Match.CERTAIN),
        (f"bad\n{ROWS_15}", Match.CERTAIN),
        ("1795168297 16 21752 33699998 699 2568 6455 3990789 91 1103\n", Match.CERTAIN),
        ("1795168297 16 21752 33699998 699 2568 6455 3990789 91 1103 4\r\n", Match.CERTAIN),
        ("1795168297 16 21752 33699998 699 2568 6455\n", Match.NO),
        ("0 1 2007 0 1795168291 2387\n", Match.NO),
        ("1598650497,5280,0.405,3.345,20.324\n", Match.NO),
        ("", Match.NO),
    ],
)
def test_match_knows_its_rows_from_others(head, expected):
    assert PgbenchAggregate().match(head.encode(), "pgbench_log.1") is expected
