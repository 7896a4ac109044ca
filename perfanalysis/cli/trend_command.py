"""`perfanalysis trend`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from perfanalysis.cli.artefacts import Artefact, parse_artefacts, write_artefacts
from perfanalysis.cli.delivery import screen
from perfanalysis.cli.language import Language, language_option
from perfanalysis.cli.main import ExitCode, exit_code_of_gate
from perfanalysis.cli.options import Judging, history_options, reading_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfanalysis.api import ReadOptions
    from perfanalysis.model.trend import Order, Trend

_FORMATS = ("table", "plain", "json", "markdown", "csv")


@click.command("trend")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--format", "output_format", type=click.Choice(_FORMATS), default="table")
@click.option("--all", "every_row", is_flag=True, help="Show every figure in the table.")
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option(
    "--write",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Write another format besides, such as json=trend.json; repeatable.",
)
@click.option(
    "--gate",
    is_flag=True,
    help="Exit 1 if a level regressed lately, 3 if nothing could be judged or the newest run is "
    "suspected to be worse.",
)
@click.option(
    "--recent",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="A step counts for the verdict if it lies within so many newest runs.",
)
@click.option(
    "--order",
    type=click.Choice(["start", "given"]),
    default="start",
    show_default=True,
    help="Sort runs by their start, or take them as they are given.",
)
@click.option(
    "--allow-missing",
    multiple=True,
    metavar="GLOB",
    help="Names of older runs that the newest may lack; repeatable.",
)
@click.option(
    "--force",
    is_flag=True,
    envvar="PERFANALYSIS_FORCE",
    help="Judge runs that are not comparable, and say so.",
)
@click.option(
    "--strict",
    is_flag=True,
    envvar="PERFANALYSIS_STRICT",
    help="No verdict (exit 3 with --gate) if any figure is undecided.",
)
@language_option
@history_options
@reading_options
@click.pass_context
def command(  # noqa: PLR0913  (one parameter per option)
    ctx: click.Context,
    *,
    runs: tuple[str, ...],
    output_format: str,
    every_row: bool,
    output: str | None,
    write: tuple[str, ...],
    gate: bool,
    recent: int,
    order: Order,
    allow_missing: tuple[str, ...],
    force: bool,
    strict: bool,
    language: Language,
    judging: Judging,
    reading: ReadOptions,
) -> None:
    """Show where the figures of a history of runs stepped to another level, and stayed there.

    RUN... are at least six runs of one test, oldest first by their start: bundles, result files,
    folders or globs of runs, or @NAME for the runs of a stored baseline. One odd run is no step:
    the newest is suspected until another confirms it.

    \b
    Exit code: 0; with --gate 1 a level regressed, 3 no verdict.
    """  # noqa: D301  (\b keeps click from wrapping the line)
    from perfanalysis import api
    from perfanalysis.analysis.trend.levels import TrendSettings

    further = parse_artefacts(write, _FORMATS)
    language.check([output_format, *(artefact.format_name for artefact in further)])
    found = api.trend(
        api.load_runs(list(runs), reading),
        settings=replace(judging.settings, force=force, strict=strict),
        chosen=TrendSettings(order=order, recent=recent, allow_missing=allow_missing),
        metrics=judging.metrics,
        names=judging.names,
    )
    render = _renderer(found, language, every_row=every_row)
    write_artefacts([*further, Artefact(format_name=output_format, output=output)], render)
    ctx.exit(exit_code_of_gate(found.verdict, (), strict=strict) if gate else ExitCode.PASS)


def _renderer(
    found: Trend, language: Language, *, every_row: bool
) -> Callable[[str, str | None], str]:
    """Return what renders a trend, given a format and the file that it goes to."""
    from perfanalysis import api

    def render(format_name: str, file: str | None) -> str:
        shown = screen(file, every_row=every_row)
        return api.render_trend(found, format_name, screen=shown, lang=language.of(format_name))

    return render
