"""`perfanalysis record`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfanalysis.cli.options import parse_tags, source_options
from perfanalysis.cli.options_monitor import monitor_options

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions
    from perfanalysis.monitor.settings import MonitorSettings


@click.command("record", context_settings={"allow_interspersed_args": False})
@click.argument("tool", metavar="[--] COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("-o", "destination", required=True, metavar="NAME.run", help="The bundle to make.")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="GLOB",
    help="Result files of the tool; repeatable. Default: those that its options name, else what "
    "appears in the working folder.",
)
@click.option("--name", metavar="TEXT", help="What people call the run; default: its folder's.")
@click.option("--tag", "tags", multiple=True, metavar="K=V", help="Kept in run.json; repeatable.")
@click.option("--force", is_flag=True, help="Replace a bundle that is already there.")
@monitor_options()
@source_options
def command(
    *,
    tool: tuple[str, ...],
    destination: str,
    outputs: tuple[str, ...],
    name: str | None,
    tags: tuple[str, ...],
    force: bool,
    monitoring: MonitorSettings,
    reading: ReadOptions,
) -> int:
    """Run a load test with the monitor beside it, and make one bundle of both.

    COMMAND is k6, JMeter, Locust, pgbench or any tool whose results can be imported. Its exit code
    is kept in the bundle and is this command's, unless it is 0. The bundle is written in any case.
    """
    from perfanalysis.api.recording import record
    from perfanalysis.reports.imported import import_lines

    recorded = record(
        tool,
        Path(destination),
        settings=monitoring,
        outputs=outputs,
        options=reading,
        name=name,
        tags=parse_tags(tags),
        overwrite=force,
    )
    click.echo(import_lines(recorded.run.info, destination))
    if recorded.exit_code == 0 and recorded.problem is not None:
        raise recorded.problem
    return recorded.exit_code
