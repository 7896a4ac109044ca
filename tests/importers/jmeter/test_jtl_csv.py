"""JTL files in CSV."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.base import Match
from perfanalysis.importers.jmeter.jtl_csv import JmeterCsv
from perfanalysis.importers.rejects import Tolerance

HEADER = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,Latency"
ROW = "1700000000000,30,Home,200,OK,Users 1-1,true,512,20"
ANY = Tolerance(rows=1_000_000, share=None)


def write(tmp_path, *lines, end="\n", name="run.jtl"):
    path = tmp_path / name
    path.write_bytes(("\n".join(lines) + end).encode())
    return path


def rows_by_csv_module(path, delimiter=","):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def kinds(run):
    found = run.requests["kind"].to_pylist()
    return {kind: found.count(kind) for kind in sorted(set(found))}


def test_every_row_of_a_real_file_is_read(read_run, fixtures):
    run = read_run(fixtures / "jmeter" / "base.csv.jtl")
    assert run.importer.name == "jmeter-csv"
    assert kinds(run) == {"request": 400, "transaction": 100}
    assert run.requests["ok"].to_pylist().count(False) == 8
    assert run.caveats == []
    assert run.fact("tool") == "jmeter"
    assert run.fact("clock_resolution_ms") == 1.0


def test_a_row_keeps_what_the_file_says(read_run, fixtures):
    first = read_run(fixtures / "jmeter" / "base.csv.jtl").requests.slice(0, 1).to_pylist()[0]
    given = {name: value for name, value in first.items() if value is not None}
    assert given == {
        "started_at": datetime(2026, 11, 20, 10, 31, 18, 509_000, tzinfo=UTC),
        "name": 'Login, "form"',
        "latency_ms": 93.0,
        "ok": True,
        "kind": "request",
        "scenario": "Users",
        "status": "200",
        "worker": "Users 1-1",
        "bytes_received": 126,
        "connect_ms": 26.0,
        "wait_ms": 67.0,
        "receive_ms": 0.0,
    }


def test_a_failure_says_why(read_run, fixtures):
    table = read_run(fixtures / "jmeter" / "base.csv.jtl").requests
    failed = [row for row in table.to_pylist() if row["error"] is not None]
    assert len(failed) == 8
    controller = "Number of samples in transaction : 2, number of failing samples : 1"
    assert {(row["ok"], row["name"], row["error"]) for row in failed} == {
        (False, "Products", "OK"),
        (False, "商品を閲覧", controller),
    }


def test_the_failed_assertion_beats_the_response_message_and_is_shortened(read_run, tmp_path):
    header = "timeStamp,elapsed,label,responseMessage,success,failureMessage"
    path = write(
        tmp_path,
        header,
        f"1700000000000,1,a,OK,false,{'x' * 600}",
        "1700000000001,1,a,Not Found,false,",
        "1700000000002,1,a,OK,true,",
    )
    assert read_run(path).requests["error"].to_pylist() == ["x" * 500, "Not Found", None]


def test_rows_of_all_real_files_are_counted_as_the_csv_module_counts_them(read_run, shared):
    for name, delimiter, headers in [
        ("base.csv.jtl", ",", 1),
        ("slow.csv.jtl", ",", 1),
        ("base.texttime.jtl", ",", 1),
        ("slow.texttime.jtl", ",", 1),
        ("base.semicolon-noheader.jtl", ";", 0),
        ("slow.semicolon-noheader.jtl", ";", 0),
    ]:
        path = shared / "data" / "tools" / "jmeter" / name
        rows = rows_by_csv_module(path, delimiter)[headers:]
        run = read_run(path)
        controllers = sum("Number of samples in transaction" in row[4] for row in rows)
        assert kinds(run) == {"request": len(rows) - controllers, "transaction": controllers}
        assert run.requests["latency_ms"].to_pylist() == [float(row[1]) for row in rows]
        assert run.requests["name"].to_pylist() == [row[2] for row in rows]


SAMPLES = [
    ("500-success_kpi.jtl", 1, 0),
    ("HTMLReportFalseTestFile.csv", 50, 50),
    ("HTMLReportTestFile.csv", 255, 3),
    ("JMeterCsvResults.csv", 3, 0),
    ("JMeterPublisher_formatted_timeStamp.csv", 3, 1),
    ("apiritif--10.csv", 23, 0),
    ("apiritif-0.csv", 37, 0),
    ("derived-sample-variables.jtl", 2, 1),
    ("derived-truncated-in-quote.jtl", 1, 0),
    ("doc-pipe-textual-timestamp.jtl", 2, 1),
    ("doublequoting.jtl", 2, 2),
    ("embedded_kpi_ed.jtl", 1, 1),
    ("interleaved-5x-results.jtl", 2625, 0),
    ("issue5770-slash-timestamp-filename-encoding.csv", 1, 1),
    ("jmeter-plugins-short.csv.jtl", 150, 0),
    ("kpi1.jtl", 21, 9),
    ("multiLineCSV.jtl", 2, 1),
    ("non-http_kpi.jtl", 11, 8),
    ("quote-guessing-crash.jtl", 10, 0),
    ("simple.kpi.jtl", 6, 3),
    ("single-row-unknownhost.csv", 1, 1),
    ("smart-aggregation_kpi.jtl", 4, 2),
    ("tabs.jtl", 4, 0),
    ("taurus-locust-kpi.jtl", 1, 1),
    ("tranctl.jtl", 2, 1),
]
REFUSED = [
    ("Bug50898.csv", ":1: expected a column 'timeStamp'"),
    ("JMeterCsvResults3.csv", ":2: column 'timeStamp': expected a time as yyyy-MM-dd HH:mm:ss.SSS"),
    ("TEST_HTTP_HttpClient4.csv", ":1: expected the results of a known tool"),
    ("TestRedirectionPolicies.csv", ":1: expected the results of a known tool"),
    ("mvn-csv-missing-delimiter.csv", ":1: expected a column 'elapsed'"),
    ("mvn-empty.jtl", ":1: expected results, found an empty file"),
]


@pytest.mark.parametrize(("name", "rows", "failures"), SAMPLES)
def test_files_of_strangers_are_read(read_run, shared, name, rows, failures):
    run = read_run(shared / "samples" / "jmeter-csv" / name)
    assert run.importer.name == "jmeter-csv"
    assert run.requests.num_rows == rows
    assert run.requests["ok"].to_pylist().count(False) == failures
    assert run.rejected == 0


@pytest.mark.parametrize(("name", "reason"), REFUSED)
def test_files_of_strangers_are_refused_with_line_and_reason(read_run, shared, name, reason):
    with pytest.raises(InputError) as refused:
        read_run(shared / "samples" / "jmeter-csv" / name)
    assert name + reason in refused.value.message


def test_every_sample_file_is_in_one_of_the_tables(shared):
    known = {entry[0] for entry in [*SAMPLES, *REFUSED]}
    assert known == {path.name for path in (shared / "samples" / "jmeter-csv").iterdir()}


def test_a_headerless_file_gets_the_default_columns_of_its_version(read_run, fixtures):
    run = read_run(fixtures / "jmeter" / "base.semicolon-noheader.jtl")
    assert kinds(run) == {"request": 160, "transaction": 40}
    assert [caveat.code for caveat in run.caveats] == ["assumed-columns"]
    assert "12 columns were read as the default ones of JMeter 2.12" in run.caveats[0].message
    assert run.requests["bytes_received"][0].as_py() == 126
    assert run.requests["receive_ms"].null_count == 0


@pytest.mark.parametrize(
    ("row", "bytes_received", "connect_ms"),
    [
        ("1700000000000,30,Home,200,OK,T 1-1,text,true,512,20", 512, None),
        ("1700000000000,30,Home,200,OK,T 1-1,text,true,512,1,1,20,7", 512, 7.0),
        ("1700000000000,30,Home,200,OK,T 1-1,text,true,,512,1,1,20,0", 512, None),
        ("1700000000000,30,Home,200,OK,T 1-1,text,true,,512,99,1,1,20,0,7", 512, 7.0),
        ("1700000000000,30,Home,200,OK,T 1-1,text,true,,512,99,1,1,http://h/,20,0,7", 512, 7.0),
        ("1700000000000\t30\tHome\t200\tOK\tT 1-1\ttext\ttrue\t512\t20", 512, None),
        ("1700000000000|30|Home|200|OK|T 1-1|text|true|512|20", 512, None),
    ],
)
def test_each_versions_headerless_row_is_known(read_run, tmp_path, row, bytes_received, connect_ms):
    found = read_run(write(tmp_path, row)).requests.to_pylist()[0]
    assert (found["bytes_received"], found["connect_ms"]) == (bytes_received, connect_ms)
    assert found["receive_ms"] == 10.0


def test_sample_variables_and_host_become_tags(read_run, tmp_path):
    path = write(
        tmp_path,
        f'{HEADER},Hostname,"USER_ID","label"',
        f'{ROW},gen-1,42,"he said ""hi"""',
        f"{ROW},,null,",
    )
    tags = read_run(path).requests["tags"].to_pylist()
    assert tags == [[("Hostname", "gen-1"), ("USER_ID", "42"), ("label", 'he said "hi"')], None]


def test_columns_go_by_name_not_by_place(read_run, tmp_path):
    path = write(
        tmp_path,
        "success;label;method;time;timeStamp;sentBytes",
        "false;Buy;POST;12;1700000000000;77",
    )
    found = read_run(path).requests.to_pylist()[0]
    given = {name: value for name, value in found.items() if value is not None}
    assert given == {
        "started_at": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        "name": "Buy",
        "latency_ms": 12.0,
        "ok": False,
        "kind": "request",
        "method": "POST",
        "bytes_sent": 77,
    }


@pytest.mark.parametrize(
    ("latency", "connect", "wait_ms", "receive_ms"),
    [(20, 5, 15.0, 10.0), (0, 5, None, None), (3, 5, None, 27.0), (40, 5, 35.0, None)],
)
def test_phases_are_null_where_they_make_no_sense(
    read_run, tmp_path, latency, connect, wait_ms, receive_ms
):
    path = write(
        tmp_path,
        "timeStamp,elapsed,label,success,Latency,Connect",
        f"1700000000000,30,a,true,{latency},{connect}",
    )
    found = read_run(path).requests.to_pylist()[0]
    phases = (found["connect_ms"], found["wait_ms"], found["receive_ms"])
    assert phases == (5.0, wait_ms, receive_ms)


def test_empty_transactions_are_left_out_and_said_so(read_run, tmp_path):
    empty = '"Number of samples in transaction : 0, number of failing samples : 0"'
    path = write(tmp_path, HEADER, ROW, ROW.replace("OK", empty))
    run = read_run(path)
    assert kinds(run) == {"request": 1}
    assert run.caveat_codes == {"empty-transactions"}


def test_active_threads_are_thinned_to_the_largest_of_each_second(read_run, tmp_path):
    path = write(
        tmp_path,
        "timeStamp,elapsed,label,success,allThreads",
        "1700000000000,100,a,true,1",
        "1700000000500,100,a,true,5",
        "1700000000600,100,a,true,3",
        "1700000000950,100,a,true,2",  # ends in the next second
    )
    series = read_run(path).series
    assert series["value"].to_pylist() == [5.0, 2.0]
    assert [time.second for time in series["time"].to_pylist()] == [20, 21]
    assert set(series["metric"].to_pylist()) == {"vus"}


def test_gzip_without_its_end_gives_what_was_there(read_run, fixtures, tmp_path):
    packed = gzip.compress((fixtures / "jmeter" / "base.csv.jtl").read_bytes())
    whole, torn = tmp_path / "whole.jtl.gz", tmp_path / "torn.jtl.gz"
    whole.write_bytes(packed)
    torn.write_bytes(packed[: len(packed) * 2 // 3])
    assert read_run(whole).requests.num_rows == 500
    run = read_run(torn)
    assert 250 < run.requests.num_rows < 450
    assert run.caveat_codes == {"truncated-archive", "cut-last-line"}


def test_windows_line_ends_and_byte_order_mark_change_nothing(read_run, fixtures, tmp_path):
    text = (fixtures / "jmeter" / "base.csv.jtl").read_bytes()
    path = tmp_path / "windows.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))
    expected = read_run(fixtures / "jmeter" / "base.csv.jtl").requests
    assert read_run(path).requests.equals(expected)


@pytest.mark.parametrize(
    ("head", "match"),
    [
        (b"timeStamp,elapsed,label\n", Match.CERTAIN),
        (b"timeStamp|time|label|responseCode\n", Match.CERTAIN),
        (b"label,responseCode,responseMessage\n", Match.LIKELY),
        (b"1700000000000;3;a;200;OK;T 1-1;text;true;5;3\n", Match.LIKELY),
        (b"metric_name,timestamp,metric_value,check,error,method\n", Match.NO),
        (b"Timestamp,User Count,Type,Name,Requests/s\n", Match.NO),
        (b"0 199 2241 0 1175850568 995598\n", Match.NO),
        (b'{"timeStamp": 1, "elapsed": 2}', Match.NO),
        (b"", Match.NO),
        (b"\xff\xfe\x00", Match.NO),
    ],
)
def test_match(head, match):
    assert JmeterCsv().match(head, "results.csv") is match


def test_a_header_alone_is_refused(read_run, tmp_path):
    with pytest.raises(InputError, match=r"run\.jtl:2: expected at least one sample, found none"):
        read_run(write(tmp_path, HEADER))


def test_only_bad_rows_are_refused_even_when_tolerated(read_run, tmp_path):
    path = write(tmp_path, HEADER, ROW.replace("true", "maybe"))
    with pytest.raises(RowError, match=r":2: column 'success': expected true or false, found 'may"):
        read_run(path)
    with pytest.raises(InputError, match="expected at least one sample"):
        read_run(path, tolerance=ANY)
