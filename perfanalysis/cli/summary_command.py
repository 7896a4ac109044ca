"""`perfanalysis summary`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from perfanalysis.cli.artefacts import Artefact, write_artefacts
from perfanalysis.cli.charts import ChartFolder, charts_option
from perfanalysis.cli.delivery import screen
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
@charts_option
@language_option
@reading_options
def command(
    *,
    run: str,
    output_format: str,
    output: str | None,
    charts: ChartFolder,
    language: Language,
    reading: ReadOptions,
) -> None:
    """Show percentiles, throughput and error rates of RUN, per name and in total.

    RUN is a run bundle or a raw result file of any known format.
    """
    from perfanalysis import api

    for option in (language, charts):
        option.check([output_format])
    loaded = api.load(run, reading)

    def render(format_name: str, file: str | None) -> str:
        return api.render_summary(
            api.summarize(loaded),
            format_name,
            screen=screen(file),
            lang=language.of(format_name),
            courses=api.courses(loaded) if format_name in ("table", "plain") else None,
            charts=charts.linked_from(file),
        )

    def draw() -> None:
        data = api.report_data([loaded], [], None)
        charts.write(api.draw_charts(data, lang=language.code))

    artefact = Artefact(format_name=output_format, output=output)
    write_artefacts([artefact], render, first=draw if charts.wanted else None)
