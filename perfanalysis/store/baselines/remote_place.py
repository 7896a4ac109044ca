"""Baselines in a bucket: s3://, gs:// or az://, through fsspec.

```text
s3://ci/baselines/
  main/
    baseline.00000041.json  the document, once per commit: the highest number counts
    baseline.00000042.json
    3f2a9c51b07de846.run/   run.json, histograms.parquet, ...
```

A bucket has no locks and no renaming. What all three services have is a write that succeeds only if
the object is not there yet (S3: `If-None-Match`, Google: `ifGenerationMatch=0`, Azure: likewise
`If-None-Match`). So a commit creates the document of the next number: of two writers that have
read the same state, one fails and looks again. Whatever is outdated is removed after a day, when no
writer or reader can still be in the middle of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

from perfanalysis.errors import BundleError, UsageError
from perfanalysis.model.baseline import RUN_FOLDER
from perfanalysis.store.baselines.names import is_name
from perfanalysis.store.baselines.place import MOST_BYTES, Document, Folders, Place
from perfanalysis.store.baselines.slim import FILES, Files

GRACE = timedelta(days=1)
REMOVED = "perfanalysis.removed-baseline"
_DOCUMENT = re.compile(r"baseline\.(\d{8,})\.json")


class RemotePlace(Place):
    """A bucket, or a folder in one.

    Args:
        files: a file system of fsspec.
        root: bucket and folder, without the scheme.
        location: what messages call it.
    """

    def __init__(self, files: Any, root: str, location: str) -> None:  # noqa: ANN401  (untyped)
        self.location = location
        self._files = files
        self._root = root.rstrip("/")

    def names(self) -> list[str]:
        """Return the names of all baselines, in order."""
        with self._told("read", BundleError):
            self._files.invalidate_cache()
            found = self._paths(self._root)
        parts = (path.rpartition("/") for path in found)
        names = {folder for folder, _, file in parts if _DOCUMENT.fullmatch(file)}
        return sorted(n for n in names if is_name(n) and self.read(n).content is not None)

    def read(self, name: str) -> Document:
        """Return the document of a baseline: that of the highest number."""
        with self._told("read", BundleError):
            number = max(self._documents(name), default=0)
            content = self._read(self._document(name, number)) if number else None
        if content is not None and REMOVED.encode() in content[:200]:
            content = None
        return Document(content=content, version=str(number))

    def read_run(self, name: str, folder: str) -> Files | None:
        """Return the files of a run; None where it is not there."""
        with self._told("read", BundleError):
            found = self._paths(f"{self._root}/{name}/{folder}")
            return {
                file: content
                for file in FILES
                if file in found
                and (content := self._read(f"{self._root}/{name}/{folder}/{file}")) is not None
            } or None

    def read_file(self, path: str) -> bytes | None:
        """Return a single file of the store; None where it is not there."""
        with self._told("read", BundleError):
            return self._read(f"{self._root}/{path}")

    def write_file(self, path: str, content: bytes) -> None:
        """Write a single file: an object is whole or not there."""
        with self._told("written", UsageError):
            self._files.pipe_file(f"{self._root}/{path}", content)

    def commit(
        self,
        name: str,
        content: bytes,
        *,
        expected: str,
        added: Folders,
        kept: Collection[str],
    ) -> bool:
        """Create the next document, unless somebody else has done so."""
        with self._told("written", UsageError):
            for folder, files in added.items():
                for file, data in files.items():
                    # Written again even where it is there: its age says that it is in use.
                    self._files.pipe_file(f"{self._root}/{name}/{folder}/{file}", data)
            if not self._create(name, int(expected) + 1, content):
                return False
            self._sweep(name, kept)
            return True

    def remove(self, name: str, *, expected: str) -> bool:
        """Say in the next document that the baseline is gone; its runs go after a day."""
        tombstone = json.dumps({"schema": REMOVED, "schema_version": 1}).encode()
        return self.commit(name, tombstone, expected=expected, added={}, kept=())

    def exclusive(self, name: str) -> AbstractContextManager[None]:
        """Do nothing: a bucket has no locks, and a commit that comes too late fails."""
        del name
        return nullcontext()

    def _create(self, name: str, number: int, content: bytes) -> bool:
        """Create a document; say whether it is there as written by us."""
        path = self._document(name, number)
        try:
            self._files.pipe_file(path, content, mode="create")
        except OSError:
            # A client that did not hear the answer tries again, and then finds its own document;
            # not every server tells a conflict as such.
            found = self._read(path)
            if found is None:
                raise
            return found == content
        # A server that does not know the condition would have let a second writer through.
        return self._read(path) == content

    def _sweep(self, name: str, kept: Collection[str]) -> None:
        numbers = sorted(self._documents(name))
        old = [self._document(name, number) for number in numbers[:-1]]
        for path in self._paths(f"{self._root}/{name}"):
            folder, _, file = path.rpartition("/")
            # Other baselines may lie below this one: their folders have more parts.
            if file in FILES and re.fullmatch(RUN_FOLDER, folder) and folder not in kept:
                old.append(f"{self._root}/{name}/{path}")
        before = datetime.now(UTC) - GRACE
        for path in old:
            try:
                if self._files.modified(path) < before:
                    self._files.rm_file(path)
            except FileNotFoundError:
                continue  # another writer sweeps too

    def _documents(self, name: str) -> list[int]:
        self._files.invalidate_cache()
        files = self._paths(f"{self._root}/{name}")
        return [int(found[1]) for file in files if (found := _DOCUMENT.fullmatch(file))]

    def _document(self, name: str, number: int) -> str:
        return f"{self._root}/{name}/baseline.{number:08}.json"

    def _paths(self, folder: str) -> list[str]:
        """Return the files below a folder, relative to it."""
        try:
            found = self._files.find(folder)
        except FileNotFoundError:
            return []
        prefix = f"{self._files._strip_protocol(folder).strip('/')}/"  # noqa: SLF001
        return [path.strip("/").removeprefix(prefix) for path in found]

    def _read(self, path: str) -> bytes | None:
        try:
            content: bytes = self._files.cat_file(path, start=0, end=MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        if len(content) > MOST_BYTES:
            raise BundleError(f"{path}: expected a file of a baseline, found more than 256 MiB")
        return content

    @contextmanager
    def _told(self, doing: str, error: type[BundleError | UsageError]) -> Iterator[None]:
        try:
            yield
        except (BundleError, UsageError):
            raise
        except Exception as exc:
            # The libraries of three clouds raise dozens of classes of their own.
            reason = str(exc).strip().splitlines()
            told = f"{type(exc).__name__}: {reason[0][:300]}" if reason else type(exc).__name__
            raise error(
                f"{self.location}: cannot be {doing}: {told}",
                hint="bucket, credentials and region are those of the service's own tools",
            ) from exc
