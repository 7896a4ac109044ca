from __future__ import annotations

import gzip

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.base import Match
from perfanalysis.importers.k6.csv_output import K6Csv
from perfanalysis.importers.rejects import Tolerance

V026 = (
    "metric_name,timestamp,metric_value,check,error,error_code,group,method,name,proto,status,"
    "subproto,tls_version,url,extra_tags"
)
TODAY = (
    "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,"
    "proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata"
)
SHORT = "metric_name,timestamp,metric_value,name,extra_tags,metadata"
TEN = Tolerance(rows=10, share=None)


@pytest.fixture
def read(read_run, tmp_path):
    def read_lines(*lines, end="\n", **options):
        path = tmp_path / "run.csv"
        path.write_bytes(("\n".join(lines) + end).encode())
        return read_run(path, format_name="k6-csv", **options)

    return read_lines


# requests, failed requests, iterations, series, codes of caveats; counted with grep and cut
SAMPLES = {
    "2020-doc-example.csv": (1, 0, 0, 0, {"whole-second-times"}),
    "csv_test-expected-1.csv": (0, 0, 0, 2, {"whole-second-times", "unknown-metric-type"}),
    "derived-extra-tags-ambiguous.csv": (2, 1, 0, 0, {"whole-second-times"}),
    "k6_kpi.csv": (4, 2, 4, 20, {"whole-second-times"}),
    "rfc3339-metadata.csv": (0, 0, 0, 2, {"whole-second-times", "unknown-metric-type"}),
}


@pytest.mark.parametrize(("name", "expected"), SAMPLES.items())
def test_strangers_files_give_the_counted_rows(read_run, shared, name, expected):
    requests, failures, iterations, series, caveats = expected
    run = read_run(shared / "samples" / "k6-csv" / name)
    assert run.importer.name == "k6-csv"
    table = run.requests.to_pandas()
    assert (table["kind"] == "request").sum() == requests
    assert ((table["kind"] == "request") & ~table["ok"].astype(bool)).sum() == failures
    assert (table["kind"] == "iteration").sum() == iterations
    assert run.series.num_rows == series
    assert run.caveat_codes == caveats


def test_every_sample_has_its_expectation(shared):
    assert {path.name for path in (shared / "samples" / "k6-csv").iterdir()} == set(SAMPLES)


@pytest.mark.parametrize(("name", "requests", "failures"), [("base", 519, 1), ("slow", 503, 0)])
def test_fixture_counts(read_run, fixtures, name, requests, failures):
    run = read_run(fixtures / "k6" / f"{name}.csv.gz")
    kinds = run.requests["kind"].to_pylist()
    assert (kinds.count("request"), kinds.count("iteration")) == (requests, 100)
    assert run.requests.to_pandas().query("kind == 'request' and not ok").shape[0] == failures
    assert run.caveat_codes == {"whole-second-times", "unknown-metric-type"}
    assert run.caveats[1].message.endswith(": checkout_duration, error_rate, orders")


@pytest.mark.parametrize("header", [V026, TODAY])
def test_columns_are_found_by_their_name_whatever_the_version(read, header):
    cells = {
        "metric_name": "http_req_duration",
        "timestamp": "1700000000",
        "metric_value": "12.345000",
        "group": "::cart",
        "method": "GET",
        "name": "/items",
        "proto": "HTTP/2.0",
        "status": "404",
        "url": "/items",
        "error_code": "1404",
        "extra_tags": "team=core",
    }
    row = ",".join(cells.get(column, "") for column in header.split(","))
    found = read(header, row).requests.to_pylist()[0]
    assert found["started_at"].isoformat() == "2023-11-14T22:13:19.987655+00:00"
    assert {key: found[key] for key in ("name", "group", "method", "status", "ok", "error")} == {
        "name": "/items",
        "group": "::cart",
        "method": "GET",
        "status": "404",
        "ok": False,
        "error": "error_code 1404",
    }
    assert found["tags"] == [("error_code", "1404"), ("proto", "HTTP/2.0"), ("team", "core")]


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("1700000000", "2023-11-14T22:13:20+00:00"),
        ("1700000000123", "2023-11-14T22:13:20.123000+00:00"),
        ("1700000000123456", "2023-11-14T22:13:20.123456+00:00"),
        ("1700000000123456789", "2023-11-14T22:13:20.123456+00:00"),
        ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20+00:00"),
        ("2023-11-14T23:13:20.5+01:00", "2023-11-14T22:13:20.500000+00:00"),
    ],
)
def test_every_time_format_of_k6_is_read(read, time, utc):
    run = read(SHORT, f"vus,{time},1.000000,,,")
    assert run.series["time"].to_pylist()[0].isoformat() == utc
    assert ("whole-second-times" in run.caveat_codes) == ("." not in utc)


def test_time_formats_may_change_within_a_file(read):
    run = read(
        SHORT, "vus,1700000000,1,,,", "vus,1700000001500,2,,,", "vus,2023-11-14T22:13:22Z,3,,,"
    )
    assert [t.isoformat()[17:21] for t in run.series["time"].to_pylist()] == [
        "20+0",
        "21.5",
        "22+0",
    ]
    assert run.caveat_codes == set()


def test_extra_tags_in_another_order_are_the_same_tags(read):
    table = read(
        SHORT,
        "http_req_duration,1700000000,10.000000,n,a=1&b=2,vu=1&iter=0",
        "http_req_blocked,1700000000,4.000000,n,b=2&a=1,iter=0&vu=1",
    ).requests
    assert table["blocked_ms"].to_pylist() == [4.0]
    assert table["tags"].to_pylist() == [[("a", "1"), ("b", "2"), ("iter", "0")]]
    assert table["worker"].to_pylist() == ["1"]


@pytest.mark.parametrize("cell", ["url=http://h/?a=1&b=2", "a&b=1", "a=1&a=2", "plain"])
def test_ambiguous_extra_tags_are_kept_whole_with_a_caveat(read, cell):
    run = read(SHORT, f"http_req_duration,1700000000,10.000000,n,{cell},")
    assert run.requests["tags"].to_pylist() == [[("extra_tags", cell)]]
    caveat = next(c for c in run.caveats if c.code == "ambiguous-tags")
    assert repr(cell) in caveat.message


def test_quoted_cells_may_hold_commas_quotes_and_newlines(read):
    run = read(
        SHORT,
        'vus,1700000000,1.000000,"a, ""b""\nc",,',
        "vus,1700000001,2.000000,d,,",
        'vus,1700000002,3.000000,"x\n\ny",,',
        "vus,1700000003,oops,e,,",
        tolerance=TEN,
    )
    assert run.series["labels"].to_pylist() == [
        [("name", 'a, "b"\nc')],
        [("name", "d")],
        [("name", "x\n\ny")],
    ]


def test_a_quoted_newline_does_not_shift_the_reported_line(read):
    with pytest.raises(RowError, match=r"run\.csv:5: column 'metric_value': expected a number"):
        read(SHORT, 'vus,1700000000,1,"a\nb",,', "vus,1700000000,1,c,,", "vus,1700000000,oops,d,,")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("vus,1700000000,,n,,", "column 'metric_value': expected a number, found ''"),
        ("vus,1700000000,NaN,n,,", "column 'metric_value': expected a number, found 'NaN'"),
        ("vus,17000000,1,n,,", "column 'timestamp': expected a time, found '17000000'"),
        ("vus,2023-11-14,1,n,,", "column 'timestamp': expected a time, found '2023-11-14'"),
        ("vus,9999999999999999999,1,n,,", "column 'timestamp': expected a time"),
        ("vus,,1,n,,", "column 'timestamp': expected a time, found ''"),
        (",1700000000,1,n,,", "column 'metric_name': expected the name of a metric, found ''"),
        (
            "http_req_duration,1700000000,-1,n,,",
            "expected a duration from 0 to 1e11 ms, found '-1'",
        ),
        ("vus,1700000000,1,n,", "column 'tags': expected 3 columns of tags, found 'n,'"),
        ("vus,1700000000,1,n,,,", "column 'tags': expected 3 columns of tags, found 'n,,,'"),
        ("vus,1700000000", "expected 6 columns, found 'vus,1700000000'"),
        ('vus,1700000000,1,"n"x"",,', "column 'tags': expected 3 columns of tags"),
        (SHORT, "column 'timestamp': expected a time, found 'timestamp'"),
    ],
)
def test_a_bad_row_is_reported_with_its_line_and_may_be_tolerated(read, row, reason):
    rows = (SHORT, "vus,1700000000,1,n,,", "", row, "vus,1700000001,2,n,,")
    with pytest.raises(RowError, match=r"run\.csv:4: ") as caught:
        read(*rows)
    assert reason in caught.value.message
    run = read(*rows, tolerance=TEN)
    assert run.rejected == 1
    assert run.series["value"].to_pylist() == [1.0, 2.0]


def test_rows_that_are_not_utf_8_are_rejected_and_no_others(read_run, tmp_path):
    path = tmp_path / "run.csv"
    rows = (SHORT.encode(), b"vus,1700000000,1,a,,", b"vus,1700000000,2,\xff,,", b"")
    path.write_bytes(b"\n".join(rows))
    with pytest.raises(RowError, match=r"run\.csv:3: expected UTF-8"):
        read_run(path)
    assert read_run(path, tolerance=TEN).series["value"].to_pylist() == [1.0]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(read_run, tmp_path):
    path = tmp_path / "run.csv"
    path.write_bytes(f"\ufeff{SHORT}\r\nvus,1700000000,1,a,,\r\nvus,1700000000,2,a,,\r\n".encode())
    run = read_run(path)
    assert run.series["value"].to_pylist() == [1.0, 2.0]
    assert run.series["labels"].to_pylist() == [[("name", "a")]] * 2


@pytest.mark.parametrize(
    "last", ["vus,170000", "vus,1700000000,1,n", "vus,1700000000,1,n,", 'vus,1700000000,1,"n']
)
def test_a_cut_last_row_is_dropped_with_a_caveat(read, last):
    run = read(SHORT, "vus,1700000000,1,n,,", last, end="")
    assert run.series.num_rows == 1
    assert run.rejected == 0
    assert run.caveats[0].message.endswith("run.csv:3: the last line is cut short and was dropped")


def test_a_whole_last_row_without_line_end_is_kept(read):
    run = read(SHORT, "vus,1700000000,1,n,,", "vus,1700000000,2,n,,", end="")
    assert run.series.num_rows == 2
    assert "cut-last-line" not in run.caveat_codes


def test_a_quote_that_never_closes_is_an_error_and_swallows_nothing(read):
    with pytest.raises(InputError, match=r"run\.csv:3: expected a closing quote"):
        read(SHORT, "vus,1700000000,1,n,,", 'vus,1700000000,1,"n,,', "vus,1700000000,1,n,,")


def test_a_gzip_file_without_its_end_gives_what_comes_before(read_run, fixtures, tmp_path):
    whole = gzip.decompress((fixtures / "k6" / "base.csv.gz").read_bytes()).splitlines()
    path = tmp_path / "killed.csv.gz"
    data = gzip.compress(b"\n".join(whole[:500]) + b"\n", mtime=0)
    path.write_bytes(data[:-8])
    run = read_run(path)
    durations = sum(line.startswith(b"http_req_duration,") for line in whole[:500])
    assert run.requests["kind"].to_pylist().count("request") == durations
    assert "truncated-archive" in run.caveat_codes


@pytest.mark.parametrize("lines", [(SHORT,), (SHORT, ""), (SHORT, "vus,17")])
def test_a_file_without_rows_is_refused(read, lines):
    with pytest.raises(InputError, match=r"run\.csv:2: expected at least one row, found none"):
        read(*lines, end="")


def test_another_header_is_refused(read):
    with pytest.raises(InputError, match=r"run\.csv:1: expected the header 'metric_name,timestamp"):
        read("time,value", "1,2")


def test_a_header_without_tags_is_read(read):
    assert read("metric_name,timestamp,metric_value", "vus,1700000000,1").series.num_rows == 1


@pytest.mark.parametrize(
    ("head", "match"),
    [
        (TODAY.encode(), Match.CERTAIN),
        (V026.encode() + b"\nvus,1,1", Match.CERTAIN),
        (b"metric_name,timestamp,metric_value\r\n", Match.CERTAIN),
        (b"metric_name,timestamp", Match.NO),
        (b"timeStamp,elapsed,label", Match.NO),
        (b'{"metric":"vus","type":"Point","data":{', Match.NO),
        (b"", Match.NO),
        (b"\xff\xfe\x00,,,\n", Match.NO),
    ],
)
def test_match_looks_at_the_header_alone(head, match):
    assert K6Csv().match(head, "anything.json") is match
