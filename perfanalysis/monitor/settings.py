"""What to monitor, as people write it: `shop=http://localhost:3000/metrics @5s`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import psutil

from perfanalysis.errors import UsageError
from perfanalysis.monitor.endpoint import Endpoint
from perfanalysis.monitor.postgres import Postgres
from perfanalysis.monitor.process import Processes, one_process, processes_named
from perfanalysis.monitor.source import Source, plain_text
from perfanalysis.monitor.system import System
from perfanalysis.units import parse_duration

MIN_INTERVAL_S = 0.1
MAX_INTERVAL_S = 3600.0
_NAMED = re.compile(r"([A-Za-z_][\w.-]{0,63})=(.*)", re.DOTALL | re.ASCII)
_TIMED = re.compile(r"(.*\S)\s+@\s*(\d[\w.]*)\s*", re.DOTALL)
_URL = re.compile(r"https?://\S+")
_DATABASE_URL = ("postgres://", "postgresql://")
_MAX_PID = 2**31 - 1


class Kind(StrEnum):
    """What is watched; the values are the names of the options."""

    URL = "url"
    OPENMETRICS = "openmetrics"
    POSTGRES = "postgres"
    PID = "pid"
    PROCESS = "process"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One thing to watch.

    Attributes:
        target: an address, a connection string, a process number or a glob of process names. It
            may hold a password: never print it.
        name: what its metrics are told apart by; None for none.
        interval_s: its own interval; None for the common one.
    """

    kind: Kind
    target: str
    name: str | None
    interval_s: float | None


@dataclass(frozen=True, kw_only=True)
class MonitorSettings:
    """What to monitor, and how often.

    Attributes:
        interval_s: from one reading to the next, where a source has no interval of its own.
        system: whether this machine is watched.
        watched: what is watched besides.
        samples_path: gets the samples as JSON, in the form that monitors' scripts write; None for
            no such file.
    """

    interval_s: float = 1.0
    system: bool = True
    watched: tuple[Watched, ...] = ()
    samples_path: Path | None = None


def parse_watched(kind: Kind, text: str) -> Watched:
    """Return what `[NAME=]TARGET[ @INTERVAL]` says.

    Raises:
        UsageError: it is not written so. The message never quotes a connection string.

    >>> parse_watched(Kind.URL, "shop=http://localhost:3000/metrics @5s").interval_s
    5.0
    """
    timed = _TIMED.fullmatch(text)
    target = timed[1] if timed else text.strip()
    interval_s = None if timed is None else parse_interval(timed[2], f"--{kind} ... @")
    named = _NAMED.fullmatch(target)
    # A connection string is made of `host=...` itself: only a URL can have a name before it.
    if named is not None and (kind is not Kind.POSTGRES or named[2].startswith(_DATABASE_URL)):
        name, target = named[1], named[2].strip()
    else:
        name = None
    if kind in (Kind.URL, Kind.OPENMETRICS):
        _check_url(kind, target)
    elif kind is Kind.PID and not (target.isascii() and target.isdigit()):
        raise UsageError(f"--pid: expected the number of a process, found {target[:80]!r}")
    elif not target:
        raise UsageError(f"--{kind}: expected something to watch, found nothing")
    return Watched(kind=kind, target=target, name=name, interval_s=interval_s)


def parse_interval(text: str, option: str) -> float:
    """Return the seconds of an interval.

    Raises:
        UsageError: it is none, or too short or long to be sensible.
    """
    try:
        seconds = parse_duration(text)
    except ValueError as exc:
        raise UsageError(f"{option}: {exc}") from exc
    if not MIN_INTERVAL_S <= seconds <= MAX_INTERVAL_S:
        raise UsageError(f"{option}: expected an interval from 100ms to 1h, found {text!r}")
    return seconds


def build_sources(settings: MonitorSettings) -> list[Source]:
    """Return what the monitor reads.

    Raises:
        UsageError: nothing is watched, a process does not exist, a name stands for two things, or
            a library is not installed.
    """
    sources: list[Source] = [System(settings.interval_s)] if settings.system else []
    sources += [_source(watched, settings.interval_s) for watched in settings.watched]
    if not sources:
        raise UsageError("there is nothing to monitor")
    _check_names(settings.watched)
    return sources


def _source(watched: Watched, common_interval_s: float) -> Source:
    interval_s = watched.interval_s or common_interval_s
    match watched.kind:
        case Kind.URL | Kind.OPENMETRICS:
            return _endpoint(watched, interval_s)
        case Kind.POSTGRES:
            return Postgres(watched.target, name=watched.name, interval_s=interval_s)
        case Kind.PID:
            return _process(watched, interval_s)
        case Kind.PROCESS:
            return Processes(
                processes_named(watched.target),
                label=f"process {watched.name or plain_text(watched.target)}",
                group=watched.name,
                interval_s=interval_s,
                when_none="told",
            )


def _process(watched: Watched, interval_s: float) -> Source:
    pid = int(watched.target)
    try:
        if pid > _MAX_PID:
            raise psutil.NoSuchProcess(pid)
        find = one_process(pid)
        name = plain_text(psutil.Process(pid).name())
    except psutil.Error as exc:
        raise UsageError(f"--pid {watched.target[:20]}: there is no such process") from exc
    return Processes(
        find,
        label=f"pid {pid} ({watched.name or name})",
        group=watched.name or name,
        interval_s=interval_s,
        when_none="ended",
    )


def _endpoint(watched: Watched, interval_s: float) -> Source:
    parts = urlsplit(watched.target)
    secrets = {watched.target, parts.query, *_credentials(parts)} - {""}
    return Endpoint(
        watched.target,
        name=watched.name,
        label=f"{watched.kind} {watched.name or _shown(parts)}",
        secrets=tuple(secrets),
        only_text=watched.kind is Kind.OPENMETRICS,
        interval_s=interval_s,
    )


def _shown(parts: SplitResult) -> str:
    """Return an address without user, password and query."""
    host = parts.netloc.rpartition("@")[2]
    return plain_text(f"{parts.scheme}://{host}{parts.path}{'?…' if parts.query else ''}")


def _credentials(parts: SplitResult) -> Iterable[str]:
    return [
        spelling
        for text in (parts.password, parts.username if parts.password is None else None)
        if text
        for spelling in (text, unquote(text))
    ]


def _check_url(kind: Kind, target: str) -> None:
    hint = f"such as --{kind} shop=http://localhost:3000/metrics"
    if not _URL.fullmatch(target):
        # Not quoted: what went wrong may be the part with the password.
        raise UsageError(
            f"--{kind}: expected an address that begins with http:// or https://", hint=hint
        )
    try:
        parts = urlsplit(target)
        is_good = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good:
        raise UsageError(f"--{kind}: expected an address with a host and a port", hint=hint)


def _check_names(watched: Iterable[Watched]) -> None:
    """Refuse two things whose metrics could not be told apart.

    Raises:
        UsageError: there are such.
    """
    for kinds, what in (
        ((Kind.URL, Kind.OPENMETRICS), "addresses"),
        ((Kind.POSTGRES,), "databases"),
    ):
        names = [entry.name for entry in watched if entry.kind in kinds]
        if len(set(names)) < len(names):
            options = " or ".join(f"--{kind}" for kind in kinds)
            raise UsageError(
                f"{options}: several {what} need different names",
                hint=f"--{kinds[0]} shop=... --{kinds[0]} stock=...",
            )
