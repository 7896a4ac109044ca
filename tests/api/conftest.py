"""A working folder outside of any CI job, and made-up runs in it."""

from __future__ import annotations

import pytest

from tests.store.baselines.made_runs import make_run

VARIABLES = (
    *("GITHUB_ACTOR", "GITHUB_SHA", "GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
    *("GITLAB_USER_LOGIN", "CI_COMMIT_SHA", "CI_COMMIT_REF_NAME", "PERFANALYSIS_BASELINES"),
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty working folder outside of any CI job."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    return folder


@pytest.fixture
def make(tmp_path, project):
    """Make a run of known latency."""

    def call(name, **changes):
        return make_run(tmp_path, name, **{"seed": sum(map(ord, name)), **changes})

    return call
