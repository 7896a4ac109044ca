"""`perfanalysis summary`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from perfanalysis.cli.delivery import deliver, screen
from perfanalysis.cli.language import Language, language_option
from perfanalysis.cli.options import reading_options

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions


@click.command("summary")
@click.argument("run", metavar="RUN")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "plain", "json", "csv", "markdown", "junit"]),
    default="table",
)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@language_option
@reading_options
def command(
    *,
    run: str,
    output_format: str,
    output: str | None,
    language: Language,
    reading: ReadOptions,
) -> None:
    """Show percentiles, throughput and error rates of RUN, per name and in total.

    RUN is a run bundle or a raw result file of any known format.
    """
    from perfanalysis import api

    language.check([output_format])
    loaded = api.load(run, reading)
    text = api.render_summary(
        api.summarize(loaded),
        output_format,
        screen=screen(output),
        lang=language.of(output_format),
        courses=api.courses(loaded) if output_format in ("table", "plain") else None,
    )
    deliver(text, output)
