"""Regular expressions and JSONPath on hostile bodies."""

from __future__ import annotations

import time

import pytest

from perfanalysis.generator.scenario.patterns import (
    BodyError,
    PatternError,
    compile_jsonpath,
    compile_pattern,
    parse_json,
)

DOCUMENT = {"token": "t", "items": [{"id": 1, "name": "ab"}, {"id": 2, "name": "b"}], "null": None}


def seconds(call) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def test_time_grows_with_the_body_and_not_with_its_combinations():
    pattern = compile_pattern(r"^(a+)+$")
    short, long = b"a" * 20_000 + b"b", b"a" * 40_000 + b"b"
    assert not pattern.is_in(short)
    # Backtracking would take 2 ** 20000 times as long; linear time is within any clock's noise.
    assert seconds(lambda: pattern.is_in(long)) < 1


@pytest.mark.parametrize("text", ["(?=x)", r"(a)\1", "(", "a{5000}", "[z-a]", "x" * 3000])
def test_what_re2_does_not_know_is_refused(text):
    with pytest.raises(PatternError):
        compile_pattern(text)


def test_the_first_group_is_captured_or_the_match_without_one():
    body = b'<a id="1"><a id="2">'
    assert compile_pattern('id="([0-9]+)"').captures(body, 10) == ["1", "2"]
    assert compile_pattern("id=.[0-9]").captures(body, 1) == ['id="1']
    assert compile_pattern("x(y)?").captures(b"x", 1) == [""]


def test_bytes_that_are_no_utf8_are_searched_all_the_same():
    assert compile_pattern("b(.)").captures(b"\xff\xfeb\xc3\xa9", 1) == ["é"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.token", [True, "t"]),
        ("$.items[1].id", [True, 2]),
        ("$.items[?@.id > 1].name", [True, "b"]),
        ("$.items[?match(@.name, 'a.')].id", [True, 1]),
        ("$.items[?search(@.name, 'b$')].id", [True, 1]),
        ("$.items[?match(@.name, '(')].id", [False, None]),
        ("$.null", [True, None]),
        ("$.missing", [False, None]),
        ("$.items[9]", [False, None]),
    ],
)
def test_a_jsonpath_finds_what_rfc_9535_says(path, found):
    assert list(compile_jsonpath(path).first(DOCUMENT)) == found


def test_a_document_that_is_no_object_has_nothing_but_itself():
    assert compile_jsonpath("$").first("text") == (True, "text")
    assert compile_jsonpath("$.a").first("text") == (False, None)
    assert compile_jsonpath("$").all(5) == [5]
    assert compile_jsonpath("$[*]").all(5) == []


@pytest.mark.parametrize("text", ["token", "$.a[", "$.a[?@.b ==]", "$.items[?foo(@)]", ""])
def test_what_is_no_jsonpath_is_refused(text):
    with pytest.raises(PatternError, match="expected a JSONPath"):
        compile_jsonpath(text)


def test_expressions_in_a_jsonpath_do_not_backtrack():
    path = compile_jsonpath("$[?match(@, '(a+)+b')]")
    body = ["a" * 30_000]
    assert seconds(lambda: path.first(body)) < 1
    assert path.first(body) == (False, None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe\xfd"])
def test_a_body_without_json_is_told(body):
    with pytest.raises(BodyError, match="no JSON"):
        parse_json(body)


def test_a_body_nested_beyond_reason_is_told():
    with pytest.raises(BodyError, match="too deeply"):
        parse_json(b"[" * 200_000 + b"]" * 200_000)
    with pytest.raises(BodyError, match="too deeply"):
        compile_jsonpath("$..x").first(parse_json(b"[" * 500 + b"]" * 500))
