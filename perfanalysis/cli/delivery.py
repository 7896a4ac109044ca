"""Where results go: to the screen, or to a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.api.rendering import Screen


def screen(output: str | None) -> Screen:
    """Return how wide and how colourful a table may be.

    A file and a pipe get plain text as wide as it needs; NO_COLOR is respected.
    """
    import shutil

    from perfanalysis.api.rendering import Screen

    if output is not None or not sys.stdout.isatty():
        return Screen(width=None, color=False)
    return Screen(width=shutil.get_terminal_size().columns, color="NO_COLOR" not in os.environ)


def deliver(text: str, output: str | None) -> None:
    """Write a result to a file, or to standard output.

    Raises:
        UsageError: the file cannot be written.
    """
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        deliver_bytes(text.encode(), output)


def deliver_bytes(content: bytes, output: str) -> None:
    """Write a result that is no text to a file.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        Path(output).write_bytes(content)
    except OSError as exc:
        raise UsageError(f"{output}: cannot be written: {exc.strerror}") from exc
