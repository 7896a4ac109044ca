"""`perfanalysis summary`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from perfanalysis.cli.delivery import deliver, screen
from perfanalysis.cli.options import reading_options

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions


@click.command("summary")
@click.argument("run", metavar="RUN")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json", "csv", "markdown", "junit"]),
    default="table",
)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@reading_options
def command(
    *,
    run: str,
    output_format: str,
    output: str | None,
    reading: ReadOptions,
) -> None:
    """Show percentiles, throughput and error rates of RUN, per name and in total.

    RUN is a run bundle or a raw result file of any known format.
    """
    from perfanalysis import api

    summary = api.summarize(api.load(run, reading))
    deliver(api.render_summary(summary, output_format, screen=screen(output)), output)
