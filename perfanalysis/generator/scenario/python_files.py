"""Scenarios that are Python functions: found in files, and named so that workers find them too."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from perfanalysis.errors import ConfigError
from perfanalysis.generator.scenario.model import Scenario

_PREFIX = "perfanalysis_file_"


def user_function(scenario: Scenario) -> Callable[..., Any]:
    """Return the Python function of a scenario.

    Raises:
        ConfigError: there is none, or it is no coroutine function of a session.
    """
    function: object = scenario.function
    if isinstance(function, str):
        function = _imported(function)
    if not callable(function) or not inspect.iscoroutinefunction(function):
        raise ConfigError(
            f"scenario {scenario.name!r}: expected a coroutine function: async def user(session)"
        )
    return function


def referenced(function: str | Callable[..., Any] | None) -> str | Callable[..., Any] | None:
    """Return `file.py:name` for a function of a file that was imported here, else the function.

    Workers import the file themselves; other functions travel by value.
    """
    if function is None or isinstance(function, str):
        return function
    module = sys.modules.get(getattr(function, "__module__", ""))
    name = getattr(function, "__qualname__", "")
    if module is None or not module.__name__.startswith(_PREFIX):
        return function
    return f"{module.__file__}:{name}" if getattr(module, name, None) is function else function


def import_file(path: Path) -> ModuleType:
    """Return a Python file as a module; it may import files beside it.

    Raises:
        ConfigError: it cannot be read, or raises an error.
    """
    resolved = path.resolve()
    name = _PREFIX + hashlib.sha256(str(resolved).encode()).hexdigest()[:16]
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None or not resolved.is_file():
        raise ConfigError(f"{path}: cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if str(resolved.parent) not in sys.path:
        sys.path.append(str(resolved.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as exc:
        del sys.modules[name]
        raise ConfigError(f"{path}: {type(exc).__name__}: {exc}") from exc
    return module


def _imported(reference: str) -> object:
    """Return a function for `folder/file.py:name`."""
    file, colon, name = reference.rpartition(":")
    if not colon or not file.endswith(".py"):
        raise ConfigError(f"{reference}: expected FILE.py:NAME")
    return getattr(import_file(Path(file)), name, None)
