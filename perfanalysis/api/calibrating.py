"""Noise of identical runs: measured, stored beside a baseline, and found again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perfanalysis.analysis.calibrate import calibrate_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.api.verbs import RunsLike, load_runs
from perfanalysis.model.calibration import Calibration, CalibrationReport
from perfanalysis.store.baselines.places import open_place
from perfanalysis.store.calibrations import (
    calibration_file,
    missing_calibration,
    read_calibration,
    stored_calibration,
    write_calibration,
)

# Equal runs give equal reports.
_SEED = 1


def calibrate(
    runs: RunsLike,
    *,
    settings: Settings | None = None,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
) -> CalibrationReport:
    """Measure the noise of identical runs, and how often comparing them raises a false alarm.

    Args:
        runs: a folder, glob or list of at least 5 runs of one version, in the order in which they
            were made.
        settings: those of later comparisons; the documented defaults if None.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs; empty for all.

    Raises:
        UsageError: too few runs, one of them twice, a glob that matches nothing, or runs that
            have nothing in common that could be measured.
        ConfigError: an unknown metric.
        InputError: a run cannot be read.
    """
    return calibrate_runs(
        load_runs(runs),
        settings=settings or Settings(),
        rng=np.random.default_rng(_SEED),
        metrics=metrics,
        names=names,
    )


def save_calibration(calibration: Calibration, name: str, *, store: str | None = None) -> str:
    """Store a calibration beside the baseline of a name, and return where; an older one goes.

    Args:
        calibration: what was measured.
        name: of the baseline, whether or not it is there yet.
        store: a folder, or s3://, gs:// or az:// with bucket and folder; None for what the
            variable `PERFANALYSIS_BASELINES` says, or else the folder `baselines`.

    Raises:
        UsageError: the name is none, or the file cannot be written.
    """
    return write_calibration(calibration, name, open_place(store))


def load_calibration(source: str | Path, *, store: str | None = None) -> Calibration:
    """Return a stored calibration.

    Args:
        source: the name under which it was saved, or its file.
        store: where names are looked up, as in `save_calibration`.

    Raises:
        UsageError: there is none.
        InputError: the file is no calibration.
    """
    if isinstance(source, Path) or Path(source).is_file() or source.endswith(".json"):
        return read_calibration(Path(source))
    place = open_place(store)
    found = stored_calibration(source, place)
    if found is None:
        where = f"{place.location}/{calibration_file(source)}"
        raise missing_calibration(where, "there is no such file")
    return found
