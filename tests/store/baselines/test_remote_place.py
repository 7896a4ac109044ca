"""Baselines in a bucket: S3's protocol on this machine, and fsspec's memory."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from perfanalysis.errors import BundleError, UsageError
from perfanalysis.store.baselines.store import open_store
from tests.store.baselines.made_runs import baseline_of, entry_of, stored
from tests.store.baselines.s3_server import s3_bucket

pytestmark = pytest.mark.slow  # each test starts a server and a client of its own

pytest.importorskip("s3fs")


@pytest.fixture
def bucket(monkeypatch):
    with s3_bucket() as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        yield served


@pytest.fixture
def store(bucket, runs):
    opened = open_store("s3://ci/perf")
    assert opened.commit(baseline_of(runs[0]), version="0", added=stored(runs[0]))
    return opened


def accept(store, run):
    opened = store.open("main")
    grown = opened.baseline.accepting(entry_of(run), new_anchor=False)
    return store.commit(grown, version=opened.version, added=stored(run))


def age(bucket, days):
    """Make every object older."""
    for key, (content, modified) in bucket.objects.items():
        bucket.objects[key] = (content, modified - timedelta(days=days))


def test_a_baseline_in_s3_is_stored_opened_listed_and_removed(store, runs):
    assert store.names() == ["main"]
    assert accept(store, runs[1])
    opened = open_store("s3://ci/perf").open("main")
    assert [run.info.name for run in opened.recent] == ["base-1", "base-2"]
    assert opened.recent[1].histograms_table == runs[1].histograms_table
    store.remove("main")
    assert open_store("s3://ci/perf").names() == []


def test_the_runs_are_there_before_the_document_that_names_them(store, bucket, runs):
    bucket.puts.clear()
    accept(store, runs[1])
    assert [key.rpartition("/")[2] for key in bucket.puts] == [
        "run.json",
        "histograms.parquet",
        "baseline.00000002.json",
    ]


def test_jobs_that_accept_at_once_lose_nothing(store, bucket, runs):
    def work(number):
        mine = open_store("s3://ci/perf")
        run = runs[1].called(f"job-{number}")
        run.info = run.info.model_copy(update={"id": f"{number:012x}"})
        while not accept(mine, run):
            pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    baseline = store.open("main").baseline
    assert baseline.accepted == 5
    joined = {run for event in baseline.history[1:] for run in event.runs}
    assert joined == {f"{number:012x}" for number in range(4)}


def test_a_writer_whose_answer_was_lost_recognises_its_own_document(store, runs, monkeypatch):
    files = store.place._files
    real = files.pipe_file
    lost = []

    def lossy(path, value, mode="overwrite"):
        real(path, value, mode=mode)
        if mode == "create":
            lost.append(path)
            raise OSError("connection reset by peer")

    monkeypatch.setattr(files, "pipe_file", lossy)
    assert accept(store, runs[1])
    assert len(lost) == 1
    assert store.open("main").baseline.accepted == 2


def test_a_write_that_fails_for_another_reason_is_an_error(store, runs, monkeypatch):
    files = store.place._files
    real = files.pipe_file

    def broken(path, value, mode="overwrite"):
        if mode == "create":
            raise OSError("no route to host")
        real(path, value, mode=mode)

    monkeypatch.setattr(files, "pipe_file", broken)
    with pytest.raises(UsageError, match=r"s3://ci/perf: cannot be written: .*no route to host"):
        accept(store, runs[1])
    assert store.open("main").baseline.accepted == 1


def test_a_server_that_ignores_the_condition_does_not_let_the_first_writer_believe(
    store, bucket, runs, monkeypatch
):
    """A second writer overwrites the document between the write of the first and its check."""
    bucket.conditional = False
    place = store.place
    real = place._read
    opened = store.open("main")
    other = opened.baseline.accepting(entry_of(runs[2]), new_anchor=False)

    def overtaken(path):
        monkeypatch.setattr(place, "_read", real)
        assert open_store("s3://ci/perf").commit(
            other, version=opened.version, added=stored(runs[2])
        )
        return real(path)

    monkeypatch.setattr(place, "_read", overtaken)
    mine = opened.baseline.accepting(entry_of(runs[1]), new_anchor=False)
    assert not store.commit(mine, version=opened.version, added=stored(runs[1]))
    assert store.open("main").baseline == other


def test_what_is_outdated_stays_for_a_day_and_then_goes(bucket, runs):
    store = open_store("s3://ci/perf")
    store.commit(baseline_of(runs[0], keep=1), version="0", added=stored(runs[0]))
    nested = baseline_of(runs[0], name="main/staging")
    store.commit(nested, version="0", added=stored(runs[0]))
    (first,) = stored(runs[0])

    def accept_only(run):
        opened = store.open("main")
        grown = opened.baseline.accepting(entry_of(run), new_anchor=True)
        assert store.commit(grown, version=opened.version, added=stored(run))

    accept_only(runs[1])
    assert f"perf/main/{first}/run.json" in bucket.objects
    assert "perf/main/baseline.00000001.json" in bucket.objects
    age(bucket, days=2)
    accept_only(runs[2])
    assert f"perf/main/{first}/run.json" not in bucket.objects
    assert "perf/main/baseline.00000001.json" not in bucket.objects
    assert store.open("main").recent[0].info.name == "base-3"
    assert store.open("main/staging").recent[0].info.name == "base-1"


def test_runs_of_baselines_that_lie_in_others_are_never_swept(store, bucket, runs):
    nested = baseline_of(runs[2], name="main/staging")
    store.commit(nested, version="0", added=stored(runs[2]))
    age(bucket, days=2)
    accept(store, runs[1])
    assert store.open("main/staging").recent[0].info.name == "base-3"


def test_a_bucket_that_may_not_be_read_is_an_error_without_secrets(bucket):
    bucket.forbidden = True
    with pytest.raises(
        BundleError, match="s3://ci/perf: cannot be read: PermissionError"
    ) as caught:
        open_store("s3://ci/perf").names()
    assert "not-a-secret" not in f"{caught.value.message} {caught.value.hint}"


def test_a_bucket_that_may_not_be_written_is_an_error(store, bucket, runs):
    opened = store.open("main")
    bucket.forbidden = True
    with pytest.raises(UsageError, match="s3://ci/perf: cannot be written"):
        store.commit(opened.baseline, version=opened.version, added=stored(runs[1]))


def test_a_document_of_a_higher_number_counts(store, bucket, runs):
    for run in runs[1:]:
        accept(store, run)
    now = datetime.now(UTC)
    bucket.objects["perf/main/baseline.00000001.json"] = (b"{}", now)
    assert store.open("main").baseline.accepted == 3
