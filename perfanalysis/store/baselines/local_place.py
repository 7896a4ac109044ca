"""Baselines in a folder of this machine, such as one that lies in git.

```text
baselines/
  .work/                    locks and what is being written; git ignores it
  main/
    baseline.json           decides which runs there are
    3f2a9c51b07de846.run/   run.json, histograms.parquet, ...
  main/staging/             another baseline
```

Writers take turns by a lock of the operating system, which it releases when a process dies. What a
killed writer leaves behind is either hidden or named by no document; the next writer sweeps it up.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from perfanalysis.errors import BundleError, UsageError
from perfanalysis.store.baselines.names import is_name
from perfanalysis.store.baselines.place import MOST_BYTES, Document, Folders, Place
from perfanalysis.store.baselines.slim import FILES, Files, folder_of

DOCUMENT = "baseline.json"
WORK = ".work"
# Long enough for a busy machine to judge a run, short enough for a job to say what is wrong.
LOCK_SECONDS = 120.0


class LocalPlace(Place):
    """A folder of this machine.

    Args:
        folder: it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.location = str(folder)
        # One object a baseline: the lock may then be taken again by whoever holds it.
        self._locks: dict[str, FileLock] = {}

    def names(self) -> list[str]:
        """Return the names of all baselines, in order."""
        with _reading(self.folder):
            return sorted(self._names(self.folder, ""))

    def _names(self, folder: Path, name: str) -> Iterator[str]:
        if name and (folder / DOCUMENT).is_file():
            yield name
        if not folder.is_dir():
            return
        for child in folder.iterdir():
            part = f"{name}/{child.name}" if name else child.name
            # What is no name is not ours: folders of runs, hidden ones, files of the project.
            if child.is_dir() and not child.is_symlink() and is_name(part):
                yield from self._names(child, part)

    def read(self, name: str) -> Document:
        """Return the document of a baseline."""
        content = self.read_file(f"{name}/{DOCUMENT}")
        version = "" if content is None else hashlib.sha256(content).hexdigest()
        return Document(content=content, version=version)

    def read_run(self, name: str, folder: str) -> Files | None:
        """Return the files of a run; None where it is not there."""
        found = {file: self.read_file(f"{name}/{folder}/{file}") for file in FILES}
        return {file: content for file, content in found.items() if content is not None} or None

    def read_file(self, path: str) -> bytes | None:
        """Return a single file of the store; None where it is not there."""
        file = self.folder / path
        with _reading(file):
            try:
                with file.open("rb") as stream:
                    content = stream.read(MOST_BYTES + 1)
            except (FileNotFoundError, NotADirectoryError):
                return None
        if len(content) > MOST_BYTES:
            raise BundleError(f"{file}: expected a file of a baseline, found more than 256 MiB")
        return content

    def commit(
        self,
        name: str,
        content: bytes,
        *,
        expected: str,
        added: Folders,
        kept: Collection[str],
    ) -> bool:
        """Replace the document, if nobody else has done so since it was read."""
        with self.exclusive(name), _writing(self.folder / name):
            if self.read(name).version != expected:
                return False
            staging = self._staging(name)
            for folder, files in added.items():
                self._add_run(name, folder, files, staging)
            staged = staging / DOCUMENT
            _write(staged, content)
            target = self.folder / name
            target.mkdir(parents=True, exist_ok=True)
            staged.replace(target / DOCUMENT)
            _flush_folder(target)
            if not expected:
                # A new folder is on the disk when the one above it is.
                for above in target.parents[: name.count("/") + 1]:
                    _flush_folder(above)
            self._sweep(name, kept)
            return True

    def remove(self, name: str, *, expected: str) -> bool:
        """Remove a baseline with its runs, if nobody has changed it since it was read."""
        with self.exclusive(name), _writing(self.folder / name):
            if self.read(name).version != expected:
                return False
            (self.folder / name / DOCUMENT).unlink()
            self._sweep(name, ())
            for folder in (self.folder / name, *(self.folder / name).parents):
                # Folders of other baselines may lie in it, or above it files of the project.
                if folder == self.folder or any(folder.iterdir()):
                    break
                folder.rmdir()
            return True

    def write_file(self, path: str, content: bytes) -> None:
        """Write a single file so that it is whole or not there."""
        target = self.folder / path
        with _writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, hidden = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            os.close(descriptor)
            staged = Path(hidden)
            try:
                _write(staged, content)
                # Temporary files are for their owner only; what is stored is for the project.
                staged.chmod(0o644)
                staged.replace(target)
            finally:
                staged.unlink(missing_ok=True)

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Keep other jobs from committing, also those of other processes."""
        with _writing(self.folder):
            self._work().mkdir(parents=True, exist_ok=True)
            ignored = self._work() / ".gitignore"
            if not ignored.exists():
                ignored.write_text("*\n")
        lock = self._locks.setdefault(name, FileLock(self._own(name, ".lock")))
        try:
            held = lock.acquire(timeout=LOCK_SECONDS)
        except Timeout as exc:
            raise UsageError(
                f"{self.location}: another job has been writing {name!r} for {LOCK_SECONDS:g} s",
                hint=f"if none is running, the file system keeps its locks; see {lock.lock_file}",
            ) from exc
        except OSError as exc:
            raise UsageError(f"{self.location}: cannot be locked: {exc.strerror}") from exc
        with held:
            yield

    def _work(self) -> Path:
        return self.folder / WORK

    def _own(self, name: str, suffix: str) -> Path:
        """Return a path that is this baseline's own; names may be longer than those of files."""
        return self._work() / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}{suffix}"

    def _staging(self, name: str) -> Path:
        """Return an empty folder that is this writer's own, for it holds the lock."""
        staging = self._own(name, ".tmp")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        return staging

    def _add_run(self, name: str, folder: str, files: Files, staging: Path) -> None:
        target = self.folder / name / folder
        if target.is_dir():
            if folder_of(self.read_run(name, folder) or {}) == folder:
                return
            shutil.rmtree(target)  # damaged by other hands
        staged = staging / folder
        staged.mkdir()
        for file, content in files.items():
            _write(staged / file, content)
        _flush_folder(staged)
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(target)

    def _sweep(self, name: str, kept: Collection[str]) -> None:
        """Remove runs that the document does not name: dropped ones, and those of the killed."""
        for child in (self.folder / name).glob("*.run"):
            if child.name not in kept:
                shutil.rmtree(child, ignore_errors=True)
        shutil.rmtree(self._own(name, ".tmp"), ignore_errors=True)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise BundleError(f"{path}: cannot be read: {exc.strerror}") from exc


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise UsageError(f"{path}: cannot be written: {exc.strerror}") from exc


def _write(path: Path, content: bytes) -> None:
    """Write a file and see that it is on the disk: what is renamed next must not be empty."""
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
