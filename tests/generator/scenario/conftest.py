"""A session that answers from a table and keeps what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from perfanalysis.generator.response import Response
from perfanalysis.generator.scenario.loading import load_scenario
from perfanalysis.generator.scenario.preparing import Choices, Prepared, prepare

pytest.importorskip("re2")
pytest.importorskip("jsonpath_rfc9535")

HEAD = "target: http://127.0.0.1:8000\n"


@dataclass
class Asked:
    """A request as the engine was given it."""

    method: str
    url: str
    options: dict[str, Any]


@dataclass
class FakeSocket:
    """A WebSocket whose server answers each message with it."""

    error: str | None = None
    sent: list[str] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    async def send(self, message: str, *, name: str | None = None) -> bool:
        del name
        self.sent.append(message)
        return True

    async def expect(self, matches: Callable[[str], bool], *, name: str | None, timeout_s: float):
        del name, timeout_s
        return next((message for message in self.sent if matches(message)), None)

    async def close(self, code: int = 1000) -> None:
        self.closed.append(code)


class FakeSession:
    """Answers by method and path; unknown paths are 404."""

    def __init__(self, answers: dict[str, Any] | None = None, user_id: int = 0) -> None:
        self.answers = answers or {}
        self.variables: dict[str, object] = {}
        self.user_id = user_id
        self.iteration = 0
        self.random = random.Random(f"1/{user_id}")
        self.asked: list[Asked] = []
        self.errors: list[str | None] = []
        self.checks: list[tuple[str, bool]] = []
        self.slept: list[float] = []
        self.groups: list[str] = []
        self.socket = FakeSocket()

    async def request(self, method: str, url: str, *, expect=None, **options) -> Response:
        self.asked.append(Asked(method, url, options))
        response = Response(url)
        answer = self.answers.get(f"{method} {url}", (404, b""))
        if answer is None:
            response.error = "connection refused"
        else:
            self._fill(response, *answer)
            default = f"HTTP {response.status}" if response.status >= 400 else None
            response.error = default if expect is None else expect(response)
        self.errors.append(response.error)
        return response

    def _fill(self, response, status, body=b"", headers=(), latency_ms=1.0) -> None:
        response.status = status
        response.content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response.raw = [(name.encode(), value.encode()) for name, value in headers]
        response.latency_ns = round(latency_ms * 1e6)

    def check(self, name: str, passed: bool) -> bool:
        self.checks.append((name, passed))
        return passed

    @contextlib.asynccontextmanager
    async def group(self, name: str):
        self.groups.append(name)
        yield

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def websocket(self, url: str, **options) -> FakeSocket:
        self.asked.append(Asked("WEBSOCKET", url, options))
        return self.socket


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """Write a scenario file: `write(text, name="test.yml")`."""

    def write_file(text: str, name: str = "test.yml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def prepared(write) -> Callable[..., Prepared]:
    """Prepare the text of a scenario file."""

    def prepare_text(text: str, environment=None, **choices) -> Prepared:
        return prepare(load_scenario(write(text)), environment or {}, Choices(**choices))

    return prepare_text


@pytest.fixture
def new_session() -> type[FakeSession]:
    """Make a session: `new_session(answers)`."""
    return FakeSession


@pytest.fixture
def iterate(prepared) -> Callable[..., FakeSession]:
    """Run one iteration of some steps, given as YAML, against a table of answers."""

    def run(steps: str, answers=None, *, head: str = "", environment=None, session=None):
        indented = "".join(f"      {line}\n" for line in steps.strip("\n").splitlines())
        text = f"{HEAD}{head}scenarios:\n  - name: test\n    steps:\n{indented}"
        program = prepared(text, environment).program
        session = session or FakeSession(answers)
        asyncio.run(program.function(0)(session))
        return session

    return run
