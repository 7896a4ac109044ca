"""The store of baselines, alike in a folder and in a bucket."""

from __future__ import annotations

import json

import pytest

from perfanalysis.errors import BundleError, UsageError
from perfanalysis.model.calibration import Calibration
from perfanalysis.store.baselines.store import open_store
from perfanalysis.store.calibrations import stored_calibration, write_calibration
from tests.store.baselines.made_runs import NOON, baseline_of, entry_of, stored


@pytest.fixture
def begin(store, runs):
    """Store a baseline with the first run."""

    def call(name="main"):
        baseline = baseline_of(runs[0], name=name)
        version = store.read(name).version
        assert store.commit(baseline, version=version, added=stored(runs[0]))
        return baseline

    return call


def test_what_was_stored_is_opened_with_its_runs(store, begin, runs):
    begun = begin()
    opened = store.open("main")
    assert opened.baseline == begun
    assert [run.info for run in opened.recent] == [runs[0].info]
    assert [run.info for run in opened.anchor] == [runs[0].info]
    assert opened.recent[0].histograms_table == runs[0].histograms_table
    assert {run.role for run in opened.anchor} == {"anchor"}
    assert {run.role for run in opened.recent} == {"recent"}
    assert opened.recent[0].baseline is opened


def test_names_are_listed_in_order_and_may_lie_in_each_other(store, begin):
    assert store.names() == []
    for name in ("main/staging", "nightly", "main"):
        begin(name)
    assert store.names() == ["main", "main/staging", "nightly"]
    assert store.open("main/staging").baseline.name == "main/staging"


def test_of_two_writers_that_read_the_same_the_second_is_told(store, begin, runs):
    begin()
    opened = store.open("main")
    ours, theirs = (opened.baseline.accepting(entry_of(run), new_anchor=False) for run in runs[1:])
    assert store.commit(ours, version=opened.version, added=stored(runs[1]))
    assert not store.commit(theirs, version=opened.version, added=stored(runs[2]))
    assert store.open("main").baseline == ours


def test_the_second_writer_joins_what_the_first_has_left(store, begin, runs):
    begin()
    for run in runs[1:]:
        opened = store.open("main")
        grown = opened.baseline.accepting(entry_of(run), new_anchor=False)
        assert store.commit(grown, version=opened.version, added=stored(run))
    assert [run.info.name for run in store.open("main").recent] == ["base-1", "base-2", "base-3"]


def test_a_reader_that_came_before_a_writer_still_reads_what_it_opened(store, begin, runs):
    begin()
    early = store.open("main")
    other = baseline_of(runs[1])
    assert store.commit(other, version=early.version, added=stored(runs[1]))
    assert early.recent[0].histograms_table == runs[0].histograms_table
    assert early.recent[0].series_of(("vus",)).num_rows == 0


def test_a_removed_baseline_is_gone_and_its_name_is_free(store, begin, runs):
    begin()
    begin("main/staging")
    assert store.remove("main").name == "main"
    assert store.names() == ["main/staging"]
    with pytest.raises(UsageError, match="no baseline 'main'"):
        store.open("main")
    begin()
    assert [run.info.name for run in store.open("main").recent] == ["base-1"]
    assert store.open("main/staging").baseline.name == "main/staging"


def test_a_removal_that_comes_too_late_changes_nothing(store, begin, runs):
    begin()
    opened = store.open("main")
    grown = opened.baseline.accepting(entry_of(runs[1]), new_anchor=False)
    store.commit(grown, version=opened.version, added=stored(runs[1]))
    assert not store.place.remove("main", expected=opened.version)
    assert store.open("main").baseline == grown


def test_a_misspelt_name_is_an_error_that_names_the_closest_one_and_the_place(store, begin):
    begin()
    with pytest.raises(UsageError, match=r"did you mean 'main'\?") as caught:
        store.open("mian")
    assert f"no baseline 'mian' in {store.location};" in caught.value.message
    assert "there: main." in caught.value.hint
    assert "perfanalysis baseline save mian" in caught.value.hint


def test_an_empty_store_says_that_there_is_none(store):
    with pytest.raises(UsageError, match="no baseline 'main'") as caught:
        store.open("main")
    assert "there: none." in caught.value.hint


def test_a_copy_of_a_baseline_is_one_of_its_own_name(store, begin, runs):
    begin()
    content = store.place.read("main").content
    copied = store.place.commit(
        "other",
        content,
        expected=store.version("other"),
        added=stored(runs[0]),
        kept=set(stored(runs[0])),
    )
    assert copied
    assert store.open("other").baseline.name == "other"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 2}, "written by a newer perfanalysis"),
        ({"surprise": 1}, "surprise: Extra inputs"),
        ({"entries": []}, "entries: "),
        ({"schema": "perfanalysis.run"}, "schema: "),
    ],
)
def test_a_damaged_document_is_an_error_that_names_the_place(store, begin, change, message):
    baseline = begin()
    document = json.loads(baseline.model_dump_json(by_alias=True)) | change
    version = store.version("main")
    kept = {entry.folder for entry in baseline.entries}
    store.place.commit("main", json.dumps(document).encode(), expected=version, added={}, kept=kept)
    with pytest.raises(BundleError, match="baseline 'main'") as caught:
        store.open("main")
    assert message in caught.value.message


def test_a_folder_of_a_run_that_leaves_the_store_is_refused(store, begin):
    baseline = begin()
    text = baseline.model_dump_json(by_alias=True)
    hostile = text.replace(baseline.entries[0].folder, "../../../etc").encode()
    version = store.version("main")
    store.place.commit("main", hostile, expected=version, added={}, kept=())
    with pytest.raises(BundleError, match=r"entries\.0\.folder"):
        store.open("main")


def test_a_run_whose_files_are_missing_is_an_error_that_says_what_to_do(store, begin, runs):
    begin()
    lost = store.read("main").baseline.accepting(entry_of(runs[1]), new_anchor=False)
    store.commit(lost, version=store.version("main"), added={})
    with pytest.raises(BundleError, match="the files of a run are missing: main/") as caught:
        store.open("main")
    assert "restore its files" in caught.value.hint


def test_a_run_whose_files_were_changed_is_an_error(store, begin, runs):
    begin()
    ((folder, files),) = stored(runs[1]).items()
    changed = {**files, "run.json": files["run.json"].replace(b"base-2", b"base-9")}
    grown = store.read("main").baseline.accepting(entry_of(runs[1]), new_anchor=False)
    store.commit(grown, version=store.version("main"), added={folder: changed})
    with pytest.raises(BundleError, match="are not what was accepted"):
        store.open("main")


def test_a_calibration_lies_beside_its_baseline(store, begin):
    begin()
    begin("main/staging")
    calibration = Calibration(runs=("a", "b"), first_started_at=NOON, noise=())
    where = write_calibration(calibration, "main/staging", store.place)
    assert where == f"{store.location}/main/staging.calibration.json"
    assert stored_calibration("main/staging", store.place) == calibration
    assert store.open("main/staging").calibration == calibration
    assert store.open("main").calibration is None
    assert store.names() == ["main", "main/staging"]


def test_a_location_with_a_secret_is_refused_and_not_repeated():
    with pytest.raises(UsageError) as caught:
        open_store("s3://AKIA123:topsecret@bucket/perf")
    told = f"{caught.value.message} {caught.value.hint}"
    assert "must hold no credentials" in told
    assert "topsecret" not in told
    assert "AKIA123" not in told


@pytest.mark.parametrize("location", ["ftp://host/perf", "https://host/perf", "file:///perf"])
def test_another_scheme_is_an_error_that_lists_those_there_are(location):
    with pytest.raises(UsageError, match="is no place for baselines") as caught:
        open_store(location)
    assert "s3://bucket/folder" in caught.value.hint


def test_a_location_without_a_bucket_is_an_error():
    with pytest.raises(UsageError, match="expected a bucket"):
        open_store("s3://")


def test_a_missing_package_is_an_error_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(UsageError, match="the package s3fs is missing") as caught:
        open_store("s3://bucket/perf")
    assert caught.value.hint == "pip install 'perfanalysis[cloud]'"
