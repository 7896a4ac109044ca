"""The store of accepted baselines: opened with their runs, and changed as a whole."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pydantic

from perfanalysis.errors import BundleError, UsageError
from perfanalysis.model.baseline import Baseline
from perfanalysis.store.baselines.names import checked_name
from perfanalysis.store.baselines.place import Folders, Place
from perfanalysis.store.baselines.places import open_place
from perfanalysis.store.baselines.slim import folder_of
from perfanalysis.store.baselines.stored_run import OpenedBaseline, StoredRun
from perfanalysis.store.calibrations import explained, stored_calibration

# How often a reader starts again because writers dropped runs under its hands.
_MOST_TRIES = 10


class _DamagedRunError(Exception):
    """Files of a run are missing or changed; perhaps a writer has just dropped it."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A baseline as it was read.

    Attributes:
        baseline: None where there is none.
        version: changes whenever the baseline does.
    """

    baseline: Baseline | None
    version: str


class BaselineStore:
    """Baselines at one place.

    Attributes:
        location: what messages call the place.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.location = place.location

    def names(self) -> list[str]:
        """Return the names of all baselines, in order.

        Raises:
            BundleError: the place cannot be read.
        """
        return self.place.names()

    def read(self, name: str) -> Snapshot:
        """Return a baseline without its runs.

        Raises:
            UsageError: the name is none.
            BundleError: the baseline is damaged, or of a newer version.
        """
        document = self.place.read(checked_name(name))
        baseline = None
        if document.content is not None:
            baseline = _parsed(document.content, f"{self.location}: baseline {name!r}")
            # What a folder is called counts: it may be a copy of another baseline.
            baseline = baseline.model_copy(update={"name": name})
        return Snapshot(baseline=baseline, version=document.version)

    def open(self, name: str) -> OpenedBaseline:
        """Return a baseline with its runs.

        Raises:
            UsageError: there is none of this name.
            BundleError: it is damaged, or of a newer version.
        """
        problem = None
        for _ in range(_MOST_TRIES):
            snapshot = self.read(name)
            if snapshot.baseline is None:
                raise self.missing(name)
            try:
                return self._opened(snapshot.baseline, snapshot.version)
            except _DamagedRunError as exc:
                problem = exc
            if self.place.read(name).version == snapshot.version:
                break
            # Writers have dropped the run meanwhile, which is no damage.
        raise BundleError(
            f"{self.location}: baseline {name!r}: {problem}",
            hint="restore its files, from git for example, or begin anew: perfanalysis baseline "
            f"save {name} RUN... --force --reason TEXT",
        ) from problem

    def version(self, name: str) -> str:
        """Return the version of a baseline, whether or not it can be understood.

        Raises:
            UsageError: the name is none.
            BundleError: the place cannot be read.
        """
        return self.place.read(checked_name(name)).version

    def commit(self, baseline: Baseline, *, version: str, added: Folders) -> bool:
        """Replace a baseline; say False, and change nothing, if it has moved on meanwhile.

        Args:
            baseline: the new one.
            version: of what it was made from.
            added: files of the runs that are new in it.

        Raises:
            UsageError: the place cannot be written.
        """
        text = baseline.model_dump_json(indent=2, by_alias=True) + "\n"
        return self.place.commit(
            baseline.name,
            text.encode(),
            expected=version,
            added=added,
            kept={entry.folder for entry in baseline.entries},
        )

    def remove(self, name: str) -> Baseline:
        """Remove a baseline, and return what it was.

        Raises:
            UsageError: there is none of this name, or the place cannot be written.
        """
        for _ in range(_MOST_TRIES):
            snapshot = self.read(name)
            if snapshot.baseline is None:
                raise self.missing(name)
            if self.place.remove(name, expected=snapshot.version):
                return snapshot.baseline
        raise UsageError(f"{self.location}: baseline {name!r} is being written all the time")

    def exclusive(self, name: str) -> AbstractContextManager[None]:
        """Keep other jobs from changing a baseline, as far as the place can.

        Raises:
            UsageError: another job holds it for too long.
        """
        return self.place.exclusive(checked_name(name))

    def missing(self, name: str) -> UsageError:
        """Return the error that says which baselines there are instead."""
        known = self.names()
        close = get_close_matches(name, known, n=1, cutoff=0.5)
        suggestion = f"; did you mean {close[0]!r}?" if close else ""
        there = ", ".join(known[:10]) or "none"
        return UsageError(
            f"no baseline {name!r} in {self.location}{suggestion}",
            hint=f"there: {there}. perfanalysis baseline save {name} RUN... begins one; "
            "--store or PERFANALYSIS_BASELINES names another place",
        )

    def _opened(self, baseline: Baseline, version: str) -> OpenedBaseline:
        recent: list[StoredRun] = []
        anchor: list[StoredRun] = []
        for entry in baseline.entries:
            run = self._run(baseline.name, entry.folder)
            if entry.recent:
                recent.append(run)
            if entry.anchor:
                # A run may be both: each side then has an object of its own.
                anchor.append(run.copy())
        opened = OpenedBaseline(
            baseline=baseline,
            location=self.location,
            version=version,
            calibration=stored_calibration(baseline.name, self.place),
            recent=tuple(recent),
            anchor=tuple(anchor),
        )
        for run in recent:
            run.baseline = opened
        for run in anchor:
            run.baseline, run.role = opened, "anchor"
        return opened

    def _run(self, name: str, folder: str) -> StoredRun:
        files = self.place.read_run(name, folder)
        if files is None:
            raise _DamagedRunError(f"the files of a run are missing: {name}/{folder}")
        if folder_of(files) != folder:
            raise _DamagedRunError(f"the files of a run are not what was accepted: {name}/{folder}")
        return StoredRun.of_files(Path(f"{self.location}/{name}/{folder}"), files)


def open_store(location: str | None = None) -> BaselineStore:
    """Return the store at a location.

    Args:
        location: a folder, or s3://, gs:// or az:// with bucket and folder; None for what the
            variable `PERFANALYSIS_BASELINES` says, or else the folder `baselines`.

    Raises:
        UsageError: an unknown scheme, a secret in the location, or a package is missing.
    """
    return BaselineStore(open_place(location))


def _parsed(content: bytes, where: str) -> Baseline:
    try:
        return Baseline.model_validate_json(content)
    except pydantic.ValidationError as exc:
        raise BundleError(explained(content, where, exc)) from exc
