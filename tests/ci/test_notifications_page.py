"""The examples of docs/notifications.md that need a receiver, run against receivers of our own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests.publish.notify.conftest import hook  # noqa: F401  (a fixture is found by its name here)

PAGE = Path(__file__).parents[2] / "docs" / "notifications.md"
NEEDS = re.compile(
    r"<!-- not run: needs (?P<what>[^;]+); a test runs it [^>]+ -->\n```bash\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture
def examples():
    """The examples by what they need."""
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("<!-- not run:") == len(list(NEEDS.finditer(text)))
    return {found["what"]: found["body"] for found in NEEDS.finditer(text)}


@pytest.fixture
def run(fixtures, tmp_path, monkeypatch):
    """Run an example in a folder that holds comparison.json."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.startswith(("PERFANALYSIS_", "GITHUB_", "CI_")) or name.endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def call(script):
        compare = f"perfanalysis compare {fixtures}/pgbench/slow {fixtures}/pgbench/base"
        script = f"{compare} --write json=comparison.json >table.txt; set -e\n{script}"
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return call


@pytest.mark.slow
def test_slack_gets_both_messages(examples, run, hook):  # noqa: F811
    script, replaced = re.subn(r"https://hooks\.slack\.com/\S+", hook.address, examples["Slack"])
    assert replaced == 1
    printed = run(script)
    assert [posted["document"]["text"].split(":")[0] for posted in hook.posted] == [
        "❌ perfanalysis",
        "❌ shop, nightly",
    ]
    assert "very-secret-part" not in printed


@pytest.mark.slow
def test_a_receiver_gets_a_message_that_the_page_knows_as_genuine(examples, run, hook):  # noqa: F811
    text = PAGE.read_text(encoding="utf-8")
    namespace = {}
    exec(
        re.search(r"```python\n(import base64.*?)^```$", text, re.MULTILINE | re.DOTALL)[1],
        namespace,
    )
    secret = re.search(r"WEBHOOK_SECRET=(\S+)", examples["a receiver"])[1]
    script = examples["a receiver"].replace("https://hooks.shop.example/performance", hook.address)
    printed = run(script)
    (posted,) = hook.posted
    sent_at = int(posted["headers"]["webhook-timestamp"])
    genuine = namespace["is_genuine"]
    assert genuine(posted["headers"], posted["body"], secret, sent_at)
    assert not genuine(posted["headers"], posted["body"], "whsec_b3RoZXIgc2VjcmV0", sent_at)
    assert secret not in printed


@pytest.mark.slow
def test_everybody_gets_mail(examples, run):
    class Postbox:
        recipients: list[str] = []  # noqa: RUF012

        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
            self.recipients += envelope.rcpt_tos
            return "250 taken"

    class Post(Controller):
        def _trigger_server(self):
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    post = Post(Postbox(), hostname="127.0.0.1", port=0, server_hostname="test")
    post.start()
    try:
        script = examples["a mail server"]
        for old, new in (
            ("smtp.shop.example", "127.0.0.1"),
            ("SECURITY=starttls", "SECURITY=none"),
            ("PORT=587", f"PORT={post.port}"),
            ("export PERFANALYSIS_SMTP_USER=ci PERFANALYSIS_SMTP_PASSWORD=XXXX\n", ""),
        ):
            assert old in script
            script = script.replace(old, new)
        run(script)
    finally:
        post.stop()
    assert Postbox.recipients == ["ann@shop.example", "bob@shop.example"]
