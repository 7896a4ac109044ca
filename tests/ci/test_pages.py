"""The pages on exports and notifications leave nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from perfanalysis.api import EXPORTS
from perfanalysis.cli.export_command import command as export_command
from perfanalysis.model.gate import Gate
from perfanalysis.publish.notify import mail, slack, webhook
from perfanalysis.publish.notify.notice import When
from perfanalysis.reports.exports.openmetrics import _comparison_families, _run_families

DOCS = Path(__file__).parents[2] / "docs"
SMTP = ("HOST", "FROM", "SECURITY", "PORT", "USER", "PASSWORD")


def words_of(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    quoted = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return {word for code in quoted for word in re.findall(r"[\w.-]+", code)}


def test_every_export_and_every_gauge_is_told():
    gauges = {f"perfanalysis_{name}" for name in {**_run_families(), **_comparison_families()}}
    assert {*EXPORTS} | gauges <= words_of("exports.md")


def test_the_command_offers_what_the_api_exports():
    (to,) = (option for option in export_command.params if option.name == "target")
    assert isinstance(to.type, click.Choice)
    assert tuple(to.type.choices) == tuple(EXPORTS)


@pytest.mark.parametrize(
    "words",
    [
        {*When},
        {f"performance.{gate}" for gate in Gate},
        {slack.ADDRESS, webhook.ADDRESS, webhook.SECRET},
        {f"{mail.PREFIX}{name}" for name in SMTP},
    ],
)
def test_every_word_of_notifications_is_told(words):
    assert words <= words_of("notifications.md")


def test_every_variable_of_the_mail_server_is_read():
    source = Path(mail.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r"\{PREFIX\}([A-Z]+)", source)) - {"X"} <= set(SMTP)
    assert all(f"{{PREFIX}}{name}" in source for name in SMTP)
