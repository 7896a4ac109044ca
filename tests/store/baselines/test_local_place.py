"""Baselines in a folder: whole or not there, whoever else writes and whoever is killed."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from perfanalysis.errors import BundleError, UsageError
from perfanalysis.store.baselines import local_place
from perfanalysis.store.baselines.store import open_store
from tests.store.baselines.made_runs import baseline_of, entry_of, stored


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "baselines"


@pytest.fixture
def store(folder, runs):
    """A store with the baseline main of one run."""
    opened = open_store(str(folder))
    opened.commit(baseline_of(runs[0]), version="", added=stored(runs[0]))
    return opened


def accept(store, run):
    opened = store.open("main")
    grown = opened.baseline.accepting(entry_of(run), new_anchor=False)
    return store.commit(grown, version=opened.version, added=stored(run))


def visible(folder):
    """Files that git would see, relative to the folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    names = sorted(path.relative_to(folder).as_posix() for path in found)
    return [name for name in names if not name.startswith(".work/")]


def test_git_sees_the_document_and_the_runs_and_nothing_else(store, folder, runs):
    (run,) = stored(runs[0])
    assert set(visible(folder)) == {
        "main/baseline.json",
        f"main/{run}/histograms.parquet",
        f"main/{run}/run.json",
    }
    assert (folder / ".work/.gitignore").read_text() == "*\n"


def test_the_document_is_made_of_short_lines_in_a_fixed_order(store, folder):
    lines = (folder / "main/baseline.json").read_text().splitlines()
    assert lines[1:4] == [
        '  "schema": "perfanalysis.baseline",',
        '  "schema_version": 1,',
        '  "name": "main",',
    ]
    assert max(map(len, lines)) < 100


def test_accepting_one_run_changes_few_lines(store, folder, runs):
    before = (folder / "main/baseline.json").read_text().splitlines()
    accept(store, runs[1])
    after = (folder / "main/baseline.json").read_text().splitlines()
    gone = [line for line in before if line not in after]
    assert gone == ['  "accepted": 1,']


def test_a_stored_run_is_a_bundle_like_any_other(store, folder, runs):
    from perfanalysis import api

    (run,) = stored(runs[0])
    assert api.load(str(folder / "main" / run)).info == runs[0].info


def test_a_run_that_rolls_out_goes_from_the_folder(folder, runs):
    store = open_store(str(folder))
    store.commit(baseline_of(runs[0], keep=1), version="", added=stored(runs[0]))
    for run in runs[1:]:
        opened = store.open("main")
        entry = entry_of(run, anchor=False)
        grown = opened.baseline.accepting(entry, new_anchor=True)
        assert store.commit(grown, version=opened.version, added=stored(run))
    (left,) = stored(runs[2])
    assert [path.name for path in (folder / "main").glob("*.run")] == [left]


def test_what_killed_writers_left_is_ignored_by_readers_and_swept_by_the_next_writer(
    store, folder, runs
):
    orphan = folder / "main/0123456789abcdef.run"
    orphan.mkdir()
    (orphan / "run.json").write_text("{")
    staged = store.place._staging("main")
    (staged / "baseline.json").write_text("{")
    assert [run.info.name for run in store.open("main").recent] == ["base-1"]
    assert open_store(str(folder)).names() == ["main"]
    assert accept(store, runs[1])
    assert not orphan.exists()
    assert not staged.exists()


def test_a_damaged_run_is_mended_by_accepting_it_again(store, folder, runs):
    (run,) = stored(runs[0])
    (folder / "main" / run / "histograms.parquet").write_bytes(b"")
    with pytest.raises(BundleError, match="are not what was accepted"):
        store.open("main")
    baseline = store.read("main").baseline
    assert store.commit(baseline, version=store.version("main"), added=stored(runs[0]))
    assert store.open("main").recent[0].histograms_table == runs[0].histograms_table


def test_a_write_that_fails_leaves_the_baseline_as_it_was(store, folder, runs, monkeypatch):
    before = visible(folder)

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local_place, "_write", full)
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        accept(store, runs[1])
    assert visible(folder) == before
    assert store.open("main").baseline.accepted == 1


def test_a_reader_starts_again_when_a_writer_drops_a_run_under_its_hands(
    store, folder, runs, monkeypatch
):
    real = store.place.read_run
    calls = []

    def disturbed(name, run):
        if not calls:
            calls.append(run)
            other = baseline_of(runs[1])
            assert store.commit(other, version=store.version("main"), added=stored(runs[1]))
        return real(name, run)

    monkeypatch.setattr(store.place, "read_run", disturbed)
    assert [run.info.name for run in store.open("main").recent] == ["base-2"]
    assert calls


def test_whoever_waits_too_long_for_the_lock_is_told_so(store, folder, monkeypatch):
    monkeypatch.setattr(local_place, "LOCK_SECONDS", 0.05)
    other = open_store(str(folder))
    with (
        store.exclusive("main"),
        pytest.raises(UsageError, match="another job has been writing 'main'"),
        other.exclusive("main"),
    ):
        pass


def test_baselines_do_not_wait_for_each_other(store, folder, monkeypatch):
    monkeypatch.setattr(local_place, "LOCK_SECONDS", 0.05)
    entered = False
    with store.exclusive("main"), open_store(str(folder)).exclusive("main/staging"):
        entered = True
    assert entered


def test_who_holds_the_lock_may_commit(store, runs):
    with store.exclusive("main"):
        assert accept(store, runs[1])
    assert store.open("main").baseline.accepted == 2


def test_threads_that_accept_at_once_lose_nothing(store, folder, runs):
    refused: list[int] = []

    def work(number):
        mine = open_store(str(folder))
        run = runs[1].called(f"thread-{number}")
        run.info = run.info.model_copy(update={"id": f"{number:012x}"})
        while not accept(mine, run):
            refused.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    baseline = store.open("main").baseline
    assert baseline.accepted == 9
    assert {run for event in baseline.history[1:] for run in event.runs} == {
        f"{number:012x}" for number in range(8)
    }


def test_removing_the_last_baseline_leaves_no_empty_folders(folder, runs):
    store = open_store(str(folder))
    nested = baseline_of(runs[0], name="release/1.2/staging")
    store.commit(nested, version="", added=stored(runs[0]))
    (folder / "README.md").write_text("ours\n")
    store.remove("release/1.2/staging")
    assert visible(folder) == ["README.md"]
    assert not (folder / "release").exists()


def test_other_files_and_folders_of_the_project_are_left_alone(store, folder, runs):
    (folder / "README.md").write_text("ours\n")
    shutil.copytree(runs[0].path, folder / "example.run")
    (folder / "main/notes.txt").write_text("ours\n")
    accept(store, runs[1])
    assert store.names() == ["main"]
    store.remove("main")
    assert (folder / "main/notes.txt").exists()
    assert (folder / "example.run/run.json").exists()


def test_a_link_out_of_the_store_is_not_followed(store, folder, tmp_path):
    shutil.copytree(folder / "main", tmp_path / "elsewhere")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    assert store.names() == ["main"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_an_error(folder, runs):
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.raises(UsageError, match="cannot be written"):
        open_store(str(folder)).commit(baseline_of(runs[0]), version="", added=stored(runs[0]))


def test_a_store_that_is_a_file_is_an_error(tmp_path, runs):
    (tmp_path / "baselines").write_text("")
    store = open_store(str(tmp_path / "baselines"))
    assert store.names() == []
    with pytest.raises(UsageError, match="baselines: cannot be written"):
        store.commit(baseline_of(runs[0]), version="", added=stored(runs[0]))


def test_the_place_is_the_folder_or_what_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.delenv("PERFANALYSIS_BASELINES", raising=False)
    assert open_store().location == "baselines"
    monkeypatch.setenv("PERFANALYSIS_BASELINES", str(tmp_path))
    assert open_store().location == str(tmp_path)
    assert Path(open_store("other").location) == Path("other")
