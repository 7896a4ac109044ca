"""The load generator: makes requests and yields what it measured.

What people write load tests in Python with, loaded when it is first used:

    from perfanalysis.generator import Load, LoadTest, Scenario, Session
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfanalysis.generator.response import Response
    from perfanalysis.generator.scenario.model import (
        Data,
        Defaults,
        Hooks,
        Limits,
        Load,
        LoadTest,
        Scenario,
        Stage,
        Threshold,
    )
    from perfanalysis.generator.scenario.steps import RequestStep, ThinkStep, Timeouts
    from perfanalysis.generator.session import Session

_MODEL = "perfanalysis.generator.scenario.model"
_STEPS = "perfanalysis.generator.scenario.steps"
_HOMES = {
    "Data": _MODEL,
    "Defaults": _MODEL,
    "Hooks": _MODEL,
    "Limits": _MODEL,
    "Load": _MODEL,
    "LoadTest": _MODEL,
    "RequestStep": _STEPS,
    "Response": "perfanalysis.generator.response",
    "Scenario": _MODEL,
    "Session": "perfanalysis.generator.session",
    "Stage": _MODEL,
    "ThinkStep": _STEPS,
    "Threshold": _MODEL,
    "Timeouts": _STEPS,
}

__all__ = [
    "Data",
    "Defaults",
    "Hooks",
    "Limits",
    "Load",
    "LoadTest",
    "RequestStep",
    "Response",
    "Scenario",
    "Session",
    "Stage",
    "ThinkStep",
    "Threshold",
    "Timeouts",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
