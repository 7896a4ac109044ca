"""Calibrations in the store: `NAME.calibration.json`, beside the baseline of that name."""

from __future__ import annotations

import json
from pathlib import Path

import pydantic

from perfanalysis.errors import InputError, UsageError
from perfanalysis.model.calibration import Calibration
from perfanalysis.store.baselines.names import checked_name
from perfanalysis.store.baselines.place import Place

SUFFIX = ".calibration.json"
_MAX_BYTES = 64 << 20


def calibration_file(name: str) -> str:
    """Return the path, within a store, of the calibration of a baseline.

    Raises:
        UsageError: the name is none: it holds a folder that it must not, or begins with a dot.

    >>> calibration_file("main/staging")
    'main/staging.calibration.json'
    """
    return f"{checked_name(name)}{SUFFIX}"


def calibration_beside(bundle: Path) -> Path:
    """Return where the calibration of a baseline's bundle lies, whether or not it is there.

    >>> calibration_beside(Path("baselines/shop.run")).name
    'shop.calibration.json'
    """
    return bundle.with_name(f"{bundle.name.removesuffix('.run')}{SUFFIX}")


def write_calibration(calibration: Calibration, name: str, place: Place) -> str:
    """Store the calibration of a baseline, and return where; an older one is replaced.

    Raises:
        UsageError: the name is none, or the file cannot be written.
    """
    path = calibration_file(name)
    text = json.dumps(calibration.model_dump(mode="json", by_alias=True), indent=2) + "\n"
    place.write_file(path, text.encode())
    return f"{place.location}/{path}"


def stored_calibration(name: str, place: Place) -> Calibration | None:
    """Return the calibration of a baseline; None where there is none.

    Raises:
        UsageError: the name is none.
        InputError: the file is no calibration, damaged, or written by a newer version.
    """
    path = calibration_file(name)
    content = place.read_file(path)
    return None if content is None else _parsed(content, f"{place.location}/{path}")


def read_calibration(path: Path) -> Calibration:
    """Read the file of a calibration.

    Raises:
        UsageError: there is no such file.
        InputError: it is no calibration, damaged, or written by a newer version.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        raise missing_calibration(str(path), exc.strerror or "it cannot be read") from exc
    return _parsed(content, str(path))


def missing_calibration(where: str, reason: str) -> UsageError:
    """Return the error that says how to make a calibration."""
    return UsageError(
        f"{where}: no such calibration: {reason}",
        hint="perfanalysis calibrate RUN... --save NAME makes one",
    )


def _parsed(content: bytes, where: str) -> Calibration:
    if len(content) > _MAX_BYTES:
        raise InputError(f"{where}: expected a calibration, found more than 64 MiB")
    try:
        return Calibration.model_validate_json(content)
    except pydantic.ValidationError as exc:
        raise InputError(explained(content, where, exc)) from exc


def explained(content: bytes, where: str, exc: pydantic.ValidationError) -> str:
    """Return what is wrong with a stored document, or that it is of a newer version."""
    version = None
    try:
        document = json.loads(content)
        version = document.get("schema_version") if isinstance(document, dict) else None
    except (ValueError, RecursionError):
        # Not even JSON: pydantic's own words say where.
        pass
    if isinstance(version, int) and version > 1:
        return f"{where}: written by a newer perfanalysis (schema version {version}, known: 1)"
    first = exc.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the document"
    return f"{where}: {place}: {first['msg']}"
