"""The command `notify`, from documents that `compare` wrote to local servers."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest
from aiosmtpd.controller import Controller

from perfanalysis.model.results import Verdict
from perfanalysis.publish.patience import Patience
from perfanalysis.reports.json_document import check_document, comparison_document, render_json
from tests.publish.notify.conftest import (  # noqa: F401  (fixtures are found by their names here)
    BUDGET,
    Hook,
    comparison,
    hook,
    make_check,
    make_result,
    make_run,
    results,
    unchanged_result,
)

CI = ("GITHUB_", "CI_", "JOB_NAME", "BUILD_URL", "PERFANALYSIS_")
SECRET = "very-secret-part"


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch):
    import os

    for name in [*os.environ]:
        if name.startswith(CI) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def document(tmp_path, comparison):  # noqa: F811
    """A regressed comparison as `compare --format json` writes it."""
    path = tmp_path / "comparison.json"
    path.write_text(render_json(comparison_document(comparison)))
    return path


@pytest.fixture
def passed(tmp_path, comparison):  # noqa: F811
    path = tmp_path / "passed.json"
    found = replace(comparison, verdict=Verdict.NOT_REGRESSED, reasons=())
    path.write_text(render_json(comparison_document(found)))
    return path


@pytest.fixture
def slack(hook, monkeypatch):  # noqa: F811
    monkeypatch.setenv("PERFANALYSIS_SLACK_WEBHOOK", hook.address)
    return hook


def test_a_regression_is_told_and_the_address_is_not(cli, document, slack):
    ended = cli("notify", "slack", "--comparison", document)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("sent to Slack: ❌ perfanalysis: regressed")
    assert SECRET not in ended.out
    assert len(slack.posted) == 1


def test_what_passed_is_not_told_unless_always(cli, passed, slack):
    ended = cli("notify", "slack", "--comparison", passed)
    assert (ended.code, slack.posted) == (0, [])
    assert ended.out.startswith("not sent, since --when is failure: ✅")
    assert cli("notify", "slack", "--comparison", passed, "--when", "always").code == 0
    assert len(slack.posted) == 1


def test_a_broken_budget_alone_is_a_failure(cli, tmp_path, passed, slack, make_check):  # noqa: F811
    check = tmp_path / "check.json"
    check.write_text(render_json(check_document(make_check(BUDGET))))
    both = ["--comparison", passed, "--budget-result", check]
    assert cli("notify", "slack", *both, "--when", "regression").out.startswith("not sent")
    assert "1 budget broken" in cli("notify", "slack", *both).out
    assert "1 budget broken" in cli("notify", "slack", "--budget-result", check).out
    assert len(slack.posted) == 2


def test_title_and_address_come_from_the_ci_or_the_options(cli, document, slack, monkeypatch):
    monkeypatch.setenv("CI_PROJECT_PATH", "shop/api")
    monkeypatch.setenv("CI_JOB_URL", "https://git.example/-/jobs/3")
    cli("notify", "slack", "--comparison", document)
    named = ["--title", "checkout", "--report-url", "https://s3.example/report.html"]
    cli("notify", "slack", "--comparison", document, *named)
    texts = [json.dumps(posted["document"]) for posted in slack.posted]
    assert "shop/api: regressed" in texts[0]
    assert "https://git.example/-/jobs/3" in texts[0]
    assert "checkout: regressed" in texts[1]
    assert "https://s3.example/report.html" in texts[1]


def test_quiet_says_nothing(cli, document, slack):
    ended = cli("--quiet", "notify", "slack", "--comparison", document)
    assert (ended.out, ended.err) == ("", "")
    assert len(slack.posted) == 1


def test_a_webhook_gets_signed_json(cli, document, hook, monkeypatch):  # noqa: F811
    monkeypatch.setenv("PERFANALYSIS_WEBHOOK", hook.address)
    monkeypatch.setenv("PERFANALYSIS_WEBHOOK_SECRET", "sixteen bytes or more")
    assert cli("notify", "webhook", "--comparison", document).code == 0
    (posted,) = hook.posted
    assert posted["document"]["schema"] == "perfanalysis.notification"
    assert posted["headers"]["webhook-signature"].startswith("v1,")


def test_a_mail_goes_to_everyone_of_the_options_or_the_file(cli, document, tmp_path, monkeypatch):
    class Postbox:
        recipients: list[list[str]] = []  # noqa: RUF012

        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
            self.recipients.append(envelope.rcpt_tos)
            return "250 taken"

    class Post(Controller):
        def _trigger_server(self):
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = Post(Postbox(), hostname="127.0.0.1", port=0, server_hostname="test")
    controller.start()
    try:
        for name, value in (
            ("HOST", "127.0.0.1"),
            ("PORT", str(controller.port)),
            ("FROM", "ci@shop.example"),
            ("SECURITY", "none"),
        ):
            monkeypatch.setenv(f"PERFANALYSIS_SMTP_{name}", value)
        to = ["--to", "ann@shop.example", "--to", "bob@shop.example"]
        assert cli("notify", "email", "--comparison", document, *to).code == 0
        config = tmp_path / "perfanalysis.yml"
        config.write_text("notify: {to: [eve@shop.example], when: always}\n")
        assert cli("--config", config, "notify", "email", "--comparison", document).code == 0
    finally:
        controller.stop()
    assert Postbox.recipients == [
        ["ann@shop.example", "bob@shop.example"],
        ["eve@shop.example"],
    ]


def test_the_file_says_when(cli, passed, slack, tmp_path):
    config = tmp_path / "perfanalysis.yml"
    config.write_text("notify: {when: always}\n")
    assert cli("--config", config, "notify", "slack", "--comparison", passed).code == 0
    assert len(slack.posted) == 1


def test_a_refusal_is_told_without_the_address(cli, document, slack):
    slack.will_answer((403, f"invalid_token {SECRET}".encode()))
    ended = cli("notify", "slack", "--comparison", document)
    assert ended.code == 2
    assert "403: invalid_token ***" in ended.err
    assert SECRET not in ended.err + ended.out


def test_what_cannot_be_delivered_has_an_exit_code_of_its_own(cli, document, slack, monkeypatch):
    impatient = partial(Patience, sleep=lambda _seconds: None)
    monkeypatch.setattr("perfanalysis.publish.http.Patience", impatient)
    slack.will_answer(*[(503, SECRET.encode())] * 5)
    ended = cli("notify", "slack", "--comparison", document)
    assert ended.code == 69
    assert len(slack.posted) == 5
    assert SECRET not in ended.err + ended.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["slack"], 2, "nothing to publish"),
        (["slack", "--comparison", "nowhere.json"], 2, "nowhere.json: no such file"),
        (["slack", "--comparison", "{poem}"], 4, "expected a JSON document at line 1"),
        (["slack", "--budget-result", "{document}"], 4, "expected 'perfanalysis.check'"),
        (["slack", "--comparison", "{document}"], 2, "PERFANALYSIS_SLACK_WEBHOOK: expected"),
        (["webhook", "--comparison", "{document}"], 2, "PERFANALYSIS_WEBHOOK: expected"),
        (["email", "--comparison", "{document}"], 2, "expected a recipient, found none"),
        (["email", "--comparison", "{document}", "--to", "a@b.c"], 2, "PERFANALYSIS_SMTP_HOST"),
        (["slack", "--comparison", "{document}", "--report-url", "file:/x"], 2, "http or https"),
        (["pigeon", "--comparison", "{document}"], 2, "No such command 'pigeon'"),
    ],
)
def test_errors_say_what_is_missing(cli, tmp_path, document, arguments, code, message):
    poem = tmp_path / "poem.txt"
    poem.write_text("Shall I compare thee to a summer's day?\n")
    ended = cli("notify", *[a.format(poem=poem, document=document) for a in arguments])
    assert ended.code == code
    assert message in ended.err
