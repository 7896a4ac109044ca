"""The libraries that only the generator needs: a clear word where they are missing."""

from __future__ import annotations

from importlib.util import find_spec

from perfanalysis.errors import UsageError

NEEDED = ("cloudpickle", "httptools", "picows", "uvloop")


def require_libraries() -> None:
    """Return if everything is there that a worker process imports.

    Raises:
        UsageError: something is missing; the hint says how to install it.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"generating load needs {', '.join(missing)}, which is not installed",
            hint="pip install 'perfanalysis[generate]'",
        )
