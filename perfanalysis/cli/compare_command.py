"""`perfanalysis compare`."""

from __future__ import annotations

import shlex
import sys
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import click

from perfanalysis.cli.artefacts import Artefact, parse_artefacts, write_artefacts
from perfanalysis.cli.charts import ChartFolder, charts_option
from perfanalysis.cli.delivery import screen
from perfanalysis.cli.language import Language, language_option
from perfanalysis.cli.main import exit_code_of_gate
from perfanalysis.cli.options import Comparing, comparing_options, reading_options
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfanalysis.api import ReadOptions, Run
    from perfanalysis.model.results import Comparison
    from perfanalysis.model.views import ReportData

_FORMATS = ("table", "plain", "json", "markdown", "csv", "junit", "html", "openmetrics")


@click.command("compare")
@click.argument("current_run", metavar="CURRENT", required=False)
@click.argument("baseline_run", metavar="BASELINE", required=False)
@click.option("--current", "current_runs", multiple=True, metavar="RUN", help="A current run.")
@click.option("--baseline", "baseline_runs", multiple=True, metavar="RUN", help="A baseline run.")
@click.option("--format", "output_format", type=click.Choice(_FORMATS), default="table")
@click.option("--all", "every_row", is_flag=True, help="Show every result in the table.")
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option("--report", metavar="FILE.html", help="Write an HTML report besides.")
@click.option(
    "--write",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Write another format besides, such as json=comparison.json; repeatable.",
)
@charts_option
@click.option(
    "--bisect",
    is_flag=True,
    help="Exit as `git bisect run` expects: 125 (skip) for no verdict, 128 (stop) for an error.",
)
@language_option
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
    every_row: bool,
    output: str | None,
    report: str | None,
    write: tuple[str, ...],
    charts: ChartFolder,
    bisect: bool,
    language: Language,
    comparing: Comparing,
    reading: ReadOptions,
) -> None:
    """Hold current runs against baseline runs, name by name and metric by metric.

    CURRENT and BASELINE are run bundles, raw result files, prefixes, folders or globs of runs,
    label=RUN, or @NAME for a stored baseline; --current and --baseline say the same in words and
    may be repeated.

    \b
    Exit code: 0 nothing regressed, 1 a regression or a broken budget, 3 no verdict.
    """  # noqa: D301  (\b keeps click from wrapping the line)
    from perfanalysis import api

    del bisect  # `cli.main` reads it, since it concerns errors too
    artefacts = [
        *parse_artefacts(write, _FORMATS),
        *([Artefact(format_name="html", output=report)] if report is not None else []),
        Artefact(format_name=output_format, output=output),
    ]
    for option in (language, charts):
        option.check([artefact.format_name for artefact in artefacts])
    ours = _side("current", current_run, current_runs)
    theirs = _side("baseline", baseline_run, baseline_runs)
    sides = api.load_runs(ours, reading), api.load_runs(theirs, reading)
    comparison = api.compare(*sides, **vars(comparing))
    strict = comparing.settings.strict
    forms = _Forms(sides, comparison, language, charts, strict=strict, every_row=every_row)
    write_artefacts(artefacts, forms.render, first=forms.draw if charts.wanted else None)
    if report is not None and not ctx.obj["quiet"]:
        click.echo(f"report: {report}", err=True)
    ctx.exit(exit_code_of_gate(comparison.verdict, comparison.budgets, strict=strict))


@dataclass
class _Forms:
    """A comparison in every form; what several forms show is made once."""

    sides: tuple[Sequence[Run], Sequence[Run]]
    comparison: Comparison
    language: Language
    charts: ChartFolder
    _: KW_ONLY
    strict: bool
    every_row: bool

    def render(self, format_name: str, file: str | None) -> str:
        """Return a form, given the file that it goes to."""
        from perfanalysis import api

        if format_name == "html":
            return self._page
        return api.render_comparison(
            self.comparison,
            format_name,
            screen=screen(file, every_row=self.every_row),
            reproduce=self._reproduce,
            strict=self.strict,
            lang=self.language.of(format_name),
            charts=self.charts.linked_from(file),
        )

    def draw(self) -> None:
        """Write the charts."""
        from perfanalysis import api

        self.charts.write(api.draw_charts(self._data, lang=self.language.code))

    @cached_property
    def _data(self) -> ReportData:
        from perfanalysis import api

        return api.report_data(*self.sides, self.comparison)

    @cached_property
    def _page(self) -> str:
        from perfanalysis import api

        return api.render_report(self._data, reproduce=self._reproduce, lang=self.language.code)

    @property
    def _reproduce(self) -> str:
        return shlex.join(["perfanalysis", *sys.argv[1:]])


def _side(word: str, positional: str | None, named: tuple[str, ...]) -> list[str]:
    runs = [*([positional] if positional else []), *named]
    if not runs:
        raise UsageError(
            f"expected a {word} run, found none",
            hint="perfanalysis compare CURRENT BASELINE, or --current RUN --baseline RUN",
        )
    return runs
