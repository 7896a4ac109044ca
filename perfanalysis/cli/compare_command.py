"""`perfanalysis compare`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from perfanalysis.cli.main import exit_code_of
from perfanalysis.cli.options import (
    Comparing,
    comparing_options,
    deliver,
    reading_options,
    screen,
)
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions

_FORMATS = ("table", "json", "markdown", "csv", "junit", "html")


@click.command("compare")
@click.argument("current_run", metavar="CURRENT", required=False)
@click.argument("baseline_run", metavar="BASELINE", required=False)
@click.option("--current", "current_runs", multiple=True, metavar="RUN", help="A current run.")
@click.option("--baseline", "baseline_runs", multiple=True, metavar="RUN", help="A baseline run.")
@click.option("--format", "output_format", type=click.Choice(_FORMATS), default="table")
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option("--report", metavar="FILE.html", help="Write an HTML report besides.")
@comparing_options
@reading_options
@click.pass_context
def command(  # noqa: PLR0913  (one parameter per option of the contract)
    ctx: click.Context,
    *,
    current_run: str | None,
    baseline_run: str | None,
    current_runs: tuple[str, ...],
    baseline_runs: tuple[str, ...],
    output_format: str,
    output: str | None,
    report: str | None,
    comparing: Comparing,
    reading: ReadOptions,
) -> None:
    """Hold current runs against baseline runs, name by name and metric by metric.

    CURRENT and BASELINE are run bundles, raw result files, prefixes, folders or globs of runs, or
    label=RUN; --current and --baseline say the same in words and may be repeated.

    \b
    Exit code: 0 nothing regressed, 1 a regression, 3 no verdict.
    """  # noqa: D301  (\b keeps click from wrapping the line)
    from perfanalysis import api

    ours = _side("current", current_run, current_runs)
    theirs = _side("baseline", baseline_run, baseline_runs)
    current, baseline = api.load_runs(ours, reading), api.load_runs(theirs, reading)
    comparison = api.compare(current, baseline, **vars(comparing))
    reproduce = shlex.join(["perfanalysis", *sys.argv[1:]])
    if report is not None or output_format == "html":
        data = api.report_data(current, baseline, comparison)
        page = api.render_report(data, reproduce=reproduce)
        if report is not None:
            deliver(page, report)
    if output_format == "html":
        deliver(page, output)
    else:
        text = api.render_comparison(
            comparison, output_format, screen=screen(output), reproduce=reproduce
        )
        deliver(text, output)
    if report is not None and not ctx.obj["quiet"]:
        click.echo(f"report: {report}", err=True)
    ctx.exit(exit_code_of(comparison.verdict))


def _side(word: str, positional: str | None, named: tuple[str, ...]) -> list[str]:
    runs = [*([positional] if positional else []), *named]
    if not runs:
        raise UsageError(
            f"expected a {word} run, found none",
            hint="perfanalysis compare CURRENT BASELINE, or --current RUN --baseline RUN",
        )
    return runs
