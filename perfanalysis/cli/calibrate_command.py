"""`perfanalysis calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfanalysis.cli.delivery import deliver, deliver_bytes, screen
from perfanalysis.cli.options import Judging, judging_options, reading_options
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions


def _picture(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Refuse a plot of another kind before the work is done, not after it."""
    del ctx, option
    if value is not None and Path(value).suffix.lower() not in (".svg", ".png"):
        raise UsageError(f"--plot {value}: expected a file that ends in .svg or .png")
    return value


@click.command("calibrate")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--save", metavar="NAME", help="Store the noise beside the baseline NAME.")
@click.option("--format", "output_format", type=click.Choice(["table", "json"]), default="table")
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option(
    "--plot",
    metavar="FILE.svg|png",
    callback=_picture,
    help="Draw the detectable change against the number of runs besides.",
)
@judging_options
@reading_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    runs: tuple[str, ...],
    save: str | None,
    output_format: str,
    output: str | None,
    plot: str | None,
    judging: Judging,
    reading: ReadOptions,
) -> None:
    """Measure how much identical runs differ: RUN... are runs of one version on one machine.

    Five are the least, ten or more are advised. Shows the noise of every name and metric, how
    often the settings raise a false alarm, and the change that 1 to 10 runs a side detect.
    Comparisons use what --save stores, by --calibration NAME or beside the baseline.
    """
    from perfanalysis import api

    if save is not None:
        api.calibration_file(save)  # a wrong name is refused before the work is done, not after it
    report = api.calibrate(api.load_runs(runs, reading), **vars(judging))
    written = []
    if save is not None:
        stored = api.save_calibration(report.calibration, save, store=reading.store)
        written.append(f"calibration: {stored}")
    if plot is not None:
        form = Path(plot).suffix.lower().removeprefix(".")
        deliver_bytes(api.render_calibration_plot(report, form), plot)
        written.append(f"plot: {plot}")
    deliver(api.render_calibration(report, output_format, screen=screen(output)), output)
    if not ctx.obj["quiet"]:
        for line in written:
            click.echo(line, err=True)
