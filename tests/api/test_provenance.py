"""Who accepts a run, and what it is of."""

from __future__ import annotations

import subprocess

import pytest

from perfanalysis import api
from perfanalysis.api.provenance import commit_here, person
from perfanalysis.model.run import Commit
from tests.api.accepting import accept, codes, save

pytestmark = pytest.mark.usefixtures("project")


def test_a_baseline_is_of_one_branch_and_environment(make):
    save(make("base-1"), origin=api.Origin(branch="main", environment="staging", by="jane"))
    baseline = api.baseline_show("main").baseline
    assert (baseline.branch, baseline.environment) == ("main", "staging")
    other = api.Origin(branch="feature/x", environment="production", by="jane")
    refused = accept(make("base-2"), origin=other)
    assert codes(refused.refusals) == ["other-environment", "other-branch"]
    same = api.Origin(branch="main", environment="staging", by="jane")
    assert not accept(make("base-2"), origin=same).refused


def test_branch_and_environment_are_those_of_the_run_where_it_tells_them(make):
    commit = Commit(sha="c0ffee", branch="release")
    run = make("base-1", commit=commit, tags={"environment": "staging"})
    saved = save(run, origin=api.Origin(by="jane"))
    assert (saved.baseline.branch, saved.baseline.environment) == ("release", "staging")
    assert saved.accepted[0].commit == commit


def test_the_ci_job_tells_person_branch_and_commit(make, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "octocat")
    monkeypatch.setenv("GITHUB_SHA", "f00d" * 10)
    monkeypatch.setenv("GITHUB_REF_NAME", "main")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_topsecret")
    saved = save(make("base-1", commit=None), origin=api.Origin())
    assert saved.accepted[0].accepted_by == "octocat"
    assert saved.accepted[0].commit == Commit(sha="f00d" * 10, branch="main")
    assert saved.baseline.branch == "main"
    assert "topsecret" not in saved.baseline.model_dump_json()
    monkeypatch.setenv("GITHUB_HEAD_REF", "feature/x")
    refused = accept(make("base-2", commit=None), origin=api.Origin())
    assert codes(refused.refusals) == ["other-branch"]


def test_the_user_of_gitlab_goes_before_that_of_the_machine(monkeypatch):
    monkeypatch.setenv("USER", "runner")
    monkeypatch.setenv("GITLAB_USER_LOGIN", "jdoe")
    assert person() == "jdoe"


def test_without_git_the_user_of_the_machine_accepts(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("USER", "jane")
    assert person() == "jane"
    assert commit_here() is None


def test_git_tells_person_and_commit_of_the_working_folder(project, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(project / "none"))
    settings = ["-c", "user.name=Jane Doe", "-c", "user.email=jane@example.com"]
    for command in (
        ["init", "--quiet", "--initial-branch=trunk"],
        ["config", "user.name", "Jane Doe"],
        [*settings, "commit", "--quiet", "--allow-empty", "-m", "begin"],
    ):
        subprocess.run(["git", *command], check=True)
    assert person() == "Jane Doe"
    commit = commit_here()
    assert len(commit.sha) == 40
    assert commit.branch == "trunk"
