"""The group of commands, the one error handler, the exit codes."""

from __future__ import annotations

import logging
import os
import sys
from enum import IntEnum
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from perfanalysis.errors import ConfigError, InputError, PerfanalysisError, UsageError

if TYPE_CHECKING:
    from perfanalysis.model.results import Verdict

ISSUES = "the issue tracker of perfanalysis"


class ExitCode(IntEnum):
    """How a command ends; programs rely on these."""

    PASS = 0
    GATE_FAILED = 1
    USAGE = 2
    NO_VERDICT = 3
    BAD_INPUT = 4
    BUG = 70
    INTERRUPTED = 130


def exit_code_of(verdict: Verdict) -> ExitCode:
    """Return the exit code of a comparison."""
    codes = {"regressed": ExitCode.GATE_FAILED, "undecided": ExitCode.NO_VERDICT}
    return codes.get(verdict.value, ExitCode.PASS)


class _LazyGroup(click.Group):
    """Loads a command's module when it is called: `--help` and start-up stay quick."""

    commands_by_name = {  # noqa: RUF012  (click declares it as an instance attribute)
        "calibrate": "Measure the noise of identical runs, and how often they raise an alarm.",
        "compare": "Hold current runs against baseline runs; exit 1 on a regression.",
        "formats": "List the formats that can be imported.",
        "generate": "Run a load test and make a run bundle of it.",
        "import": "Import result files of one run into a bundle.",
        "monitor": "Record what this machine, processes, applications and databases do.",
        "record": "Run a load test with the monitor beside it, and make one bundle of both.",
        "report": "Write an HTML report of a run, or of a run against its baseline.",
        "summary": "Show percentiles, throughput and error rates of a run.",
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
    epilog="Exit codes: 0 pass, 1 regression, 2 wrong usage, 3 no verdict, 4 unreadable input, "
    "70 a bug, 130 interrupted.",
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
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; the one place where errors become messages."""
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
    from perfanalysis.reports.escape import terminal_text

    click.echo(f"error: {terminal_text(exc.message)}", err=True)
    if exc.hint:
        click.echo(f"hint: {terminal_text(exc.hint)}", err=True)
    if isinstance(exc, InputError):
        return ExitCode.BAD_INPUT
    assert isinstance(exc, UsageError | ConfigError)  # noqa: S101  (the tree has no other branch)
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
