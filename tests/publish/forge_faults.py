"""How a forge fails: answers that the real services give, and what they do without a word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NOT_ACCESSIBLE = "Resource not accessible by integration"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    document: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(kw_only=True)
class Fault:
    """How requests fail.

    Attributes:
        answer: what is sent back; None closes the connection without a word.
        carried_out: whether the request is carried out all the same.
        silent: nothing is sent, and the connection stays open.
    """

    answer: Answer | None = None
    carried_out: bool = False
    silent: bool = False
    method: str = ""
    pattern: str = ""
    times: int = 1


def outage(status: int = 502, *, carried_out: bool = False, after: str | None = None) -> Fault:
    headers = {"Content-Type": "text/html"} | ({} if after is None else {"Retry-After": after})
    page = b"<html><head><title>Unicorn! &middot; GitHub</title></head></html>"
    return Fault(answer=Answer(status=status, body=page, headers=headers), carried_out=carried_out)


def secondary_limit(after: str | None = "30") -> Fault:
    message = "You have exceeded a secondary rate limit. Please wait a few minutes."
    headers = {} if after is None else {"Retry-After": after}
    return Fault(answer=Answer(status=403, document={"message": message}, headers=headers))


def primary_limit(reset: int) -> Fault:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    document = {"message": "API rate limit exceeded for installation ID 1."}
    return Fault(answer=Answer(status=403, document=document, headers=headers))


def too_many(after: str = "5") -> Fault:
    document = {"message": "429 Too Many Requests"}
    return Fault(answer=Answer(status=429, document=document, headers={"Retry-After": after}))


def dropped(*, carried_out: bool) -> Fault:
    return Fault(carried_out=carried_out)


def silence() -> Fault:
    return Fault(silent=True)


def login_page() -> Fault:
    page = b"<!DOCTYPE html><title>Sign in</title><form></form>"
    headers = {"Content-Type": "text/html; charset=utf-8"}
    return Fault(answer=Answer(status=200, body=page, headers=headers))


def flood(size: int) -> Fault:
    headers = {"Content-Type": "application/json"}
    return Fault(answer=Answer(status=200, body=b'["' + b"x" * size + b'"]', headers=headers))


def refusal(status: int, message: str) -> Fault:
    return Fault(answer=Answer(status=status, document={"message": message}))


def elsewhere(url: str, status: int = 302) -> Fault:
    return Fault(answer=Answer(status=status, document={}, headers={"Location": url}))
