"""Notices to send, and the servers that get them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest

from perfanalysis.model.budget_results import BudgetResult, Check
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Comparison, Verdict
from perfanalysis.publish.findings import Findings
from perfanalysis.publish.notify.notice import Notice, notice_of
from tests.reports.conftest import (  # noqa: F401  (fixtures are found by their names here)
    comparison,
    hostile_comparison,
    hostile_names,
    make_result,
    make_run,
    results,
    unchanged_result,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
JOB = "https://ci.example/jobs/7?tab=report&raw=1"

BUDGET = BudgetResult(
    metric="latency.p95",
    name="search",
    tags=(),
    source="latency.p95 of search: 50 ms",
    file="budget.yml",
    line=3,
    level="error",
    relative=False,
    bound="max",
    limit=50.0,
    for_s=None,
    unit="ms",
    value=57.9,
    baseline=None,
    ci_low=55.0,
    ci_high=61.0,
    confidence=0.95,
    method="batch-means",
    outcome=Outcome.BROKEN,
    reason=None,
    headroom=-0.158,
    error_budget_left=None,
    message="latency.p95 is 57.9 ms, over the limit of 50 ms",
    caveats=(),
)


def told(
    comparison: Comparison | None,  # noqa: F811
    check: Check | None,
    *,
    title: str,
    url: str | None,
    strict: bool = False,
) -> Notice:
    """Return the notice of a comparison, a check or both."""
    return notice_of(Findings.of(comparison, check, strict=strict), title=title, url=url)


@dataclass(kw_only=True)
class Hook:
    """A web server that notes what is posted to it, and answers as it is told."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"hook": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}/services/T000/B000/very-secret-part"

    def will_answer(self, *answers: tuple[int, bytes]) -> None:
        """Answer the next posts so; later ones with 200."""
        self.answers += [(status, {}, body) for status, body in answers]


class _Handler(BaseHTTPRequestHandler):
    hook: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.hook.posted.append(
            {
                "path": self.path,
                "headers": {key.lower(): value for key, value in self.headers.items()},
                "body": body,
                "document": json.loads(body),
            }
        )
        status, headers, text = self.hook.answers.pop(0) if self.hook.answers else (200, {}, b"ok")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        yield server


@pytest.fixture
def make_check(make_run):  # noqa: F811
    """Build a check of some budgets."""

    def make(*results):  # noqa: F811
        return Check(runs=(make_run(),), outcome=Outcome.BROKEN, results=results, caveats=())

    return make


@pytest.fixture
def notice(comparison, make_check):  # noqa: F811
    """A regression, and a broken budget besides."""
    return told(comparison, make_check(BUDGET), title="shop/api", url=JOB)


@pytest.fixture
def hostile_notice(hostile_comparison, hostile_names, make_check):  # noqa: F811
    """A regression of hostile names, with budgets of hostile names."""
    budgets = [replace(BUDGET, name=name, source=name, message=name) for name in hostile_names]
    return told(hostile_comparison, make_check(*budgets), title=hostile_names[1], url=JOB)


@pytest.fixture
def passed_notice(comparison, unchanged_result):  # noqa: F811
    """A comparison that found nothing."""
    found = replace(
        comparison,
        verdict=Verdict.UNCHANGED,
        reasons=(),
        results=(unchanged_result,),
        not_judged=(),
        judged=1,
    )
    return told(found, None, title="shop/api", url=None)
