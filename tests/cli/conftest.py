"""Running the command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from perfanalysis.cli.main import run


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capfd, monkeypatch) -> Callable[..., Ended]:
    """Run a command; no configuration of this project leaks into it."""

    def call(*arguments: object) -> Ended:
        argv = [str(argument) for argument in arguments]
        monkeypatch.setattr("sys.argv", ["perfanalysis", *argv])
        code = run(argv)
        captured = capfd.readouterr()
        return Ended(code=code, out=captured.out, err=captured.err)

    return call
