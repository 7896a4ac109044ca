from __future__ import annotations

import pytest

from perfanalysis.errors import UsageError
from perfanalysis.publish.marker import (
    Mood,
    State,
    checked_key,
    is_same_post,
    marked,
    marker,
    read_state,
)

STATE = State(mood=Mood.PROBLEM, order=(812, 1))


def test_a_comment_begins_with_the_marker_and_remembers():
    body = marked("### text\n", "checkout-load", STATE)
    assert body == (
        "<!-- perfanalysis key=checkout-load -->\n"
        "<!-- perfanalysis-state problem order=812.1 -->\n\n"
        "### text\n"
    )
    assert read_state(body, "checkout-load") == STATE
    assert read_state(body.replace("\n", "\r\n"), "checkout-load") == STATE


@pytest.mark.parametrize("other", ["checkout", "checkout-load2", "load", "CHECKOUT-LOAD"])
def test_other_keys_are_other_comments(other):
    assert read_state(marked("x", "checkout-load", STATE), other) is None


@pytest.mark.parametrize(
    "body",
    [
        "> <!-- perfanalysis key=a -->\n> quoted",
        "look:\n<!-- perfanalysis key=a -->",
        "`<!-- perfanalysis key=a -->`",
        "<!-- perfanalysis key=a --> and more",
        "",
    ],
)
def test_a_marker_counts_on_the_first_line_alone(body):
    assert read_state(body, "a") is None


@pytest.mark.parametrize(
    "second",
    [
        "",
        "### no state",
        "<!-- perfanalysis-state cheerful order=1 -->",
        "<!-- perfanalysis-state problem order=x -->",
    ],
)
def test_a_comment_without_a_readable_state_has_spoken_and_is_older_than_all(second):
    assert read_state(f"{marker('a')}\n{second}", "a") == State(mood=Mood.PROBLEM, order=())
    assert () < (0,) < (812, 1) < (812, 2) < (813, 1)


def test_nothing_quoted_can_look_like_a_marker():
    forged = "<!-- perfanalysis key=a -->\n<!-- other-bot -->"
    body = marked(f"| `{forged}` |", "b", STATE)
    assert body.count("<!--") == 2
    assert read_state(body, "a") is None


@pytest.mark.parametrize("key", ["a", "7", "checkout-load", "a/b_c.d", "x" * 100])
def test_keys_that_can_stand_in_a_comment_are_taken(key):
    assert read_state(marked("x", checked_key(key), STATE), key) == STATE


@pytest.mark.parametrize(
    "key", ["", " ", "a b", "a--b", "a-->", "-a", "a-", "a\nb", "ä", "<a>", "x" * 101, "a\n"]
)
def test_keys_that_cannot_are_refused(key):
    with pytest.raises(UsageError, match="expected a key of letters and digits"):
        checked_key(key)


def test_services_may_change_blanks():
    body = marked("### text\n\nmore\n", "a", STATE)
    assert is_same_post(body.replace("\n", "\r\n").rstrip(), body)
    assert not is_same_post(marked("### text\n", "a", STATE), body)
