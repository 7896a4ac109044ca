"""The verb `generate`: a scenario file becomes a run that is measured and judged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from perfanalysis.api.generating import generate, plan_test
from perfanalysis.cli.main import ExitCode, run
from perfanalysis.errors import ConfigError, UsageError
from perfanalysis.generator import Load, LoadTest, Scenario, Threshold
from perfanalysis.generator.control import Control, Ending
from perfanalysis.generator.scenario.preparing import Choices
from perfanalysis.model.results import Outcome
from perfanalysis.store.bundle import Run

pytest.importorskip("re2")

SECRET = "s3cr3t-t0k/n"
FILE = """\
name: small
target: {url}
scenarios:
  - name: one
    steps:
      - {{get: /item, check: [{{status: 200}}]}}
      - think: 5 ms
load: {{vus: 2, duration: 400 ms}}
"""


@pytest.fixture
def scenario(tmp_path, server):
    """Write a scenario file against the server: `scenario(more="thresholds: ...")`."""

    def write(text: str = FILE, more: str = "") -> Path:
        path = tmp_path / "small.yml"
        path.write_text(text.format(url=server.url) + more, encoding="utf-8")
        return path

    return write


@pytest.fixture
def cli(monkeypatch, capfd):
    """Run the command; what it prints can be read from `capfd`."""

    def call(*words: object) -> tuple[int, str, str]:
        arguments = ["generate", *map(str, words)]
        monkeypatch.setattr("sys.argv", ["perfanalysis", *arguments])
        code = run(arguments)
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return call


def test_a_run_is_measured_and_judged_by_the_thresholds_of_its_file(scenario, tmp_path):
    more = "thresholds: {http_req_failed: 'rate<0.1', http_reqs: ['count>5', 'count<6']}\n"
    path = scenario(more=more + "tags: {team: shop, sprint: 7}\n")
    generated = generate(path, tmp_path / "a.run", tags={"sprint": "8"})
    info = generated.run.info
    assert (info.name, info.tool) == ("small", "perfanalysis")
    assert info.counts.requests > 5
    assert info.counts.failures == 0
    assert [source.name for source in info.sources] == ["small.yml"]
    assert info.tags["team"] == "shop"
    assert info.tags["sprint"] == "8"
    outcomes = [threshold.outcome for threshold in generated.summary.thresholds]
    assert outcomes == [Outcome.MET, Outcome.MET, Outcome.BROKEN]
    assert generated.outcome is Outcome.BROKEN
    assert generated.ending is Ending.FINISHED
    names = {(entry.name, entry.kind) for entry in generated.summary.names}
    assert names == {("GET /item", "request"), ("one", "iteration")}
    assert [check.name for check in generated.summary.checks] == ["GET /item: status is 200"]


def test_two_runs_are_never_the_same_run(scenario, tmp_path):
    path = scenario()
    ids = {generate(path, tmp_path / f"{n}.run").run.info.id for n in range(2)}
    assert len(ids) == 2


def test_a_load_test_can_be_made_in_python(server, tmp_path):
    async def user(session):
        response = await session.get("/item", name="item")
        session.check("ok", passed=response.ok)
        await session.sleep(0.005)

    test = LoadTest(
        target=server.url,
        scenarios=[Scenario(name="python", function=user)],
        load=Load(vus=1, duration="300 ms"),
        thresholds={"checks": [Threshold(threshold="rate==1")]},
    )
    generated = generate(test, tmp_path / "a.run")
    assert generated.outcome is Outcome.MET
    assert {entry.name for entry in generated.summary.names} == {"item", "python"}
    assert generated.run.info.sources == ()


@pytest.mark.slow
def test_a_broken_threshold_ends_the_run_where_it_says_so(scenario, server, tmp_path, response):
    server.answers["/item"] = response(status="500 Oops")
    more = "thresholds: {http_req_failed: {threshold: 'rate<0.1', abortOnFail: true}}\n"
    text = FILE.replace("400 ms", "1h")
    generated = generate(scenario(text, more), tmp_path / "a.run")
    assert generated.ending is Ending.ABORTED
    assert generated.reason == "http_req_failed: rate<0.1 is broken, found 1.000"
    assert generated.outcome is Outcome.BROKEN
    assert generated.run.info.duration_s < 60


@pytest.mark.parametrize(
    ("more", "status", "outcome"),
    [
        ("thresholds: {'http_req_duration{name:typo}': 'p(95)<500'}\n", "200 OK", "undecided"),
        ("", "500 Oops", "undecided"),
        ("", "200 OK", "met"),
    ],
)
def test_missing_data_is_never_green(scenario, server, tmp_path, response, more, status, outcome):
    server.answers["/item"] = response(status=status)
    generated = generate(scenario(more=more), tmp_path / "a.run")
    assert generated.outcome == outcome


def test_a_threshold_that_is_none_is_told_with_its_line(scenario):
    with pytest.raises(
        ConfigError, match=r"small\.yml:10: thresholds\.http_reqs\[0\]: expected a th"
    ):
        plan_test(scenario(more="thresholds:\n  http_reqs: ['p95<500']\n"))
    early = "thresholds:\n  custom:\n    - {threshold: 'p(95)<500', abortOnFail: true}\n"
    with pytest.raises(ConfigError, match=r"small\.yml:11: .*cannot be judged while the test runs"):
        plan_test(scenario(more=early))


def test_a_failing_setup_fails_the_run_and_leaves_nothing_behind(
    scenario, server, tmp_path, response
):
    server.answers["/setup"] = response(status="503 No")
    path = scenario(more="before: {test: [{post: /setup}]}\n")
    with pytest.raises(UsageError, match="POST /setup, which is required, failed: HTTP 503"):
        generate(path, tmp_path / "a.run")
    assert not (tmp_path / "a.run").exists()


def test_hooks_run_around_the_test_and_every_user(scenario, server, tmp_path, response):
    server.answers["/setup"] = response(b'{"id": 7}')
    server.answers["/login"] = response(b'{"token": "t"}')
    more = (
        "before: {test: [{post: /setup, capture: {id: $.id}}],"
        " user: [{post: /login, capture: {token: $.token}}]}\n"
        "after: {user: [{post: '/logout/${token}'}], test: [{delete: '/setup/${id}'}]}\n"
    )
    generated = generate(scenario(more=more), tmp_path / "a.run")
    asked = [f"{request.method} {request.path}" for request in server.requests]
    assert (asked[0], asked[-1]) == ("POST /setup", "DELETE /setup/7")
    assert asked.count("POST /login") == asked.count("POST /logout/t") == 2
    counted = {entry.name: entry.requests for entry in generated.summary.names}
    assert counted["POST /login"] == counted["POST /logout/{token}"] == 2
    assert "POST /setup" not in counted


SECRETIVE = """\
target: {url}
variables: {{key: "${{env.API_KEY}}"}}
defaults: {{headers: {{authorization: "Bearer ${{env.API_KEY}}"}}}}
scenarios:
  - name: one
    steps:
      - get: /item/${{key}}
        query: {{key: "${{key}}"}}
        check: [{{contains: "${{env.API_KEY}}"}}, {{json: $.a, equals: "${{key}}"}}]
      - {{get: "/echo", capture: {{got: {{regex: "(.*)"}}}}}}
      - {{get: "/x", headers: {{bad: "${{got}}"}}}}
  - {{name: two, function: "leak.py:leak"}}
load: {{vus: 1, duration: 200 ms}}
"""
LEAK = """
async def leak(session):
    await session.get("/leak", name=f"leak {session.variables['key']}")
    raise RuntimeError(f"no luck with {session.variables['key']}")
"""


@pytest.mark.slow
def test_no_file_and_no_message_tells_a_secret(
    scenario, server, tmp_path, monkeypatch, cli, response
):
    # A line break makes the engine refuse the header, and it may say which one.
    server.answers["/echo"] = response(f"{SECRET}\r\nx".encode())
    monkeypatch.setenv("API_KEY", SECRET)
    (tmp_path / "leak.py").write_text(LEAK)
    path = scenario(SECRETIVE)
    destination = tmp_path / "a.run"
    for words in ([path, "--dry-run"], [path, "-o", destination, "--workers", 2]):
        _, out, err = cli(*words)
        assert "s3cr3t" not in out + err
    assert "no luck with ***" in out
    assert any(SECRET in request.headers["authorization"] for request in server.requests)
    for file in destination.iterdir():
        assert b"s3cr3t" not in file.read_bytes()
        if file.suffix == ".parquet":
            # Compressed bytes would show nothing.
            assert "s3cr3t" not in str(pq.read_table(file).to_pylist())
    names = Run.open(destination).table("requests", ["name", "error"])
    texts = {str(value) for column in names.columns for value in column.to_pylist()}
    assert {"GET /item/{key}", "leak ***", "RuntimeError: no luck with ***"} <= texts
    run(["report", str(destination), "-o", str(tmp_path / "report.html")])
    assert "s3cr3t" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_failing_setup_tells_no_secret(scenario, server, tmp_path, monkeypatch, cli, response):
    monkeypatch.setenv("API_KEY", SECRET)
    (tmp_path / "leak.py").write_text(LEAK)
    server.answers["/echo"] = response(f"{SECRET}\r\nx".encode())
    hook = (
        "before: {test: [{get: /echo, capture: {a: {regex: '(?s)(.*)'}}},"
        " {get: /x, headers: {b: '${a}'}}]}\n"
    )
    code, out, err = cli(scenario(SECRETIVE, hook), "-o", tmp_path / "a.run")
    assert code == ExitCode.USAGE
    assert "s3cr3t" not in out + err
    assert "the test cannot begin" in err


def test_a_public_target_is_refused_until_somebody_says_whose_it_is(
    scenario, tmp_path, monkeypatch, cli
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # An address for documentation (RFC 5737): nobody answers there, and nothing is sent.
    path = scenario(FILE.replace("{url}", "http://192.0.2.1:9"))
    code, out, err = cli(path, "-o", tmp_path / "a.run")
    assert (code, out) == (ExitCode.USAGE, "")
    assert "192.0.2.1 is a public address" in err
    assert not (tmp_path / "state").exists()
    code, out, _ = cli(path, "--dry-run")
    assert (code, "public: needs your word" in out) == (0, True)
    agreed = plan_test(path, i_own_this_target=True)
    assert agreed.owned == "option"
    control = Control()
    control.stop("not sent", Ending.INTERRUPTED)
    with pytest.raises(KeyboardInterrupt):
        generate(agreed, tmp_path / "a.run", control=control)
    assert plan_test(path).owned == "earlier"
    keyed = plan_test(
        scenario(FILE.replace("{url}", "http://192.0.2.1"), "i_own_this_target: true")
    )
    assert keyed.owned == "key"
    other = scenario(FILE.replace("{url}", "http://192.0.2.2:9"))
    assert plan_test(other).owned is None


def test_a_redirect_to_a_public_host_is_not_followed(scenario, server, tmp_path, response):
    away = response(status="302 Found", headers={"location": "http://192.0.2.1/"})
    server.answers["/item"] = away
    generated = generate(scenario(), tmp_path / "a.run")
    errors = set(generated.run.table("requests", ["error"]).column("error").to_pylist())
    assert "target not owned" in errors


@pytest.mark.parametrize(
    ("more", "words", "code"),
    [
        ("", [], ExitCode.PASS),
        ("thresholds: {http_reqs: 'count<1'}\n", [], ExitCode.GATE_FAILED),
        ("thresholds: {'checks{name:none}': 'rate>0'}\n", [], ExitCode.NO_VERDICT),
        ("", ["--load", "nope"], ExitCode.USAGE),
        ("", ["--set", "nope"], ExitCode.USAGE),
        ("", ["--rate", "5"], ExitCode.USAGE),
        ("", ["--duration", "0 s"], ExitCode.USAGE),
    ],
)
def test_the_exit_code_says_how_it_went(scenario, tmp_path, cli, more, words, code):
    ended, out, err = cli(scenario(more=more), "-o", tmp_path / "a.run", *words)
    assert ended == code, out + err


def test_the_summary_is_printed_behind_the_run(scenario, tmp_path, cli):
    _, out, err = cli(scenario(), "-o", tmp_path / "a.run")
    assert "GET /item" in out
    assert out.endswith(f"The run is in {tmp_path / 'a.run'}.\n")
    assert err == ""
    _, out, _ = cli(scenario(), "-o", tmp_path / "a.run", "--force", "--format", "json")
    assert json.loads(out)["schema"] == "perfanalysis.summary"


def test_an_output_that_is_there_is_not_overwritten_unasked(scenario, server, tmp_path, cli):
    (tmp_path / "a.run").mkdir()
    code, _, err = cli(scenario(), "-o", tmp_path / "a.run")
    assert (code, "exists already" in err) == (ExitCode.USAGE, True)
    assert server.requests == []


@pytest.mark.parametrize("words", [[], ["small.yml"]])
def test_what_is_missing_is_told(cli, scenario, monkeypatch, words):
    monkeypatch.chdir(scenario().parent)
    code, _, err = cli(*words)
    assert (code, "rror: " in err) == (ExitCode.USAGE, True)


def test_the_schema_is_printed(cli):
    code, out, _ = cli("--schema")
    assert (code, json.loads(out)["title"]) == (0, "perfanalysis scenario file")


@pytest.mark.slow
def test_the_monitor_runs_beside_it(scenario, tmp_path, cli):
    text = FILE.replace("400 ms", "1500 ms")
    code, _, _ = cli(
        scenario(text), "-o", tmp_path / "a.run", "--monitor", "--monitor-interval", "200ms"
    )
    assert code == ExitCode.PASS
    metrics = set(Run.open(tmp_path / "a.run").series_table.column("metric").to_pylist())
    assert {"system.cpu", "vus"} <= metrics


def test_another_thread_may_end_it_and_what_was_measured_is_kept(scenario, tmp_path):
    control = Control()
    text = FILE.replace("400 ms", "1h")
    timer = threading.Timer(1.5, control.stop, ("enough", Ending.INTERRUPTED))
    timer.start()
    generated = generate(scenario(text), tmp_path / "a.run", control=control)
    timer.join()
    assert (generated.ending, generated.reason) == (Ending.INTERRUPTED, "enough")
    assert generated.run.info.counts.requests > 0


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_measured_and_exits_with_130(scenario, server, tmp_path):
    path = scenario(FILE.replace("400 ms", "1h"))
    command = [sys.executable, "-m", "perfanalysis", "generate", path, "-o", tmp_path / "a.run"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ}, text=True
    )
    while len(server.requests) < 10:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED, err
    assert "ended early: interrupted" in err
    assert "GET /item" in out
    assert Run.open(tmp_path / "a.run").info.counts.requests >= 10


def test_choices_reach_the_run(scenario, tmp_path):
    planned = plan_test(scenario(), Choices(workers=2, seed=9, vus=4, duration_s=0.3))
    info = generate(planned, tmp_path / "a.run").run.info
    assert info.tags["generator.workers"] == "2"
    assert info.tags["generator.seed"] == "9"
