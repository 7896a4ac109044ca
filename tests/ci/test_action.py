"""The GitHub Action, run step by step in a real shell, against a local GitHub."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.ci.composite import Runner
from tests.publish.forge_server import Forge

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
SLOW, BASE = "fixtures/pgbench/slow", "fixtures/pgbench/base"
EVIL = "\"; touch owned; $(touch owned) `touch owned` ' ${{ github.token }} --help"


@pytest.fixture
def forge():
    with Forge() as server:
        server.pull_request("shop/api", 7)
        yield server


@pytest.fixture
def use(forge, fixtures, tmp_path):
    """Use the action with inputs, in a folder that holds `fixtures/`."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": "a" * 40}}}))
    (tmp_path / "fixtures").symlink_to(fixtures)

    def call(**inputs):
        known = {
            "GITHUB_TOKEN": forge.token,
            "GITHUB_REPOSITORY": "shop/api",
            "GITHUB_API_URL": forge.github_url,
            "GITHUB_GRAPHQL_URL": f"{forge.github_url}/graphql",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_RUN_ID": "12",
            "GITHUB_RUN_ATTEMPT": "1",
            "no_proxy": "127.0.0.1",
        }
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        return Runner(ACTION, tmp_path, named, known).run()

    return call


@pytest.mark.slow
def test_a_regression_fails_the_job_and_is_told_everywhere(use, forge, tmp_path):
    ended = use(current=SLOW, baseline=BASE, report_artifact="load-test", check="true")
    assert ended.code == 1, ended.log
    assert ended.outputs["verdict"] == "regressed"
    assert ended.outputs["gate"] == "failed"
    assert int(ended.outputs["regressions"]) > 0
    assert ended.outputs["violations"] == "0"
    assert int(ended.outputs["judged"]) > 3
    assert "::error title=Performance" in ended.log
    assert "regressed" in ended.summary
    (body,) = forge.bodies(7)
    assert "https://github.example/shop/api/actions/artifacts/1" in body
    assert [check["conclusion"] for check in forge.checks] == ["failure"]
    report = Path(ended.outputs["report-path"])
    assert report.read_text().startswith("<!DOCTYPE html>")
    written = {path.name for path in report.parent.iterdir()}
    assert written == {"report.html", "comparison.json", "junit.xml", "result.md"}
    assert ET.parse(report.parent / "junit.xml").getroot().tag == "testsuites"
    (upload,) = (use for use in ended.used if use["uses"].startswith("actions/upload-artifact@"))
    assert (upload["name"], upload["path"]) == ("load-test", str(report.parent))
    assert (tmp_path / "pip.txt").read_text().splitlines()[-1] == str(ROOT)


@pytest.mark.slow
def test_what_passes_is_quiet(use, forge):
    ended = use(current=BASE, baseline=SLOW)
    assert (ended.code, ended.outputs["gate"]) == (0, "passed")
    assert forge.bodies(7) == []
    assert forge.checks == []
    assert "::error" not in ended.log
    assert "artifact" not in ended.ran


@pytest.mark.slow
def test_a_regression_is_only_told_if_nothing_shall_fail(use, forge):
    ended = use(current=SLOW, baseline=BASE, fail_on="never")
    assert (ended.code, ended.outputs["verdict"]) == (0, "regressed")
    assert len(forge.bodies(7)) == 1


@pytest.mark.slow
def test_everything_can_be_switched_off(use, forge):
    off = {"comment": "off", "summary": "false", "annotations": "false"}
    ended = use(current=SLOW, baseline=BASE, **off)
    assert ended.code == 1
    assert ended.outputs["verdict"] == "regressed"
    assert (forge.asked, ended.summary) == ([], "")
    assert "::error" not in ended.log


@pytest.mark.slow
def test_several_runs_and_a_configuration(use, tmp_path):
    (tmp_path / "other.yml").write_text("tolerance: 1.9\nmetrics: [latency.p50]\n")
    ended = use(current=f"{SLOW}\n{SLOW}\n", baseline=f"{BASE}\n{BASE}", config="other.yml")
    assert ended.code in (0, 3), ended.log
    report = Path(ended.outputs["report-path"])
    document = json.loads(report.with_name("comparison.json").read_text())
    assert document["design"] == "2v2"
    assert document["tolerance"] == 1.9
    assert {result["metric"] for result in document["results"]} == {"latency.p50"}


BUDGET = """\
budgets:
  - {metric: latency.p95, name: shop.sql, limit: 9 ms}
  - {metric: latency.p50, name: shop.sql, limit: 900 ms}
"""


@pytest.mark.slow
def test_a_broken_budget_fails_the_job_where_only_budgets_may(use, forge, tmp_path):
    (tmp_path / "budget.yml").write_text(BUDGET)
    ended = use(current=SLOW, baseline=BASE, budget="budget.yml", fail_on="budget")
    assert ended.code == 1
    assert ended.outputs["violations"] == "1"
    (tmp_path / "temporary").rename(tmp_path / "first")
    (tmp_path / "budget.yml").write_text(BUDGET.replace(" 9 ms", " 900 ms"))
    ended = use(current=SLOW, baseline=BASE, budget="budget.yml", fail_on="budget")
    assert (ended.code, ended.outputs["violations"]) == (0, "0")
    assert ended.outputs["gate"] == "failed"  # the regression, which is told
    assert len(forge.bodies(7)) == 1


@pytest.mark.slow
def test_no_budget_at_all_is_no_pass_where_only_budgets_may_fail(use):
    assert use(current=BASE, baseline=SLOW, fail_on="budget").code == 3


@pytest.mark.slow
def test_without_a_baseline_budgets_alone_are_judged(use, forge, tmp_path):
    (tmp_path / "budget.yml").write_text(BUDGET)
    ended = use(current=SLOW, budget="budget.yml")
    assert ended.code == 1, ended.log
    assert (ended.outputs["verdict"], ended.outputs["violations"]) == ("broken", "1")
    report = Path(ended.outputs["report-path"])
    written = {path.name for path in report.parent.iterdir()}
    assert written == {"report.html", "check.json", "junit.xml", "result.md"}
    assert "shop.sql" in forge.bodies(7)[0]


@pytest.mark.slow
def test_without_a_baseline_and_a_budget_the_declared_thresholds_are_judged(use):
    ended = use(current="fixtures/demo/base.json.xz", fail_on="budget")
    assert (ended.code, ended.outputs["verdict"]) == (0, "met"), ended.log
    assert int(ended.outputs["judged"]) >= 5


@pytest.mark.slow
def test_a_fork_whose_token_cannot_write_fails_for_regressions_alone(use, forge):
    ended = use(current=BASE, baseline=SLOW, comment="always", github_token=forge.fork_token)
    assert ended.code == 0
    assert "::warning title=perfanalysis::the result could not be published" in ended.log
    assert ended.outputs["gate"] == "passed"
    assert forge.fork_token not in ended.log


@pytest.mark.slow
@pytest.mark.parametrize(
    ("current", "code", "message"),
    [
        ("nowhere.json", 2, "nowhere.json: no such file"),
        ("event.json", 4, "event.json"),
        ("", 2, "expected a current run, found none"),
    ],
)
def test_an_error_fails_the_job_whatever_else_may(use, forge, current, code, message):
    ended = use(current=current, baseline=BASE, fail_on="never", report_artifact="load-test")
    assert ended.code == code, ended.log
    assert message in ended.log
    assert ended.ran == ["python", "install", "judge", "gate"]
    assert ended.outputs["verdict"] == ""
    assert forge.asked == []


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"fail_on": "regresion"}, "fail-on: expected regression, budget or never"),
        ({"comment": "sometimes"}, "comment: expected off, on-change or always"),
    ],
)
def test_a_misspelt_word_fails_the_job(use, inputs, message):
    ended = use(current=SLOW, baseline=BASE, **inputs)
    assert ended.code == 2
    assert f"::error title=perfanalysis::{message}" in ended.log


@pytest.mark.slow
@pytest.mark.parametrize(
    "evil",
    [
        {"fail_on": EVIL},
        {"current": EVIL},
        {"baseline": f"{EVIL}\n--help"},
        {"config": EVIL},
        {"budget": EVIL},
        {"comment_key": EVIL},
        {"report_artifact": EVIL},
    ],
)
def test_inputs_never_become_commands(use, forge, tmp_path, evil):
    ended = use(**{"current": SLOW, "baseline": BASE, "comment": "off"} | evil)
    assert not (tmp_path / "owned").exists()
    assert forge.token not in ended.log
    assert "Usage: perfanalysis" not in ended.log.partition("Usage: perfanalysis compare")[2]
    assert ended.code in (1, 2)


def steps():
    return yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]


def test_no_expression_stands_in_a_script():
    scripts = [step["run"] for step in steps() if "run" in step]
    assert len(scripts) == 4
    assert not [script for script in scripts if "${{" in script]


def test_every_input_is_used_and_every_output_has_its_step():
    text = ACTION.read_text(encoding="utf-8")
    action = yaml.safe_load(text)
    used = set(re.findall(r"inputs\.([a-z-]+)", text.partition("\nruns:")[2]))
    assert used == set(action["inputs"])
    identifiers = {step["id"] for step in steps()}
    for entry in action["outputs"].values():
        found = re.fullmatch(r"\$\{\{ steps\.([a-z]+)\.outputs\.[a-z-]+ \}\}", entry["value"])
        assert found[1] in identifiers


def test_the_page_tells_of_every_input_and_output():
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    told = {word for row in rows for word in re.findall(r"`([a-z-]+)`", row.split("|")[1])}
    assert {*action["inputs"], *action["outputs"]} <= told
    for row in rows:
        found = re.fullmatch(r"\| `([a-z-]+)` \| `([^`]+)` \|.*", row)
        if found and found[1] in action["inputs"]:
            default = str(action["inputs"][found[1]].get("default", ""))
            assert found[2] == (default or "perfanalysis.yml"), found[1]


def test_every_variable_of_a_script_is_given_to_it_and_used():
    known = {"RUNNER_TEMP", "GITHUB_OUTPUT", "GITHUB_ACTION_PATH"}
    for step in steps():
        if "run" not in step:
            continue
        asked = set(re.findall(r"\$\{?([A-Z][A-Z_]+)\b", step["run"]))
        given = set(step["env"])
        assert asked <= given | known, step["id"]
        assert given - {"GITHUB_TOKEN"} <= asked, step["id"]


def test_other_actions_are_pinned():
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used)


def test_the_action_fits_the_schema_of_github():
    schemas = pytest.importorskip("check_jsonschema.builtin_schemas")
    from jsonschema import Draft7Validator

    schema = schemas.get_builtin_schema("vendor.github-actions")
    Draft7Validator(schema).validate(yaml.safe_load(ACTION.read_text(encoding="utf-8")))
