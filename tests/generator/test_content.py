"""Compressed bodies, hostile ones included."""

from __future__ import annotations

import gzip
import zlib

import pytest

from perfanalysis.generator import failures
from perfanalysis.generator.content import decoded
from perfanalysis.generator.failures import RequestFailedError


def test_several_gzip_members_are_one_body():
    body = gzip.compress(b"hello ") + gzip.compress(b"world")
    assert decoded(body, "gzip", max_bytes=100) == b"hello world"


def test_a_small_body_that_becomes_huge_is_stopped_before_it_fills_the_memory():
    bomb = gzip.compress(gzip.compress(bytes(100 << 20)))
    with pytest.raises(RequestFailedError, match=failures.BODY_TOO_LARGE):
        decoded(bomb, "gzip, gzip", max_bytes=1 << 20)


def test_exactly_what_is_allowed_is_allowed():
    assert len(decoded(zlib.compress(bytes(1000)), "deflate", max_bytes=1000)) == 1000
    with pytest.raises(RequestFailedError, match=failures.BODY_TOO_LARGE):
        decoded(zlib.compress(bytes(1001)), "deflate", max_bytes=1000)


@pytest.mark.parametrize(
    "body",
    [b"not compressed at all", gzip.compress(b"hello")[:-9], gzip.compress(b"hello") + b"x"],
    # A body begins with the time of its compression, and names must be alike in every process.
    ids=["no gzip", "cut", "followed by more"],
)
def test_what_is_not_what_it_says_is_an_error(body):
    with pytest.raises(RequestFailedError, match=failures.BAD_CONTENT):
        decoded(body, "gzip", max_bytes=1000)


def test_an_unknown_encoding_is_an_error():
    with pytest.raises(RequestFailedError, match=failures.UNKNOWN_CONTENT):
        decoded(b"x", "br", max_bytes=1000)


@pytest.mark.parametrize("encodings", ["identity", "", "gzip"])
def test_an_empty_body_stays_empty(encodings):
    assert decoded(b"", encodings, max_bytes=10) == b""
