"""JSON documents that another job wrote, read back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from perfanalysis.errors import InputError, UsageError

if TYPE_CHECKING:
    from perfanalysis.model.budget_results import Check
    from perfanalysis.model.results import Comparison

# Two thousand names with all their metrics take about ten.
_MOST_MEGABYTES: Final = 100


def load_comparison(path: str | Path) -> Comparison:
    """Return the comparison that `compare --format json -o FILE` wrote.

    Args:
        path: of the file.

    Raises:
        UsageError: there is no such file.
        InputError: it is no such document, or of a newer version; the message names the key.
    """
    from perfanalysis.reports.read_document import read_comparison

    return read_comparison(_content(Path(path)), source=str(path))


def load_check(path: str | Path) -> Check:
    """Return the judged budgets that `check --format json -o FILE` wrote.

    Args:
        path: of the file.

    Raises:
        UsageError: there is no such file.
        InputError: it is no such document, or of a newer version; the message names the key.
    """
    from perfanalysis.reports.read_document import read_check

    return read_check(_content(Path(path)), source=str(path))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_MEGABYTES * 1_000_000 + 1)
    except FileNotFoundError as exc:
        raise UsageError(f"{path}: no such file") from exc
    except OSError as exc:
        raise UsageError(f"{path}: cannot be read: {exc.strerror}") from exc
    if len(content) > _MOST_MEGABYTES * 1_000_000:
        raise InputError(f"{path}: expected at most {_MOST_MEGABYTES} MB, found more")
    return content
