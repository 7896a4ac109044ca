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


def screen(output: str | None, *, every_row: bool = False) -> Screen:
    """Return how wide and how colourful a table may be, and of which characters.

    A file and a pipe get a table as wide as it needs; NO_COLOR is respected.

    Args:
        output: the file, or None for standard output.
        every_row: leave out no row of a comparison.
    """
    import shutil

    from perfanalysis.api.rendering import Screen

    if output is not None:
        return Screen(width=None, color=False, every_row=every_row)
    ascii_only = not _shows_unicode()
    if not sys.stdout.isatty():
        return Screen(width=None, color=False, ascii_only=ascii_only, every_row=every_row)
    return Screen(
        width=shutil.get_terminal_size().columns,
        color="NO_COLOR" not in os.environ,
        ascii_only=ascii_only,
        every_row=every_row,
    )


def _shows_unicode() -> bool:
    try:
        "▁…".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def deliver(text: str, output: str | None) -> None:
    """Write a result to a file, or to standard output.

    Raises:
        UsageError: the file cannot be written.
    """
    if output is None:
        # A name that the terminal's encoding lacks must not cost the result.
        encoding = sys.stdout.encoding or "ascii"
        shown = text.encode(encoding, "backslashreplace").decode(encoding)
        click.echo(shown, nl=not shown.endswith("\n"))
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
