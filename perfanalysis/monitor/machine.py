"""What machine this is, as `run.json` tells it."""

from __future__ import annotations

import platform
from pathlib import Path

import psutil

from perfanalysis.model.run import Environment

_PROCESSORS = Path("/proc/cpuinfo")


def this_machine() -> Environment:
    """Return the processors and the system of this machine; never its name or address."""
    return Environment(
        cpu_model=_cpu_model(),
        cpu_count=psutil.cpu_count(),
        os=f"{platform.system()} {platform.release()}".strip() or None,
    )


def _cpu_model() -> str | None:
    try:
        lines = _PROCESSORS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or None
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, None) or platform.processor() or None
