"""What every importer promises, checked with files of its own, of others, and of nobody."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import re
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import entry_points

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from perfanalysis.errors import FormatError, InputError
from perfanalysis.importers.base import Importer, Match
from perfanalysis.importers.registry import detect, importers
from perfanalysis.importers.rejects import Tolerance
from perfanalysis.importers.source import InputFile
from perfanalysis.model.intervals import Scope
from perfanalysis.model.requests import Kind
from perfanalysis.model.series import SeriesKind

COMPRESS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
}
TIMES = {"requests": "started_at", "intervals": "started_at", "series": "time"}
ANY = Tolerance(rows=1_000_000, share=None)


def rows_of(run):
    return {name: table.num_rows for name, table in run.tables.items()}


def assert_same(run, other):
    assert rows_of(run) == rows_of(other)
    for name, table in run.tables.items():
        assert other.tables[name].equals(table), name
    assert other.facts == run.facts


def outcome(read_run, path, **options):
    """What was read, or None where it was refused; the refusal names the file or one beside it."""
    try:
        return read_run(path, **options)
    except InputError as exc:
        refusal = exc.message
    assert refusal.startswith(f"{path.parent}/")
    return None


def test_every_registered_importer_is_tested_here_and_is_what_it_says(leading_files):
    registered = {entry.name for entry in entry_points(group="perfanalysis.importers")}
    assert registered == set(leading_files)
    working, broken = importers()
    assert broken == ()
    for name, importer in working.items():
        assert isinstance(importer, Importer)
        assert importer.name == name
        assert 10 < len(importer.title) < 100


def test_a_run_has_rows_that_make_sense(read_run, fixtures, importer_name, leading_file):
    # conftest passes every batch through store.conform, which checks columns, types and nulls.
    run = read_run(fixtures / leading_file)
    assert run.importer.name == importer_name
    assert sum(rows_of(run).values()) > 0
    assert run.rejected == 0
    assert importer_name.startswith(run.fact("tool"))
    earliest = datetime(1970 if "no-absolute-time" in run.caveat_codes else 2020, 1, 1, tzinfo=UTC)
    latest = datetime(2040, 1, 1, tzinfo=UTC)
    for table, column in TIMES.items():
        times = run.tables[table].column(column)
        assert times.type == pa.timestamp("us", tz="UTC")
        assert all(earliest <= time < latest for time in times.drop_null().to_pylist())
    kinds = set(run.requests.column("kind").to_pylist())
    kinds |= set(run.intervals.column("kind").to_pylist())
    assert kinds <= set(Kind)
    assert set(run.intervals.column("scope").to_pylist()) <= set(Scope)
    assert set(run.series.column("kind").to_pylist()) <= set(SeriesKind)


def test_counts_are_positive_and_failures_no_more_than_requests(
    read_run, fixtures, importer_name, leading_file
):
    run = read_run(fixtures / leading_file)
    requests = run.intervals.filter(pc.equal(run.intervals.column("kind"), Kind.REQUEST.value))
    counts = list(
        zip(
            requests.column("requests").to_pylist(),
            requests.column("failures").to_pylist(),
            strict=True,
        )
    )
    assert all(0 <= failures <= count for count, failures in counts)
    timed = [row for row in run.requests.to_pylist() if row["kind"] == Kind.REQUEST]
    measured = sum(count for count, _ in counts) + len(timed) + run.series.num_rows
    assert measured > 0
    assert all(row["name"] for row in timed)
    assert not any(row["error"] == "" or row["status"] == "" for row in timed)


def test_reading_twice_gives_the_same(read_run, fixtures, importer_name, leading_file):
    assert_same(read_run(fixtures / leading_file), read_run(fixtures / leading_file))


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_compressed_file_gives_the_same_rows(read_run, specimen, tmp_path, suffix):
    plain = read_run(specimen.write(tmp_path / "plain"))
    path = specimen.write(tmp_path / "compressed")
    compressed = path.with_name(path.name + suffix)
    compressed.write_bytes(COMPRESS[suffix](path.read_bytes()))
    path.unlink()
    found = read_run(compressed)
    assert found.importer is plain.importer
    assert_same(plain, found)


def test_line_ends_of_windows_give_the_same_rows(read_run, specimen, tmp_path):
    unix = {name: data.replace(b"\r\n", b"\n") for name, data in specimen.files.items()}
    windows = {name: data.replace(b"\n", b"\r\n") for name, data in unix.items()}
    first = read_run(specimen.write(tmp_path / "unix", unix))
    second = read_run(specimen.write(tmp_path / "windows", windows))
    assert rows_of(first) == rows_of(second)
    for name, table in first.tables.items():
        # A line break within a quoted message stays what it is.
        found = repr(second.tables[name].to_pylist()).replace(r"\r\n", r"\n")
        assert found == repr(table.to_pylist())


def test_a_byte_order_mark_changes_nothing(read_run, specimen, tmp_path):
    plain = read_run(specimen.write(tmp_path / "plain"))
    marked = {specimen.lead: b"\xef\xbb\xbf" + specimen.files[specimen.lead]}
    found = read_run(specimen.write(tmp_path / "marked", marked))
    assert found.importer is plain.importer
    assert_same(plain, found)


@pytest.mark.parametrize("data", [b"", b"\n\n \r\n", b"\xef\xbb\xbf", bytes(300)])
def test_an_empty_file_is_refused(read_run, specimen, tmp_path, data):
    path = tmp_path / specimen.lead
    path.write_bytes(data)
    with pytest.raises(FormatError, match=":1: expected results, found an empty file"):
        read_run(path)
    with pytest.raises(InputError) as refused:
        read_run(path, format_name=specimen.importer)
    assert refused.value.message.startswith(str(path))


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_a_file_without_its_rows_is_refused_or_has_none(read_run, specimen, tmp_path, keep):
    lines = specimen.files[specimen.lead].splitlines(keepends=True)
    path = tmp_path / specimen.lead
    path.write_bytes(b"".join(lines[:keep]))
    whole = read_run(specimen.write(tmp_path / "whole"))
    found = outcome(read_run, path, format_name=specimen.importer, tolerance=ANY)
    if found is not None:
        assert 0 < sum(rows_of(found).values()) <= sum(rows_of(whole).values())


def test_match_never_raises_and_finds_nothing_in_noise(specimen):
    importer = importers()[0][specimen.importer]
    rng = random.Random(7)
    own = specimen.files[specimen.lead]
    for size in (0, 1, 2, 3, 7, 64, 1000, 65_536):
        assert importer.match(rng.randbytes(size), "results.csv") is Match.NO
        digits = bytes(rng.choices(b'0123456789 ,;.{}[]"\n', k=size))
        assert isinstance(importer.match(digits, ""), Match)
        assert isinstance(importer.match(own[:size] + rng.randbytes(200), "\udcff"), Match)


def test_noise_is_refused(read_run, specimen, tmp_path):
    rng = random.Random(11)
    path = tmp_path / specimen.lead
    for size in (1, 3, 80, 5000):
        for data in (rng.randbytes(size), bytes(rng.choices(b'0123 ,.{}[]"<>\n', k=size))):
            path.write_bytes(b"?" + data)
            assert outcome(read_run, path, format_name=specimen.importer, tolerance=ANY) is None


def test_files_of_other_formats_are_refused_or_read_but_never_fail_otherwise(
    read_run, fixtures, specimen, leading_files, tmp_path
):
    for name, files in leading_files.items():
        if name != specimen.importer:
            path = tmp_path / files[0].rpartition("/")[2]
            path.write_bytes((fixtures / files[0]).read_bytes())
            outcome(read_run, path, format_name=specimen.importer, tolerance=ANY)
            path.unlink()


def test_half_a_surrogate_pair_in_any_text_is_refused_or_kept_as_written(
    read_run, specimen, tmp_path
):
    data = specimen.files[specimen.lead]
    words = [found.end(1) for found in re.finditer(rb'[":,]([A-Za-z][A-Za-z /]+)"', data)]
    for at in words[:: len(words) // 30 + 1]:
        changed = {specimen.lead: data[:at] + rb"\ud800" + data[at:]}
        path = specimen.write(tmp_path, changed)
        outcome(read_run, path, format_name=specimen.importer, tolerance=ANY)


def test_specimens_are_recognised_by_their_own_importer_only(specimen, tmp_path):
    path = specimen.write(tmp_path)
    file = InputFile(path=path, label="x")
    assert detect(file).name == specimen.importer
    head = file.head()
    scores = {name: entry.match(head, file.name) for name, entry in importers()[0].items()}
    assert {name for name, score in scores.items() if score} == {specimen.importer}


def assert_cuts_lose_rows_only(read_run, specimen, folder, sizes):
    path = specimen.write(folder)
    data = path.read_bytes()
    whole = read_run(path, format_name=specimen.importer)
    requests = Counter(map(repr, whole.requests.to_pylist()))
    for size in sizes:
        path.write_bytes(data[:size])
        found = outcome(read_run, path, format_name=specimen.importer)
        if found is None:
            continue
        for name, table in found.tables.items():
            assert table.num_rows <= whole.tables[name].num_rows, (name, size)
        # The last row may have lost the end of its last cell: 0.25 may have become 0.2.
        others = Counter(map(repr, found.requests.to_pylist())) - requests
        assert others.total() <= 1, size


@pytest.mark.slow
def test_a_file_cut_short_has_no_row_that_the_whole_file_lacks(read_run, specimen, tmp_path):
    size = len(specimen.files[specimen.lead])
    few = 12 if specimen.importer == "locust-csv" else 40
    spread = range(1, size, max(1, size // few))
    end = range(max(0, size - 300), size, 300 // few)
    assert_cuts_lose_rows_only(read_run, specimen, tmp_path, [*spread, *end])


@pytest.mark.slow
def test_a_file_cut_at_any_of_its_last_bytes_has_no_row_that_the_whole_file_lacks(
    read_run, specimen, tmp_path
):
    size = len(specimen.files[specimen.lead])
    spread = range(0, size, max(1, size // 60))
    end = range(max(0, size - 300), size)
    assert_cuts_lose_rows_only(read_run, specimen, tmp_path, [*spread, *end])
