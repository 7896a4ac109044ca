"""`perfanalysis baseline`: save, accept, list, show, remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from perfanalysis.cli.delivery import deliver, screen
from perfanalysis.cli.main import ExitCode
from perfanalysis.cli.options import (
    Command,
    Judging,
    budget_option,
    judging_options,
    reading_options,
)

if TYPE_CHECKING:
    from perfanalysis.api import ReadOptions
    from perfanalysis.api.provenance import Origin
    from perfanalysis.model.baseline import BaselineSettings
    from perfanalysis.model.baseline_results import Acceptance

_FORMAT = click.option(
    "--format", "output_format", type=click.Choice(["table", "json"]), default="table"
)
_OUTPUT = click.option(
    "-o", "--output", metavar="FILE", help="Write there instead of to standard output."
)
_STORE = click.option(
    "--store",
    metavar="LOCATION",
    envvar="PERFANALYSIS_BASELINES",
    show_default="baselines",
    help="Where baselines lie: a folder, s3://, gs:// or az://.",
)
_ORIGIN = (
    click.option(
        "--environment",
        metavar="TEXT",
        envvar="PERFANALYSIS_ENVIRONMENT",
        help="Where the runs were made; default: their tag 'environment'.",
    ),
    click.option(
        "--branch",
        metavar="TEXT",
        help="Branch of the version under test; default: the run's, the CI job's, or git's.",
    ),
    click.option(
        "--commit",
        metavar="SHA",
        help="Version under test; default: the run's, the CI job's, or git's.",
    ),
    click.option(
        "--by",
        metavar="TEXT",
        envvar="PERFANALYSIS_ACCEPTED_BY",
        help="Who accepts; default: the user of the CI job, of git, or of the machine.",
    ),
)
_SETTINGS = (
    click.option(
        "--keep",
        type=click.IntRange(1, 50),
        metavar="N",
        help="Accepted runs that the baseline holds; 5 in a new one.",
    ),
    click.option(
        "--max-age",
        type=click.IntRange(1, 3650),
        metavar="DAYS",
        help="Age from which on comparisons call it old; 30 in a new one.",
    ),
    click.option(
        "--gate-drift/--no-gate-drift",
        "gate_drift",
        default=None,
        help="Whether a regression against the anchor fails comparisons; not in a new one.",
    ),
    click.option(
        "--rules",
        metavar="FILE",
        help="YAML with tolerance, direction and level of single metrics and names.",
    ),
)


def _with(options: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    """Return a decorator that adds options in their order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.group("baseline")
def command() -> None:
    """Keep accepted runs that later ones are held against: perfanalysis compare RUN @NAME.

    A baseline holds the last runs of one environment and branch, without their requests: small
    enough for git. NAME is such as main, or main/staging.
    """


@command.command("save", short_help="Begin a baseline with runs, or replace one.")
@click.argument("name", metavar="NAME")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", help="Kept with the baseline; needed with --force.")
@click.option(
    "--force", is_flag=True, help="Replace a baseline; accept runs whatever speaks against them."
)
@budget_option
@_with(_ORIGIN)
@_with(_SETTINGS)
@_FORMAT
@_OUTPUT
@reading_options
@click.pass_context
def save(  # noqa: PLR0913  (one parameter per option)
    ctx: click.Context,
    /,
    *,
    name: str,
    runs: tuple[str, ...],
    reason: str | None,
    force: bool,
    budgets: tuple[str, ...],
    output_format: str,
    output: str | None,
    reading: ReadOptions,
    **described: Any,  # noqa: ANN401  (the options of _ORIGIN and _SETTINGS)
) -> None:
    """Begin a baseline NAME with valid, comparable runs. It must not be there yet.

    \b
    Exit code: 0 saved, 1 over a budget or threshold, 3 not valid or not alike.
    """  # noqa: D301  (\b keeps click from wrapping the line)
    from perfanalysis import api

    acceptance = api.baseline_save(
        name,
        api.load_runs(runs, reading),
        reason=reason,
        force=force,
        origin=_origin(described),
        budgets=budgets,
        settings=_settings(described),
        store=reading.store,
    )
    _tell(ctx, acceptance, output_format, output)


@command.command("accept", short_help="Let a run join, if it is valid and not worse.")
@click.argument("name", metavar="NAME")
@click.argument("run", metavar="RUN")
@click.option("--reason", metavar="TEXT", required=True, help="Kept with the baseline.")
@click.option("--force", is_flag=True, help="Accept the run whatever speaks against it.")
@click.option("--new-anchor", is_flag=True, help="Take what it then holds for its fixed anchor.")
@budget_option
@_with(_ORIGIN)
@_with(_SETTINGS)
@click.option(
    "--allow-missing",
    multiple=True,
    metavar="GLOB",
    help="Names of the baseline that the run may lack; repeatable.",
)
@_FORMAT
@_OUTPUT
@judging_options
@reading_options
@click.pass_context
def accept(  # noqa: PLR0913  (one parameter per option)
    ctx: click.Context,
    /,
    *,
    name: str,
    run: str,
    reason: str,
    force: bool,
    new_anchor: bool,
    budgets: tuple[str, ...],
    allow_missing: tuple[str, ...],
    output_format: str,
    output: str | None,
    judging: Judging,
    reading: ReadOptions,
    **described: Any,  # noqa: ANN401  (the options of _ORIGIN and _SETTINGS)
) -> None:
    """Let RUN join the baseline NAME, if it is valid and does not regress against it.

    \b
    Exit code: 0 accepted, 1 worse or over budget, 3 not valid or no verdict.
    """  # noqa: D301  (\b keeps click from wrapping the line)
    from perfanalysis import api

    acceptance = api.baseline_accept(
        name,
        api.load(run, reading),
        reason=reason,
        force=force,
        new_anchor=new_anchor,
        origin=_origin(described),
        terms=api.Terms(**vars(judging), allow_missing=allow_missing, budgets=budgets),
        settings=_settings(described),
        store=reading.store,
    )
    _tell(ctx, acceptance, output_format, output)


@command.command("list", short_help="List all baselines.")
@_FORMAT
@_OUTPUT
@_STORE
def list_baselines(*, output_format: str, output: str | None, store: str | None) -> None:
    """List all baselines."""
    from perfanalysis import api

    found = api.baseline_list(store=store)
    deliver(api.render_baselines(found, output_format, screen=screen(output)), output)


@command.command("show", short_help="Show the runs and figures of a baseline.")
@click.argument("name", metavar="NAME")
@_FORMAT
@_OUTPUT
@judging_options
@_STORE
def show(
    *,
    name: str,
    output_format: str,
    output: str | None,
    judging: Judging,
    store: str | None,
) -> None:
    """Show which runs the baseline NAME holds, its figures, and where they go."""
    from perfanalysis import api

    report = api.baseline_show(name, terms=api.Terms(**vars(judging)), store=store)
    deliver(api.render_baseline(report, output_format, screen=screen(output)), output)


@command.command("remove", short_help="Remove a baseline with its runs.")
@click.argument("name", metavar="NAME")
@_FORMAT
@_OUTPUT
@_STORE
def remove(*, name: str, output_format: str, output: str | None, store: str | None) -> None:
    """Remove the baseline NAME with its runs; a calibration beside it stays."""
    from perfanalysis import api

    removed = api.baseline_remove(name, store=store)
    deliver(api.render_removed(removed, output_format, screen=screen(output)), output)


def _origin(described: dict[str, Any]) -> Origin:
    from perfanalysis.api.provenance import Origin
    from perfanalysis.model.run import Commit

    sha, branch = described["commit"], described["branch"]
    return Origin(
        by=described["by"],
        commit=None if sha is None else Commit(sha=sha, branch=branch),
        branch=branch,
        environment=described["environment"],
    )


def _settings(described: dict[str, Any]) -> BaselineSettings | None:
    from perfanalysis import api

    given = {
        "keep": described["keep"],
        "max_age_days": described["max_age"],
        "gate_drift": described["gate_drift"],
        "metrics": None if described["rules"] is None else api.read_rules(described["rules"]),
    }
    return api.BaselineSettings(**{key: v for key, v in given.items() if v is not None})


def _tell(
    ctx: click.Context, acceptance: Acceptance, output_format: str, output: str | None
) -> None:
    from perfanalysis import api

    text = api.render_acceptance(acceptance, output_format, screen=screen(output))
    deliver(text, output)
    if acceptance.refused:
        failed = acceptance.failed
        ctx.exit(ExitCode.GATE_FAILED if failed else ExitCode.NO_VERDICT)
