"""What is imported at speed against plain readers of the same files, bit for bit.

The readers in `tests/oracle` use the standard library and look at one row at a time.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perfanalysis import api
from perfanalysis.importers import source
from perfanalysis.importers.jmeter import sample_reader, stretches
from perfanalysis.store import histograms, requests
from tests.oracle import jmeter_csv, jmeter_xml, k6, pgbench
from tests.oracle.comparing import ANY_NUMBER, assert_bundle_is, assert_summary_is
from tests.oracle.reading import Reading, read_bytes

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
# Of larger files the tests that are not slow read the first lines.
HEAD_BYTES = 60_000
MAX_BYTES = 5_000_000

READERS: dict[str, Callable[[Path], Reading]] = {
    "jmeter-csv": jmeter_csv.read_csv,
    "jmeter-xml": jmeter_xml.read_xml,
    "k6-csv": k6.read_csv,
    "k6-json": k6.read_json,
    "pgbench-log": pgbench.read_log,
}
PATTERNS = {
    "fixtures": (
        ("jmeter-csv", "jmeter/*.csv.jtl"),
        ("jmeter-csv", "jmeter/*-noheader.jtl"),
        ("jmeter-csv", "jmeter/*.texttime.jtl"),
        ("jmeter-xml", "jmeter/*.xml.jtl"),
        ("k6-csv", "k6/*.csv.gz"),
        ("k6-json", "k6/*.json.gz"),
        ("k6-json", "demo/*.json.xz"),
        ("pgbench-log", "pgbench/*/pgbench_log.*"),
    ),
    "samples": (
        ("jmeter-csv", "jmeter-csv/*"),
        ("jmeter-xml", "jmeter-xml/*"),
        ("k6-csv", "k6-csv/*"),
        ("k6-json", "k6-json/*"),
        ("pgbench-log", "pgbench/doc1*.log"),
        ("pgbench-log", "pgbench/pg15_*.[0-9]*"),
    ),
    "data": (
        ("jmeter-csv", "tools/jmeter/*.csv.jtl"),
        ("jmeter-csv", "tools/jmeter/*-noheader.jtl"),
        ("jmeter-csv", "tools/jmeter/*.texttime.jtl"),
        ("jmeter-xml", "tools/jmeter/*.xml.jtl"),
        ("k6-csv", "tools/k6/*.csv.gz"),
        ("k6-json", "tools/k6/*.json.gz"),
        ("k6-json", "truth/*.json.gz"),
        ("pgbench-log", "tools/pgbench/*/pgbench_log.*"),
        ("pgbench-log", "tools/pgbench/sweep/*/pgbench_log.*"),
        ("pgbench-log", "pgbench-aa/*/pgbench_log.*"),
    ),
}
# No rows can be had of these; `tests/test_samples.py` says what each of them lacks.
REFUSED = {
    *("Bug50898.csv", "JMeterCsvResults3.csv", "TEST_HTTP_HttpClient4.csv"),
    *("TestRedirectionPolicies.csv", "mvn-csv-missing-delimiter.csv", "mvn-empty.jtl"),
    *("500-success_error.jtl", "BatchTestLocal.xml", "TaurusXMLReport.xml", "emptyfile.jtl"),
    *("pg15_aborted.30162", "pgbench_log.12372"),
}
# Of these only the tables are compared: series that come before the first request count in the
# length of the run, and so in its rates (see `tests/oracle/test_known_differences.py`).
SERIES_FIRST = {"2017-doc-example.jsonl"}
# As long as its like, which is not slow.
SLOW = {"demo/slow.json.xz"}
THREAD = re.compile(r"\.\d+\.\d+$")


def found_in(folder: Path, what: str) -> list[object]:
    """Return the format and path of each run in a folder."""
    found = []
    for format_name, pattern in PATTERNS[what]:
        for path in sorted(folder.glob(pattern)):
            if path.name in REFUSED or path.stat().st_size > MAX_BYTES or is_other(path):
                continue
            name = path.relative_to(folder).as_posix()
            marks = [pytest.mark.slow] if name in SLOW else []
            found.append(pytest.param(format_name, path, id=name, marks=marks))
    return found


def is_other(path: Path) -> bool:
    """Say whether a file is no run of its own, or one that pgbench itself has summed up."""
    aggregate = "aggregate" in path.parent.name or "_agg" in path.name
    return bool(THREAD.search(path.name)) or path.suffix == ".txt" or aggregate


FIXTURES = found_in(ROOT / "fixtures", "fixtures")
SAMPLES = found_in(SHARED / "samples", "samples")
DATA = found_in(SHARED / "data", "data")


def import_file(path: Path, destination: Path, format_name: str) -> api.Run:
    options = api.ReadOptions(tolerance=ANY_NUMBER)
    run = api.import_run([str(path)], destination, options=options, overwrite=True)
    assert run.info.sources[0].format == format_name
    return run


def assert_same(format_name: str, path: Path, folder: Path) -> api.Run:
    """Import a file and read it plainly; return the run, which is the same."""
    run = import_file(path, folder / "imported.run", format_name)
    reading = READERS[format_name](path)
    assert_bundle_is(run, reading)
    if path.name not in SERIES_FIRST and reading.requests:
        assert_summary_is(run, reading)
    return run


@contextlib.contextmanager
def small_pieces() -> Iterator[None]:
    """Have files of kilobytes take the way of gigabytes: many blocks, row groups and parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(source.line_blocks.__kwdefaults__, "size", 3_000)
        patch.setattr(stretches, "_FIRST_BYTES", 4_000)
        patch.setattr(stretches, "_READ_BYTES", 3_000)
        patch.setattr(sample_reader, "_BATCH_SAMPLES", 40)
        patch.setattr(requests, "ROW_GROUP_ROWS", 120)
        patch.setattr(requests, "HELD_BACK_ROWS", 60)
        patch.setattr(histograms, "_COUNT_ROWS", 50)
        patch.setattr(histograms, "_COMPACT_ROWS", 200)
        yield


@pytest.fixture
def merges(monkeypatch) -> list[int]:
    """How many runs were merged, each time that requests had to be sorted out of core."""
    found: list[int] = []
    merge = requests.RequestSorter._merge

    def counted(self, path):
        found.append(len(self._runs))
        merge(self, path)

    monkeypatch.setattr(requests.RequestSorter, "_merge", counted)
    return found


@pytest.mark.parametrize(("format_name", "path"), FIXTURES)
def test_a_fixture_is_imported_as_it_is_read_plainly(tmp_path, format_name, path):
    assert_same(format_name, path, tmp_path)


@pytest.mark.parametrize(("format_name", "path"), SAMPLES)
def test_a_sample_is_imported_as_it_is_read_plainly(tmp_path, format_name, path):
    assert_same(format_name, path, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("format_name", "path"), DATA)
def test_a_real_run_is_imported_as_it_is_read_plainly(tmp_path, format_name, path):
    assert_same(format_name, path, tmp_path)


@pytest.mark.parametrize(("format_name", "path"), DATA)
def test_the_first_lines_of_a_real_run_are_imported_as_they_are_read_plainly(
    tmp_path, format_name, path
):
    assert_same(format_name, head_of(format_name, path, tmp_path), tmp_path)


def head_of(format_name: str, path: Path, folder: Path, size: int = HEAD_BYTES) -> Path:
    """Write the first lines of a run's files elsewhere; return the leading one."""
    files = pgbench.threads_of(path) if format_name == "pgbench-log" else [path]
    # Samples of several lines end with a tag.
    end = b">\n<httpSample" if format_name == "jmeter-xml" else b"\n"
    for file in files:
        data = read_bytes(file)
        if len(data) > size:
            data = data[: data.rfind(end, 0, size) + end.index(b"\n") + 1]
        (folder / file.name).write_bytes(data)
    for text in path.parent.glob("std*.txt"):
        (folder / text.name).write_bytes(text.read_bytes())
    return folder / path.name


@pytest.mark.parametrize(("format_name", "path"), FIXTURES + SAMPLES)
def test_the_size_of_blocks_and_row_groups_changes_nothing(tmp_path, format_name, path):
    head = head_of(format_name, path, tmp_path, size=500_000)
    with small_pieces():
        run = import_file(head, tmp_path / "imported.run", format_name)
    assert_bundle_is(run, READERS[format_name](head))


SHUFFLED = {
    "jmeter-csv": "jmeter/slow.csv.jtl",
    "jmeter-xml": "jmeter/slow.xml.jtl",
    "k6-csv": "k6/slow.csv.gz",
    "k6-json": "k6/slow.json.gz",
    "pgbench-log": "pgbench/base/pgbench_log.11942",
}
# A line that begins a request; what comes before the first one stays there.
BEGINS = {
    "jmeter-csv": rb"\d{13},",
    "jmeter-xml": rb"<(?:httpSample|sample) ",
    "k6-csv": rb"http_reqs,",
    "k6-json": rb'\{"metric":"http_reqs","type":"Point"',
    "pgbench-log": rb"\d+ ",
}


@pytest.mark.parametrize("format_name", SHUFFLED)
def test_requests_in_any_order_are_sorted_and_merged_as_one_sort_would(
    tmp_path, fixtures, merges, format_name
):
    path = fixtures / SHUFFLED[format_name]
    data = b"".join(read_bytes(file) for file in pgbench.threads_of(path))
    data, end = data.removesuffix(b"</testResults>\n"), b""
    if format_name == "jmeter-xml":
        end = b"</testResults>\n"
    first, *parts = re.split(rb"(?m)^(?=" + BEGINS[format_name] + rb")", data)
    random.Random(4).shuffle(parts)
    shuffled = tmp_path / path.name.removesuffix(".gz")
    shuffled.write_bytes(first + b"".join(parts) + end)
    with small_pieces():
        run = import_file(shuffled, tmp_path / "imported.run", format_name)
    assert_bundle_is(run, READERS[format_name](shuffled))
    assert merges[0] > 1


def test_every_file_that_is_left_out_is_there():
    if not SHARED.is_dir():
        pytest.skip("the shared data are not here")
    folders = (ROOT / "fixtures", SHARED / "samples")
    there = {path.name for folder in folders for path in folder.rglob("*")}
    assert there >= REFUSED | SERIES_FIRST
