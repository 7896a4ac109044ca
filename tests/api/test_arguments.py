"""What a RUN argument may be."""

from __future__ import annotations

import gzip
import io
import shutil
import sys

import pytest

from perfanalysis import api
from perfanalysis.errors import FormatError, InputError, UsageError

JTL = (
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,Latency\n"
    "1700000000000,12,Home,200,OK,Users 1-1,true,100,11\n"
    "1700000000100,15,Home,200,OK,Users 1-1,true,100,14\n"
)


@pytest.fixture
def jtl(tmp_path):
    path = tmp_path / "load.jtl"
    path.write_text(JTL)
    return path


def names(runs):
    return [run.info.name for run in runs]


def test_a_raw_file_is_imported_into_the_cache_and_found_there_again(jtl):
    first, second = api.load(str(jtl)), api.load(str(jtl))
    assert first.path == second.path
    assert first.info.counts.requests == 2
    assert first.info.name == "load"


def test_a_changed_file_is_imported_anew(jtl):
    before = api.load(str(jtl))
    jtl.write_text(JTL + "1700000000200,15,Home,200,OK,Users 1-1,true,100,14\n")
    assert api.load(str(jtl)).info.counts.requests == before.info.counts.requests + 1


def test_a_label_names_the_run(jtl):
    assert names(api.load_runs(f"nightly={jtl}")) == ["nightly"]


def test_a_bundle_is_opened_as_it_is(jtl, tmp_path):
    bundle = api.import_run([str(jtl)], tmp_path / "a.run").path
    assert api.load(str(bundle)).path == bundle


def test_a_folder_holds_several_runs_in_natural_order(jtl, tmp_path):
    for i in (10, 9, 2):
        (tmp_path / "runs").mkdir(exist_ok=True)
        shutil.copy(jtl, tmp_path / "runs" / f"base-{i}.jtl")
    assert names(api.load_runs(str(tmp_path / "runs"))) == ["base-2", "base-9", "base-10"]


def test_a_folder_of_bundles_and_of_folders_is_several_runs(jtl, tmp_path):
    for i in (1, 2):
        api.import_run([str(jtl)], tmp_path / "all" / f"{i}.run", name=f"run {i}")
        (tmp_path / "all" / f"sub{i}").mkdir()
        shutil.copy(jtl, tmp_path / "all" / f"sub{i}" / "load.jtl")
    assert names(api.load_runs(str(tmp_path / "all"))) == ["run 1", "run 2", "sub1", "sub2"]


def test_files_that_no_importer_knows_are_ignored_aloud(jtl, tmp_path, caplog):
    (tmp_path / "notes.md").write_text("remember the milk\n")
    assert len(api.load_runs(str(tmp_path))) == 1
    assert "notes.md" in caplog.text


def test_a_folder_without_results_is_an_error_that_says_what_it_holds(tmp_path):
    (tmp_path / "notes.md").write_text("remember the milk\n")
    with pytest.raises(InputError, match=r"expected runs or result files, found notes\.md"):
        api.load_runs(str(tmp_path))


def test_a_glob_is_several_runs(jtl, tmp_path):
    shutil.copy(jtl, tmp_path / "load2.jtl")
    assert names(api.load_runs(str(tmp_path / "load*.jtl"))) == ["load", "load2"]


def test_a_glob_that_matches_nothing_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="matches no file"):
        api.load_runs(str(tmp_path / "*.jtl"))


def test_a_prefix_stands_for_the_files_of_one_run(fixtures, tmp_path):
    for file in (fixtures / "locust").glob("base_*.csv"):
        shutil.copy(file, tmp_path)
    run = api.load(str(tmp_path / "base"))
    assert run.info.tool == "locust"
    assert len(run.info.sources) == len(list(tmp_path.iterdir()))


def test_a_prefix_of_several_runs_lists_them(jtl, tmp_path):
    shutil.copy(jtl, tmp_path / "load.old.jtl")
    with pytest.raises(UsageError, match=r"found several: load\.jtl, load\.old\.jtl"):
        api.load_runs(str(tmp_path / "load"))


def test_a_missing_file_is_an_error_that_explains_prefixes(tmp_path):
    with pytest.raises(UsageError, match="no such file") as caught:
        api.load(str(tmp_path / "nothing.jtl"))
    assert "prefix" in caught.value.hint


def test_standard_input_is_a_run(jtl, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(gzip.compress(jtl.read_bytes()))

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert api.load("-").info.counts.requests == 2


def test_a_file_of_no_known_format_lists_what_was_tried(tmp_path):
    path = tmp_path / "poem.txt"
    path.write_text("Shall I compare thee to a summer's day?\n")
    with pytest.raises(FormatError, match=r"found none of: jmeter-csv, .*psutil") as caught:
        api.load(str(path))
    assert "--from" in caught.value.hint


def test_several_sources_make_one_run(fixtures, tmp_path):
    run = api.import_run(
        [str(fixtures / "k6/base.json.gz"), str(fixtures / "psutil/base.json")],
        tmp_path / "pr.run",
        tags={"branch": "main"},
    )
    metrics = set(run.series_table.column("metric").to_pylist())
    assert {"vus", "system.cpu"} <= metrics
    assert run.info.tool == "k6"
    assert [source.format for source in run.info.sources] == ["k6-json", "psutil"]
    assert run.info.tags["branch"] == "main"


def test_the_commit_under_test_is_read_from_the_ci_environment(jtl, tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_HEAD_REF", raising=False)
    monkeypatch.setenv("GITHUB_SHA", "abc123")
    monkeypatch.setenv("GITHUB_REF_NAME", "main")
    commit = api.import_run([str(jtl)], tmp_path / "a.run").info.commit
    assert (commit.sha, commit.branch) == ("abc123", "main")


def test_sources_are_recorded_without_their_folders(jtl, tmp_path):
    source = api.import_run([str(jtl)], tmp_path / "a.run").info.sources[0]
    assert source.name == "load.jtl"
    assert str(tmp_path) not in (tmp_path / "a.run" / "run.json").read_text()
    assert source.bytes == jtl.stat().st_size


def test_bad_rows_are_counted_and_kept(jtl, tmp_path):
    from perfanalysis.importers.rejects import Tolerance

    jtl.write_text(JTL + "1700000000200,soon,Home,200,OK,Users 1-1,true,100,14\n" + JTL[86:])
    options = api.ReadOptions(tolerance=Tolerance.parse("1"))
    run = api.import_run([str(jtl)], tmp_path / "a.run", options=options)
    assert run.info.counts.rejected_rows == 1
    assert "rejected-rows" in {caveat.code for caveat in run.info.caveats}
    assert "soon" in (run.path / "rejects.jsonl").read_text()


def test_stored_caveats_name_bare_files(jtl, tmp_path):
    jtl.write_text(JTL[:-20])
    run = api.import_run([str(jtl)], tmp_path / "a.run")
    caveat = next(caveat for caveat in run.info.caveats if caveat.code == "cut-last-line")
    assert caveat.message.startswith("load.jtl:3:")
    assert str(tmp_path) not in (run.path / "run.json").read_text()


def test_a_label_names_bundles_and_numbers_the_runs_of_a_folder(jtl, tmp_path):
    bundle = api.import_run([str(jtl)], tmp_path / "runs" / "a.run").path
    api.import_run([str(jtl)], tmp_path / "runs" / "b.run")
    assert names(api.load_runs(f"new={bundle}")) == ["new"]
    assert names(api.load_runs(f"new={tmp_path / 'runs'}")) == ["new 1", "new 2"]
