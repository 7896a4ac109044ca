"""The report and the progress lines that pgbench prints."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.base import Match
from perfanalysis.importers.pgbench.report import PgbenchReport
from perfanalysis.importers.rejects import Tolerance

VERSION_8_4 = """\
starting vacuum...end.
transaction type: TPC-B (sort of)
scaling factor: 1
query mode: simple
number of clients: 1
number of transactions per client: 10
number of transactions actually processed: 10/10
tps = 250.000000 (including connections establishing)
tps = 500.000000 (excluding connections establishing)
"""
VERSION_9_4 = """\
transaction type: SELECT only
scaling factor: 1
query mode: prepared
number of clients: 2
number of threads: 2
duration: 10 s
number of transactions actually processed: 1000
latency average: 20.000 ms
latency stddev: 1.500 ms
rate limit schedule lag: avg 0.105 (max 4.002) ms
tps = 100.000000 (including connections establishing)
tps = 100.010001 (excluding connections establishing)
statement latencies in milliseconds:
	0.002676	\\set naccounts 100000 * :scale
	0.184313	SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
"""
VERSION_13 = """\
transaction type: multiple scripts
scaling factor: 1
query mode: simple
number of clients: 4
number of threads: 1
duration: 2 s
number of transactions actually processed: 90
number of transactions skipped: 10 (10.000 %)
number of transactions above the 50.0 ms latency limit: 3/90 (3.333 %)
latency average = 43.389 ms
latency stddev = 23.689 ms
rate limit schedule lag: avg 24.048 (max 49.820) ms
tps = 45.000000 (including connections establishing)
tps = 45.100000 (excluding connections establishing)
SQL script 1: tests/slow.sql
 - weight: 1 (targets 50.0% of total)
 - 46 transactions (46.0% of total, tps = 20.000000)
 - number of transactions skipped: 6 (13.043 %)
 - latency average = 61.726 ms
 - latency stddev = 15.701 ms
SQL script 2: <builtin: select only>
 - weight: 1 (targets 50.0% of total)
 - 54 transactions (54.0% of total, tps = 25.000000)
 - number of transactions skipped: 4 (7.407 %)
 - latency average = 26.886 ms
 - latency stddev = 16.414 ms
"""
VERSION_18 = """\
pgbench (18.1, server 17.4)
transaction type: multiple scripts
scaling factor: 1
query mode: simple
number of clients: 4
number of threads: 1
maximum number of tries: 1
duration: 2 s
number of transactions actually processed: 90
number of failed transactions: 7 (6.542%)
number of transactions skipped: 10 (9.346%)
number of transactions above the 50.0 ms latency limit: 3/90 (3.333%)
latency average = 43.389 ms
latency stddev = 23.689 ms
rate limit schedule lag: avg 24.048 (max 49.820) ms
initial connection time = 2.733 ms
tps = 45.000000 (without initial connection time)
SQL script 1: slow.sql
 - weight: 1 (targets 50.0% of total)
 - 53 transactions (49.5% of total)
 - number of transactions actually processed: 40 (tps = 20.000000)
 - number of failed transactions: 7 (13.208%)
 - number of transactions skipped: 6 (11.321%)
 - latency average = 61.726 ms
 - latency stddev = 15.701 ms
SQL script 2: other/slow.sql
 - weight: 1 (targets 50.0% of total)
 - 54 transactions (50.5% of total)
 - number of transactions actually processed: 50 (tps = 25.000000)
 - number of failed transactions: 0 (0.000%)
 - number of transactions skipped: 4 (7.407%)
 - latency average = 26.886 ms
 - latency stddev = 16.414 ms
"""
PROGRESS_9_4 = "progress: {} s, 100.0 tps, lat 20.000 ms stddev 1.500\n"


@pytest.fixture
def read_text(tmp_path, read_run):
    """Write what pgbench printed, and read it."""

    def read(text, name="results.txt", **options):
        path = tmp_path / name
        path.write_text(text)
        return read_run(path, **options)

    return read


def rows(run, scope="run", kind="request"):
    found = [row for row in run.intervals.to_pylist() if row["scope"] == scope]
    return [row for row in found if row["kind"] == kind]


def figures(row):
    columns = ("name", "requests", "failures", "latency_mean_ms", "latency_stddev_ms")
    return tuple(row[column] for column in columns)


def test_version_8_4_prints_no_latency_and_no_threads(read_text):
    run = read_text(VERSION_8_4)
    (row,) = rows(run)
    assert figures(row) == ("<builtin: TPC-B (sort of)>", 10, 0, None, None)
    assert run.fact("tool_version") is None
    assert run.fact("tags") == {
        "pgbench.scale": "1",
        "pgbench.query_mode": "simple",
        "pgbench.clients": "1",
    }


def test_the_duration_of_old_versions_counts_connecting_in(read_text):
    assert read_text(VERSION_8_4).fact("duration_s") == 0.04


def test_version_9_4_writes_colons_and_statements_after_tabs(read_text):
    run = read_text(VERSION_9_4)
    (row,) = rows(run)
    assert figures(row) == ("<builtin: select only>", 1000, 0, 20.0, 1.5)
    assert run.fact("duration_s") == 10.0
    assert [figures(row)[:4] for row in rows(run, kind="transaction")] == [
        ("\\set naccounts 100000 * :scale", 1000, 0, 0.002676),
        ("SELECT abalance FROM pgbench_accounts WHERE aid = :aid;", 1000, 0, 0.184313),
    ]


def test_a_mean_of_zero_is_unknown(read_text):
    run = read_text(VERSION_9_4.replace("average: 20.000", "average: 0.000"))
    assert rows(run)[0]["latency_mean_ms"] is None


def test_up_to_version_14_the_transactions_of_a_script_include_the_skipped(read_text):
    assert [figures(row) for row in rows(read_text(VERSION_13))] == [
        ("slow.sql", 46, 6, 61.726, 15.701),
        ("<builtin: select only>", 54, 4, 26.886, 16.414),
    ]


def test_newer_versions_print_what_a_script_processed(read_text):
    run = read_text(VERSION_18)
    assert [figures(row) for row in rows(run)] == [
        ("slow.sql", 53, 13, 61.726, 15.701),
        ("slow.sql #2", 54, 4, 26.886, 16.414),
    ]
    assert run.fact("tool_version") == "18.1"
    assert run.fact("tags")["pgbench.server"] == "17.4"


def test_statements_of_several_scripts_are_told_apart(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "statements" / "stdout.txt")
    statements = rows(run, kind="transaction")
    assert len(statements) == 10
    assert figures(statements[1])[:4] == (
        "fast.sql: SELECT abalance FROM pgbench_accounts WHERE aid = :aid;",
        24,
        0,
        0.107,
    )
    assert [figures(row)[:2] for row in rows(run)] == [("fast.sql", 24), ("shop.sql", 16)]


def test_repeated_and_long_statements_keep_names_of_their_own(read_text):
    text = VERSION_9_4 + "\t0.1\tSELECT 1;\n\t0.2\tSELECT 1;\n\t0.3\tSELECT " + "x" * 200 + "\n"
    names = [row["name"] for row in rows(read_text(text), kind="transaction")]
    assert names[2:] == ["SELECT 1;", "SELECT 1; #2", "SELECT " + "x" * 113]


def test_failures_of_a_statement_are_counted(shared, read_run):
    run = read_run(shared / "samples" / "pgbench" / "pg15_faildet.stdout.txt")
    (failing,) = [row for row in rows(run, kind="transaction") if row["failures"]]
    assert figures(failing)[1:4] == (24, 17, 0.136)
    assert figures(rows(run)[0]) == ("ser.sql", 24, 17, 6.92, None)
    assert run.caveat_codes == {"mean-includes-failures"}


def test_reconnecting_runs_print_their_rate_with_it(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "reconnect" / "stdout.txt")
    (row,) = rows(run)
    assert figures(row) == ("fast.sql", 20, 0, 5.683, None)
    assert run.fact("duration_s") == pytest.approx(20 / 175.966496)


def test_progress_lines_are_windows_counted_from_1970(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "progress" / "stdout.txt")
    found = rows(run, scope="window")
    assert [(row["started_at"].timestamp(), row["duration_s"]) for row in found] == [
        (0.0, 1.0),
        (1.0, 1.0),
        (2.0, 1.0),
        (3.0, 1.0),
        (4.0, 1.0),
    ]
    assert [row["requests"] for row in found] == [922, 905, 926, 920, 928]
    assert figures(found[0]) == ("fast.sql", 922, 0, 2.161, 0.144)
    assert run.caveat_codes == {"no-absolute-time"}


def test_dated_progress_lines_are_windows_at_their_time(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "progress-timestamp" / "stderr.txt")
    found = rows(run, scope="window")
    assert found[0]["started_at"] == datetime(2026, 11, 20, 11, 15, 21, 178000, tzinfo=UTC)
    assert [row["duration_s"] for row in found] == [1.0] * 5
    assert [row["requests"] for row in found] == [931, 922, 923, 914, 909]
    assert run.caveats == []


def test_skipped_and_failed_in_progress_are_failures(read_text):
    run = read_text(
        "progress: 2.0 s, 49.5 tps, lat 37.988 ms stddev 23.211, 3 failed, lag 20.502 ms, "
        "16 skipped, 5 retried, 7 retries\n"
    )
    (row,) = rows(run, scope="window")
    assert figures(row) == ("script 0", 99 + 19, 19, 37.988, 23.211)


@pytest.mark.parametrize(
    "line",
    [
        "progress: 1.0 s, 0.0 tps, lat 0.000 ms stddev 0.000, 0 failed\n",
        "progress: 1.0 s, 0.0 tps, lat -nan ms stddev -nan\n",
        "progress: 1.0 s, 0.0 tps, lat NaN ms stddev NaN, lag NaN ms\n",
    ],
)
def test_a_window_without_transactions_has_no_latency(read_text, line):
    (row,) = rows(read_text(line), scope="window")
    assert figures(row) == ("script 0", 0, 0, None, None)


def test_a_single_dated_line_tells_no_window(read_text):
    line = "progress: 1795168297.077 s, 8.0 tps, lat 2.502 ms stddev 1.549, 0 failed\n"
    run = read_text(line + VERSION_9_4)
    assert rows(run, scope="window") == []
    assert run.caveat_codes == {"single-progress-line"}
    with pytest.raises(InputError, match="found neither"):
        read_text(line)


def test_progress_of_several_scripts_is_passed_over_and_that_is_said(read_text):
    run = read_text(PROGRESS_9_4.format("1.0") + VERSION_13)
    assert rows(run, scope="window") == []
    assert run.caveat_codes == {"progress-of-several-scripts"}


def test_a_damaged_progress_line_is_a_bad_row(read_text):
    text = PROGRESS_9_4.format("1.0") + "progress: 2.0 s, many tps\n" + PROGRESS_9_4.format("3.0")
    with pytest.raises(RowError) as caught:
        read_text(text)
    assert "results.txt:2: expected a progress line such as" in caught.value.message
    run = read_text(text, tolerance=Tolerance.parse("1"))
    assert [row["duration_s"] for row in rows(run, scope="window")] == [1.0, 2.0]


@pytest.mark.parametrize("again", ["1.0", "1.5", "1795168297.077"])
def test_progress_of_two_runs_is_refused(read_text, again):
    text = PROGRESS_9_4.format("1.5") + PROGRESS_9_4.format(again)
    with pytest.raises(InputError, match=r"results\.txt:2: expected progress after 1\.5 s"):
        read_text(text)


def test_two_reports_in_one_file_are_refused(read_text):
    with pytest.raises(InputError) as caught:
        read_text(VERSION_8_4 + VERSION_9_4)
    assert "results.txt:10: expected one report, found the start of another" in caught.value.message
    assert caught.value.hint is not None


def test_a_number_that_is_none_is_named_by_file_and_line(read_text):
    with pytest.raises(InputError) as caught:
        read_text(VERSION_8_4.replace("processed: 10/10", "processed: ten"))
    assert "results.txt:7: expected a whole number, found 'ten'" in caught.value.message


def test_a_run_in_which_every_client_gave_up_names_the_reason(fixtures, read_run, tmp_path):
    source = fixtures / "pgbench" / "aborted"
    for name in ("stdout.txt", "stderr.txt"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    with pytest.raises(InputError) as caught:
        read_run(tmp_path / "stderr.txt")
    assert "stdout.txt:9: expected at least one transaction, found none" in caught.value.message
    assert "ERROR:  division by zero" in caught.value.message


def test_a_run_in_which_some_clients_gave_up_is_read_with_a_caveat(read_text):
    error = (
        "pgbench: error: client 3 script 0 aborted in command 4 query 0: ERROR:  out of memory\n"
    )
    run = read_text(error + VERSION_9_4)
    (caveat,) = run.caveats
    assert caveat.code == "aborted-clients"
    assert "client 3 script 0 aborted in command 4 query 0: ERROR:  out of mem" in caveat.message


def test_the_output_of_initialization_is_no_result(fixtures, read_run):
    with pytest.raises(InputError, match=r"init\.txt:1: .* found the output of pgbench -i"):
        read_run(fixtures / "pgbench" / "init.txt")


def test_a_run_that_could_not_start_names_the_reason(read_text):
    with pytest.raises(InputError, match="found neither; pgbench said: connection to server on so"):
        read_text("pgbench (15.18)\npgbench: error: connection to server on socket failed\n")


def test_a_killed_run_without_figures_is_an_error(read_text):
    with pytest.raises(InputError, match="expected a report with its number of transactions"):
        read_text("starting vacuum...end.\ntransaction type: a.sql\nscaling factor: 1\n")


def test_a_report_that_is_cut_short_loses_its_last_line(read_text):
    run = read_text(VERSION_8_4[: VERSION_8_4.index("500.0")])
    assert figures(rows(run)[0])[1] == 10
    assert run.caveat_codes == {"cut-last-line"}
    with pytest.raises(InputError, match="found neither"):
        read_text(VERSION_8_4[: VERSION_8_4.index("0/10") + 1])


def test_a_report_that_only_lacks_its_last_line_end_is_whole(read_text):
    run = read_text(VERSION_9_4.strip())
    assert len(rows(run, kind="transaction")) == 2
    assert run.caveats == []


def test_lines_of_other_programs_are_passed_over(read_text):
    run = read_text(f"+ pgbench -S\n{VERSION_9_4}\nreal 0m10.02s\nscaling factor: 7\n")
    assert figures(rows(run)[0]) == ("<builtin: select only>", 1000, 0, 20.0, 1.5)
    assert run.fact("tags")["pgbench.scale"] == "1"


def test_the_report_alone_is_read_where_its_log_is_not_wanted(fixtures, read_run):
    path = fixtures / "pgbench" / "base" / "stdout.txt"
    run = read_run(path, format_name="pgbench-report")
    assert run.requests.num_rows == 0
    assert figures(rows(run)[0]) == ("shop.sql", 2520, 0, 12.705, 6.208)
    assert [row["requests"] for row in rows(run, scope="window")] == [619, 646, 627, 624]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("pgbench (15.18 (Debian 15.18-0+deb12u1))\n", Match.CERTAIN),
        ("pgbench (18beta3, server 13.22)\n", Match.CERTAIN),
        (VERSION_8_4, Match.CERTAIN),
        (VERSION_13.replace("\n", "\r\n"), Match.CERTAIN),
        ("progress: 5.0 s, 1192.8 tps, lat 3.338 ms stddev 3.122, 0 failed\n", Match.CERTAIN),
        ("progress: 5.0 s, 1192.8 tps, lat 3.338 ms\n", Match.CERTAIN),
        ("starting vacuum...end.\n", Match.LIKELY),
        ("pgbench: error: connection failed\n", Match.LIKELY),
        ("100000 of 100000 tuples (100%) done (elapsed 0.03 s)\n", Match.LIKELY),
        ("collected,samples,min_latency,avg_latency,max_latency\n", Match.NO),
        ("0 1 2007 0 1795168291 2387\n", Match.NO),
        ("a report of pgbench (15.18)\n", Match.NO),
        ("\xff\0" * 50, Match.NO),
        ("", Match.NO),
    ],
)
def test_match_knows_what_pgbench_prints(head, expected):
    assert PgbenchReport().match(head.encode("latin-1"), "stdout.txt") is expected
