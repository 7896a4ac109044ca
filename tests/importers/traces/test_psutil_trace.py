"""psutil samples as JSON: a monitor's list, JSON lines, columns, and what is refused."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.base import Match
from perfanalysis.importers.rejects import Tolerance
from perfanalysis.importers.traces.psutil_trace import Psutil

START = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def values(run, metric, **labels):
    return [
        row["value"]
        for row in run.series.to_pylist()
        if row["metric"] == metric and dict(row["labels"] or {}) == labels
    ]


def metrics(run):
    return set(run.series.column("metric").to_pylist())


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "trace.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


@pytest.fixture
def read(read_run, write):
    return lambda *samples: read_run(write(list(samples)), format_name="psutil")


def test_list_of_a_monitor(read_run, fixtures):
    path = fixtures / "psutil" / "base.json"
    entries = json.loads(path.read_text())
    run = read_run(path)
    assert run.importer.name == "psutil"
    assert values(run, "system.cpu") == [entry["cpu"]["percent"] for entry in entries]
    assert values(run, "system.memory") == [entry["memory"]["percent"] for entry in entries]
    assert values(run, "system.memory.used")[0] == 494014464
    assert run.series.column("time").to_pylist()[0] == datetime(
        2026, 11, 20, 10, 31, 18, 84230, tzinfo=UTC
    )
    assert run.fact("environment").cpu_count == 2
    assert run.caveat_codes == {"assumed-timezone"}


def test_counters_become_rates_per_second(read_run, fixtures):
    run = read_run(fixtures / "psutil" / "base.json")
    # 8884728832 - 8867214336 bytes in 0.50105 s
    assert values(run, "system.disk.read")[0] == pytest.approx(17514496 / 0.50105)
    assert values(run, "system.network.sent")[0] == pytest.approx(506 / 0.50105)
    assert len(values(run, "system.disk.read")) == 39
    units = {row["metric"]: row["unit"] for row in run.series.to_pylist()}
    assert units["system.disk.read"] == "bytes/s"
    assert units["system.network.packets_received"] == "1/s"
    assert units["system.cpu"] == "%"


def test_slow_run_has_other_figures(read_run, fixtures):
    run = read_run(fixtures / "psutil" / "slow.json")
    assert values(run, "system.cpu")[:2] == [91.8, 58.6]


def test_json_lines_of_a_script(read_run, fixtures):
    path = fixtures / "psutil" / "trace.jsonl"
    samples = [json.loads(line) for line in path.read_text().splitlines()]
    run = read_run(path)
    assert samples[0]["cpu_percent"] == 0
    assert values(run, "system.cpu") == [sample["cpu_percent"] for sample in samples[1:]]
    assert len(values(run, "system.cpu.core", core="1")) == 4
    loads = [sample["load_average"][2] for sample in samples]
    assert values(run, "system.load.15m") == loads
    rss = [sample["process"]["memory_info"]["rss"] for sample in samples]
    assert values(run, "process.memory.rss", process="python") == rss
    assert len(values(run, "system.network.received", interface="eth0")) == 4
    assert len(values(run, "system.disk.write", disk="vda")) == 4
    user = [sample["cpu_times"]["user"] for sample in samples]
    elapsed = samples[1]["timestamp"] - samples[0]["timestamp"]
    assert values(run, "system.cpu_time.user")[0] == pytest.approx(
        (user[1] - user[0]) / elapsed, rel=1e-4
    )
    assert run.caveats == []


def test_first_zero_percent_is_left_out_and_a_later_one_kept(read):
    samples = [{"timestamp": 1700000000 + i, "cpu_percent": 0.0} for i in range(3)]
    assert values(read(*samples), "system.cpu") == [0.0, 0.0]


def test_counter_that_fell_has_no_rate_and_is_told(read):
    run = read(
        {"timestamp": 1700000000, "net_io_counters": {"bytes_sent": 1000}},
        {"timestamp": 1700000002, "net_io_counters": {"bytes_sent": 5000}},
        {"timestamp": 1700000004, "net_io_counters": {"bytes_sent": 100}},
        {"timestamp": 1700000006, "net_io_counters": {"bytes_sent": 300}},
    )
    assert values(run, "system.network.sent") == [2000, 100]
    assert [caveat.code for caveat in run.caveats] == ["counter-restart"]
    assert "system.network.sent (1x)" in run.caveats[0].message


def test_another_process_is_no_restart(read):
    run = read(
        *(
            {"timestamp": 1700000000 + i, "process": {"pid": pid, "io_counters": {"read_bytes": n}}}
            for i, (pid, n) in enumerate([(1, 9000), (2, 10), (2, 40)])
        )
    )
    assert values(run, "process.io.read") == [30]
    assert run.caveats == []


def test_applications_metrics_keep_their_paths(read):
    entry = {
        "timestamp": "2023-11-14T22:13:20Z",
        "type": "application",
        "metrics": {
            "pool": {"size": 5, "busy": True, "name": "main"},
            "lag": [1.5, 2],
            "gone": None,
        },
    }
    run = read(entry)
    assert {row["metric"]: (row["value"], row["unit"]) for row in run.series.to_pylist()} == {
        "app.pool.size": (5, None),
        "app.pool.busy": (1, None),
        "app.lag.0": (1.5, None),
        "app.lag.1": (2, None),
    }
    assert run.caveats == []


@pytest.mark.parametrize(
    "sample",
    [
        {"cpu_percent": 5, "memory_percent": 7.5, "net_bytes_sent": 3, "load_avg": [1, 2, 3]},
        {
            "cpu": 5,
            "virtual_memory.percent": 7.5,
            "net_io_counters.bytes_sent": 3,
            "getloadavg": [1, 2, 3],
        },
        {
            "cpu": {"percent": 5},
            "mem": {"percent": 7.5},
            "network": {"bytes_sent": 3},
            "load": [1, 2, 3],
        },
    ],
    ids=["underscores", "dots", "nested"],
)
def test_spellings_of_the_same_sample(read, sample):
    run = read({"time": 1700000000, **sample}, {"time": 1700000001, **sample})
    assert metrics(run) == {
        "system.cpu",
        "system.memory",
        "system.network.sent",
        "system.load.1m",
        "system.load.5m",
        "system.load.15m",
    }
    assert values(run, "system.memory") == [7.5, 7.5]


@pytest.mark.parametrize(
    "stated",
    [
        1700000000,
        1700000000.0,
        "1700000000",
        1700000000000,
        1700000000000000,
        "2023-11-14T22:13:20Z",
        "2023-11-14T23:13:20+01:00",
    ],
)
def test_spellings_of_the_same_time(read, stated):
    run = read({"ts": stated, "cpu_percent": 5})
    assert run.series.column("time").to_pylist() == [START]
    assert run.caveats == []


def test_time_without_zone_is_read_in_the_zone_that_was_named(read_run, write):
    path = write([{"datetime": "2023-11-14T22:13:20", "cpu_percent": 5}])
    run = read_run(path, timezone=ZoneInfo("Asia/Tokyo"))
    assert run.series.column("time").to_pylist() == [START - timedelta(hours=9)]
    assert "were read as Asia/Tokyo" in run.caveats[0].message


@pytest.mark.parametrize(
    "content",
    [
        {"samples": [{"timestamp": 1700000000, "cpu_percent": 5}], "host": "a"},
        {"timestamp": [1700000000], "cpu_percent": [5]},
        {"timestamp": 1700000000, "cpu_percent": 5},
    ],
    ids=["list", "columns", "one sample"],
)
def test_object_that_holds_lists(read_run, write, content):
    run = read_run(write(content))
    assert run.importer.name == "psutil"
    assert values(run, "system.cpu") == [5]


@pytest.mark.parametrize(
    ("sample", "where"),
    [
        ({"virtual_memory": [25276514304, 24585449472, 2.7]}, "virtual_memory"),
        ({"net_io_counters": {"eth0": [1, 2, 3, 4]}}, r"net_io_counters\.eth0"),
        ({"process": {"memory_info": [13393920, 16982016]}}, r"process\.memory_info"),
    ],
)
def test_bare_arrays_of_named_tuples_are_refused(read, sample, where):
    message = rf"trace\.json:1: {where}: expected an object with the names of its fields, found a "
    with pytest.raises(InputError, match=message) as caught:
        read({"timestamp": 1700000000, **sample})
    assert "_asdict()" in caught.value.hint


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ('{"timestamp": "noon", "cpu_percent": 5}', "column 'timestamp': expected a time"),
        ('{"timestamp": 12.5, "cpu_percent": 5}', "column 'timestamp': expected a time"),
        ('{"timestamp": true, "cpu_percent": 5}', "column 'timestamp': expected a time"),
        ('{"cpu_percent": 5}', "column 'timestamp': expected a time"),
        (
            '{"timestamp": 1700000001, "cpu_percent": NaN}',
            "column 'cpu_percent': expected a number",
        ),
        ('{"timestamp": 1700000001, "cpu_percent": 1e999}', "column 'cpu_percent': expected a num"),
    ],
)
def test_bad_sample_is_reported_with_its_line(read_run, write, sample, message):
    good = '{"timestamp": 1700000000, "cpu_percent": 5}'
    path = write(f"{good}\n{sample}\n{good}\n")
    with pytest.raises(RowError, match=r"trace\.json:2: " + message):
        read_run(path)
    run = read_run(path, tolerance=Tolerance(rows=1, share=None))
    assert (values(run, "system.cpu"), run.rejected) == ([5, 5], 1)


def test_list_cut_short_keeps_its_whole_samples(read_run, fixtures, tmp_path):
    text = (fixtures / "psutil" / "base.json").read_text()
    path = tmp_path / "cut.json"
    path.write_text(text[: text.index('"timestamp"', 3000) + 40])
    run = read_run(path)
    assert len(values(run, "system.cpu")) == text[:3000].count('"timestamp"')
    assert run.caveat_codes == {"assumed-timezone", "cut-last-line"}


def test_samples_larger_than_what_is_read_at_once(read_run, write, monkeypatch):
    monkeypatch.setattr("perfanalysis.importers.json_objects._READ_BYTES", 7)
    samples = [
        {"timestamp": 1700000000 + i, "cpu_percent": i + 1, "note": 'ä "x" ' * 5} for i in range(5)
    ]
    path = write(json.dumps(samples, ensure_ascii=False, indent=1))
    assert values(read_run(path), "system.cpu") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"timestamp": 1700000000 "cpu": 5}, {"a": 1}, {"a": 1}]', r":1: expected JSON, found"),
        ('[{"timestamp": 1700000000, "cpu": 5},\n 17]', r":2: expected an object, found '17\]'"),
        ("[]", r"trace\.json: expected at least one measurement, found none"),
        ('{"timestamp": 1700000000, "x": ' + "[" * 5000, r":1: expected JSON of sensible depth"),
    ],
)
def test_files_that_are_no_samples_are_refused(read_run, write, text, message):
    with pytest.raises(InputError, match=message):
        read_run(write(text), format_name="psutil")


def test_entries_of_points_are_kept_as_they_are(read_run, write):
    point = {"metric": "postgres.xact_commit", "value": 7, "unit": None, "kind": "counter"}
    labelled = {
        "metric": "app.lag",
        "value": 0.5,
        "unit": "s",
        "kind": "gauge",
        "labels": {"a": "b"},
    }
    entry = {"timestamp": 1_700_000_000.5, "type": "series", "points": [point, labelled]}
    run = read_run(write([entry]))
    assert run.importer.name == "psutil"
    rows = run.series.to_pylist()
    assert [(row["metric"], row["value"], row["unit"], row["kind"]) for row in rows] == [
        ("postgres.xact_commit", 7.0, None, "counter"),
        ("app.lag", 0.5, "s", "gauge"),
    ]
    assert [row["labels"] for row in rows] == [None, [("a", "b")]]
    assert rows[0]["time"] == START + timedelta(milliseconds=500)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": "7"}, "expected points of series, found 'points[0].value: expected a number'"),
        ({"kind": None}, "expected points of series, found 'points[0].kind: expected one of"),
        ({"value": 1e300}, "column 'a': expected a number of sensible size, found '1e+300'"),
    ],
)
def test_bad_points_are_reported_with_their_line(read_run, write, change, message):
    point = {"metric": "a", "value": 1, "unit": None, "kind": "gauge", "labels": {}} | change
    good = {"timestamp": 1_700_000_000, "cpu_percent": 5.0}
    bad = {"timestamp": 1_700_000_001, "type": "series", "points": [point]}
    path = write("\n".join(json.dumps(entry) for entry in (good, bad)))
    with pytest.raises(RowError) as caught:
        read_run(path)
    assert f"trace.json:2: {message}" in caught.value.message.replace("column 'points': ", "")


def test_compressed_file_cut_short_is_told(read_run, fixtures, tmp_path):
    data = gzip.compress((fixtures / "psutil" / "base.json").read_bytes())
    path = tmp_path / "base.json.gz"
    path.write_bytes(data[: len(data) // 2])
    assert {"truncated-archive", "cut-last-line"} <= read_run(path).caveat_codes


@pytest.mark.parametrize(
    ("head", "match"),
    [
        ('[{"timestamp": "2026-11-20T10:31:18", "type": "system", "cpu": {"percent"', Match.NO),
        ('[{"timestamp": "x", "type": "application", "metrics": {}}]', Match.CERTAIN),
        ('{"timestamp": 1, "virtual_memory": {"percent": 1}}', Match.CERTAIN),
        ('{"ts": 1, "cpu": 12}', Match.LIKELY),
        ('{"timestamp": [1, 2], "cpu_percent": [1', Match.LIKELY),
        (
            '{"type":"Point","data":{"time":"2026-01-01T00:00:00Z","value":1},"metric":"cpu"}',
            Match.NO,
        ),
        ('{"attack":"","seq":0,"code":200,"timestamp":"2026-01-01T00:00:00Z"}', Match.NO),
        ('{"machine_info": {"cpu": {"count": 2}}, "datetime": "2026-01-01T00:00:00"}', Match.NO),
        ('[{"jmhVersion": "1.37", "benchmark": "x"}]', Match.NO),
        ("# Elapsed time   CPU (%)", Match.NO),
        ("", Match.NO),
    ],
)
def test_a_time_and_a_figure_of_psutil_decide(head, match):
    assert Psutil().match(head.encode(), "any.json") is match


def test_sample_of_psutil_7_is_read_completely(read_run, shared):
    path = shared / "samples" / "psutil-trace" / "linux-psutil7-nested.json"
    samples = json.loads(path.read_text())
    assert len(samples) == 3
    run = read_run(path)
    assert not [name for name in metrics(run) if name.startswith("app.")]
    assert values(run, "system.memory.available") == [
        sample["virtual_memory"]["available"] for sample in samples
    ]
    assert len(values(run, "system.disk.busy_time")) == 2
    assert values(run, "process.threads") == [1, 1, 1]
