"""psrecord's logs, plain and CSV."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.base import Match
from perfanalysis.importers.traces.psrecord import Psrecord

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLAIN = "# Elapsed time   CPU (%)     Real (MB)   Virtual (MB)\n"


def values(run, metric):
    return [row["value"] for row in run.series.to_pylist() if row["metric"] == metric]


def test_plain_log_of_a_real_process(read_run, fixtures):
    run = read_run(fixtures / "psutil" / "psrecord.txt")
    assert run.importer.name == "psrecord"
    assert run.fact("tool") == "psrecord"
    # The first 0.0 % is psutil's first call and left out.
    assert values(run, "process.cpu")[0] == 49.5
    assert values(run, "process.memory.rss")[:2] == [5.223 * 2**20, 129.988 * 2**20]
    assert values(run, "process.memory.vms")[0] == 11.047 * 2**20
    times = run.series.column("time").to_pylist()
    assert times[0] == EPOCH
    assert EPOCH + timedelta(milliseconds=202) in times
    assert run.caveat_codes == {"no-absolute-time"}


def test_csv_log_with_input_and_output(read_run, fixtures):
    run = read_run(fixtures / "psutil" / "psrecord.csv")
    assert values(run, "process.count") == [1, 1, 1, 1, 1, 1]
    assert values(run, "process.memory.rss") == [1.65234375 * 2**20] * 6
    # Five differences of six readings.
    assert values(run, "process.io.read") == [0, 0, 0, 0, 0]
    assert run.series.column("time").to_pylist()[0] == EPOCH + timedelta(microseconds=58)


def test_plain_log_with_input_and_output_has_all_columns(read_run, fixtures):
    run = read_run(fixtures / "psutil" / "psrecord-io.txt")
    assert values(run, "process.io.reads") == [0, 0, 0]
    assert values(run, "process.memory.vms") == [2.531 * 2**20] * 4


def test_counters_become_rates_and_a_fall_is_told(read_run, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "elapsed_time,nproc,cpu,mem_real,mem_virtual,read_count,write_count,read_bytes,write_bytes\n"
        "0.0,1,0.0,1,2,0,0,0,1000\n"
        "0.5,2,150.0,1,2,0,0,0,2000\n"
        "1.0,1,50.0,1,2,0,0,0,500\n"
        "1.5,1,0.0,1,2,0,0,0,600\n"
    )
    run = read_run(path)
    assert values(run, "process.io.write") == [2000, 200]
    assert values(run, "process.cpu") == [150, 50, 0]
    assert run.caveat_codes == {"no-absolute-time", "counter-restart"}


def test_bad_number_is_reported_with_line_and_column(read_run, tmp_path):
    path = tmp_path / "log.txt"
    path.write_text(PLAIN + "0.0 1.0 2.0 3.0\n0.5 oops 2.0 3.0\n0.9 1.0 2.0 3.0\n")
    with pytest.raises(
        RowError, match=r"log\.txt:3: column 'cpu': expected a number, found 'oops'"
    ):
        read_run(path)


def test_last_line_cut_short_is_dropped_with_a_caveat(read_run, tmp_path):
    path = tmp_path / "log.txt"
    path.write_text(PLAIN + "0.0 1.0 2.0 3.0\n0.5 1.")
    run = read_run(path)
    assert values(run, "process.cpu") == [1.0]
    assert run.caveat_codes == {"no-absolute-time", "cut-last-line"}


def test_header_alone_is_refused(read_run, tmp_path):
    path = tmp_path / "log.txt"
    path.write_text(PLAIN)
    with pytest.raises(InputError, match=r"log\.txt: expected at least one row, found none"):
        read_run(path)


@pytest.mark.parametrize(
    "head", [b"# Elapsed time\n", b"elapsed_time,nproc\n", b"elapsed,cpu\n", b"\xff\x00", b""]
)
def test_other_headers_do_not_match(head):
    assert Psrecord().match(head, "log.txt") is Match.NO


@pytest.mark.parametrize(("name", "rows"), [("plain.txt", 4), ("io.csv", 4)])
def test_samples_have_a_point_for_every_row(read_run, shared, name, rows):
    run = read_run(shared / "samples" / "psrecord" / name)
    assert len(values(run, "process.memory.rss")) == rows
