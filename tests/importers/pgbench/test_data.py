"""Every pgbench run of the shared data, held against a plain count of its lines and its report."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perfanalysis.errors import FormatError, InputError

# Rows: lines of all threads' logs (wc -l). Made: processed, failed and skipped, from the report.
LOGS = {
    "tools/pgbench/rate": (4542, 4542),
    "tools/pgbench/scripts": (44408, 44408),
    "tools/pgbench/retries": (21738, 21738),
    "tools/pgbench/tpcb-current": (57474, 57474),
    "tools/pgbench/tpcb-baseline": (55329, 55329),
    "tools/pgbench/rate-limit": (29815, 29815),
    "tools/pgbench/readonly": (21548, 431553),
    "tools/pgbench/sweep/tpcb_1_clients": (2921, 14145),
    "tools/pgbench/sweep/tpcb_2_clients": (2793, 14249),
    "tools/pgbench/sweep/tpcb_5_clients": (2585, 12813),
    "tools/pgbench/sweep/tpcb_10_clients": (3129, 15825),
    "tools/pgbench/sweep/tpcb_25_clients": (3570, 17930),
    "tools/pgbench/sweep/tpcb_50_clients": (2774, 14074),
    "tools/pgbench/sweep/tpcb_100_clients": (2679, 13382),
    "pgbench-aa/base-1": (9019, 60058),
    "pgbench-aa/base-2": (11474, 76037),
    "pgbench-aa/base-3": (9557, 63170),
    "pgbench-aa/more-4": (7390, 48918),
    "pgbench-aa/base-5": (10232, 68252),
    "pgbench-aa/base-6": (9024, 60371),
    "pgbench-aa/base-7": (10162, 67351),
    "pgbench-aa/more-8": (9185, 61846),
    "pgbench-aa/base-9": (10303, 68179),
    "pgbench-aa/base-10": (8885, 59454),
    "pgbench-aa/base-11": (8860, 59302),
    "pgbench-aa/more-12": (8795, 59235),
    "pgbench-aa/base-13": (10070, 66698),
    "pgbench-aa/base-14": (9113, 60386),
    "pgbench-aa/base-15": (8862, 58605),
    "pgbench-aa/more-16": (6980, 45676),
    "pgbench-aa/base-17": (5997, 40186),
    "pgbench-aa/base-18": (5844, 38721),
    "pgbench-aa/base-19": (6726, 44876),
    "pgbench-aa/more-20": (6126, 40621),
    "pgbench-aa/base-21": (6943, 46378),
    "pgbench-aa/base-22": (10786, 72177),
    "pgbench-aa/base-23": (10975, 72327),
    "pgbench-aa/more-24": (9383, 61930),
    "pgbench-aa/base-25": (11168, 74036),
    "pgbench-aa/base-26": (8841, 58652),
}


def fields_of(folder: Path) -> list[list[str]]:
    texts = [log.read_text() for log in folder.glob("pgbench_log.*")]
    return [line.split() for text in texts for line in text.splitlines()]


def printed(folder: Path, key: str) -> float | None:
    """The first number after a key of the report, among the lines about all scripts."""
    for line in (folder / "stdout.txt").read_text().split("SQL script")[0].splitlines():
        if line.startswith(key):
            return float(line.removeprefix(key).lstrip(" =:").split()[0].split("/")[0])
    return None


@pytest.mark.parametrize("name", LOGS)
def test_logs_agree_with_a_plain_count(shared, read_run, name):
    folder = shared / "data" / name
    rows, made = LOGS[name]
    run = read_run(folder / "stdout.txt")
    fields = fields_of(folder)
    table = run.requests.to_pandas()
    ran = [found for found in fields if found[2].isdigit()]
    throttled = "rate limit schedule lag" in (folder / "stdout.txt").read_text()
    lag = sum(int(found[6]) for found in ran) if throttled else 0
    # Counted from a moment of that day, lest numpy's 64 bits overflow.
    ended = sum((int(found[4]) - 1795168000) * 1_000_000 + int(found[5]) for found in ran)
    spent = sum(int(found[2]) for found in ran)
    started = table.loc[table["ok"], "started_at"] - datetime.fromtimestamp(1795168000, UTC)
    assert len(table) == len(fields) == rows
    assert round(started.dt.total_seconds().mul(1e6).sum()) == ended - spent + lag
    assert round(table["latency_ms"].sum() * 1000) == spent
    assert Counter(table["error"].dropna()) == Counter(
        found[2] for found in fields if not found[2].isdigit()
    )
    assert Counter(table["worker"]) == Counter(found[0] for found in fields)
    totals = [row for row in run.intervals.to_pylist() if row["kind"] == "request"]
    assert sum(row["requests"] for row in totals) == made
    assert run.caveat_codes - {"mean-includes-failures"} == (
        {"sampled-log"} if rows < made else set()
    )


@pytest.mark.parametrize("name", ["rate", "tpcb-current", "tpcb-baseline", "rate-limit"])
def test_whole_logs_have_the_printed_mean_and_deviation(shared, read_run, name):
    folder = shared / "data" / "tools" / "pgbench" / name
    latency = read_run(folder / "stdout.txt").requests.to_pandas()["latency_ms"]
    assert round(latency.mean(), 3) == printed(folder, "latency average")
    assert round(latency.std(ddof=0), 3) == printed(folder, "latency stddev")


def test_scripts_have_the_printed_counts_and_means(shared, read_run):
    folder = shared / "data" / "tools" / "pgbench" / "scripts"
    found = read_run(folder / "pgbench_log.5987").requests.to_pandas().groupby("name")["latency_ms"]
    assert found.count().to_dict() == {
        "<builtin: TPC-B (sort of)>": 7419,
        "<builtin: simple update>": 14763,
        "mixed.sql": 22226,
    }
    assert found.mean().round(3).to_dict() == {
        "<builtin: TPC-B (sort of)>": 1.803,
        "<builtin: simple update>": 1.359,
        "mixed.sql": 1.177,
    }


def test_retries_add_up_to_the_printed_number(shared, read_run):
    folder = shared / "data" / "tools" / "pgbench" / "retries"
    tags = read_run(folder / "pgbench_log.5971.1").requests["tags"].to_pylist()
    retries = [int(dict(tag)["retries"]) for tag in tags if tag]
    assert (len(retries), sum(retries)) == (16621, 31044)


def test_throttled_requests_were_due_before_they_began(shared, read_run):
    folder = shared / "data" / "tools" / "pgbench" / "rate-limit"
    table = read_run(folder / "pgbench_log.5915").requests.to_pandas()
    lag_ms = (table["started_at"] - table["scheduled_at"]).dt.total_seconds() * 1000
    assert lag_ms.isna().sum() == 822
    assert lag_ms.min() >= 0
    assert round(lag_ms.mean(), 3) == 5.233
    assert round(lag_ms.max(), 3) == 20.000


# Windows, their transactions (awk '{n += $2}'), and those of the report.
@pytest.mark.parametrize(
    ("name", "windows", "logged", "made"),
    [("aggregate", 30, 60942, 61643), ("aggregate-rate", 15, 4393, 4507)],
)
def test_aggregated_logs_agree_with_a_plain_count(shared, read_run, name, windows, logged, made):
    folder = shared / "data" / "tools" / "pgbench" / name
    run = read_run(folder / "stderr.txt")
    found = [row for row in run.intervals.to_pylist() if row["scope"] == "window"]
    spent = sum(int(fields[2]) for fields in fields_of(folder))
    assert len(found) == windows
    assert sum(row["requests"] for row in found) == logged
    assert round(sum(row["requests"] * row["latency_mean_ms"] for row in found) * 1000) == spent
    (caveat,) = run.caveats
    assert f"{made - logged} of {made} transactions" in caveat.message


@pytest.mark.parametrize(
    ("clients", "processed", "mean_ms"),
    [
        (1, 166671, 0.036),
        (2, 170006, 0.070),
        (5, 228364, 0.131),
        (10, 234654, 0.256),
        (25, 247452, 0.602),
        (50, 213735, 1.388),
        (100, 155140, 3.851),
    ],
)
def test_a_sweep_of_reports_is_a_run_for_each_number_of_clients(
    shared, read_run, clients, processed, mean_ms
):
    folder = shared / "data" / "tools" / "pgbench" / "sweep" / f"readonly_{clients}_clients"
    run = read_run(folder / "stdout.txt")
    (row,) = run.intervals.to_pylist()
    assert (row["name"], row["requests"]) == ("<builtin: select only>", processed)
    assert row["latency_mean_ms"] == mean_ms
    assert run.fact("tags")["pgbench.clients"] == str(clients)
    assert processed / row["duration_s"] == pytest.approx(printed(folder, "tps"))


# Importer, requests, windows, and (requests, failures) of the run totals.
SAMPLES = {
    "doc12_ratelimit.log": ("pgbench-log", 7, 0, []),
    "doc15_retries.log": ("pgbench-log", 10, 0, []),
    "pg15_agg.29867": ("pgbench-aggregate", 0, 3, []),
    "pg15_agg.stderr.txt": ("pgbench-aggregate", 0, 3, []),
    "pg15_faildet.stdout.txt": ("pgbench-report", 0, 0, [(24, 17)]),
    "pg15_plain.29796": ("pgbench-log", 20, 0, [(20, 0)]),
    "pg15_plain.stdout.txt": ("pgbench-log", 20, 0, [(20, 0)]),
    "pg15_rate.29804": ("pgbench-log", 57, 0, [(57, 0)]),
    "pg15_rate.stderr.txt": ("pgbench-log", 57, 0, [(57, 0)]),
    "pg15_rate.stdout.txt": ("pgbench-log", 57, 0, [(57, 0)]),
    "pg15_ratelimit.stderr.txt": ("pgbench-report", 0, 0, [(61, 16), (73, 23)]),
    "pg15_ratelimit.stdout.txt": ("pgbench-report", 0, 0, [(61, 16), (73, 23)]),
    "pg15_reconnect.stdout.txt": ("pgbench-report", 0, 0, [(5, 0)]),
    "pg15_statements.stdout.txt": ("pgbench-report", 0, 0, [(5, 0)]),
    "pg15_threads.29799": ("pgbench-log", 16, 0, []),
    "pg15_threads.29799.1": ("pgbench-log", 16, 0, []),
    "pgbench_13_standard_20250815_125829.log": ("pgbench-report", 0, 10, [(1101224, 0)]),
    "pgbench_18_standard_20250815_131335.log": ("pgbench-report", 0, 10, [(1055871, 0)]),
    "pgbt-results-normal.txt": ("pgbench-report", 0, 0, [(32484, 0)]),
}
REFUSED = {
    "pg15_aborted.30162": (InputError, "pg15_aborted.30162:1: expected results, found an empty"),
    "pg15_aborted.stdout.txt": (InputError, "pg15_aborted.30162:1: expected results, found an"),
    "pgbt-latency_1s.csv": (FormatError, "pgbt-latency_1s.csv:1: expected the results of a known"),
    "pgbt-results-init.txt": (InputError, "pgbt-results-init.txt:1: expected the report of a run"),
}


def test_every_sample_is_expected_here(shared):
    found = {path.name for path in (shared / "samples" / "pgbench").iterdir()}
    assert found == SAMPLES.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_read(shared, read_run, name):
    run = read_run(shared / "samples" / "pgbench" / name)
    intervals = [row for row in run.intervals.to_pylist() if row["kind"] == "request"]
    totals = [(row["requests"], row["failures"]) for row in intervals if row["scope"] == "run"]
    found = run.importer.name, run.requests.num_rows, len(intervals) - len(totals), totals
    assert found == SAMPLES[name]


@pytest.mark.parametrize("name", REFUSED)
def test_samples_that_are_no_results_are_refused_with_the_reason(shared, read_run, name):
    error, message = REFUSED[name]
    with pytest.raises(error) as caught:
        read_run(shared / "samples" / "pgbench" / name)
    assert message in caught.value.message


def test_documented_rows_have_their_documented_figures(shared, read_run):
    folder = shared / "samples" / "pgbench"
    limited = read_run(folder / "doc12_ratelimit.log").requests.to_pylist()
    retried = read_run(folder / "doc15_retries.log").requests.to_pylist()
    assert [row["error"] for row in limited] == [None, None, "skipped", "skipped", None, None, None]
    lags = [(row["started_at"] - row["scheduled_at"]).microseconds for row in limited]
    assert lags == [3005, 4304, 5217, 5099, 3108, 2333, 740]
    retries = [dict(row["tags"] or {}).get("retries") for row in retried]
    assert retries == ["3", None, None, "6", "4", None, "3", "9", "9", None]
