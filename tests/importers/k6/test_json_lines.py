"""Lines of k6's JSON that are bad, cut, strange or none of k6's."""

from __future__ import annotations

import contextlib
import gzip
import json

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.rejects import Tolerance

TAGS = {"group": "", "method": "GET", "name": "home", "scenario": "default", "status": "200"}
TEN = Tolerance(rows=10, share=None)


def point(metric, value, *, time="2026-01-01T00:00:10.5Z", tags=None, **more):
    data = {"time": time, "value": value, "tags": TAGS if tags is None else tags, **more}
    return json.dumps({"metric": metric, "type": "Point", "data": data})


def metric(name, kind, *, contains="default", thresholds=()):
    data = {"name": name, "type": kind, "contains": contains, "thresholds": list(thresholds)}
    return json.dumps({"type": "Metric", "data": data | {"submetrics": None}, "metric": name})


@pytest.fixture
def read(read_run, tmp_path):
    def read_lines(*lines, end="\n", **options):
        path = tmp_path / "run.json"
        path.write_bytes(("\n".join(lines) + end).encode())
        return read_run(path, format_name="k6-json", **options)

    return read_lines


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"metric":"vus","type":"Point","data":{', "expected a JSON object in UTF-8"),
        (point("vus", 1).replace("}}", "}} x"), "expected a JSON object in UTF-8"),
        (point("vus", 1, tags={"a": "é"}).replace(r"\u00e9", r"\ud800"), "a JSON object in UTF-8"),
        (point("vus", "many"), "column 'data.value': expected a number, found 'many'"),
        (point("vus", None), "column 'data.value': expected a number, found 'null'"),
        (point("vus", float("nan")), "column 'data.value': expected a number, found 'NaN'"),
        (point("vus", 1).replace(": 1,", ": 1e999,"), "expected a number, found 'Infinity'"),
        (point("vus", 1, time="2026-01-01"), "column 'data.time': expected a time"),
        (point("vus", 1, time="2026-01-01T00:00:00"), "expected a time, found '2026-01-01T00"),
        (point("vus", 1, time="1767225600"), "expected a time, found '1767225600'"),
        (point("vus", 1, time="9999-01-01T00:00:00Z"), "expected a time"),
        (point("vus", 1, time="1969-01-01T00:00:00Z"), "expected a time"),
        (point("vus", 1, tags=["a"]), "column 'data.tags': expected an object of tags"),
        (point("vus", 1, tags="a"), "column 'data.tags': expected an object of tags"),
        (point("http_req_duration", -1), "expected a duration from 0 to 1e11 ms, found '-1'"),
        (point("iteration_duration", 1e12), "expected a duration from 0 to 1e11 ms"),
        (point("", 1), "column 'metric': expected the name of a metric"),
        ('{"metric":"vus","type":"Point"}', "column 'data.time': expected a time, found 'null'"),
        (metric("m", "bogus"), "column 'data': expected counter, gauge, rate or trend"),
        (metric("m", "rate").replace("[]", "5"), "expected a list of thresholds, found '5'"),
        (metric("m", "rate", thresholds=[5]), "expected a threshold such as"),
        ('{"type":"Metric","metric":"m","data":7}', "expected the object 'data' of a metric"),
        ('{"type":"Metric","data":{"type":"rate"}}', "expected the name of a metric"),
    ],
)
def test_a_bad_line_is_reported_with_its_number_and_may_be_tolerated(read, line, reason):
    lines = (point("vus", 1), "", line, point("vus", 2))
    with pytest.raises(RowError, match=r"run\.json:3: ") as caught:
        read(*lines)
    assert reason in caught.value.message
    run = read(*lines, tolerance=TEN)
    assert run.rejected == 1
    assert run.series["value"].to_pylist() == [1.0, 2.0]


def test_lines_that_are_not_utf_8_are_rejected_and_no_others(read_run, tmp_path):
    path = tmp_path / "run.json"
    good = point("vus", 1).encode()
    path.write_bytes(good + b"\n" + good.replace(b"home", b"h\xffme") + b"\n" + good + b"\n")
    with pytest.raises(RowError, match=r"run\.json:2: expected a JSON object in UTF-8"):
        read_run(path)
    assert read_run(path, tolerance=TEN).series.num_rows == 2


def test_console_output_between_the_lines_is_skipped_and_counted(read):
    run = read(
        "     execution: local",
        point("vus", 1),
        'time="2026" level=info msg="hello"',
        '{"level":"info","msg":"hello"}',
        "[1]",
        "",
        point("vus", 2),
    )
    assert run.series["value"].to_pylist() == [1.0, 2.0]
    assert [c.code for c in run.caveats] == ["skipped-lines"]
    assert "run.json:1: 4 lines" in run.caveats[0].message


def test_every_order_of_keys_is_read(read):
    time = '"time":"2026-01-01T00:00:00.5Z"'
    orders = (
        f'{{"type":"Point","metric":"vus","data":{{"value":1,{time}}}}}',
        f'{{"data":{{"tags":null,{time},"value":2}},"metric":"vus","type":"Point"}}',
        f'  {{ "metric" : "vus" , "type" : "Point" , "data" : {{ {time}, "value" : 3 }} }}\r',
    )
    assert read(*orders).series["value"].to_pylist() == [1.0, 2.0, 3.0]


def test_a_cut_last_line_is_dropped_with_a_caveat(read):
    run = read(point("vus", 1), point("vus", 2)[:-9], end="")
    assert run.series.num_rows == 1
    assert run.rejected == 0
    assert run.caveats[0].message.endswith("run.json:2: the last line is cut short and was dropped")


def test_a_whole_last_line_without_line_end_is_kept(read):
    run = read(point("vus", 1), point("vus", 2), end="")
    assert run.series.num_rows == 2
    assert run.caveats == []


def test_a_gzip_file_without_its_end_gives_what_comes_before(read_run, fixtures, tmp_path):
    data = (fixtures / "k6" / "base.json.gz").read_bytes()
    path = tmp_path / "killed.json.gz"
    path.write_bytes(data[: len(data) // 2])
    run = read_run(path)
    with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as stream:
        lines = []
        with contextlib.suppress(EOFError):
            lines.extend(stream)
    durations = sum(b'"http_req_duration","type":"Point"' in line for line in lines)
    requests = run.requests["kind"].to_pylist().count("request")
    assert durations > 100
    assert 0 <= requests - durations <= 30  # GzipFile throws away its last buffer
    assert "truncated-archive" in run.caveat_codes


def test_a_file_cut_anywhere_gives_its_whole_points_or_an_input_error(read_run, tmp_path):
    lines = (metric("vus", "gauge"), point("vus", 1), point("vus", 2))
    whole = "\n".join(lines).encode()
    path = tmp_path / "run.json"
    for size in range(1, len(whole) + 1, 17):
        path.write_bytes(whole[:size])
        if size < len(lines[0]) + 1 + len(lines[1]):
            with pytest.raises(InputError, match=r"run\.json:1: expected at least one line"):
                read_run(path, format_name="k6-json")
        else:
            points = 2 if size == len(whole) else 1
            assert read_run(path, format_name="k6-json").series.num_rows == points


def test_a_file_without_points_is_refused(read):
    with pytest.raises(
        InputError, match=r"run\.json:1: expected at least one line of type 'Point'"
    ):
        read(metric("vus", "gauge"))


def test_deep_nesting_is_a_bad_row_and_no_crash(read):
    deep = '{"a":' * 200_000 + "1" + "}" * 200_000
    line = point("vus", 1).replace(json.dumps(TAGS), deep)
    with pytest.raises(RowError, match=r"column 'data\.tags': expected an object of tags"):
        read(line)
