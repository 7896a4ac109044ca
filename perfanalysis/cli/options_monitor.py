"""The options that say what is monitored."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from perfanalysis.monitor.settings import MonitorSettings

    _Text = click.ParamType[str]
else:
    _Text = click.ParamType  # generic in later versions only

Command = Callable[..., Any]
_INTERVAL = "interval"
_SYSTEM = "system"
_JSON = "json"
_WATCHED = {
    "url": ("[NAME=]URL", "Endpoint of an application that answers with JSON or OpenMetrics."),
    "openmetrics": ("[NAME=]URL", "Endpoint with metrics as text: OpenMetrics or Prometheus's."),
    "postgres": (
        "[NAME=]DSN",
        "PostgreSQL database, as libpq's connection string; or set PERFANALYSIS_POSTGRES.",
    ),
    "pid": ("[NAME=]PID", "Process, by its number."),
    "process": ("[NAME=]GLOB", "Processes whose names fit, added up."),
}


def monitor_options(prefix: str = "") -> Callable[[Command], Command]:
    """Return a decorator that adds the options; the command gets them as `monitoring`.

    Args:
        prefix: stands before the names, where a command has other options besides: `monitor-`
            makes `--monitor-url`.
    """
    spelled = prefix.replace("-", "_")

    def decorate(command: Command) -> Command:
        @wraps(command)
        def monitored(*args: object, **rest: Any) -> object:  # noqa: ANN401  (click's own)
            own = {name: rest.pop(f"{spelled}{name}") for name in (*_WATCHED, _INTERVAL, _JSON)}
            system = not rest.pop(f"{spelled}no_{_SYSTEM}")
            return command(*args, monitoring=_settings(own, system=system), **rest)

        decorated: Command = monitored
        for option in reversed(_options(prefix)):
            decorated = option(decorated)
        return decorated

    return decorate


def _options(prefix: str) -> list[Callable[[Command], Command]]:
    return [
        click.option(
            f"--{prefix}{_INTERVAL}",
            default="1s",
            metavar="TIME",
            envvar="PERFANALYSIS_MONITOR_INTERVAL",
            show_default=True,
            help="From one reading to the next; ' @5s' behind a URL, DSN, PID or GLOB is its own.",
        ),
        *(
            click.option(
                f"--{prefix}{name}",
                multiple=True,
                metavar=metavar,
                envvar="PERFANALYSIS_POSTGRES" if name == "postgres" else None,
                type=_OneValue() if name == "postgres" else None,
                help=f"{text} Repeatable.",
            )
            for name, (metavar, text) in _WATCHED.items()
        ),
        click.option(
            f"--{prefix}no-{_SYSTEM}", is_flag=True, help="Leave out this machine itself."
        ),
        click.option(
            f"--{prefix}{_JSON}",
            metavar="FILE",
            help="Write the samples there, too, in the form that psutil scripts write.",
        ),
    ]


class _OneValue(_Text):
    """A text whose blanks separate nothing when it comes from the environment."""

    name = "text"

    def split_envvar_value(self, rv: str) -> list[str]:
        return [rv] if rv.strip() else []


def _settings(own: dict[str, Any], *, system: bool) -> MonitorSettings:
    from perfanalysis.monitor.settings import Kind, MonitorSettings, parse_interval, parse_watched

    return MonitorSettings(
        interval_s=parse_interval(own[_INTERVAL], f"--{_INTERVAL}"),
        system=system,
        watched=tuple(parse_watched(Kind(name), text) for name in _WATCHED for text in own[name]),
        samples_path=Path(own[_JSON]) if own[_JSON] else None,
    )
