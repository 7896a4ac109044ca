from __future__ import annotations

import json

import pytest

from perfanalysis.errors import PublishError, PublishRefusedError
from perfanalysis.publish.http import Client, Response
from tests.publish import forge_server as fake
from tests.publish.conftest import NOW

COMMENTS = "/repos/shop/api/issues/7/comments"


def test_answers_are_read_as_json_with_headers_in_lower_case(client, forge):
    forge.comment(7, "hello", by="alice")
    response = client.request("GET", COMMENTS)
    assert response.status == 200
    assert response.json()[0]["body"] == "hello"
    assert response.headers["content-type"].startswith("application/json")
    assert forge.asked[0].headers["user-agent"] == "perfanalysis"


def test_a_body_is_sent_as_json_or_as_it_is(client, forge):
    client.request("POST", COMMENTS, json={"body": "ü"})
    client.request("POST", COMMENTS, body=b'{"body": "raw"}', headers={"X-Own": "1"})
    assert forge.bodies(7) == ["ü", "raw"]
    assert forge.asked[0].headers["content-type"] == "application/json"
    assert forge.asked[1].headers["x-own"] == "1"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_is_waited_for_with_growing_pauses(client, forge, slept, status):
    forge.fail(fake.outage(status), times=3)
    assert client.request("GET", COMMENTS).status == 200
    assert len(slept) == 3
    assert all(0.5 * 2**n <= pause <= 2**n for n, pause in enumerate(slept))


def test_an_outage_that_stays_is_an_error_that_says_what_was_tried(client, forge, slept):
    forge.fail(fake.outage(503), times=9)
    with pytest.raises(PublishError) as caught:
        client.request("GET", COMMENTS)
    assert not isinstance(caught.value, PublishRefusedError)
    assert "GET http://127.0.0.1:" in caught.value.message
    assert f"{COMMENTS}: 503: Unicorn! &middot; GitHub (5 attempts)" in caught.value.message
    assert len(slept) == 4


def test_retry_after_is_honoured_in_seconds_and_as_a_date(client, forge, slept):
    forge.fail(fake.too_many("7"))
    client.request("POST", COMMENTS, json={"body": "x"})
    forge.fail(fake.outage(503, after="Fri, 15 Jan 2027 08:00:20 GMT"))
    client.request("GET", COMMENTS)
    assert [round(pause - 0.75) for pause in slept] == [7, 20]


def test_a_secondary_limit_without_a_number_is_given_a_minute(client, forge, slept):
    forge.fail(fake.secondary_limit(None))
    client.request("POST", COMMENTS, json={"body": "x"})
    assert 60 <= slept[0] <= 61
    assert forge.bodies(7) == ["x"]


def test_a_secondary_limit_is_waited_for(client, forge, slept):
    forge.fail(fake.secondary_limit("30"), times=2)
    client.request("POST", COMMENTS, json={"body": "x"})
    assert [30 <= pause <= 31 for pause in slept] == [True, True]


def test_a_used_up_quota_is_waited_for_until_its_reset(client, forge, slept):
    forge.fail(fake.primary_limit(int(NOW) + 40))
    client.request("GET", COMMENTS)
    assert 41 <= slept[0] <= 42


def test_a_wait_that_is_too_long_is_refused_at_once(client, forge, slept):
    forge.fail(fake.primary_limit(int(NOW) + 3000))
    with pytest.raises(PublishError, match="it asks to wait 3001 s"):
        client.request("GET", COMMENTS)
    assert slept == []


def test_the_waits_of_all_attempts_together_are_bounded(forge, patience, slept):
    client = Client(forge.github_url, patience=patience(retries=50, most_wait_s=100.0))
    forge.fail(fake.too_many("40"), times=99)
    with pytest.raises(PublishError, match=r"3 attempts"):
        client.request("GET", COMMENTS)
    assert sum(slept) <= 100


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_asked_again_and_tells_the_services_own_words(
    client, forge, slept, status
):
    forge.fail(fake.refusal(status, "the reason"))
    with pytest.raises(PublishRefusedError, match=f"{status}: the reason") as caught:
        client.request("PATCH", "/x", json={})
    assert caught.value.status == status
    assert slept == []
    assert len(forge.asked) == 1


def test_validation_errors_are_told_with_their_details(client):
    with pytest.raises(PublishRefusedError, match=r"Validation Failed: .*Body is too long"):
        client.request("POST", COMMENTS, json={"body": "x" * 65_537})


def test_a_read_is_repeated_when_the_connection_breaks(client, forge, slept):
    forge.fail(fake.dropped(carried_out=False), times=2)
    assert client.request("GET", COMMENTS).json() == []
    assert len(slept) == 2


def test_an_edit_is_repeated_because_twice_is_as_good_as_once(client, forge):
    made = forge.comment(7, "old", by="github-actions[bot]")
    forge.fail(fake.dropped(carried_out=True))
    client.request("PATCH", f"/repos/shop/api/issues/comments/{made}", json={"body": "new"})
    assert forge.bodies(7) == ["new"]


@pytest.mark.parametrize(
    "fault", [fake.dropped(carried_out=True), fake.outage(502, carried_out=True)], ids=str
)
def test_a_create_whose_answer_was_lost_is_not_repeated_blindly(client, forge, slept, fault):
    forge.fail(fault)
    with pytest.raises(PublishError, match="it may have been carried out all the same"):
        client.request("POST", COMMENTS, json={"body": "once"})
    assert forge.bodies(7) == ["once"]
    assert slept == []


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("make", [fake.dropped, fake.outage])
def test_a_lost_create_is_looked_for_before_it_is_repeated(client, forge, make, carried_out):
    def find():
        listed = client.request("GET", COMMENTS)
        found = [entry for entry in listed.json() if entry["body"] == "once"]
        return (
            Response(status=200, headers={}, body=json.dumps(found[0]).encode()) if found else None
        )

    forge.fail(make(carried_out=carried_out), "POST")
    response = client.request("POST", COMMENTS, json={"body": "once"}, find=find)
    assert response.json()["body"] == "once"
    assert forge.bodies(7) == ["once"]


def test_a_create_that_never_left_is_repeated(patience, slept, closed_port):
    client = Client(f"http://127.0.0.1:{closed_port}", patience=patience(retries=2))
    with pytest.raises(PublishError, match=r"no connection \(3 attempts\)$"):
        client.request("POST", "/x", json={})
    assert len(slept) == 2


def test_silence_ends_after_the_time_out(forge, patience):
    client = Client(forge.github_url, timeout_s=0.05, patience=patience(retries=1))
    forge.fail(fake.silence(), times=2)
    with pytest.raises(PublishError, match=r"no answer in time \(2 attempts\)"):
        client.request("GET", COMMENTS)


def test_pages_are_followed_to_the_last(client, forge):
    forge.page_size = 2
    for number in range(5):
        forge.comment(7, str(number), by="alice")
    assert [entry["body"] for entry in client.pages(f"{COMMENTS}?per_page=100")] == [*"01234"]
    assert [asked.query.get("page") for asked in forge.asked] == [None, "2", "3"]


def test_a_page_that_is_no_list_is_an_error(client, forge):
    forge.fail(fake.Fault(answer=fake.Answer(status=200, document={"a": 1})))
    with pytest.raises(PublishError, match="expected a list, found dict"):
        list(client.pages(COMMENTS))


def test_every_wait_is_told(client, forge, caplog):
    forge.fail(fake.outage(502))
    client.request("GET", COMMENTS)
    (line,) = caplog.messages
    assert f"{COMMENTS}: 502: Unicorn! &middot; GitHub: trying again in " in line
