"""How a load test is going, on standard error: a view that renews itself, or plain lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

from perfanalysis.units import format_count, format_ms, format_ratio, significant

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from perfanalysis.generator.progress import Progress
    from perfanalysis.generator.scenario.shapes import NamedStage

PLAIN_LINE_EVERY_S = 10.0


class Shown(Protocol):
    """What shows progress."""

    def show(self, progress: Progress) -> None:
        """Show how the run is going; called once a second."""


class Silent:
    """Shows nothing."""

    def show(self, progress: Progress) -> None:
        """Do nothing."""


class PlainLines:
    """A line every ten seconds, for logs.

    Args:
        stages: of the load.
        is_open: whether targets are arrivals a second.
    """

    def __init__(self, stages: Sequence[NamedStage], *, is_open: bool) -> None:
        self._stages = stages
        self._is_open = is_open
        self._next_s = PLAIN_LINE_EVERY_S

    def show(self, progress: Progress) -> None:
        """Write a line if it is time for one."""
        if progress.elapsed_s + 0.5 < self._next_s:
            return
        self._next_s += PLAIN_LINE_EVERY_S
        click.echo(plain_line(progress, self._stages, is_open=self._is_open), err=True)


class LiveView:
    """Renews itself once a second.

    Args:
        live: rich's display.
        name: of the test.
        stages: of the load.
        is_open: whether targets are arrivals a second.
    """

    def __init__(
        self, live: Live, name: str, stages: Sequence[NamedStage], *, is_open: bool
    ) -> None:
        self._live = live
        self._name = name
        self._stages = stages
        self._is_open = is_open

    def show(self, progress: Progress) -> None:
        """Show how the run is going."""
        view = view_of(progress, self._name, self._stages, is_open=self._is_open)
        self._live.update(view, refresh=True)


@contextmanager
def live_view(
    name: str, stages: Sequence[NamedStage], *, is_open: bool, quiet: bool
) -> Iterator[Shown]:
    """Give what shows progress: a view on a terminal, lines elsewhere, nothing if quiet."""
    if quiet:
        yield Silent()
        return
    if not sys.stderr.isatty():
        yield PlainLines(stages, is_open=is_open)
        return
    from rich.console import Console
    from rich.live import Live

    # The results come when it is over: the view makes room for them.
    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        yield LiveView(live, name, stages, is_open=is_open)


def plain_line(progress: Progress, stages: Sequence[NamedStage], *, is_open: bool) -> str:
    """Return one line about a run that is under way."""
    figures = (("p50", progress.p50_ms), ("p95", progress.p95_ms), ("p99", progress.p99_ms))
    parts = [
        f"{progress.elapsed_s:.0f} s of {progress.duration_s:.0f} s",
        _stage(progress, stages),
        _load(progress, is_open=is_open),
        f"{significant(progress.rate_per_s)} requests/s",
        f"{format_ratio(progress.error_rate)} failed",
        *(f"{name} {format_ms(value)}" for name, value in figures),
        f"{format_count(progress.requests)} requests",
    ]
    if is_open and progress.dropped:
        parts.append(f"{format_count(progress.dropped)} arrivals dropped")
    return ", ".join(parts)


def view_of(progress: Progress, name: str, stages: Sequence[NamedStage], *, is_open: bool) -> Table:
    """Return the view of a run that is under way, for rich."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    from perfanalysis.reports.escape import shortened, terminal_text

    head = Text(shortened(terminal_text(name), 50), style="bold")
    head.append(f"  {progress.elapsed_s:.0f} s of {progress.duration_s:.0f} s", style="default")
    share = min(progress.elapsed_s / progress.duration_s, 1.0)
    table = Table.grid(padding=(0, 3))
    for row in _rows(progress, stages, is_open=is_open):
        table.add_row(*row)
    whole = Table.grid()
    for part in (head, ProgressBar(total=1.0, completed=share, width=60), table):
        whole.add_row(part)
    return whole


def _rows(
    progress: Progress, stages: Sequence[NamedStage], *, is_open: bool
) -> Iterator[tuple[str, ...]]:
    yield "stage", _stage(progress, stages)
    yield "load", _load(progress, is_open=is_open)
    counts = f"{format_count(progress.requests)} in {format_count(progress.iterations)} iterations"
    if is_open and progress.dropped:
        counts += f", {format_count(progress.dropped)} arrivals dropped"
    yield "requests", counts
    yield "last 5 s", f"{significant(progress.rate_per_s)} /s, {_failed(progress)}"
    figures = (("p50", progress.p50_ms), ("p95", progress.p95_ms), ("p99", progress.p99_ms))
    yield "", "   ".join(f"{name} {format_ms(value)}" for name, value in figures)


def _failed(progress: Progress) -> str:
    share = format_ratio(progress.error_rate)
    return f"{share} failed, {format_count(progress.failures)} in all"


def _stage(progress: Progress, stages: Sequence[NamedStage]) -> str:
    """Return which stage it is; jumps, which take no time, do not count."""
    if progress.elapsed_s >= progress.duration_s:
        return "waiting for what is under way"
    timed = [stage for stage in stages if stage.duration_s > 0]
    before = [stage for stage in stages[: progress.stage - 1] if stage.duration_s > 0]
    number = min(len(before) + 1, len(timed))
    name = stages[min(progress.stage, len(stages)) - 1].name
    return f"stage {number} of {len(timed)}{f' ({name})' if name else ''}"


def _load(progress: Progress, *, is_open: bool) -> str:
    users = "–" if progress.users is None else format_count(progress.users)
    if is_open:
        return f"{significant(progress.target)} arrivals/s, {users} users busy"
    return f"{users} of {format_count(round(progress.target))} users"
