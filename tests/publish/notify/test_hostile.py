"""Two hundred hostile names in notifications: shown, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from lxml import html

from perfanalysis.publish.notify.mail import mail_message, parse_address
from perfanalysis.publish.notify.slack import slack_payload
from perfanalysis.publish.notify.webhook import webhook_document
from perfanalysis.reports.json_document import render_json
from tests.publish.notify.conftest import BUDGET, NOW, told
from tests.reports.hostile import NAMES

SENDER = parse_address("ci@shop.example")


@pytest.fixture
def notices(comparison, make_result, make_check):
    """A notice of each name, in results, reasons, runs, budgets and title."""
    notices = []
    for name in NAMES:
        found = replace(
            comparison,
            reasons=(name,),
            results=(make_result(name=name),),
            current=(comparison.current[0].model_copy(update={"name": name}),),
        )
        budget = replace(BUDGET, name=name, source=name, message=name)
        notices.append(told(found, make_check(budget), title=name, url=None))
    return notices


def test_in_slack_names_are_no_markup(notices):
    for notice in notices:
        payload = slack_payload(notice)
        assert len(json.dumps(payload["blocks"])) < 13_000
        blocks = payload["blocks"]
        texts = [e for b in blocks for e in (*b.get("elements", ()), b.get("text")) if e]
        marked_up = [t["text"] for t in texts if t["type"] == "mrkdwn"]
        assert not any("<" in text for text in [*marked_up, payload["text"]])
        for line in payload["blocks"][2]["text"]["text"].splitlines():
            code = re.search(r"`[^`]*`", line)
            assert code is None or line.index("`") < 4


def test_in_mail_names_are_text(notices):
    for notice in notices:
        message = mail_message(notice, SENDER, [SENDER], NOW)
        raw = message.as_bytes()
        head = raw.partition(b"\r\n\r\n")[0]
        names = re.findall(rb"^([A-Za-z-]+):", head, re.MULTILINE)
        assert sorted(names) == sorted(set(names))
        assert b"Bcc" not in names
        page = html.fromstring(message.get_body(("html",)).get_content())
        assert page.xpath("//script | //img | //a | //iframe | //*[@onerror]") == []


def test_in_json_names_are_strings(notices):
    for notice in notices:
        text = render_json(webhook_document(notice, NOW))
        assert json.loads(text)["regressed"][0]["metric"] == "latency.p95"
        assert "\x1b" not in text
        assert text.encode()
