"""From where a store is said to lie to the place that it is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from perfanalysis.errors import UsageError
from perfanalysis.store.baselines.place import Place

VARIABLE = "PERFANALYSIS_BASELINES"
DEFAULT_FOLDER = "baselines"
# Scheme, and the package that fsspec needs for it; the last is fsspec's own, for trying things out.
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "memory": "fsspec"}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def open_place(location: str | None) -> Place:
    """Return the place of a store.

    Args:
        location: a folder, or s3://, gs:// or az:// with bucket and folder; None for what the
            variable `PERFANALYSIS_BASELINES` says, or else the folder `baselines`.

    Raises:
        UsageError: an unknown scheme, a secret in the location, or a package is missing.
    """
    chosen = location or os.environ.get(VARIABLE) or DEFAULT_FOLDER
    found = _SCHEME.match(chosen)
    if found is not None:
        return _remote(chosen, found[1].lower())
    from perfanalysis.store.baselines.local_place import LocalPlace

    return LocalPlace(Path(chosen).expanduser())


def _remote(location: str, scheme: str) -> Place:
    if scheme not in _PACKAGES:
        raise UsageError(
            f"{scheme}:// is no place for baselines",
            hint="expected a folder, s3://bucket/folder, gs://bucket/folder or "
            "az://container/folder",
        )
    parts = urlsplit(location)
    if parts.username or parts.password or parts.query:
        raise UsageError(
            f"{scheme}://...: the place of baselines must hold no credentials and no query",
            hint="they come from where the service's own tools take them, such as AWS_PROFILE",
        )
    if not parts.netloc:
        raise UsageError(f"{location}: expected a bucket behind {scheme}://")
    try:
        import fsspec

        files = fsspec.filesystem(scheme, skip_instance_cache=True)
    except ImportError as exc:
        raise UsageError(
            f"{location}: the package {_PACKAGES[scheme]} is missing",
            hint="pip install 'perfanalysis[cloud]'",
        ) from exc
    except Exception as exc:
        # Some clients look for their account at once, and each has errors of its own.
        raise UsageError(f"{location}: cannot be reached: {exc}") from exc
    from perfanalysis.store.baselines.remote_place import RemotePlace

    return RemotePlace(files, parts.netloc + parts.path, location)
