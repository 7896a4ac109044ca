"""A webhook: JSON for programs, signed as https://www.standardwebhooks.com/ describes it.

The signature is HMAC-SHA256 over identifier, time and body, so that a receiver can tell a forged
or replayed message, and one that arrives twice.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from perfanalysis.errors import ConfigError
from perfanalysis.model.budget_results import BudgetResult, Check
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Comparison, Verdict
from perfanalysis.publish.http import Patience
from perfanalysis.publish.notify.hook import deliver, secret_address
from perfanalysis.publish.notify.notice import Notice
from perfanalysis.reports import wording
from perfanalysis.reports.json_document import (
    SCHEMA_VERSION,
    check_document,
    comparison_document,
    render_json,
)
from perfanalysis.reports.times import timestamp

ADDRESS = "PERFANALYSIS_WEBHOOK"
SECRET = "PERFANALYSIS_WEBHOOK_SECRET"  # noqa: S105  (the name of a variable)
MOST_ENTRIES = 100

_KEY_PREFIX = "whsec_"
_SHORTEST_KEY = 16  # bytes; the specification advises 24 to 64


def send_to_webhook(
    notice: Notice,
    environ: Mapping[str, str],
    *,
    now: datetime,
    identifier: str | None = None,
    patience: Patience | None = None,
) -> None:
    """Post a notice as JSON, signed if PERFANALYSIS_WEBHOOK_SECRET is set.

    Args:
        notice: what to tell.
        environ: where address and secret come from.
        now: when it is sent, in any zone.
        identifier: of this message; a new one if None.
        patience: retries and waiting.

    Raises:
        ConfigError: PERFANALYSIS_WEBHOOK is not set or no address, or the secret is too short.
        PublishRefusedError: the receiver refuses.
        PublishError: it cannot be reached, fails, or stays busy.
    """
    address = secret_address(environ, ADDRESS)
    body = render_json(webhook_document(notice, now)).encode()
    headers = {"Content-Type": "application/json"}
    message_id = identifier or f"msg_{uuid.uuid4().hex}"
    headers |= signed_headers(body, environ.get(SECRET, ""), message_id, int(now.timestamp()))
    deliver(address, None, body=body, headers=headers, patience=patience)


def webhook_document(notice: Notice, now: datetime) -> dict[str, object]:
    """Return the document `perfanalysis.notification`, ready for `render_json`.

    `regressed` holds results and `budgets` what is not met, in the words of the documents
    `perfanalysis.comparison` and `perfanalysis.check`; at most a hundred of each.
    """
    return {
        "schema": "perfanalysis.notification",
        "schema_version": SCHEMA_VERSION,
        "type": f"performance.{notice.gate}",
        "timestamp": timestamp(now.replace(microsecond=0)),
        "title": notice.title,
        "headline": notice.headline,
        "gate": str(notice.gate),
        **_comparison_part(notice.comparison),
        "budgets": _unmet(notice.budgets),
        "url": notice.url,
    }


def signed_headers(body: bytes, secret: str, message_id: str, sent_at: int) -> dict[str, str]:
    """Return the headers that name a message and its time, and with a secret sign both and it.

    Args:
        body: as it is sent.
        secret: `whsec_` and base64, or any text; empty for no signature.
        message_id: the same for every attempt to deliver it.
        sent_at: seconds since 1970.

    Raises:
        ConfigError: the secret is no base64, or shorter than 16 bytes.

    >>> signed_headers(b"{}", "a secret of 20 bytes", "msg_1", 1700000000)["webhook-signature"]
    'v1,BQv4E+KRA2v0X34+nPMoxy8DaOMLccLIPB/jnxsNOJE='
    """
    headers = {"webhook-id": message_id, "webhook-timestamp": str(sent_at)}
    if not secret:
        return headers
    signed = f"{message_id}.{sent_at}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return headers | {"webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}


def _key(secret: str) -> bytes:
    try:
        encoded = secret.startswith(_KEY_PREFIX)
        key = (
            base64.b64decode(secret[len(_KEY_PREFIX) :], validate=True)
            if encoded
            else secret.encode()
        )
    except (binascii.Error, UnicodeEncodeError) as exc:
        raise ConfigError(f"{SECRET}: expected base64 behind whsec_, found something else") from exc
    if len(key) < _SHORTEST_KEY:
        raise ConfigError(
            f"{SECRET}: expected at least {_SHORTEST_KEY} bytes, found {len(key)}",
            hint='python3 -c "import base64, secrets; '
            "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\" makes one",
        )
    return key


def _comparison_part(comparison: Comparison | None) -> dict[str, object]:
    if comparison is None:
        return {"verdict": None, "reasons": [], "regressed": []}
    regressed = [r for r in comparison.results if r.verdict is Verdict.REGRESSED]
    short = replace(
        comparison,
        reasons=comparison.reasons[:MOST_ENTRIES],
        results=tuple(wording.by_importance(regressed)[:MOST_ENTRIES]),
        not_judged=comparison.not_judged[:MOST_ENTRIES],
        shapes=(),
        budgets=(),
    )
    document = comparison_document(short)
    return {
        "verdict": document["verdict"],
        "reasons": document["reasons"],
        "judged": comparison.judged,
        "not_judged": document["not_judged"],
        "current": document["current"],
        "baseline": document["baseline"],
        "regressed": document["results"],
    }


def _unmet(budgets: Sequence[BudgetResult]) -> object:
    unmet = tuple(budget for budget in budgets if budget.outcome is not Outcome.MET)
    part = Check(runs=(), outcome=Outcome.UNDECIDED, results=unmet[:MOST_ENTRIES], caveats=())
    return check_document(part)["budgets"]
