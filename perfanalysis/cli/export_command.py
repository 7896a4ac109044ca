"""`perfanalysis export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from perfanalysis.cli.delivery import deliver
from perfanalysis.cli.options import reading_options

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions

_FORMATS = (
    "bencher",
    "benchmark-action-smaller",
    "benchmark-action-bigger",
    "openmetrics",
    "otava",
)


@click.command("export")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--to", "target", type=click.Choice(_FORMATS), required=True)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="KEY",
    help="Figure to export, such as latency.p95 or system.cpu.mean; repeatable. Default: all in "
    "openmetrics, elsewhere p50, p95, p99, throughput and error_rate.",
)
@click.option("--name", "names", multiple=True, metavar="GLOB", help="Names; repeatable.")
@click.option(
    "--timestamps",
    is_flag=True,
    help="In openmetrics, write when each run started: for promtool's backfill.",
)
@reading_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    runs: tuple[str, ...],
    target: str,
    output: str | None,
    metrics: tuple[str, ...],
    names: tuple[str, ...],
    timestamps: bool,
    reading: ReadOptions,
) -> None:
    """Write the figures of RUN... as other tools read them.

    Bencher and github-action-benchmark take one run, Apache Otava a history of runs, OpenMetrics
    one run, or with --timestamps several.
    """
    from perfanalysis import api

    found = api.export(
        api.load_runs(list(runs), reading),
        target,
        metrics=metrics,
        names=names,
        timestamps=timestamps,
    )
    deliver(found.text, output)
    if found.left_out and not ctx.obj["quiet"]:
        click.echo(f"left out, since a run lacks them: {', '.join(found.left_out)}", err=True)
