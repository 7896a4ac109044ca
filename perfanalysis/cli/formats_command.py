"""`perfanalysis formats`."""

from __future__ import annotations

import click


@click.command("formats")
def command() -> None:
    """List the formats that can be imported, plugins included."""
    from perfanalysis.importers.registry import importers
    from perfanalysis.reports.escape import terminal_text

    working, broken = importers()
    width = max(len(name) for name in [*working, *(plugin.name for plugin in broken)])
    for name, importer in working.items():
        click.echo(f"{terminal_text(name):<{width}}  {terminal_text(importer.title)}")
    for plugin in broken:
        click.echo(f"{terminal_text(plugin.name):<{width}}  broken: {terminal_text(plugin.reason)}")
