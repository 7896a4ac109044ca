"""Result files of strangers, through the command line: each is summarised, or refused with reason.

Row counts of the supported formats are checked by the tests of their importers; here nothing may
end in a bug, and what is refused is listed, so that a file that fails anew is noticed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfanalysis.cli.main import ExitCode, run

SUPPORTED = (
    "jmeter-csv",
    "jmeter-statistics",
    "jmeter-xml",
    "k6-csv",
    "k6-json",
    "k6-summary",
    "locust",
    "pgbench",
    "psrecord",
    "psutil-trace",
)
UNKNOWN = ":1: expected the results of a known tool"
EMPTY = ":1: expected results, found an empty file"
NO_RUN_BESIDE = ":1: expected the header of PREFIX_stats.csv or PREFIX_stats_history.csv"
NO_REQUESTS = "locust/empty_results_stats.csv: expected at least one request, found none"
# Files of the supported tools that cannot be used, and why. Without a file name: the file itself.
REFUSED = {
    "jmeter-csv/Bug50898.csv": ":1: expected a column 'timeStamp'",
    "jmeter-csv/JMeterCsvResults3.csv": ":2: column 'timeStamp': expected a time as yyyy-MM-dd",
    "jmeter-csv/TEST_HTTP_HttpClient4.csv": UNKNOWN,
    "jmeter-csv/TestRedirectionPolicies.csv": UNKNOWN,
    "jmeter-csv/mvn-csv-missing-delimiter.csv": ":1: expected a column 'elapsed'",
    "jmeter-csv/mvn-empty.jtl": EMPTY,
    "jmeter-xml/500-success_error.jtl": ": expected at least one sample, found none",
    "jmeter-xml/BatchTestLocal.xml": ":3: expected samples with the attributes ts and t, found s",
    "jmeter-xml/TaurusXMLReport.xml": UNKNOWN,
    "jmeter-xml/emptyfile.jtl": EMPTY,
    "locust/2022_example_failures.csv": NO_RUN_BESIDE,
    "locust/mac_results_failures.csv": NO_RUN_BESIDE,
    "locust/empty_results_exceptions.csv": NO_REQUESTS,
    "locust/empty_results_failures.csv": NO_REQUESTS,
    "locust/empty_results_stats.csv": NO_REQUESTS,
    "pgbench/pg15_aborted.30162": EMPTY,
    # The log beside the report leads the run.
    "pgbench/pg15_aborted.stdout.txt": "pgbench/pg15_aborted.30162" + EMPTY,
    "pgbench/pgbt-latency_1s.csv": UNKNOWN,
    "pgbench/pgbt-results-init.txt": ":1: expected the report of a run, found the output of",
}
# Every message names a file, most of them a line: what is wrong may be the file as a whole.
ERROR = re.compile(r"error: (?P<file>[^:]+)(?P<line>:\d+)?: (?P<reason>expected|column) .+")


@pytest.fixture
def summary(shared, monkeypatch, capfd):
    """Run `perfanalysis summary` in the folder of the samples."""
    monkeypatch.chdir(shared / "samples")
    monkeypatch.setenv("PERFANALYSIS_TRACEBACK", "1")

    def call(path: str) -> tuple[int, str, str]:
        code = run(["summary", path])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return call


def files_of(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder.parent).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def assert_refused(path: str, code: int, out: str, err: str) -> None:
    assert code == ExitCode.BAD_INPUT, err
    assert out == ""
    assert "Traceback" not in err
    assert ERROR.match(err), err


@pytest.mark.parametrize("folder", SUPPORTED)
def test_every_sample_of_a_supported_tool_is_summarised_or_refused_as_listed(
    shared, summary, folder
):
    paths = files_of(shared / "samples" / folder)
    assert paths
    for path in paths:
        code, out, err = summary(path)
        if path not in REFUSED:
            assert code == ExitCode.PASS, (path, err)
            assert "evidence: " in out.splitlines()[0], path
            continue
        assert_refused(path, code, out, err)
        message = REFUSED[path]
        expected = message if message.startswith(f"{folder}/") else path + message
        assert err.startswith(f"error: {expected}"), path


def test_every_refused_sample_exists(shared):
    assert [path for path in REFUSED if not (shared / "samples" / path).is_file()] == []


def test_files_of_all_other_tools_are_refused(shared, summary):
    folders = sorted(path for path in (shared / "samples").iterdir() if path.is_dir())
    others = [folder for folder in folders if folder.name not in SUPPORTED]
    assert "jmeter-summariser" in {folder.name for folder in others}
    refused = 0
    for folder in others:
        for path in files_of(folder):
            assert_refused(path, *summary(path))
            refused += 1
    assert refused > 90


def test_files_that_belong_to_a_run_give_the_run_whichever_is_named(summary):
    runs = {
        "locust/win2_results_stats.csv": ("_stats_history.csv", "_failures.csv", "_exceptions.csv"),
        "locust/fullhistory_results_stats.csv": ("_failures.csv", "_exceptions.csv"),
    }
    for lead, endings in runs.items():
        whole = summary(lead)
        for ending in endings:
            assert summary(lead.removesuffix("_stats.csv") + ending) == whole
    log = summary("pgbench/pg15_rate.29804")
    assert summary("pgbench/pg15_rate.stdout.txt") == log
    assert summary("pgbench/pg15_rate.stderr.txt") == log
