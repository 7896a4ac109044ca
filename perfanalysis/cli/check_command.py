"""`perfanalysis check`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from perfanalysis.cli.artefacts import Artefact, parse_artefacts, write_artefacts
from perfanalysis.cli.delivery import screen
from perfanalysis.cli.language import Language, language_option
from perfanalysis.cli.main import exit_code_of_gate
from perfanalysis.cli.options import budget_option, reading_options

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions

_FORMATS = ("table", "plain", "json", "markdown", "csv", "junit")


@click.command("check")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@budget_option
@click.option(
    "--strict",
    is_flag=True,
    envvar="PERFANALYSIS_STRICT",
    help="No verdict (exit 3) if any budget of level error is undecided.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(_FORMATS),
    default="table",
)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option(
    "--write",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Write another format besides, such as json=check.json; repeatable.",
)
@language_option
@reading_options
@click.pass_context
def command(  # noqa: PLR0913  (one parameter per option of the contract)
    ctx: click.Context,
    *,
    runs: tuple[str, ...],
    budgets: tuple[str, ...],
    strict: bool,
    output_format: str,
    output: str | None,
    write: tuple[str, ...],
    language: Language,
    reading: ReadOptions,
) -> None:
    """Hold RUN, or several runs of one version, against budgets.

    Without --budget the thresholds are judged that the load script declared (k6).

    \b
    Exit code: 0 no budget is broken, 1 one is, 3 no verdict: no data, or nothing decided.
    """  # noqa: D301  (\b keeps click from wrapping the line)
    from perfanalysis import api

    further = parse_artefacts(write, _FORMATS)
    language.check([output_format, *(artefact.format_name for artefact in further)])
    check = api.check(api.load_runs(list(runs), reading), budgets)
    reproduce = shlex.join(["perfanalysis", *sys.argv[1:]])

    def render(format_name: str, file: str | None) -> str:
        return api.render_check(
            check,
            format_name,
            screen=screen(file),
            reproduce=reproduce,
            strict=strict,
            lang=language.of(format_name),
        )

    write_artefacts([*further, Artefact(format_name=output_format, output=output)], render)
    ctx.exit(exit_code_of_gate(None, check.results, strict=strict))
