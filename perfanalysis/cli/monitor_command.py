"""`perfanalysis monitor`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfanalysis.cli.options import parse_tags
from perfanalysis.cli.options_monitor import monitor_options
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.api.monitoring import MonitorProgress
    from perfanalysis.monitor.settings import MonitorSettings

_PLAIN_LINE_EVERY_S = 10.0


@click.command("monitor")
@click.option("-o", "--output", required=True, metavar="NAME.run", help="The run bundle to make.")
@click.option("--duration", metavar="TIME", help="How long; default: until Ctrl-C or SIGTERM.")
@click.option("--name", metavar="TEXT", help="What people call the run; default: its folder's.")
@click.option("--tag", "tags", multiple=True, metavar="K=V", help="Kept in run.json; repeatable.")
@click.option("--force", is_flag=True, help="Replace a bundle that is already there.")
@click.option("--format", "output_format", type=click.Choice(["table", "json"]), default="table")
@monitor_options()
@click.pass_context
def command(
    ctx: click.Context,
    *,
    output: str,
    duration: str | None,
    name: str | None,
    tags: tuple[str, ...],
    force: bool,
    output_format: str,
    monitoring: MonitorSettings,
) -> int:
    """Record what this machine, processes, applications and databases do.

    Ends after --duration, or with Ctrl-C or SIGTERM. What cannot be read is counted and told, and
    stops nothing else.
    """
    from perfanalysis.api.monitoring import monitor
    from perfanalysis.cli.main import ExitCode
    from perfanalysis.cli.stopping import stopping_on_signals
    from perfanalysis.reports.imported import import_lines

    duration_s = _seconds(duration)
    progress = _Progress(quiet=ctx.obj["quiet"])
    with stopping_on_signals() as stopping:
        run = monitor(
            monitoring,
            Path(output),
            duration_s=duration_s,
            name=name,
            tags=parse_tags(tags),
            overwrite=force,
            stopping=stopping,
            on_progress=progress.show,
        )
    progress.end()
    if output_format == "json":
        document = json.loads(run.info.model_dump_json(by_alias=True))
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo(import_lines(run.info, output))
    was_cut_short = any(caveat.code == "stopped-early" for caveat in run.info.caveats)
    return ExitCode.INTERRUPTED if was_cut_short else ExitCode.PASS


def _seconds(duration: str | None) -> float | None:
    from perfanalysis.units import parse_duration

    if duration is None:
        return None
    try:
        seconds = parse_duration(duration)
    except ValueError as exc:
        raise UsageError(f"--duration: {exc}") from exc
    if seconds <= 0:
        raise UsageError(f"--duration: expected more than nothing, found {duration!r}")
    return seconds


class _Progress:
    """One line on standard error: rewritten on a terminal, else a new one every ten seconds."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._is_terminal = sys.stderr.isatty()
        self._next_s = _PLAIN_LINE_EVERY_S
        self._is_open = False

    def show(self, progress: MonitorProgress) -> None:
        if self._quiet:
            return
        line = f"{progress.elapsed_s:.0f} s, {progress.points} points"
        if progress.failures:
            line += f", {progress.failures} readings failed"
        if self._is_terminal:
            click.echo(f"\r{line}\x1b[K", nl=False, err=True)
            self._is_open = True
        elif progress.elapsed_s >= self._next_s:
            click.echo(line, err=True)
            self._next_s += _PLAIN_LINE_EVERY_S

    def end(self) -> None:
        if self._is_open:
            click.echo("\r\x1b[K", nl=False, err=True)
