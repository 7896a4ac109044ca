"""`perfanalysis import`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfanalysis.cli.options import parse_tags, source_options

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions


@click.command("import")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, metavar="NAME.run", help="The run bundle to make.")
@click.option("--name", metavar="TEXT", help="What people call the run; default: the file's name.")
@click.option("--tag", "tags", multiple=True, metavar="K=V", help="Kept in run.json; repeatable.")
@click.option("--force", is_flag=True, help="Replace a bundle that is already there.")
@click.option("--format", "output_format", type=click.Choice(["table", "json"]), default="table")
@source_options
def command(
    *,
    sources: tuple[str, ...],
    output: str,
    name: str | None,
    tags: tuple[str, ...],
    force: bool,
    output_format: str,
    reading: ReadOptions,
) -> None:
    """Import SOURCE files of one run into a bundle.

    Several sources make one run: a load test and a monitor's trace. A prefix stands for the files
    of one run (results/base for Locust's four), - for standard input.
    """
    from perfanalysis import api
    from perfanalysis.reports.imported import import_lines

    run = api.import_run(
        sources, Path(output), options=reading, name=name, tags=parse_tags(tags), overwrite=force
    )
    if output_format == "json":
        document = json.loads(run.info.model_dump_json(by_alias=True))
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo(import_lines(run.info, output))
