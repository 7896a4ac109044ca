"""The shell that runs the commands of a page."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from perfanalysis.cli.main import run

_SHELL_SIGNS = re.compile(r"[|<>;&*$`=~]")


class Shell:
    """Runs commands in the working folder; ours within this process, which saves a second each."""

    def __init__(self) -> None:
        self.code = 0

    def run(self, command: str) -> str:
        """Return what a command prints, on either stream, and keep its exit code."""
        if command == "echo $?":
            return f"{self.code}\n"
        words = shlex.split(command, comments=True)
        plain = not _SHELL_SIGNS.search(re.sub(r"'[^']*'|\"[^\"$`]*\"|--[\w-]+=", "", command))
        if plain and words[0] == "perfanalysis":
            return self._run_here(words)
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, encoding="utf-8", check=False
        )
        self.code = done.returncode
        return done.stdout + done.stderr

    def _run_here(self, words: list[str]) -> str:
        with printed() as out, pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", words)
            self.code = run(words[1:])
        return out.getvalue()


class Printed(io.TextIOWrapper):
    """A text stream that keeps what it is given."""

    def getvalue(self) -> str:
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined]


@contextlib.contextmanager
def printed() -> Iterator[Printed]:
    out = Printed(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        yield out
