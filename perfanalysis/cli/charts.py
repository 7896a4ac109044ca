"""`--charts`: the folder for the pictures of Markdown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.reports.markdown import LinkedChart
    from perfanalysis.reports.plots.chart import Chart


class ChartFolder:
    """Where charts are written, and how Markdown finds those that were."""

    def __init__(self, folder: str | None, *, quiet: bool) -> None:
        """Take the folder; None for no charts."""
        self._folder = folder
        self._quiet = quiet
        self._written: list[Chart] = []

    @property
    def wanted(self) -> bool:
        """Whether there are charts to be written."""
        return self._folder is not None

    def check(self, formats: Iterable[str]) -> None:
        """Refuse charts that nothing would show.

        Raises:
            UsageError: they are wanted, and none of the formats is Markdown.
        """
        if self.wanted and "markdown" not in formats:
            raise UsageError(
                f"--charts {self._folder}: no Markdown is written that could show them",
                hint="add --format markdown",
            )

    def write(self, charts: Sequence[Chart]) -> None:
        """Write charts, each appearing whole; those of the same names are replaced.

        Raises:
            UsageError: a file cannot be written.
        """
        folder = Path(self._folder or ".")
        for chart in charts:
            _replace(folder / chart.file_name, chart.svg)
            self._written.append(chart)
        if not self._quiet:
            said = (
                f"{folder} ({len(charts)} files)" if charts else "none: the runs know totals only"
            )
            click.echo(f"charts: {said}", err=True)

    def linked_from(self, file: str | None) -> list[LinkedChart]:
        """Return the charts that were written, as a file finds them.

        Args:
            file: that links them; None for standard output, whose place is the current folder.

        Raises:
            UsageError: no relative path leads from the file to the charts.
        """
        from perfanalysis.reports.markdown import LinkedChart

        return [
            LinkedChart(
                kind=chart.kind, name=chart.name, address=self._address(chart.file_name, file)
            )
            for chart in self._written
        ]

    def _address(self, file_name: str, file: str | None) -> str:
        beside = Path(file).parent if file is not None else Path()
        target = Path(self._folder or ".") / file_name
        try:
            found = os.path.relpath(target, beside)
        except ValueError as exc:  # another drive
            raise UsageError(f"{target}: cannot be linked from {file}: {exc}") from exc
        return quote(os.fsencode(Path(found).as_posix()))


def charts_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option; the command gets it as `charts`."""

    @wraps(command)
    def draw(*args: object, charts: str | None, **rest: object) -> object:
        quiet = click.get_current_context().obj["quiet"]
        return command(*args, charts=ChartFolder(charts, quiet=quiet), **rest)

    return click.option(
        "--charts",
        metavar="FOLDER",
        help="Write SVG charts there, and show them in the Markdown.",
    )(draw)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as exc:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise UsageError(f"{path}: cannot be written: {exc.strerror}") from exc
