"""`perfanalysis notify slack|webhook|email`."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.publish.notify.notice import Notice

_OPTIONS = (
    click.option(
        "--comparison",
        metavar="FILE.json",
        help="What `perfanalysis compare --format json` wrote.",
    ),
    click.option(
        "--budget-result",
        metavar="FILE.json",
        help="What `perfanalysis check --format json` wrote; alone or besides.",
    ),
    click.option(
        "--when",
        type=click.Choice(["failure", "regression", "always"]),
        default="failure",
        show_default=True,
        help="failure: the gate did not pass, for want of a verdict too.",
    ),
    click.option("--title", metavar="TEXT", help="What it is about; default: the CI's project."),
    click.option(
        "--report-url", metavar="URL", help="Where to read more; default: the CI's job, if any."
    ),
    click.option(
        "--strict",
        is_flag=True,
        envvar="PERFANALYSIS_STRICT",
        help="An undecided budget is no pass, as in `compare --strict`.",
    ),
)


@click.group("notify")
def command() -> None:
    """Tell people and programs what a comparison or check found.

    Addresses that are secrets, and passwords, come from the environment only.

    \b
    Exit code: 0 sent, or nothing to send; 2 wrong usage or setting, or refused;
    4 unreadable input; 69 not delivered.
    """  # noqa: D301  (\b keeps click from wrapping the line)


def _telling(receiver: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options of all receivers; the command is called with a notice that is due."""

    def decorate(send: Callable[..., None]) -> Callable[..., None]:
        @wraps(send)
        def tell(
            ctx: click.Context,
            *,
            comparison: str | None,
            budget_result: str | None,
            when: str,
            title: str | None,
            report_url: str | None,
            strict: bool,
            **rest: Any,  # noqa: ANN401  (the options of one receiver)
        ) -> None:
            from perfanalysis.publish.notify.notice import When, is_due

            notice = _notice(comparison, budget_result, title, report_url, strict=strict)
            due = is_due(notice, When(when))
            if due:
                send(notice, **rest)
            if not ctx.obj["quiet"]:
                sent = f"sent to {receiver}" if due else f"not sent, since --when is {when}"
                click.echo(f"{sent}: {notice.headline}")

        command: Callable[..., None] = click.pass_context(tell)
        for option in reversed(_OPTIONS):
            command = option(command)
        return command

    return decorate


@command.command("slack")
@_telling("Slack")
def slack_command(notice: Notice) -> None:
    """Post to the channel of an incoming webhook.

    Its address is in PERFANALYSIS_SLACK_WEBHOOK.
    """
    from perfanalysis.publish.notify.slack import send_to_slack

    send_to_slack(notice, os.environ)


@command.command("webhook")
@_telling("the webhook")
def webhook_command(notice: Notice) -> None:
    """Post signed JSON to an address of yours.

    The address is in PERFANALYSIS_WEBHOOK, the secret that signs in PERFANALYSIS_WEBHOOK_SECRET.
    """
    from perfanalysis.publish.notify.webhook import send_to_webhook

    send_to_webhook(notice, os.environ, now=datetime.now(UTC))


@command.command("email")
@click.option(
    "--to", "recipients", multiple=True, metavar="ADDRESS", help="A recipient; repeatable."
)
@_telling("the mail server")
def email_command(notice: Notice, *, recipients: tuple[str, ...]) -> None:
    """Send mail through an SMTP server.

    \b
    PERFANALYSIS_SMTP_HOST      its name
    PERFANALYSIS_SMTP_FROM      the sender's address
    PERFANALYSIS_SMTP_SECURITY  starttls (default), ssl or none
    PERFANALYSIS_SMTP_PORT      default: 587, 465 or 25
    PERFANALYSIS_SMTP_USER      if it asks for one
    PERFANALYSIS_SMTP_PASSWORD  likewise
    """  # noqa: D301  (\b keeps click from wrapping the lines)
    from perfanalysis.publish.notify.mail import send_mail

    if not recipients:
        raise UsageError("expected a recipient, found none", hint="--to ann@example.org")
    send_mail(notice, recipients, os.environ, now=datetime.now(UTC))


def _notice(
    comparison: str | None,
    check: str | None,
    title: str | None,
    url: str | None,
    *,
    strict: bool,
) -> Notice:
    from perfanalysis import api
    from perfanalysis.publish.findings import Findings
    from perfanalysis.publish.notify.notice import ci_title, ci_url, notice_of

    findings = Findings.of(
        None if comparison is None else api.load_comparison(comparison),
        None if check is None else api.load_check(check),
        strict=strict,
    )
    return notice_of(findings, title=title or ci_title(os.environ), url=url or ci_url(os.environ))
