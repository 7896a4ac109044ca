"""Imported copies of raw files that were given where a run is expected."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

# Part of every key: raise it when an importer changes what it makes of the same bytes.
CACHE_VERSION = 1
_MAX_BYTES = 10 << 30


def cache_folder() -> Path:
    """Return the folder of the cache, after the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "perfanalysis" / "runs"


def cached_run_path(parts: Sequence[str]) -> Path:
    """Return where the bundle of a content belongs, whether or not it is there.

    Args:
        parts: everything that decides the content: hashes, formats, options.
    """
    key = hashlib.sha256("\0".join([str(CACHE_VERSION), *parts]).encode()).hexdigest()
    return cache_folder() / f"{key[:32]}.run"


def mark_used(path: Path) -> None:
    """Remember that a cached bundle was used, so that it is among the last to be removed."""
    os.utime(path)


def trim_cache() -> None:
    """Remove the bundles that were not used for longest, until the cache is within 10 GiB."""
    folder = cache_folder()
    bundles = sorted(folder.glob("*.run"), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for bundle in bundles:
        total += sum(file.stat().st_size for file in bundle.iterdir() if file.is_file())
        if total > _MAX_BYTES:
            shutil.rmtree(bundle, ignore_errors=True)
