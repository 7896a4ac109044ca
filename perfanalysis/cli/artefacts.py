"""Artefacts: the files and the output of one command, all of them written before it ends.

A pipeline wants a table to read, JSON for the next step, Markdown for the pull request and JUnit
for the list of tests, of one comparison that took a load test to make. So a file that cannot be
written, or a form that cannot be rendered, costs none of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perfanalysis.cli.delivery import deliver
from perfanalysis.errors import PerfanalysisError, UsageError


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A form of the result, and its file; None for standard output."""

    format_name: str
    output: str | None


def parse_artefacts(texts: Sequence[str], formats: Sequence[str]) -> list[Artefact]:
    """Return what `--write FORMAT=FILE` asks for.

    Raises:
        UsageError: a text is none of that kind, or two share a file.
    """
    found = []
    for text in texts:
        format_name, equals, output = text.partition("=")
        if not equals or not output or format_name not in formats:
            raise UsageError(
                f"--write {text}: expected FORMAT=FILE, such as json=comparison.json",
                hint=f"formats: {', '.join(formats)}",
            )
        found.append(Artefact(format_name=format_name, output=output))
    return found


def write_artefacts(
    artefacts: Sequence[Artefact],
    render: Callable[[str, str | None], str],
    *,
    first: Callable[[], None] | None = None,
) -> None:
    """Write every artefact, whatever becomes of the others.

    Args:
        artefacts: what to write; what goes to standard output is written last, since its reader
            may hang up.
        render: returns a form, given its format and its file.
        first: writes what the artefacts point to; its failure costs none of them either.

    Raises:
        UsageError: two artefacts share a file, before anything is written; or, after everything
            else was written, what could not be.
    """
    files = [artefact.output for artefact in artefacts if artefact.output is not None]
    for file in files:
        if files.count(file) > 1:
            raise UsageError(f"{file}: expected one output a file, found {files.count(file)}")
    failures: list[Exception] = []
    if first is not None:
        try:
            first()
        except Exception as exc:  # noqa: BLE001  (told below; the artefacts come first)
            failures.append(exc)
    for artefact in sorted(artefacts, key=lambda a: a.output is None):
        try:
            deliver(render(artefact.format_name, artefact.output), artefact.output)
        except BrokenPipeError:
            raise
        except Exception as exc:  # noqa: BLE001  (told below; the other artefacts come first)
            failures.append(exc)
    _tell(failures)


def _tell(failures: Sequence[Exception]) -> None:
    for failure in failures:
        if not isinstance(failure, PerfanalysisError):
            raise failure  # a bug, which the one handler of errors tells
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise UsageError("; ".join(str(failure) for failure in failures))
