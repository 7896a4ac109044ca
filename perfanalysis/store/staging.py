"""A folder that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perfanalysis.errors import UsageError


@contextmanager
def staged_folder(destination: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a hidden folder beside the destination; rename it there when the block succeeds.

    Whatever ends the block early removes the folder; a killed process leaves it behind under its
    hidden name, and the next write to the same destination removes it.

    Raises:
        UsageError: the destination exists and may not be overwritten, or cannot be written.
    """
    if destination.exists() and not overwrite:
        raise UsageError(
            f"{destination}: exists already", hint="choose another name, or add --force"
        )
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(destination)
        staging = destination.parent / f".{destination.name}.{os.getpid()}.tmp"
        staging.mkdir()
    except OSError as exc:
        raise UsageError(f"{destination}: cannot be written: {exc.strerror}") from exc
    try:
        yield staging
        _move_into_place(staging, destination, overwrite=overwrite)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _move_into_place(staging: Path, destination: Path, *, overwrite: bool) -> None:
    if overwrite and destination.exists():
        # A folder cannot be renamed over a full one: the old one steps aside first.
        old = staging.with_name(f"{staging.name}.old")
        destination.rename(old)
        staging.rename(destination)
        shutil.rmtree(old, ignore_errors=True)
    else:
        staging.rename(destination)


def _remove_leftovers(destination: Path) -> None:
    for leftover in destination.parent.glob(f".{destination.name}.*.tmp*"):
        owner = leftover.name.removeprefix(f".{destination.name}.").split(".")[0]
        if owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)


def _is_running(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid)
