"""Writing a run bundle and reading it again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfanalysis.errors import BundleError, InputError, UsageError
from perfanalysis.model.requests import REQUESTS
from perfanalysis.store.bundle import Run, is_bundle
from perfanalysis.store.writer import bundle_writer


def write(destination, provenance, *batches, **options):
    with bundle_writer(destination, **options) as writer:
        for batch in batches:
            writer.write("requests", batch, origin="test")
        writer.finish(provenance)
    return Run.open(destination)


def test_what_was_written_is_read_again_sorted_by_start(tmp_path, batch_of, provenance):
    late, early = batch_of([5, 3], [50, 30]), batch_of([4, 1], [40, 10], ok=False)
    run = write(tmp_path / "a.run", provenance, late, early)
    assert run.requests_table.column("latency_ms").to_pylist() == [10, 30, 40, 50]
    assert run.requests_table.schema.equals(REQUESTS)
    assert (run.info.counts.requests, run.info.counts.failures) == (4, 2)
    assert run.info.duration_s == pytest.approx(4.05)
    assert run.info.started_at.isoformat() == "2026-01-01T00:00:01+00:00"


def test_only_requests_are_counted(tmp_path, batch_of, provenance):
    parts = [batch_of([1], [1], kind=kind) for kind in ("request", "transaction", "check")]
    assert write(tmp_path / "a.run", provenance, *parts).info.counts.requests == 1


def test_text_is_dictionary_encoded_on_disk(tmp_path, batch_of, provenance):
    write(tmp_path / "a.run", provenance, batch_of([1, 2], [1, 2]))
    column = pq.ParquetFile(tmp_path / "a.run/requests.parquet").metadata.row_group(0).column(1)
    assert column.path_in_schema == "name"
    assert any("DICTIONARY" in encoding for encoding in column.encodings)
    assert column.compression == "ZSTD"


def test_requests_as_a_dataframe_have_categories_and_utc_times(tmp_path, batch_of, provenance):
    frame = write(tmp_path / "a.run", provenance, batch_of([1], [1])).requests
    assert str(frame["started_at"].dt.tz) == "UTC"
    assert frame["name"].dtype == "category"


def test_an_error_leaves_nothing_behind(tmp_path, batch_of):
    def write_half():
        with bundle_writer(tmp_path / "a.run") as writer:
            writer.write("requests", batch_of([1], [1]), origin="test")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_bundle_is_kept_unless_told_otherwise(tmp_path, batch_of, provenance):
    destination = tmp_path / "a.run"
    write(destination, provenance, batch_of([1], [1]))
    with pytest.raises(UsageError, match="exists already"):
        write(destination, provenance, batch_of([1, 2], [1, 2]))
    assert Run.open(destination).info.counts.requests == 1
    write(destination, provenance, batch_of([1, 2], [1, 2]), overwrite=True)
    assert Run.open(destination).info.counts.requests == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.run"]


KILLED_IN_THE_MIDDLE = """
    import os, signal, sys
    from pathlib import Path
    from perfanalysis.store.writer import bundle_writer
    with bundle_writer(Path(sys.argv[1])) as writer:
        print(writer.folder, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_import_leaves_no_bundle_and_the_next_one_sweeps_up(
    tmp_path, batch_of, provenance
):
    destination = tmp_path / "a.run"
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED_IN_THE_MIDDLE), str(destination)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    assert not destination.exists()
    assert os.path.isdir(process.stdout.strip())  # noqa: PTH112  (it is printed as text)
    write(destination, provenance, batch_of([1], [1]))
    assert [path.name for path in tmp_path.iterdir()] == ["a.run"]


def test_a_folder_without_run_json_is_no_bundle(tmp_path):
    assert not is_bundle(tmp_path)
    with pytest.raises(BundleError, match="expected a run bundle"):
        Run.open(tmp_path)


def edited(destination, **changes):
    file = destination / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_newer_schema_is_refused_as_such(tmp_path, batch_of, provenance):
    write(tmp_path / "a.run", provenance, batch_of([1], [1]))
    edited(tmp_path / "a.run", schema_version=2)
    with pytest.raises(BundleError, match="newer perfanalysis"):
        Run.open(tmp_path / "a.run")


def test_a_damaged_run_json_names_the_key(tmp_path, batch_of, provenance):
    write(tmp_path / "a.run", provenance, batch_of([1], [1]))
    edited(tmp_path / "a.run", duration_s="soon")
    with pytest.raises(BundleError, match="duration_s"):
        Run.open(tmp_path / "a.run")


def test_a_damaged_table_names_the_file(tmp_path, batch_of, provenance):
    run = write(tmp_path / "a.run", provenance, batch_of([1], [1]))
    (run.path / "requests.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(BundleError, match=r"requests\.parquet"):
        _ = run.requests_table


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("latency_ms", [-1.0], "negative"),
        ("latency_ms", [float("nan")], "not finite"),
        ("name", [None], "nulls"),
        ("surprise", [1], "unknown columns"),
    ],
)
def test_a_batch_that_breaks_the_schema_is_refused(tmp_path, batch_of, column, values, message):
    good = batch_of([1], [1])
    columns = {name: good.column(name) for name in good.schema.names}
    bad = pa.RecordBatch.from_pydict(columns | {column: pa.array(values)})
    with (
        pytest.raises(InputError, match=message),
        bundle_writer(tmp_path / "a.run") as writer,
    ):
        writer.write("requests", bad, origin="test")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.one_of(st.none(), st.floats(0, 1e7))),
        min_size=1,
        max_size=40,
    )
)
def test_write_then_read_is_identity(tmp_path_factory, batch_of_rows, provenance_of, rows):
    destination = tmp_path_factory.mktemp("identity") / "a.run"
    batch = batch_of_rows(rows)
    run = write(destination, provenance_of, batch)
    expected = pa.Table.from_batches([batch]).sort_by("started_at")
    assert run.requests_table.select(batch.schema.names).equals(expected)
    counted = run.histograms_table.column("count").to_pylist()
    assert sum(counted) == len(rows)


@pytest.fixture(scope="module")
def batch_of_rows():
    def make(rows):
        return pa.RecordBatch.from_pydict(
            {
                "started_at": pa.array([us for us, _ in rows], pa.timestamp("us", tz="UTC")),
                "name": pa.array(["a"] * len(rows)),
                "latency_ms": pa.array([ms for _, ms in rows], pa.float64()),
                "ok": pa.array([True] * len(rows)),
                "kind": pa.array(["request"] * len(rows)),
            },
            schema=pa.schema(
                [REQUESTS.field(n) for n in ("started_at", "name", "latency_ms", "ok", "kind")]
            ),
        )

    return make


@pytest.fixture(scope="module")
def provenance_of():
    from perfanalysis.model.run import Environment
    from perfanalysis.store.writer import Provenance

    return Provenance(
        id="0" * 12,
        name="n",
        tool="t",
        tool_version=None,
        started_at=None,
        duration_s=None,
        clock_resolution_ms=None,
        rejected_rows=0,
        sources=(),
        environment=Environment(),
        commit=None,
        tags={},
        thresholds=(),
        caveats=(),
    )


def test_a_run_too_large_for_memory_is_written_like_a_small_one(
    tmp_path, batch_of, provenance, monkeypatch
):
    from perfanalysis.store import requests

    batches = [batch_of([9 - i, 4], [i, 50 + i]) for i in range(5)]
    small = write(tmp_path / "small.run", provenance, *batches)
    monkeypatch.setattr(requests, "ROW_GROUP_ROWS", 1)
    monkeypatch.setattr(requests, "HELD_BACK_ROWS", 1)
    large = write(tmp_path / "large.run", provenance, *batches)
    assert large.requests_table.equals(small.requests_table)
    assert sorted(path.name for path in large.path.iterdir()) == sorted(
        path.name for path in small.path.iterdir()
    )


def test_names_of_several_row_groups_are_grouped_as_one_column(tmp_path, batch_of, provenance):
    parts = [batch_of([at], [10.0], name=name) for at, name in ((1, "a"), (2, "b"), (3, "a"))]
    run = write(tmp_path / "a.run", provenance, *parts)
    path = run.path / "histograms.parquet"
    pq.write_table(pq.read_table(path), path, row_group_size=1)
    found = Run.open(run.path).histograms_table.group_by("name").aggregate([])
    assert sorted(found.column("name").to_pylist()) == ["a", "b"]


def test_failed_requests_are_those_of_every_part_and_other_parts_are_not_read(
    tmp_path, load_rows, provenance, monkeypatch
):
    from perfanalysis.store import requests

    monkeypatch.setattr(requests, "ROW_GROUP_ROWS", 2)
    monkeypatch.setattr(requests, "HELD_BACK_ROWS", 1)
    run = write(tmp_path / "a.run", provenance, load_rows([True, True, True, False, False, True]))
    read = []
    original = pq.ParquetFile.read_row_group

    def reading(self, number, columns):
        read.append((number, tuple(columns)))
        return original(self, number, columns)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", reading)
    rows = [row for part in run.failed_requests(("name", "kind")) for row in part.to_pylist()]
    assert rows == [{"name": "r3", "kind": "request"}, {"name": "r4", "kind": "request"}]
    groups = {number for number, columns in read if "name" in columns}
    assert groups < {number for number, _ in read}


def test_a_bundle_without_rows_has_no_failed_requests(tmp_path, batch_of, provenance):
    run = write(tmp_path / "a.run", provenance, batch_of([1], [10.0]))
    (run.path / "requests.parquet").unlink()
    assert list(Run.open(run.path).failed_requests(("name",))) == []


def test_a_damaged_table_of_requests_is_a_damaged_bundle(tmp_path, batch_of, provenance):
    run = write(tmp_path / "a.run", provenance, batch_of([1], [10.0]))
    (run.path / "requests.parquet").write_bytes(b"PAR1")
    with pytest.raises(BundleError, match="the table is damaged"):
        list(Run.open(run.path).failed_requests(("name",)))


@pytest.fixture
def load_rows(batch_of):
    """One batch of requests named r0, r1... with the given outcomes."""

    def make(outcomes):
        batch = batch_of(list(range(len(outcomes))), [10.0] * len(outcomes))
        names = pa.array([f"r{n}" for n in range(len(outcomes))])
        for column, values in (("name", names), ("ok", pa.array(outcomes))):
            batch = batch.set_column(batch.schema.get_field_index(column), column, values)
        return batch

    return make
