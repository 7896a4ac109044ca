"""The tags of k6's points, and what they say about a row of the request table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from perfanalysis.importers.k6.metrics import CHECKS, GROUP_DURATION, HTTP_REQ_DURATION
from perfanalysis.model.requests import Kind

# Sorted by key; without empty values: k6 writes `"group":""` for the root and an empty CSV cell
# for an absent tag, and means the same.
TagSet: TypeAlias = tuple[tuple[str, str], ...]

_LIFECYCLE_GROUPS = ("::setup", "::teardown")
_DECODER = json.JSONDecoder()


class TagError(ValueError):
    """Tags that cannot be understood: what was expected, what was found."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = found


class Labels(NamedTuple):
    """What the tags of a point say about its row; names are those of the request table.

    Attributes:
        ok: the verdict as far as the tags tell it; the point of http_req_failed overrules it.
        lifecycle: whether the point belongs to setup or teardown rather than to the load.
        tags: what has no column of its own.
    """

    name: str
    ok: bool
    group: str | None
    scenario: str | None
    method: str | None
    status: str | None
    error: str | None
    worker: str | None
    lifecycle: bool
    tags: list[tuple[str, str]] | None


def tag_set(pairs: Iterable[tuple[str, str]]) -> TagSet:
    """Return tags in their one canonical form."""
    return tuple(sorted((key, value) for key, value in pairs if value))


def read_json_tags(text: str) -> TagSet:
    """Return the tags of a JSON object, or of two in a row (tags, then metadata).

    Values other than text are kept as their JSON. On a conflict metadata wins.

    Raises:
        TagError: there is something else than objects.

    >>> read_json_tags('{"b":"2","a":"1","group":""}{"vu":7}')
    (('a', '1'), ('b', '2'), ('vu', '7'))
    """
    tags: dict[str, str] = {}
    at = 0
    try:
        while at < len(text):
            found, at = _DECODER.raw_decode(text, at)
            if found is not None and not isinstance(found, dict):
                raise TagError("an object of tags", text)
            for key, value in (found or {}).items():
                if value is not None:
                    tags[key] = value if isinstance(value, str) else json.dumps(value)
    except (json.JSONDecodeError, RecursionError):
        raise TagError("an object of tags", text) from None
    return tag_set(tags.items())


def describe(tags: TagSet, kind: Kind) -> Labels:
    """Return what tags say about a row of that kind."""
    rest = dict(tags)
    group = rest.pop("group", None)
    scenario = rest.pop("scenario", None)
    method = rest.pop("method", None)
    status = rest.pop("status", None)
    error = rest.pop("error", None)
    worker = rest.pop("vu", None)
    ok = True
    if kind is Kind.REQUEST:
        ok = _ok(rest.pop("expected_response", None), status, error or rest.get("error_code"))
        error = error or _error(rest.get("error_code"), status)
        name = rest.pop("name", None) or rest.get("url") or HTTP_REQ_DURATION
        # Since k6 0.41 the url of a named request is its name: nothing worth keeping.
        if rest.get("url") == name:
            del rest["url"]
    elif kind is Kind.CHECK:
        name = rest.pop("check", CHECKS)
    elif kind is Kind.TRANSACTION:
        name = group or GROUP_DURATION
    else:
        name = scenario or group or "iteration"
    return Labels(
        name=name,
        ok=ok,
        group=group,
        scenario=scenario,
        method=method,
        # k6 writes status 0 where there was no response; HTTP has no such status.
        status=None if status == "0" else status,
        error=error,
        worker=worker,
        lifecycle=scenario is None and _is_lifecycle(group),
        tags=list(rest.items()) or None,
    )


def _ok(expected_response: str | None, status: str | None, error: str | None) -> bool:
    """Judge as k6 does: its own verdict, else its default rule (status 200 to 399)."""
    if expected_response is not None:
        return expected_response == "true"
    if status is not None:
        return len(status) == 3 and "200" <= status <= "399"
    return error is None


def _error(error_code: str | None, status: str | None) -> str | None:
    if error_code is not None:
        return f"error_code {error_code}"
    return "no response" if status == "0" else None


def _is_lifecycle(group: str | None) -> bool:
    return group is not None and any(
        group == lifecycle or group.startswith(f"{lifecycle}::") for lifecycle in _LIFECYCLE_GROUPS
    )
