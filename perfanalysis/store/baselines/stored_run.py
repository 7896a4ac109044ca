"""A run out of a baseline, held in memory: another job may drop it from the store meanwhile."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pydantic

from perfanalysis.errors import BundleError
from perfanalysis.model.baseline import Baseline
from perfanalysis.model.calibration import Calibration
from perfanalysis.model.run import RunInfo
from perfanalysis.store.baselines.names import Role
from perfanalysis.store.baselines.slim import Files
from perfanalysis.store.bundle import RUN_FILE, Run


class StoredRun(Run):
    """One run of a stored baseline; behaves like a bundle without rows.

    Attributes:
        baseline: the baseline that it was opened from, or None for one alone.
        role: whether it stands for the recent runs of the baseline or for its anchor.
    """

    def __init__(self, path: Path, info: RunInfo, files: Files) -> None:
        super().__init__(path, info)
        self.baseline: OpenedBaseline | None = None
        self.role: Role = "recent"
        self._files = files

    @classmethod
    def of_files(cls, path: Path, files: Files) -> StoredRun:
        """Return the run that these files hold.

        Args:
            path: where they lie, for messages.
            files: content by name.

        Raises:
            BundleError: `run.json` is damaged.
        """
        try:
            info = RunInfo.model_validate_json(files[RUN_FILE])
        except pydantic.ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the document"
            raise BundleError(f"{path / RUN_FILE}: {where}: {first['msg']}") from exc
        return cls(path, info, files)

    def copy(self) -> StoredRun:
        """Return the same run as another object, of no baseline yet."""
        return StoredRun(self.path, self.info, self._files)

    def _file(self, name: str) -> BinaryIO | None:
        content = self._files.get(name)
        return None if content is None else io.BytesIO(content)


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenedBaseline:
    """A baseline as it was at one moment, with the runs that it holds.

    Attributes:
        location: the store, for messages.
        version: changes whenever the baseline does.
        calibration: the noise that was measured for it; None where nobody did.
        recent: the runs that current runs are held against, oldest first.
        anchor: those of the fixed anchor, oldest first.
    """

    baseline: Baseline
    location: str
    version: str
    calibration: Calibration | None
    recent: tuple[StoredRun, ...]
    anchor: tuple[StoredRun, ...]

    @property
    def has_own_anchor(self) -> bool:
        """Whether the anchor is other than the recent runs, and can show what they do not."""
        folders = {run.path for run in self.recent}
        return bool(self.anchor) and {run.path for run in self.anchor} != folders

    def runs(self, role: Role) -> list[Run]:
        """Return the runs of one role."""
        return list(self.recent if role == "recent" else self.anchor)
