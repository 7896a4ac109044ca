"""Time, CPU time and peak memory of whole processes.

A child's peak starts at the memory of its parent, so whoever measures stays small: this module and
those that use it import nothing but the standard library.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one process took: seconds, CPU seconds of all its threads, MiB at its peak."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def measure(command: Sequence[str], *, good_exits: Sequence[int] = (0,)) -> Measured:
    """Run a command; end the benchmark if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) not in good_exits:
        sys.exit(f"failed: {' '.join(command)}\n{errors.decode(errors='replace')}")
    return Measured(
        wall_s=wall_s, cpu_s=usage.ru_utime + usage.ru_stime, peak_mib=usage.ru_maxrss / 1024
    )


def fastest(runs: Sequence[Measured]) -> Measured:
    """Return the quickest of several runs: noise only ever adds time."""
    return min(runs, key=lambda run: run.wall_s)
