"""Time stamps of JTL files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from perfanalysis.importers.jmeter.times import (
    detect_time_format,
    stamps_are_ends,
    to_utc,
)

HEADER = "timeStamp,elapsed,label,success"
NOON = datetime(2026, 2, 3, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("1770120005000", NOON),
        ("2026/02/03 12:00:05.250", NOON.replace(microsecond=250_000)),
        ("2026/02/03 12:00:05", NOON),
        ("2026-02-03 12:00:05.250", NOON.replace(microsecond=250_000)),
        ("2026-02-03 12:00:05", NOON),
        ('"2026-02-03 12:00:05,250"', NOON.replace(microsecond=250_000)),
        ("02/03/26 12:00:05", NOON),
        ("02/03/99 12:00:05", NOON.replace(year=1999)),
        ("02/03/68 12:00:05", NOON.replace(year=2068)),
        ("2026-02-03T12:00:05.250Z", NOON.replace(microsecond=250_000)),
        ("2026-02-03T14:00:05+0200", NOON),
        ("2026-02-03T14:00:05+02:00", NOON),
    ],
)
def test_every_pattern_that_jmeter_reads_is_read(read_run, tmp_path, text, when):
    path = tmp_path / "run.jtl"
    path.write_text(f"{HEADER}\n{text},1,a,true\n")
    run = read_run(path, format_name="jmeter-csv")
    assert run.requests["started_at"].to_pylist() == [when]


@pytest.mark.parametrize(
    "text",
    ["2026/13/03 12:00:05", "2026/02/30 12:00:05", "2026/02/03 24:00:05", "2026/02/03 12:61:00"],
)
def test_times_that_no_calendar_has_are_bad_rows(read_run, tmp_path, text):
    path = tmp_path / "run.jtl"
    path.write_text(f"{HEADER}\n2026/02/03 12:00:05,1,a,true\n{text},1,a,true\n")
    with pytest.raises(Exception, match=r":3: column 'timeStamp': expected a time as yyyy/MM/dd"):
        read_run(path)


def test_a_bad_first_time_does_not_hide_the_format(read_run, tmp_path):
    path = tmp_path / "run.jtl"
    path.write_text(f"{HEADER}\nsoon,1,a,true\n1770120005000,1,a,true\n")
    with pytest.raises(
        Exception, match=r":2: column 'timeStamp': expected milliseconds since 1970"
    ):
        read_run(path)


def test_times_of_no_known_pattern_are_refused_with_advice(read_run, tmp_path):
    path = tmp_path / "run.jtl"
    path.write_text(f"{HEADER}\n3 Feb 2026,1,a,true\n")
    with pytest.raises(Exception, match=r":2: column 'timeStamp'.*found '3 Feb 2026'") as refused:
        read_run(path)
    assert "timestamp_format=ms" in refused.value.hint


def test_local_times_are_read_in_the_given_zone_and_said_so(read_run, fixtures):
    path = fixtures / "jmeter" / "base.texttime.jtl"
    in_utc = read_run(path)
    in_kolkata = read_run(path, timezone=ZoneInfo("Asia/Kolkata"))
    assert in_utc.caveat_codes == in_kolkata.caveat_codes == {"assumed-timezone"}
    assert "read as Asia/Kolkata" in in_kolkata.caveats[0].message
    first = in_utc.requests["started_at"][0].as_py()
    assert first == datetime(2026, 11, 20, 10, 33, 16, 523_000, tzinfo=UTC)
    assert in_kolkata.requests["started_at"][0].as_py() == first - timedelta(hours=5, minutes=30)


def test_the_hour_that_the_clock_shows_twice_is_said_so(read_run, tmp_path):
    path = tmp_path / "run.jtl"
    path.write_text(f"{HEADER}\n2026/10/25 02:30:00,1,a,true\n2026/10/25 03:30:00,1,a,true\n")
    run = read_run(path, timezone=ZoneInfo("Europe/Berlin"))
    assert run.caveat_codes == {"assumed-timezone", "ambiguous-times"}
    assert [time.hour for time in run.requests["started_at"].to_pylist()] == [0, 2]


def test_local_times_follow_the_zone_through_the_year():
    local = np.array(
        [
            int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000,
            int(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000,
        ]
    )
    utc, ambiguous = to_utc(local, ZoneInfo("America/New_York"))
    assert ((utc - local) / 3_600_000_000).tolist() == [5.0, 4.0]
    assert not ambiguous
    fixed, _ = to_utc(local, timezone(timedelta(hours=-3)))
    assert ((fixed - local) / 3_600_000_000).tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    "cell",
    [
        *("1770120005000", "-5", "", "abc", "99999999999999", "999999999999999", " 17 "),
        *("2026/02/03 12:00:05", "2026/02/30 12:00:05", "2026/02/03T12:00:05.5"),
        *("02/30/26 12:00:05", "02/03/26 12:00:60", "1969/12/31 23:59:59", "0001/01/01 00:00:00"),
        *("2026-02-03 12:00:05Z", "2026-02-03 12:00:05+0200", "2026-02-03 12:00:05+99:00"),
    ],
)
@pytest.mark.parametrize(
    "first", ["1770120005000", "2026/02/03 12:00:05", "02/03/26 12:00:05", "2026-02-03 12:00:05Z"]
)
def test_a_cell_that_one_look_accepts_the_other_converts(first, cell):
    known = detect_time_format(first)
    assert known is not None
    if known.accepts(cell):
        cells = pa.array([cell.strip()])
        known.to_epoch_us(cells.cast(pa.int64()) if known.epoch else cells)


def test_pauses_leave_the_meaning_of_stamps_open():
    stamps = np.arange(100, dtype=np.int64) * 10_000
    threads, elapsed = np.zeros(100, dtype=np.int64), np.full(100, 50, dtype=np.int64)
    assert not stamps_are_ends(threads, stamps, elapsed)


def test_threads_that_contradict_each_other_are_taken_as_starts():
    """Several load generators may use the same thread names."""
    elapsed = np.tile(np.array([95, 60], dtype=np.int64), 50)
    starts = np.cumsum(elapsed) - elapsed
    ends = np.cumsum(elapsed)
    threads = np.repeat(np.array([1, 2], dtype=np.int64), 100)
    both = np.concatenate((starts, ends)), np.concatenate((elapsed, elapsed))
    assert not stamps_are_ends(threads, *both)
    assert stamps_are_ends(threads[:100], ends, elapsed)
