"""Options that several commands share, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

import click
from click.core import ParameterSource

from perfanalysis.cli.progress import import_progress
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.analysis.warmup import Warmup
    from perfanalysis.api import ReadOptions
    from perfanalysis.model.calibration import Calibration

Command: TypeAlias = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Judging:
    """What counts as a change, and in which figures."""

    settings: Settings
    metrics: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """What to compare, and what counts as a change."""

    settings: Settings
    metrics: tuple[str, ...]
    names: tuple[str, ...]
    allow_missing: tuple[str, ...]
    budgets: tuple[str, ...]


_READING = (
    click.option(
        "--from", "format_name", metavar="FORMAT", help="Importer; detected if not given."
    ),
    click.option(
        "--timezone",
        default="UTC",
        metavar="ZONE",
        envvar="PERFANALYSIS_TIMEZONE",
        show_default=True,
        help="Zone of times that carry none, such as Europe/Berlin.",
    ),
    click.option(
        "--max-bad-rows",
        default="0",
        metavar="N|P%",
        envvar="PERFANALYSIS_MAX_BAD_ROWS",
        show_default=True,
        help="Bad rows to tolerate, as a number or share; they are counted and kept.",
    ),
)
_STORE = (
    click.option(
        "--store",
        metavar="LOCATION",
        envvar="PERFANALYSIS_BASELINES",
        show_default="baselines",
        help="Where baselines lie (@NAME): a folder, s3://, gs:// or az://.",
    ),
)
_NOISE = click.option(
    "--noise",
    default="0.03,0.06",
    metavar="CENTER,TAIL",
    envvar="PERFANALYSIS_NOISE",
    show_default=True,
    help="Assumed noise between identical runs, where one run is held against one: of "
    "medians, and of higher percentiles.",
)
_JUDGING = (
    click.option(
        "--tolerance",
        default="5%",
        metavar="RATIO",
        envvar="PERFANALYSIS_TOLERANCE",
        show_default=True,
        help="Relative change that nobody cares about.",
    ),
    click.option(
        "--error-rate-tolerance",
        default="0.1%",
        metavar="RATIO",
        envvar="PERFANALYSIS_ERROR_RATE_TOLERANCE",
        show_default=True,
        help="Change of an error rate that nobody cares about, as an absolute difference.",
    ),
    click.option(
        "--alpha",
        type=click.FloatRange(0, 0.5, min_open=True, max_open=True),
        default=0.05,
        envvar="PERFANALYSIS_ALPHA",
        show_default=True,
        help="Share of comparisons of identical runs that may raise any alarm.",
    ),
    _NOISE,
    click.option(
        "--warmup",
        default="auto",
        metavar="auto|none|SECONDS",
        envvar="PERFANALYSIS_WARMUP",
        show_default=True,
        help="Seconds to leave out at the start of every run.",
    ),
    click.option(
        "--metric",
        "metrics",
        multiple=True,
        metavar="KEY",
        help="Metric to compare, such as latency.p95; repeatable. Default: p10, p50, p95, p99 and "
        "p99.9 of latency, error_rate, throughput.",
    ),
    click.option(
        "--name", "names", multiple=True, metavar="GLOB", help="Names to compare; repeatable."
    ),
)
_BUDGET = click.option(
    "--budget",
    "budgets",
    multiple=True,
    metavar="FILE",
    type=click.Path(),
    envvar="PERFANALYSIS_BUDGET",
    help="Budgets to hold the new runs against; repeatable.",
)
_COMPARING = (
    _BUDGET,
    click.option(
        "--calibration",
        metavar="NAME|FILE",
        envvar="PERFANALYSIS_CALIBRATION",
        help="Noise measured by `perfanalysis calibrate`; default: what lies beside the baseline.",
    ),
    click.option(
        "--paired",
        is_flag=True,
        help="The n-th current run was planned to go with the n-th baseline run: interleaved or "
        "at the same time.",
    ),
    click.option(
        "--force",
        is_flag=True,
        envvar="PERFANALYSIS_FORCE",
        help="Judge runs that are not comparable, and say so.",
    ),
    click.option(
        "--gate-drift",
        is_flag=True,
        envvar="PERFANALYSIS_GATE_DRIFT",
        help="A regression against the anchor of a stored baseline fails the comparison.",
    ),
    click.option(
        "--strict",
        is_flag=True,
        envvar="PERFANALYSIS_STRICT",
        help="No verdict (exit 3) if any result is undecided.",
    ),
    click.option(
        "--allow-missing",
        multiple=True,
        metavar="GLOB",
        help="Names of the baseline that the current runs may lack; repeatable.",
    ),
)


def reading_options(command: Command) -> Command:
    """Add the options that say where runs come from; the command gets them as `reading`."""

    @wraps(command)
    def read(*args: object, reading: ReadOptions, store: str | None, **rest: object) -> object:
        return command(*args, reading=replace(reading, store=store), **rest)

    return source_options(_with_options(read, _STORE))


def source_options(command: Command) -> Command:
    """Add the options that say how raw files are read; the command gets them as `reading`."""

    @wraps(command)
    def read(
        *args: object, format_name: str | None, timezone: str, max_bad_rows: str, **rest: object
    ) -> object:
        reading = _reading(format_name, timezone, max_bad_rows)
        quiet = click.get_current_context().obj["quiet"]
        with import_progress(quiet=quiet) as on_progress:
            return command(*args, reading=replace(reading, on_progress=on_progress), **rest)

    return _with_options(read, _READING)


def judging_options(command: Command) -> Command:
    """Add the options that say what counts as a change; the command gets them as `judging`."""
    return _with_options(_judged(command), _JUDGING)


def history_options(command: Command) -> Command:
    """Add the same but the assumed noise: a history of runs shows its own."""
    return _with_options(_judged(command), [option for option in _JUDGING if option is not _NOISE])


def _judged(command: Command) -> Command:
    """Return a command that takes the options of what counts as a change, and gets `judging`."""

    @wraps(command)
    def judge(
        *args: object,
        tolerance: str,
        error_rate_tolerance: str,
        alpha: float,
        noise: str = "0.03,0.06",
        warmup: str,
        metrics: tuple[str, ...],
        names: tuple[str, ...],
        **rest: object,
    ) -> object:
        settings = replace(
            _settings(tolerance, error_rate_tolerance, alpha, noise),
            warmup=_warmup(warmup),
            stated=_stated("tolerance", "error_rate_tolerance"),
        )
        judging = Judging(settings=settings, metrics=metrics, names=names)
        return command(*args, judging=judging, **rest)

    return judge


def comparing_options(command: Command) -> Command:
    """Add these and the options of a gate; the command gets all of them as `comparing`."""

    @wraps(command)
    def compare(
        *args: object,
        judging: Judging,
        calibration: str | None,
        paired: bool,
        force: bool,
        gate_drift: bool,
        strict: bool,
        allow_missing: tuple[str, ...],
        budgets: tuple[str, ...],
        **rest: object,
    ) -> object:
        settings = replace(
            judging.settings,
            calibration=_calibration(calibration),
            paired=paired,
            force=force,
            gate_drift=gate_drift,
            strict=strict,
        )
        comparing = Comparing(
            settings=settings,
            metrics=judging.metrics,
            names=judging.names,
            allow_missing=allow_missing,
            budgets=budgets,
        )
        return command(*args, comparing=comparing, **rest)

    return judging_options(_with_options(compare, _COMPARING))


def budget_option(command: Command) -> Command:
    """Add the option that names budget files; the command gets them as `budgets`."""
    return _with_options(command, (_BUDGET,))


def _with_options(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    # click shows the option that was added last first.
    for option in reversed(options):
        command = option(command)
    return command


def _reading(format_name: str | None, timezone: str, max_bad_rows: str) -> ReadOptions:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from perfanalysis.api import ReadOptions
    from perfanalysis.importers.rejects import Tolerance

    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise UsageError(
            f"--timezone {timezone!r} is no time zone", hint="expected a name like Asia/Tokyo"
        ) from exc
    tolerance = Tolerance.parse(max_bad_rows)
    return ReadOptions(format_name=format_name, timezone=zone, tolerance=tolerance)


def _calibration(source: str | None) -> Calibration | None:
    if not source:
        return None
    from perfanalysis.api import load_calibration

    return load_calibration(source, store=click.get_current_context().params.get("store"))


def _stated(*options: str) -> frozenset[str]:
    """Return which options the user gave, on the command line or as a variable."""
    context = click.get_current_context()
    given = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    return frozenset(o for o in options if context.get_parameter_source(o) in given)


def _warmup(text: str) -> Warmup:
    from perfanalysis.analysis.warmup import parse_warmup

    try:
        return parse_warmup(text)
    except ValueError as exc:
        raise UsageError(f"--warmup: {exc}") from exc


def _settings(tolerance: str, error_rate_tolerance: str, alpha: float, noise: str) -> Settings:
    from perfanalysis.analysis.judge import Settings
    from perfanalysis.units import parse_ratio

    center, comma, tail = noise.partition(",")
    texts = {
        "--tolerance": tolerance,
        "--error-rate-tolerance": error_rate_tolerance,
        "--noise center": center,
        "--noise tail": tail if comma else center,
    }
    numbers = {}
    for option, text in texts.items():
        try:
            numbers[option] = parse_ratio(text)
        except ValueError as exc:
            raise UsageError(f"{option}: {exc}") from exc
        if not 0 <= numbers[option] < 2:
            raise UsageError(f"{option}: expected a ratio from 0 to 2, found {text!r}")
    return Settings(
        tolerance=numbers["--tolerance"],
        error_rate_tolerance=numbers["--error-rate-tolerance"],
        alpha=alpha,
        noise_center=numbers["--noise center"],
        noise_tail=numbers["--noise tail"],
    )


def parse_tags(tags: Sequence[str]) -> dict[str, str]:
    """Return what `--tag KEY=VALUE` says.

    Raises:
        UsageError: one is not written so.
    """
    pairs = {}
    for tag in tags:
        key, equals, value = tag.partition("=")
        if not equals or not key:
            raise UsageError(f"--tag {tag!r}: expected KEY=VALUE")
        pairs[key] = value
    return pairs
