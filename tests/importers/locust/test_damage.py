"""Bad rows, cut files and other damage of Locust's CSV files."""

from __future__ import annotations

import gzip

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.rejects import Tolerance

HISTORY_HEADER = (
    "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,99%,100%,Total Request Count,"
    "Total Failure Count,Total Median Response Time,Total Average Response Time,"
    "Total Min Response Time,Total Max Response Time,Total Average Content Size"
)
STATS_HEADER = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
    "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,99%,100%"
)


def rows_of(run, scope, **wanted):
    rows = [row for row in run.intervals.to_pylist() if row["scope"] == scope]
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def history(*rows: str) -> str:
    """A history of full layout from `time,users,type,name,p50,p99,p100,n,failed,mean,max`."""
    lines = [HISTORY_HEADER]
    for row in rows:
        time, users, kind, name, p50, p99, p100, n, failed, mean, most = row.split(",")
        lines.append(
            f"{time},{users},{kind},{name},0.0,0.0,{p50},{p99},{p100},{n},{failed},0,{mean},1,{most},10"
        )
    return "\r\n".join(lines) + "\r\n"


def test_bad_cell_is_reported_with_line_and_column(read_run, tmp_path):
    path = tmp_path / "x_stats_history.csv"
    good = ["1700000000,1,GET,/a,5,5,5,1,0,5.5,5", "1700000001,1,GET,/a,5,5,5,3,0,5.5,5"]
    path.write_text(history(good[0], "1700000001,1,GET,/a,5,5,5,x,0,5.5,5", good[1]))
    with pytest.raises(
        RowError, match=r"history\.csv:3: column 'requests': expected a number of req"
    ):
        read_run(path)
    run = read_run(path, tolerance=Tolerance(rows=1, share=None))
    assert run.rejected == 1
    assert [row["requests"] for row in rows_of(run, "window")] == [1, 2]


def test_time_that_falls_is_a_bad_row(read_run, tmp_path):
    path = tmp_path / "x_stats_history.csv"
    path.write_text(
        history("1700000005,1,GET,/a,5,5,5,1,0,5.5,5", "1700000001,1,GET,/a,5,5,5,3,0,5.5,5")
    )
    with pytest.raises(
        RowError, match=r":3: column 'at': expected a time not before that of the row"
    ):
        read_run(path)


def test_stray_quote_does_not_swallow_the_rest_of_the_file(read_run, fixtures, tmp_path):
    lines = (fixtures / "locust" / "base_stats_history.csv").read_text().splitlines()
    lines[5] = lines[5].replace("GET,", 'GET,"')
    (tmp_path / "base_stats_history.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(
        InputError, match=r"history\.csv:6: expected a closing quote, found none up"
    ):
        read_run(tmp_path / "base_stats_history.csv")


def test_failures_alone_are_no_run(read_run, tmp_path):
    (tmp_path / "x_failures.csv").write_text("Method,Name,Error,Occurrences\nGET,/a,Boom,1\n")
    with pytest.raises(InputError, match=r"x_failures\.csv:1: expected the header of PREFIX_stats"):
        read_run(tmp_path / "x_failures.csv")


def test_errors_without_any_time_are_told_in_a_caveat(read_run, tmp_path):
    (tmp_path / "x_stats.csv").write_text(f"{STATS_HEADER}\nGET,/a,2,1,5,5.5,5,6,10,1,0,5,6,6\n")
    (tmp_path / "x_failures.csv").write_text("Method,Name,Error,Occurrences\nGET,/a,Boom,1\n")
    run = read_run(tmp_path / "x_stats.csv")
    assert run.series.num_rows == 0
    assert [caveat.message[-8:] for caveat in run.caveats] == ["1 x Boom"]


def test_cut_compressed_file_is_told(read_run, fixtures, tmp_path):
    data = gzip.compress((fixtures / "locust" / "base_stats_history.csv").read_bytes())
    (tmp_path / "base_stats_history.csv.gz").write_bytes(data[:-2000])
    run = read_run(tmp_path / "base_stats_history.csv.gz")
    assert "truncated-archive" in run.caveat_codes
    assert 0 < sum(row["requests"] for row in rows_of(run, "window")) < 14415
