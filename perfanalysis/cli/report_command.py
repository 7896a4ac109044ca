"""`perfanalysis report`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from perfanalysis.cli.delivery import deliver
from perfanalysis.cli.language import Language, language_option
from perfanalysis.cli.options import Comparing, comparing_options, reading_options

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions


@click.command("report")
@click.argument("run", metavar="RUN")
@click.argument("baseline", metavar="[BASELINE]", required=False)
@click.option("-o", "--output", required=True, metavar="FILE.html", help="The report to write.")
@language_option
@comparing_options
@reading_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    run: str,
    baseline: str | None,
    output: str,
    language: Language,
    comparing: Comparing,
    reading: ReadOptions,
) -> None:
    """Write one offline HTML file about RUN, or about RUN against BASELINE.

    The exit code is 0 whatever the verdict: `perfanalysis compare` is the gate.
    """
    from perfanalysis import api

    current = api.load_runs(run, reading)
    before = api.load_runs(baseline, reading) if baseline else []
    comparison = api.compare(current, before, **vars(comparing)) if before else None
    alone = comparison is None and bool(comparing.budgets)
    budgets = api.check(current, comparing.budgets).results if alone else ()
    data = api.report_data(current, before, comparison, budgets=budgets)
    reproduce = shlex.join(["perfanalysis", *sys.argv[1:]])
    deliver(api.render_report(data, reproduce=reproduce, lang=language.code), output)
    if not ctx.obj["quiet"]:
        click.echo(f"report: {output}", err=True)
