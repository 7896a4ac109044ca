"""The signed webhook; signatures are checked as the specification says, not as we make them."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from perfanalysis.errors import ConfigError, PublishError, PublishRefusedError
from perfanalysis.publish.notify.webhook import send_to_webhook, signed_headers, webhook_document
from tests.publish.notify.conftest import BUDGET, JOB, NOW, told

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


def is_signed(posted, key):
    headers = posted["headers"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + posted["body"]
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{expected}"


def environ(hook, **others):
    return {"PERFANALYSIS_WEBHOOK": hook.address} | others


def test_the_document_holds_what_programs_need(notice):
    document = webhook_document(notice, NOW)
    assert document["schema"] == "perfanalysis.notification"
    assert document["schema_version"] == 1
    assert document["type"] == "performance.failed"
    assert document["timestamp"] == "2026-01-01T12:00:00Z"
    assert (document["gate"], document["verdict"]) == ("failed", "regressed")
    assert [(r["name"], r["metric"]) for r in document["regressed"]] == [
        ("checkout", "error_rate"),
        ("search", "latency.p95"),
        ("login", "throughput"),
    ]
    assert document["regressed"][1]["change"] == 0.203
    assert [b["outcome"] for b in document["budgets"]] == ["broken"]
    assert document["not_judged"][0]["name"] == "GET /legacy"
    assert document["judged"] == 6
    assert [run["name"] for run in document["current"]] == ["slow"]
    assert document["url"] == JOB


def test_a_check_alone_has_no_verdict(make_check):
    document = webhook_document(told(None, make_check(BUDGET), title="x", url=None), NOW)
    assert document["verdict"] is None
    assert (document["reasons"], document["regressed"], document["url"]) == ([], [], None)
    assert document["gate"] == "failed"


def test_the_body_is_signed_with_its_time_and_identifier(notice, hook, patience):
    send_to_webhook(
        notice,
        environ(hook, PERFANALYSIS_WEBHOOK_SECRET=SECRET),
        now=NOW,
        patience=patience(),
    )
    (posted,) = hook.posted
    assert posted["headers"]["content-type"] == "application/json"
    assert posted["headers"]["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert posted["headers"]["webhook-id"].startswith("msg_")
    assert is_signed(posted, KEY)
    assert not is_signed(posted | {"body": posted["body"] + b" "}, KEY)
    assert SECRET not in str(posted)


def test_a_secret_that_is_plain_text_is_the_key(notice, hook, patience):
    secret = "correct horse battery"
    send_to_webhook(
        notice, environ(hook, PERFANALYSIS_WEBHOOK_SECRET=secret), now=NOW, patience=patience()
    )
    assert is_signed(hook.posted[0], secret.encode())


def test_the_signature_is_that_of_the_published_example():
    # The example of the specification's reference implementations.
    headers = signed_headers(
        b'{"test": 2432232314}',
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_without_a_secret_there_is_no_signature(notice, hook, patience):
    send_to_webhook(notice, environ(hook), now=NOW, patience=patience())
    headers = hook.posted[0]["headers"]
    assert "webhook-signature" not in headers
    assert headers["webhook-id"]


def test_every_attempt_has_the_same_identifier(notice, hook, patience):
    hook.will_answer((502, b""), (502, b""))
    send_to_webhook(
        notice, environ(hook, PERFANALYSIS_WEBHOOK_SECRET=SECRET), now=NOW, patience=patience()
    )
    assert len(hook.posted) == 3
    assert len({posted["headers"]["webhook-signature"] for posted in hook.posted}) == 1


def test_two_notices_have_different_identifiers(notice, hook, patience):
    for _ in range(2):
        send_to_webhook(notice, environ(hook), now=NOW, patience=patience())
    assert len({posted["headers"]["webhook-id"] for posted in hook.posted}) == 2


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("whsec_***", "expected base64 behind whsec_"),
        ("short", "expected at least 16 bytes, found 5"),
        ("whsec_c2hvcnQ=", "expected at least 16 bytes, found 5"),
        ("lone \ud800 surrogate of the environment", "expected base64 behind whsec_"),
    ],
)
def test_a_secret_that_protects_nothing_is_an_error_that_does_not_show_it(
    notice, hook, secret, message
):
    with pytest.raises(ConfigError, match=message) as raised:
        send_to_webhook(notice, environ(hook, PERFANALYSIS_WEBHOOK_SECRET=secret), now=NOW)
    assert secret not in raised.value.message + str(raised.value.hint)
    assert hook.posted == []


def test_a_user_in_the_address_is_sent_as_basic_authentication(notice, hook, patience):
    address = hook.address.replace("http://", "http://ann:top%40secret@")
    send_to_webhook(notice, {"PERFANALYSIS_WEBHOOK": address}, now=NOW, patience=patience())
    said = hook.posted[0]["headers"]["authorization"]
    assert base64.b64decode(said.removeprefix("Basic ")) == b"ann:top@secret"


def test_a_refusal_shows_neither_user_nor_path_nor_query(notice, hook, patience):
    hook.will_answer((401, b"top@secret and very-secret-part and key=hidden-value"))
    address = hook.address.replace("http://", "http://ann:top%40secret@") + "?key=hidden-value"
    with pytest.raises(PublishRefusedError, match="401") as raised:
        send_to_webhook(notice, {"PERFANALYSIS_WEBHOOK": address}, now=NOW, patience=patience())
    for secret in ("top@secret", "top%40secret", "very-secret-part", "hidden-value"):
        assert secret not in raised.value.message


def test_a_receiver_that_is_not_there_is_an_error(notice, hook, patience):
    address = hook.address
    hook.server.shutdown()
    hook.server.server_close()
    with pytest.raises(PublishError, match="no connection") as raised:
        send_to_webhook(notice, {"PERFANALYSIS_WEBHOOK": address}, now=NOW, patience=patience())
    assert "secret" not in raised.value.message


def test_hostile_names_are_json_and_the_document_stays_small(hostile_notice, hook, patience):
    send_to_webhook(hostile_notice, environ(hook), now=NOW, patience=patience())
    (posted,) = hook.posted
    assert b"\x1b" not in posted["body"]
    assert len(posted["document"]["regressed"]) <= 100
    assert len(posted["document"]["reasons"]) == 11
