"""The workflows of examples/ci: valid, safe, and run where they run our commands."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from perfanalysis.cli.main import group
from tests.publish.forge_server import Forge

EXAMPLES = Path(__file__).parents[2] / "examples" / "ci"
WORKFLOWS = sorted(EXAMPLES.glob("github-*.yml"))
ACTION = Path(__file__).parents[2] / "action.yml"


def load(path):
    # YAML 1.1 takes the key `on` for true.
    return yaml.safe_load(path.read_text(encoding="utf-8").replace("\non:", "\n'on':"))


def jobs_of(path):
    return load(path)["jobs"].values()


def steps_of(path):
    return [step for job in jobs_of(path) for step in job["steps"]]


def step_named(path, name):
    (step,) = (step for step in steps_of(path) if step.get("name") == name)
    return step


@pytest.fixture
def forge():
    with Forge() as server:
        server.pull_request("shop/api", 7, head="stranger:feature", sha="b" * 40)
        server.pull_request("42", 7)
        yield server


@pytest.fixture
def shell(tmp_path, fixtures):
    """Run a script in a folder of its own, as a CI system does."""
    (tmp_path / "fixtures").symlink_to(fixtures)

    def call(script, environ, *, program=("bash", "-eo", "pipefail")):
        return subprocess.run(
            [*program, "-c", script],
            cwd=tmp_path,
            env={
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(tmp_path),
                "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
                "no_proxy": "127.0.0.1",
            }
            | environ,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return call


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_fit_the_schema_of_github(path):
    schemas = pytest.importorskip("check_jsonschema.builtin_schemas")
    from jsonschema import Draft7Validator

    schema = schemas.get_builtin_schema("vendor.github-workflows")
    Draft7Validator(schema).validate(load(path))


def test_the_pipeline_fits_the_schema_of_gitlab():
    schemas = pytest.importorskip("check_jsonschema.builtin_schemas")
    from jsonschema import Draft7Validator

    schema = schemas.get_builtin_schema("vendor.gitlab-ci")
    Draft7Validator(schema).validate(load(EXAMPLES / "gitlab-ci.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_grant_little_and_interpolate_nothing_into_scripts(path):
    assert load(path)["permissions"] in ({}, {"contents": "read"})
    assert all(job["timeout-minutes"] for job in jobs_of(path))
    for step in steps_of(path):
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@v\d+(\.\d+\.\d+)?", step["uses"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_action_has_the_inputs_that_workflows_give(path):
    declared = set(yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"])
    for step in steps_of(path):
        if step.get("uses", "").startswith("OWNER/perfanalysis@"):
            assert set(step["with"]) <= declared


def test_the_workflow_of_a_stranger_has_neither_secrets_nor_rights():
    path = EXAMPLES / "github-fork-run.yml"
    text = path.read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "pull_request_target" not in text
    assert load(path)["permissions"] == {"contents": "read"}
    assert not [job for job in jobs_of(path) if "permissions" in job]
    assert step_named(path, "Judge")["with"]["comment"] == "off"


def test_the_workflow_with_rights_runs_nothing_of_a_stranger():
    path = EXAMPLES / "github-fork-comment.yml"
    used = [step["uses"].partition("@")[0] for step in steps_of(path) if "uses" in step]
    assert used == ["actions/setup-python", "actions/download-artifact"]
    (job,) = jobs_of(path)
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    scripts = [step["run"].strip() for step in steps_of(path) if "run" in step]
    assert [shlex.split(script)[0] for script in scripts] == ["pip", "perfanalysis"]
    assert load(path)["on"]["workflow_run"]["workflows"] == [
        load(EXAMPLES / "github-fork-run.yml")["name"]
    ]
    artifact = step_named(EXAMPLES / "github-fork-run.yml", "Judge")["with"]["report-artifact"]
    assert step_named(path, "Fetch the result")["with"]["name"] == artifact


@pytest.fixture
def comment(shell, forge, tmp_path):
    """Run the step that comments, with a file from a stranger's artifact."""

    def call(content):
        event = {
            "workflow_run": {
                "id": 99,
                "run_attempt": 1,
                "event": "pull_request",
                "head_sha": "b" * 40,
                "head_branch": "feature",
                "head_repository": {"owner": {"login": "stranger"}},
                "pull_requests": [],
            }
        }
        (tmp_path / "event.json").write_text(json.dumps(event))
        (tmp_path / "load-test").mkdir(exist_ok=True)
        (tmp_path / "load-test" / "comparison.json").write_bytes(content)
        (tmp_path / "output").touch()
        environ = {
            "GITHUB_TOKEN": forge.token,
            "GITHUB_REPOSITORY": "shop/api",
            "GITHUB_API_URL": forge.github_url,
            "GITHUB_GRAPHQL_URL": f"{forge.github_url}/graphql",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_ACTIONS": "true",
            "RUNNER_TEMP": str(tmp_path),
            "RUN_URL": "https://github.example/shop/api/actions/runs/99",
        }
        return shell(step_named(EXAMPLES / "github-fork-comment.yml", "Comment")["run"], environ)

    return call


@pytest.fixture
def regressed(shell, tmp_path):
    """What the stranger's workflow found."""
    compare = "perfanalysis compare fixtures/pgbench/slow fixtures/pgbench/base"
    done = shell(f"{compare} --write json=comparison.json", {})
    assert done.returncode == 1, done.stderr
    return json.loads((tmp_path / "comparison.json").read_text())


@pytest.mark.slow
def test_a_pull_request_of_a_fork_gets_its_comment(comment, regressed, forge):
    done = comment(json.dumps(regressed).encode())
    assert done.returncode == 0, done.stderr
    (body,) = forge.bodies(7)
    assert "`shop.sql`" in body
    assert "https://github.example/shop/api/actions/runs/99" in body


@pytest.mark.slow
def test_texts_of_a_stranger_are_harmless_in_the_comment(comment, regressed, forge, tmp_path):
    evil = "x`|<img src=x onerror=alert(1)> @team ::set-output name=a::b\n::error::c"
    for result in regressed["results"]:
        result["name"] = evil
    regressed["reasons"] = [evil]
    done = comment(json.dumps(regressed).encode())
    assert done.returncode == 0, done.stderr
    (body,) = forge.bodies(7)
    assert "<img" not in re.sub(r"(`+).*?\1", "", body)
    assert "\n::error" not in done.stdout + done.stderr
    outputs = (tmp_path / "output").read_text()
    assert evil not in outputs


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b'{"schema": "perfanalysis.comparison", "schema_version": 1}', b"[" * 100_000],
)
def test_a_file_that_is_no_result_is_refused_and_nothing_is_written(comment, forge, content):
    done = comment(content)
    assert done.returncode == 4
    assert forge.asked == []
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_gate_of_gitlab_comments_and_ends_as_the_comparison_does(shell, forge, tmp_path):
    job = load(EXAMPLES / "gitlab-ci.yml")["gate"]
    begin = "perfanalysis baseline save main fixtures/pgbench/base --reason first"
    assert shell(begin, {}).returncode == 0
    (tmp_path / "budget.yml").write_text(
        "budgets:\n  - {metric: latency.p95, name: shop.sql, limit: 900 ms}\n"
    )
    lines = [line for line in job["script"] if not line.startswith("pip ")]
    assert len(lines) == len(job["script"]) - 1
    environ = {
        "GITLAB_TOKEN": forge.gitlab_token,
        "CI_API_V4_URL": forge.gitlab_url,
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_PIPELINE_ID": "3",
        "CI_JOB_URL": "https://git.example/shop/api/-/jobs/3",
    }
    script = "\n".join(lines).replace("k6.json.gz", "fixtures/pgbench/slow")
    done = shell(script, environ)
    assert done.returncode == 1, done.stderr
    (body,) = forge.bodies(7)
    assert "https://git.example/shop/api/-/jobs/3/artifacts/file/results/report.html" in body
    assert (tmp_path / job["artifacts"]["reports"]["junit"]).is_file()
    unreadable = shell(script.replace("fixtures/pgbench/slow", "budget.yml"), environ)
    assert unreadable.returncode == 4
    assert job["allow_failure"] == {"exit_codes": [3]}


def commands_of(path):
    """Yield every call of ours in a workflow, as words."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        for found in re.finditer(r"perfanalysis ([a-z]+ .*?)(?: \|\||; fi|$)", line):
            if not line.strip().startswith("#") and "pip install" not in line:
                yield shlex.split(found[1], comments=True)


@pytest.mark.parametrize(
    "path", [*WORKFLOWS, EXAMPLES / "gitlab-ci.yml", EXAMPLES / "pipeline.sh"], ids=lambda p: p.stem
)
def test_every_option_of_an_example_is_known(path):
    for words in commands_of(path):
        command = group.get_command(click.Context(group), words[0])
        assert command is not None, words
        if isinstance(command, click.Group):
            command = command.commands[words[1]]
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
        ours = itertools.takewhile(lambda word: word != "--", words)  # then another tool
        given = {word.partition("=")[0] for word in ours if word.startswith("--")}
        assert given <= known, words
