"""`perfanalysis generate`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from perfanalysis.cli.delivery import deliver, screen
from perfanalysis.cli.options import Command, parse_tags
from perfanalysis.cli.options_monitor import monitor_options
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.api.generating import Generated, PlannedTest
    from perfanalysis.cli.main import ExitCode
    from perfanalysis.generator.scenario.preparing import Choices
    from perfanalysis.monitor.settings import MonitorSettings


_CHOICES = (
    click.option(
        "--load",
        metavar="NAME",
        help="Instead of the file's load: smoke, load, stress, spike, soak, breakpoint, or one of "
        "the file's own.",
    ),
    click.option(
        "--vus",
        metavar="N",
        type=click.IntRange(min=1),
        help="Scale the load to this peak of users.",
    ),
    click.option("--rate", metavar="N/s", help="Scale it to this peak of arrivals (open load)."),
    click.option("--duration", metavar="TIME", help="Scale it to this length."),
    click.option("--target", metavar="URL", help="Instead of the file's target."),
    click.option(
        "--set",
        "variables",
        multiple=True,
        metavar="VAR=VALUE",
        help="Set a variable; repeatable.",
    ),
    click.option(
        "--workers",
        metavar="N",
        type=click.IntRange(1, 256),
        default=1,
        envvar="PERFANALYSIS_WORKERS",
        show_default=True,
        help="Processes that share the load.",
    ),
    click.option(
        "--seed", metavar="N", type=int, default=1, show_default=True, help="Of everything random."
    ),
)
_BUNDLE = (
    click.option("-o", "--output", metavar="NAME.run", help="The run bundle to make."),
    click.option(
        "--name", metavar="TEXT", help="What people call the run; default: the test's name."
    ),
    click.option(
        "--tag", "tags", multiple=True, metavar="K=V", help="Kept in run.json; repeatable."
    ),
    click.option("--force", is_flag=True, help="Replace a bundle that is already there."),
    click.option(
        "--format", "output_format", type=click.Choice(["table", "json"]), default="table"
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Bundle:
    """What becomes of the results."""

    output: str | None
    name: str | None
    tags: dict[str, str]
    force: bool
    output_format: str


def _choosing(command: Command) -> Command:
    """Add the options that change the test; the command gets them as `choices`."""

    @wraps(command)
    def choose(*args: object, **rest: Any) -> object:  # noqa: ANN401  (click's own)
        own = {
            name: rest.pop(name)
            for name in (
                "load",
                "vus",
                "rate",
                "duration",
                "target",
                "variables",
                "workers",
                "seed",
            )
        }
        return command(*args, choices=_choices(own), **rest)

    return _with(choose, _CHOICES)


def _bundling(command: Command) -> Command:
    """Add the options that say what becomes of the results; the command gets them as `bundle`."""

    @wraps(command)
    def bundle(*args: object, **rest: Any) -> object:  # noqa: ANN401  (click's own)
        own = {name: rest.pop(name) for name in ("output", "name", "force", "output_format")}
        return command(*args, bundle=_Bundle(tags=parse_tags(rest.pop("tags")), **own), **rest)

    return _with(bundle, _BUNDLE)


def _with(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    # click shows the option that was added last first.
    for option in reversed(options):
        command = option(command)
    return command


def _print_schema(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    from perfanalysis.generator.scenario.schema import schema_text

    del parameter
    if value:
        click.echo(schema_text(), nl=False)
        ctx.exit()


@click.command("generate")
@click.argument("scenario", metavar="SCENARIO")
@_bundling
@_choosing
@click.option("--dry-run", is_flag=True, help="Show what would be done; send nothing.")
@click.option(
    "--i-own-this-target",
    is_flag=True,
    help="The target's public address is mine to load; remembered for the scenario file.",
)
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of scenario files and exit.",
)
@click.option("--monitor", "with_monitor", is_flag=True, help="Record this machine besides.")
@monitor_options("monitor-")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    scenario: str,
    bundle: _Bundle,
    choices: Choices,
    dry_run: bool,
    i_own_this_target: bool,
    with_monitor: bool,
    monitoring: MonitorSettings,
) -> int:
    """Run the load test SCENARIO, a YAML or Python file, and make a run bundle of it.

    Shows the summary of the run, judges the thresholds of the file, and exits with 1 if one is
    broken. Ctrl-C ends it early and keeps what was measured.
    """
    planned = _planned(scenario, choices, owned=i_own_this_target)
    if dry_run:
        return _show_preview(planned)
    if bundle.output is None:
        raise UsageError("-o NAME.run is missing", hint="or --dry-run, to see what would be done")
    watched = monitoring if with_monitor or monitoring.watched else None
    generated = _generate(planned, bundle, monitor=watched, quiet=ctx.obj["quiet"])
    _show(generated, bundle.output, bundle.output_format)
    return _exit_code(generated)


def _choices(given: dict[str, Any]) -> Choices:
    from perfanalysis.generator.scenario.preparing import Choices

    return Choices(
        load=given["load"],
        vus=given["vus"],
        rate=_rate(given["rate"]),
        duration_s=_seconds(given["duration"]),
        target=given["target"],
        variables=_variables(given["variables"]),
        workers=given["workers"],
        seed=given["seed"],
    )


def _planned(scenario: str, choices: Choices, *, owned: bool) -> PlannedTest:
    from perfanalysis.api.generating import plan_test

    return plan_test(scenario, choices, i_own_this_target=owned)


def _generate(
    planned: PlannedTest, bundle: _Bundle, *, monitor: MonitorSettings | None, quiet: bool
) -> Generated:
    from perfanalysis.api.generating import generate
    from perfanalysis.cli.live_view import live_view
    from perfanalysis.generator.load import OpenLoad

    prepared = planned.prepared
    is_open = isinstance(prepared.load, OpenLoad)
    shown_name = prepared.test.name or ""
    with live_view(shown_name, prepared.stages, is_open=is_open, quiet=quiet) as view:
        return generate(
            planned,
            str(bundle.output),
            name=bundle.name,
            tags=bundle.tags,
            overwrite=bundle.force,
            monitor=monitor,
            on_progress=view.show,
        )


def _show(generated: Generated, output: str, output_format: str) -> None:
    from perfanalysis.api import render_summary

    deliver(render_summary(generated.summary, output_format, screen=screen(None)), None)
    if generated.reason is not None:
        from perfanalysis.reports.escape import terminal_text

        click.echo(f"ended early: {terminal_text(generated.reason)}", err=True)
    if output_format == "table":
        click.echo(f"\nThe run is in {output}.")


def _exit_code(generated: Generated) -> ExitCode:
    from perfanalysis.cli.main import ExitCode
    from perfanalysis.generator.control import Ending
    from perfanalysis.model.outcome import Outcome

    if generated.ending is Ending.INTERRUPTED:
        return ExitCode.INTERRUPTED
    if generated.outcome is Outcome.BROKEN:
        return ExitCode.GATE_FAILED
    # Where a worker died or the disk was full, this is not the run that was asked for.
    incomplete = generated.ending in (Ending.WORKERS_LOST, Ending.DISK_FULL)
    if generated.outcome is Outcome.UNDECIDED or incomplete:
        return ExitCode.NO_VERDICT
    return ExitCode.PASS


def _show_preview(planned: PlannedTest) -> int:
    from perfanalysis.reports.load_preview import preview_text

    click.echo(planned.redactor.text(preview_text(planned.preview())))
    return 0


def _rate(text: str | None) -> float | None:
    from perfanalysis.generator.scenario.quantities import parse_rate

    return None if text is None else _positive("--rate", parse_rate, text)


def _seconds(text: str | None) -> float | None:
    from perfanalysis.generator.scenario.quantities import parse_duration

    return None if text is None else _positive("--duration", parse_duration, text)


def _positive(option: str, parse: Callable[[object], float], text: str) -> float:
    try:
        value = parse(text)
    except ValueError as exc:
        raise UsageError(f"{option}: {exc}") from exc
    if value <= 0:
        raise UsageError(f"{option}: expected more than nothing, found {text!r}")
    return value


def _variables(texts: tuple[str, ...]) -> dict[str, object]:
    """Return the variables of `--set`; a value is YAML, so that 5 is a number and [a, b] a list."""
    import yaml

    variables: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--set {text!r}: expected VAR=VALUE")
        try:
            variables[name] = yaml.safe_load(value)
        except yaml.YAMLError as exc:
            raise UsageError(f"--set {name}: expected a value in YAML, found {value!r}") from exc
    return variables
