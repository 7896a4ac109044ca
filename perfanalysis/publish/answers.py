"""Answers: what a service said, read with suspicion."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import urllib3

from perfanalysis.errors import PublishError

_MOST_READ: Final = 4096
_MOST_SHOWN: Final = 300


@dataclass(frozen=True, kw_only=True)
class Response:
    """A successful answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """Return the body as JSON.

        Raises:
            PublishError: it is something else: the page of a proxy, of a login, of maintenance.
        """
        try:
            return cast("object", json.loads(self.body))
        except (ValueError, RecursionError) as exc:
            kind = self.headers.get("content-type", "no type")
            raise PublishError(
                f"expected JSON, found {kind} of {len(self.body)} bytes",
                hint="is the address that of the API, and does a proxy or login stand before it?",
            ) from exc


def next_page(link: str) -> str | None:
    """Return the address that a Link header (RFC 8288) calls next."""
    for address, attributes in re.findall(r"<([^<>]*)>([^,<]*)", link):
        if re.search(r"""\brel\s*=\s*["']?next\b""", attributes):
            return str(address)
    return None


def start_of(body: bytes) -> str:
    """Return the first few thousand characters of a body that may be anything."""
    return body[:_MOST_READ].decode("utf-8", errors="replace")


def said(response: Response) -> str:
    """Return a service's own words about an error, on one line of bounded length."""
    text = start_of(response.body)
    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError):
        # A page, not the API: its title says more than its markup.
        title = re.search(r"<title>([^<]*)", text, re.IGNORECASE)
        text = title[1] if title else text
    else:
        text = _message(document) or text
    return " ".join(text.split())[:_MOST_SHOWN] or "no reason given"


def _message(document: object) -> str:
    """Return what GitHub's and GitLab's error documents say."""
    if not isinstance(document, dict):
        return ""
    said = document.get("message", document.get("error_description", document.get("error", "")))
    text = said if isinstance(said, str) else json.dumps(said)
    errors = document.get("errors")
    return f"{text}: {json.dumps(errors)}" if errors else text


def failure_words(exc: Exception) -> str:
    """Return why there was no answer, without the addresses that urllib3 would name."""
    if isinstance(exc, urllib3.exceptions.NameResolutionError):
        return "the name of the host is not known"
    if isinstance(exc, urllib3.exceptions.NewConnectionError):
        return "no connection"
    if isinstance(exc, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(exc, urllib3.exceptions.ProtocolError):
        return "the connection broke off"
    return type(exc).__name__
