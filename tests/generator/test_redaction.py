"""Secrets kept out of texts and batches."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.generator.redaction import Redactor
from perfanalysis.model.requests import LABELS

SECRET = 'p/s w"ö\\d'


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        repr(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_hidden_in_every_form_that_it_takes_on(shown):
    text = Redactor([SECRET]).text(f"GET /x?key={shown} failed")
    assert "***" in text
    for part in (SECRET, quote(SECRET, safe=""), "ö", "%C3"):
        assert part not in text


def test_a_secret_within_a_longer_one_leaves_nothing_behind():
    assert Redactor(["token", "token-of-ada"]).text("token-of-ada token") == "*** ***"


def test_short_values_are_left_alone():
    assert Redactor(["5", "on", ""]).text("500 connections") == "500 connections"


def test_credentials_of_unknown_parts_are_hidden():
    redactor = Redactor([])
    assert redactor.text("authorization: Bearer abc.DEF-123") == "authorization: Bearer ***"
    assert redactor.text("basic dXNlcjpwYXNz!") == "basic ***!"
    assert redactor.text("the bearer of it") == "the bearer of it"


@given(st.text(min_size=4, max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_text_shows_a_secret(secret, before, after):
    shown = Redactor([secret]).text(before + secret + after)
    assert secret not in shown or secret in "***"


def test_texts_of_a_batch_are_cleaned_and_everything_else_stays():
    batch = pa.RecordBatch.from_pydict(
        {
            "name": pa.array(["a", "s3cret", None]),
            "error": pa.array(["x", "no s3cret", "x"]).dictionary_encode(),
            "tags": pa.array([[("k", "s3cret"), ("n", "1")], None, []], LABELS),
            "latency_ms": pa.array([1.0, 2.0, None]),
        }
    )
    cleaned = Redactor(["s3cret"]).batch(batch)
    assert cleaned.column("name").to_pylist() == ["a", "***", None]
    assert cleaned.column("error").to_pylist() == ["x", "no ***", "x"]
    assert cleaned.column("tags").to_pylist() == [[("k", "***"), ("n", "1")], None, []]
    assert cleaned.column("latency_ms").equals(batch.column("latency_ms"))


def test_a_batch_without_secrets_is_not_copied():
    batch = pa.RecordBatch.from_pydict({"name": pa.array(["a", None])})
    assert Redactor(["s3cret"]).batch(batch) is batch
