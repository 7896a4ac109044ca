"""The baseline of the demonstration, which lies in this repository."""

from __future__ import annotations

import shutil

import pytest

from perfanalysis import api
from perfanalysis.model.results import Verdict
from tests.conftest import ROOT

BASELINES = ROOT / "baselines"


@pytest.fixture
def store(tmp_path):
    shutil.copytree(BASELINES, tmp_path / "baselines")
    return str(tmp_path / "baselines")


def test_it_holds_what_its_readme_says(store, fixtures):
    (run,) = api.load_runs("@demo", api.ReadOptions(store=store))
    source = api.load(fixtures / "demo/base.json.xz")
    assert run.info.id == source.info.id
    assert run.histograms_table == source.histograms_table
    report = api.baseline_show("demo", store=store)
    command = (BASELINES / "README.md").read_text(encoding="utf-8").replace("\\\n", "")
    (entry,) = report.baseline.entries
    for told in (entry.accepted_by, entry.reason, report.baseline.environment):
        assert told in command


def test_the_slower_run_of_the_demonstration_regresses_against_it(store, fixtures):
    options = api.ReadOptions(store=store)
    baseline = api.load_runs("@demo", options)
    found = api.compare(str(fixtures / "demo/slow.json.xz"), baseline)
    assert found.verdict is Verdict.REGRESSED


def test_it_is_small():
    sizes = [path.stat().st_size for path in BASELINES.rglob("*") if path.is_file()]
    assert sum(sizes) < 60_000
