"""Slack: an incoming webhook, with blocks.

As https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and the pages on block
kit and on escaping describe it: `&`, `<` and `>` are escaped; a header holds 150 characters, a
section 3,000, a message 50 blocks. Blocks of more than about 13,000 characters together are refused
too (slackapi/bolt-js#2509), so a message stays far below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfanalysis.publish.http import Patience
from perfanalysis.publish.notify.hook import deliver, secret_address
from perfanalysis.publish.notify.notice import Line, Notice
from perfanalysis.reports.escape import ELLIPSIS

ADDRESS = "PERFANALYSIS_SLACK_WEBHOOK"

_LONGEST_HEADER = 150
_LONGEST_SECTION = 3000


def send_to_slack(
    notice: Notice, environ: Mapping[str, str], *, patience: Patience | None = None
) -> None:
    """Post a notice to the channel that a webhook belongs to.

    Raises:
        ConfigError: PERFANALYSIS_SLACK_WEBHOOK is not set, or is no address.
        PublishRefusedError: Slack refuses: the webhook was revoked, the channel archived.
        PublishError: Slack cannot be reached, fails, or stays busy.
    """
    address = secret_address(environ, ADDRESS)
    deliver(address, slack_payload(notice), headers={}, patience=patience)


def slack_payload(notice: Notice) -> dict[str, object]:
    """Return the message: a line for notifications, and blocks."""
    blocks: list[dict[str, object]] = [
        {
            "type": "header",
            "text": {
                "type": "plain_text",
                "text": _cut(notice.headline, _LONGEST_HEADER),
                "emoji": False,
            },
        }
    ]
    if notice.summary is not None:
        blocks.append(_section(_escaped(notice.summary)))
    if notice.lines:
        blocks.append(_section(_findings(notice.lines, notice.more)))
    if notice.context:
        blocks.append({"type": "context", "elements": [_text(_escaped(t)) for t in notice.context]})
    if notice.url is not None:
        blocks.append(_section(f"<{_escaped(notice.url)}|Read more>"))
    return {"text": _escaped(notice.headline), "blocks": blocks, "unfurl_links": False}


def _findings(lines: Sequence[Line], more: int) -> str:
    """Return as many whole lines as a section holds, and how many are left."""
    shown: list[str] = []
    room = _LONGEST_SECTION - 40
    for line in lines:
        name = "" if line.name is None else f"{_code(line.name)} "
        text = f"{line.mark} {name}{_escaped(line.text)}"
        if len(text) + 1 > room:
            break
        shown.append(text)
        room -= len(text) + 1
    left = len(lines) - len(shown) + more
    return "\n".join([*shown, f"{ELLIPSIS} and {left} more"] if left else shown)


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> dict[str, object]:
    # Verbatim: what looks like an address, a channel or a person in a name is not made a link.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _code(text: str) -> str:
    """Return a name as code, where no formatting works; there is no escape for a backtick."""
    return f"`{_escaped(text.replace('`', 'ˋ'))}`"  # noqa: RUF001  (it shall look like one)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}{ELLIPSIS}"
