"""Locust's log of single requests."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.base import Match
from perfanalysis.importers.locust.request_log import LocustRequests
from perfanalysis.importers.rejects import Tolerance

HEADER = "timestamp,request_type,name,response_time_ms,response_length,status_code,exception\r\n"
GOOD = "1700000000.25,GET,/a,12.5,100,200,\r\n"


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "log.csv"
        path.write_bytes((HEADER + text).encode() if isinstance(text, str) else text)
        return path

    return write


@pytest.fixture
def shop(read_run, fixtures):
    return read_run(fixtures / "locust" / "shop_requests.csv")


def test_real_log_has_every_request_of_the_file(shop, fixtures):
    text = (fixtures / "locust" / "shop_requests.csv").read_text()
    rows = list(csv.DictReader(text.splitlines(keepends=True)))
    assert shop.importer.name == "locust-requests"
    assert shop.requests.num_rows == len(rows) == 380
    found = Counter(
        zip(*(shop.requests.column(c).to_pylist() for c in ("name", "ok")), strict=True)
    )
    expected = Counter((f"{r['request_type']} {r['name']}", not r["exception"]) for r in rows)
    assert found == expected
    assert sum(count for (_, ok), count in found.items() if not ok) == 63


def test_log_and_json_report_of_one_run_agree(shop, read_run, fixtures):
    report = read_run(fixtures / "locust" / "shop-merged.txt").intervals.to_pylist()
    totals = {row["name"]: row for row in report if row["scope"] == "run"}
    rows = shop.requests.to_pylist()
    for name, total in totals.items():
        latencies = [row["latency_ms"] for row in rows if row["name"] == name]
        assert len(latencies) == total["requests"]
        # The log rounds to hundredths of a millisecond.
        mean = sum(latencies) / len(latencies)
        assert mean == pytest.approx(total["latency_mean_ms"], abs=0.005)


def test_row_means_what_the_log_says(shop):
    first = shop.requests.to_pylist()[3]
    assert first["started_at"] == datetime(2026, 11, 20, 11, 13, 57, 924021, tzinfo=UTC)
    assert first["name"] == "GET /api/nowhere"
    assert (first["method"], first["status"], first["ok"]) == ("GET", "404", False)
    assert first["error"] == "404 Client Error: Not Found for url: /api/nowhere"
    assert (first["latency_ms"], first["bytes_received"]) == (34.44, 224)
    assert first["kind"] == "request"


def test_line_break_within_an_error_ends_no_row(shop):
    errors = Counter(shop.requests.column("error").to_pylist())
    assert errors["basket is full,\nsecond line"] == 7


def test_status_zero_means_no_response(shop):
    refused = [row for row in shop.requests.to_pylist() if row["name"] == "GET /closed"]
    assert {(row["status"], row["ok"]) for row in refused} == {(None, False)}
    assert len(refused) == 29


def test_missing_response_time_is_null(read_run, write):
    (row,) = read_run(write("1700000000.25,WS,ping,,,0,\r\n")).requests.to_pylist()
    assert (row["latency_ms"], row["bytes_received"], row["ok"]) == (None, None, True)


def test_blocks_end_between_records(read_run, write, monkeypatch):
    monkeypatch.setattr("perfanalysis.importers.locust.request_log._BLOCK_BYTES", 64)
    row = '1700000000.25,GET,"/a ""q""",12.5,100,500,"first\nsecond, ""third""\n"\r\n'
    run = read_run(write((row + GOOD) * 20))
    assert run.batches > 5
    assert run.requests.column("error").to_pylist()[:2] == ['first\nsecond, "third"\n', None]
    assert run.requests.num_rows == 40


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,GET,/a,1,1,200,", r"log\.csv:3: column 'timestamp': expected a time in seconds since"),
        ("1,GET,/a,1,1,200,", r"log\.csv:3: column 'timestamp': expected a time in seconds since"),
        ("1700000000,GET,/a,-1,1,200,", r":3: column 'response_time_ms': expected milliseconds"),
        ("1700000000,GET,/a,nan,1,200,", r":3: column 'response_time_ms': expected milliseconds"),
        ("1700000000,GET,/a,1,x,200,", r":3: column 'response_length': expected a number of byt"),
        ("1700000000,GET,/a,1,1,OK,", r":3: column 'status_code': expected a whole number, found"),
        ("1700000000,GET,/a,1,1,200", r":3: expected 7 columns, found '6 columns'"),
    ],
)
def test_bad_row_is_reported_and_the_others_are_kept(read_run, write, row, message):
    path = write(f"{GOOD}{row}\r\n{GOOD}")
    with pytest.raises(RowError, match=message):
        read_run(path)
    run = read_run(path, tolerance=Tolerance(rows=1, share=None))
    assert (run.requests.num_rows, run.rejected) == (2, 1)


def test_quoted_line_break_does_not_shift_the_reported_line(read_run, write):
    path = write('1700000000,GET,/a,1,1,500,"one\ntwo"\r\nbad,GET,/a,1,1,200,\r\n')
    with pytest.raises(RowError, match=r"log\.csv:4: column 'timestamp'"):
        read_run(path)


def test_last_line_cut_short_is_dropped_with_a_caveat(read_run, write):
    run = read_run(write(GOOD + "1700000000.5,GET,/a,3.1,10,2"))
    assert run.requests.num_rows == 1
    assert [caveat.message.rpartition("log.csv")[2] for caveat in run.caveats] == [
        ":3: the last line is cut short and was dropped"
    ]


def test_complete_last_line_without_line_end_is_kept(read_run, write):
    run = read_run(write(GOOD + GOOD.rstrip()))
    assert run.requests.num_rows == 2
    assert run.caveats == []


def test_stray_quote_does_not_swallow_the_rest_of_the_file(read_run, write):
    with pytest.raises(InputError, match=r"log\.csv:3: expected a closing quote, found none"):
        read_run(write(GOOD + '1700000000.5,GET,"/a,3.1,10,200,\r\n' + GOOD * 200))


def test_log_without_rows_is_refused(read_run, write):
    with pytest.raises(InputError, match=r"log\.csv: expected at least one request, found none"):
        read_run(write(""))


def test_compressed_log_cut_short_is_told(read_run, fixtures, tmp_path):
    data = gzip.compress((fixtures / "locust" / "shop_requests.csv").read_bytes())
    path = tmp_path / "log.csv.gz"
    path.write_bytes(data[: len(data) // 2])
    run = read_run(path)
    assert "truncated-archive" in run.caveat_codes
    assert 0 < run.requests.num_rows < 380


def test_only_its_own_header_matches():
    importer = LocustRequests()
    assert importer.match(HEADER.encode(), "x") is Match.CERTAIN
    assert importer.match(b"Type,Name,Request Count", "x_requests.csv") is Match.NO
    assert importer.match(json.dumps({"timestamp": 1}).encode(), "x") is Match.NO
