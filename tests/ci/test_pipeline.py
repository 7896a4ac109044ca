"""The pipeline script of examples/ci, from the first accepted run to a resolved comment."""

from __future__ import annotations

import json
import lzma
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.publish.forge_server import Forge
from tests.publish.notify.conftest import hook  # noqa: F401  (a fixture is found by its name here)

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "ci" / "pipeline.sh"
GOLDEN = Path(__file__).parent / "golden"
PARTS = 3


@pytest.fixture(scope="module")
def runs(fixtures, tmp_path_factory) -> Path:
    """Thirds of two real k6 runs: `base-1.json` to `base-3.json`, and `slow-1.json`."""
    folder = tmp_path_factory.mktemp("runs")
    for side in ("base", "slow"):
        packed = (fixtures / f"demo/{side}.json.xz").read_bytes()
        lines = lzma.decompress(packed).decode().splitlines()
        documents = [json.loads(line) for line in lines]
        points = [
            (datetime.fromisoformat(document["data"]["time"]), line)
            for document, line in zip(documents, lines, strict=True)
            if document["type"] == "Point"
        ]
        heads = [
            line
            for document, line in zip(documents, lines, strict=True)
            if document["type"] == "Metric"
        ]
        first, last = min(points)[0], max(points)[0]
        for part in range(PARTS):
            kept = [
                line
                for time, line in sorted(points)
                if min(int((time - first) / (last - first) * PARTS), PARTS - 1) == part
            ]
            (folder / f"{side}-{part + 1}.json").write_text("\n".join([*heads, *kept]) + "\n")
    return folder


@pytest.fixture
def forge():
    with Forge() as server:
        server.pull_request("shop/api", 7)
        server.pull_request("42", 7)
        yield server


@pytest.fixture
def pipeline(runs, tmp_path, monkeypatch):
    """Run the script in a folder of its own, with the runs in it."""
    for path in runs.iterdir():
        (tmp_path / path.name).symlink_to(path)
    kept = {name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME") if name in os.environ}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def call(*arguments, **variables):
        return subprocess.run(
            ["bash", str(SCRIPT), *arguments],
            cwd=tmp_path,
            env={**kept, "PATH": path, "no_proxy": "127.0.0.1", "USER": "ann"} | variables,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return call


@pytest.fixture
def github(forge, tmp_path):
    """The variables of a workflow of pull request 7; `number` counts its runs."""

    def variables(number):
        event = tmp_path / "event.json"
        pull = {"number": 7, "head": {"sha": "a" * 40}}
        event.write_text(json.dumps({"pull_request": pull}))
        return {
            "GITHUB_TOKEN": forge.token,
            "GITHUB_REPOSITORY": "shop/api",
            "GITHUB_API_URL": forge.github_url,
            "GITHUB_GRAPHQL_URL": f"{forge.github_url}/graphql",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_RUN_ID": str(number),
            "GITHUB_RUN_ATTEMPT": "1",
            "REPORT_URL": f"https://ci.example/jobs/{number}",
        }

    return variables


@pytest.fixture
def golden(pytestconfig):
    """Compare a text with a golden file, or write it with --update-golden."""

    def compare(name, text):
        path = GOLDEN / name
        if pytestconfig.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.mark.slow
def test_from_the_first_accepted_run_to_a_resolved_comment(
    pipeline, github, forge, golden, tmp_path
):
    begun = pipeline("begin", "base-1.json")
    assert begun.returncode == 0, begun.stderr
    accepted = pipeline("accept", "base-2.json")
    assert accepted.returncode == 0, accepted.stderr
    assert "holds 2 runs" in accepted.stdout

    judged = pipeline("judge", "slow-2.json", **github(1))
    assert judged.returncode == 1, judged.stderr
    assert "regressed: " in judged.stdout
    (comment,) = forge.bodies(7)
    golden("comment-regressed.md", comment)

    refused = pipeline("accept", "slow-2.json")
    assert refused.returncode == 1, refused.stderr

    judged = pipeline("judge", "base-3.json", **github(2))
    assert judged.returncode == 0, judged.stdout + judged.stderr
    (comment,) = forge.bodies(7)
    golden("comment-resolved.md", comment)
    assert "resolved" in comment.lower()

    accepted = pipeline("accept", "base-3.json")
    assert accepted.returncode == 0, accepted.stderr
    assert "holds 3 runs" in accepted.stdout
    written = {path.name for path in (tmp_path / "results").iterdir()}
    assert written == {"report.html", "comparison.json", "comparison.md", "junit.xml"}


@pytest.mark.slow
def test_a_broken_budget_fails_and_is_told_to_slack_and_gitlab(
    pipeline,
    forge,
    tmp_path,
    hook,  # noqa: F811
):
    (tmp_path / "budget.yml").write_text(
        "budgets:\n  - {metric: latency.p50, name: login, limit: 10 ms}\n"
    )
    first = pipeline("begin", "base-1.json", BUDGET="")
    assert first.returncode == 0, first.stderr
    gitlab = {
        "GITLAB_TOKEN": forge.gitlab_token,
        "CI_API_V4_URL": forge.gitlab_url,
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_PIPELINE_ID": "3",
        "CI_PIPELINE_IID": "3",
        "PERFANALYSIS_SLACK_WEBHOOK": hook.address,
    }
    judged = pipeline("judge", "base-2.json", **gitlab)
    assert judged.returncode == 1, judged.stderr
    assert "login" in forge.bodies(7)[0]
    assert "1 budget broken" in hook.posted[0]["document"]["text"]
    cases = ET.parse(tmp_path / "results" / "junit.xml").iter("testcase")
    failed = [case.get("name") for case in cases if case.find("failure") is not None]
    assert len(failed) == 1
    assert "very-secret-part" not in judged.stdout + judged.stderr
    assert forge.gitlab_token not in judged.stdout + judged.stderr


@pytest.mark.slow
def test_a_comment_that_cannot_be_written_does_not_change_the_gate(pipeline, github, forge):
    assert pipeline("begin", "base-1.json").returncode == 0
    fork = github(1) | {"GITHUB_TOKEN": forge.fork_token}
    judged = pipeline("judge", "slow-1.json", **fork)
    assert judged.returncode == 1
    assert "warning: the result could not be published" in judged.stderr
    assert forge.bodies(7) == []


@pytest.mark.slow
def test_an_error_is_no_verdict_and_nothing_is_told(pipeline, github, forge, tmp_path):
    judged = pipeline("judge", "base-1.json", **github(1))
    assert judged.returncode == 2
    assert "no baseline 'main'" in judged.stderr
    assert pipeline("begin", "base-1.json").returncode == 0
    (tmp_path / "broken.json").write_text('{"type":"Metric"\n')
    judged = pipeline("judge", "broken.json", **github(1))
    assert judged.returncode == 4
    assert forge.asked == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected begin, judge or accept, found ''"),
        (["guess", "a.run"], "expected begin, judge or accept, found 'guess'"),
        (["judge"], "expected a run: pipeline.sh judge RUN"),
    ],
)
def test_the_script_says_how_it_is_used(pipeline, arguments, message):
    ended = pipeline(*arguments)
    assert ended.returncode == 2
    assert message in ended.stderr


def test_variables_of_the_script_are_told_at_its_beginning():
    text = SCRIPT.read_text(encoding="utf-8")
    told, code = text.split("set -euo pipefail")
    used = set(re.findall(r"\$\{?([A-Z][A-Z_]+)\b", code))
    assert used == {name for name in re.findall(r"\b[A-Z][A-Z_]+\b", told) if name != "RUN"}
