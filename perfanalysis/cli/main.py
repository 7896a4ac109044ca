"""The group of commands, the one error handler, the exit codes."""

from __future__ import annotations

import gc
import logging
import os
import sys
from enum import IntEnum
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from perfanalysis.cli.bisect import bisect_exit_code, is_bisecting
from perfanalysis.errors import (
    ConfigError,
    InputError,
    PerfanalysisError,
    PublishError,
    PublishRefusedError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfanalysis.model.budget_results import BudgetResult
    from perfanalysis.model.results import Verdict

_NEW_OBJECTS = 50_000
ISSUES = "the issue tracker of perfanalysis"


class ExitCode(IntEnum):
    """How a command ends; programs rely on these."""

    PASS = 0
    GATE_FAILED = 1
    USAGE = 2
    NO_VERDICT = 3
    BAD_INPUT = 4
    UNAVAILABLE = 69
    BUG = 70
    INTERRUPTED = 130


def exit_code_of_gate(
    verdict: Verdict | None, budgets: Sequence[BudgetResult], *, strict: bool
) -> ExitCode:
    """Return the exit code of a comparison, with or without budgets, or of a check (no verdict)."""
    from perfanalysis.model.gate import gate_of

    codes = {"failed": ExitCode.GATE_FAILED, "no-verdict": ExitCode.NO_VERDICT}
    return codes.get(gate_of(verdict, budgets, strict=strict).value, ExitCode.PASS)


class _LazyGroup(click.Group):
    """Loads a command's module when it is called: `--help` and start-up stay quick."""

    commands_by_name = {  # noqa: RUF012  (click declares it as an instance attribute)
        "baseline": "Keep accepted runs that later ones are held against: @NAME.",
        "calibrate": "Measure the noise of identical runs, and how often they raise an alarm.",
        "check": "Hold runs against budgets; exit 1 if one is broken.",
        "comment": "Publish a comparison where a change is reviewed: GitHub, GitLab, a file.",
        "compare": "Hold current runs against baseline runs; exit 1 on a regression.",
        "export": "Write figures of runs for Bencher, github-action-benchmark, Prometheus, Otava.",
        "formats": "List the formats that can be imported.",
        "generate": "Run a load test and make a run bundle of it.",
        "import": "Import result files of one run into a bundle.",
        "monitor": "Record what this machine, processes, applications and databases do.",
        "notify": "Tell Slack, a webhook or people by mail what was found.",
        "record": "Run a load test with the monitor beside it, and make one bundle of both.",
        "report": "Write an HTML report of a run, or of a run against its baseline.",
        "summary": "Show percentiles, throughput and error rates of a run.",
        "trend": "Find where a history of runs stepped to another level, and stayed there.",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(self.commands_by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in self.commands_by_name:
            return None
        module = import_module(f"perfanalysis.cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.commands_by_name.items()))


@click.command(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 pass, 1 regression or broken budget, 2 wrong usage, 3 no verdict, "
    "4 unreadable input, 69 not delivered, 70 a bug, 130 interrupted.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False),
    envvar="PERFANALYSIS_CONFIG",
    help="Configuration file; default: perfanalysis.yml or [tool.perfanalysis] in pyproject.toml.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
@click.version_option(package_name="perfanalysis")
@click.pass_context
def group(ctx: click.Context, config: str | None, *, quiet: bool) -> None:
    """Say whether a load test is slower than its baseline, beyond noise.

    Reads the result files of k6, JMeter, Locust and pgbench, and psutil traces.
    """
    from perfanalysis.cli.config import defaults_from_config

    level = logging.ERROR if quiet else logging.WARNING
    logging.basicConfig(format="%(levelname)s: %(message)s", level=level, stream=sys.stderr)
    ctx.obj = {"quiet": quiet}
    ctx.default_map = defaults_from_config(config)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    # The process is ours. Python looks for cycles every 700 new objects: that takes a twentieth of
    # the time of a report, whose peak of memory is the same without.
    gc.set_threshold(_NEW_OBJECTS)
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    code = _run(arguments)
    given = sys.argv[1:] if arguments is None else arguments
    return bisect_exit_code(code) if is_bisecting(given) else code


def _run(arguments: list[str] | None) -> int:
    """Run the command line; the one place where errors become messages."""
    try:
        code = group.main(
            arguments,
            prog_name="perfanalysis",
            standalone_mode=False,
        )
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except PerfanalysisError as exc:
        return _report_error(exc)
    except BrokenPipeError:
        # The reader (`head`) has seen enough. What is still buffered must not raise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.PASS
    except Exception as exc:  # noqa: BLE001  (the last resort: a bug must not look like a verdict)
        return _report_bug(exc)
    return int(code or 0)


def _report_error(exc: PerfanalysisError) -> ExitCode:
    from perfanalysis.reports.escape import log_line, terminal_text

    click.echo(log_line(f"error: {terminal_text(exc.message)}"), err=True)
    if exc.hint:
        click.echo(log_line(f"hint: {terminal_text(exc.hint)}"), err=True)
    if isinstance(exc, InputError):
        return ExitCode.BAD_INPUT
    if isinstance(exc, PublishError) and not isinstance(exc, PublishRefusedError):
        return ExitCode.UNAVAILABLE
    refusals = UsageError | ConfigError | PublishRefusedError
    assert isinstance(exc, refusals)  # noqa: S101  (the tree has no other branch)
    return ExitCode.USAGE


def _report_bug(exc: Exception) -> ExitCode:
    import traceback

    lines = traceback.format_exception(exc)
    if os.environ.get("PERFANALYSIS_TRACEBACK"):
        click.echo("".join(lines), err=True)
    click.echo(
        f"bug: perfanalysis failed in a way that it should not: {type(exc).__name__}: {exc}\n"
        f"hint: run it again with PERFANALYSIS_TRACEBACK=1 and send what it prints to {ISSUES}",
        err=True,
    )
    return ExitCode.BUG
