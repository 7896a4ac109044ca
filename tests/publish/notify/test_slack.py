"""Slack's incoming webhook, by the limits of its pages, against a local server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from perfanalysis.errors import ConfigError, PublishError, PublishRefusedError
from perfanalysis.publish.notify.slack import send_to_slack, slack_payload
from tests.publish.notify.conftest import told


def texts(payload):
    """Yield every text object of a message."""
    for block in payload["blocks"]:
        yield from block.get("elements", [])
        if "text" in block:
            yield block["text"]


def within_the_limits(payload):
    assert len(payload["blocks"]) <= 50
    assert len(json.dumps(payload["blocks"])) < 13_000
    for block in payload["blocks"]:
        longest = 150 if block["type"] == "header" else 3000
        assert all(1 <= len(text["text"]) <= longest for text in texts({"blocks": [block]}))


def test_a_message_has_a_headline_findings_context_and_a_link(notice):
    payload = slack_payload(notice)
    kinds = [block["type"] for block in payload["blocks"]]
    assert kinds == ["header", "section", "section", "context", "section"]
    assert payload["text"] == notice.headline
    findings = payload["blocks"][2]["text"]["text"].splitlines()
    assert findings[1] == (
        "❌ `search` latency.p95: 48.1 ms → 57.9 ms, +20.3 % (+12.1 to +29.2), regressed, major"
    )
    link = payload["blocks"][-1]["text"]["text"]
    assert link == "<https://ci.example/jobs/7?tab=report&amp;raw=1|Read more>"
    within_the_limits(payload)


def test_what_passed_has_neither_findings_nor_a_link(passed_notice):
    payload = slack_payload(passed_notice)
    assert [block["type"] for block in payload["blocks"]] == ["header", "section", "context"]
    assert payload["text"] == "✅ shop/api: unchanged · 1 unchanged"


def test_findings_beyond_the_limit_are_counted(comparison, make_result):
    results = tuple(make_result(name=f"{'&' * 79}{i}") for i in range(30))
    payload = slack_payload(told(replace(comparison, results=results), None, title="x", url=None))
    lines = payload["blocks"][2]["text"]["text"].splitlines()
    assert lines[-1] == f"… and {30 - (len(lines) - 1)} more"
    assert 2 < len(lines) < 11
    within_the_limits(payload)


def test_hostile_names_are_no_markup(hostile_notice):
    payload = slack_payload(hostile_notice)
    within_the_limits(payload)
    for text in texts(payload):
        if text["type"] == "plain_text":
            assert text["emoji"] is False
            continue
        assert text["verbatim"] is True
        bare = text["text"].replace("<https://ci.example/jobs/7?tab=report&amp;raw=1|", "")
        assert "<" not in bare
        assert "<!channel>" not in text["text"]
    for line in payload["blocks"][2]["text"]["text"].splitlines():
        assert line.count("`") in (0, 2)


def test_it_is_posted_as_json_to_the_address_of_the_environment(notice, hook, patience):
    send_to_slack(notice, {"PERFANALYSIS_SLACK_WEBHOOK": hook.address}, patience=patience())
    (posted,) = hook.posted
    assert posted["path"] == "/services/T000/B000/very-secret-part"
    assert posted["headers"]["content-type"] == "application/json"
    assert posted["document"] == slack_payload(notice)


def test_a_busy_or_failing_slack_is_asked_again(notice, hook, patience, slept):
    hook.answers.append((429, {"Retry-After": "7"}, b"rate_limited"))
    hook.will_answer((503, b"unavailable"))
    send_to_slack(notice, {"PERFANALYSIS_SLACK_WEBHOOK": hook.address}, patience=patience())
    assert len(hook.posted) == 3
    assert slept[0] > 7


def test_a_slack_that_stays_down_is_an_error_without_the_address(notice, hook, patience):
    hook.will_answer(*[(500, b"oh no, very-secret-part")] * 5)
    with pytest.raises(PublishError, match=r"500.*5 attempts") as raised:
        send_to_slack(notice, {"PERFANALYSIS_SLACK_WEBHOOK": hook.address}, patience=patience())
    assert "secret" not in raised.value.message
    assert "T000" not in str(raised.value.hint) + raised.value.message


def test_a_revoked_webhook_is_an_error_with_the_words_of_slack(notice, hook, patience):
    hook.will_answer((404, b"no_service"))
    with pytest.raises(PublishRefusedError, match="no_service") as raised:
        send_to_slack(notice, {"PERFANALYSIS_SLACK_WEBHOOK": hook.address}, patience=patience())
    assert "secret" not in raised.value.message
    assert len(hook.posted) == 1


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_address_is_an_error_that_names_the_variable(notice, value):
    environ = {} if value is None else {"PERFANALYSIS_SLACK_WEBHOOK": value}
    with pytest.raises(ConfigError, match="PERFANALYSIS_SLACK_WEBHOOK: expected the address"):
        send_to_slack(notice, environ)


@pytest.mark.parametrize(
    "value",
    [
        "hooks.slack.example/services/very-secret-part",
        "ftp://x/very-secret-part",
        "https://[very-secret-part",
        "https://x/very-secret-part\r\nHost: y",
        "https://x:0/very-secret-part",
        "https://ü/very-secret-part",
    ],
)
def test_an_address_that_is_none_is_an_error_that_does_not_show_it(notice, value):
    with pytest.raises(ConfigError, match="found something else") as raised:
        send_to_slack(notice, {"PERFANALYSIS_SLACK_WEBHOOK": value})
    assert "secret-part" not in raised.value.message + str(raised.value.hint)
