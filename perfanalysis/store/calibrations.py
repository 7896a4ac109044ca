"""Calibrations on disk: `baselines/NAME.calibration.json`, beside the baseline of that name."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path

import pydantic

from perfanalysis.errors import InputError, UsageError
from perfanalysis.model.calibration import Calibration

SUFFIX = ".calibration.json"
FOLDER_VARIABLE = "PERFANALYSIS_BASELINES"
# Letters, digits and a few signs: a name can neither leave the folder nor hide in it.
_NAME = re.compile(r"\w(?:[\w.+-]{0,98}\w)?")
_MAX_BYTES = 64 << 20


def baselines_folder() -> Path:
    """Return the folder of the project's baselines: `PERFANALYSIS_BASELINES`, or `baselines`."""
    return Path(os.environ.get(FOLDER_VARIABLE) or "baselines")


def calibration_path(name: str) -> Path:
    """Return where the calibration of a baseline lies, whether or not it is there.

    Raises:
        UsageError: the name is none: it holds a separator, or begins with a dot.
    """
    if _NAME.fullmatch(name) is None or ".." in name:
        raise UsageError(
            f"{name!r} is no name of a baseline",
            hint="a name is up to 100 letters, digits and . _ + - without a folder, such as "
            "shop-nightly",
        )
    return baselines_folder() / f"{name}{SUFFIX}"


def calibration_beside(bundle: Path) -> Path:
    """Return where the calibration of a baseline's bundle lies, whether or not it is there.

    >>> calibration_beside(Path("baselines/shop.run")).name
    'shop.calibration.json'
    """
    return bundle.with_name(f"{bundle.name.removesuffix('.run')}{SUFFIX}")


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration so that the file is whole or not there; an older one is replaced.

    Raises:
        UsageError: the file cannot be written.
    """
    text = json.dumps(calibration.model_dump(mode="json", by_alias=True), indent=2) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, hidden = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        staged = Path(hidden)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.write(text)
            # Temporary files are for their owner only; what is stored is for the project.
            staged.chmod(0o644)
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
    except OSError as exc:
        raise UsageError(f"{path}: cannot be written: {exc.strerror}") from exc


def read_calibration(path: Path) -> Calibration:
    """Read a calibration.

    Raises:
        UsageError: there is no such file.
        InputError: it is no calibration, damaged, or written by a newer version.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        raise UsageError(
            f"{path}: no such calibration: {exc.strerror}",
            hint="perfanalysis calibrate RUN... --save NAME makes one",
        ) from exc
    if len(content) > _MAX_BYTES:
        raise InputError(f"{path}: expected a calibration, found more than 64 MiB")
    try:
        return Calibration.model_validate_json(content)
    except pydantic.ValidationError as exc:
        raise InputError(_explain(path, content, exc)) from exc


def _explain(path: Path, content: bytes, exc: pydantic.ValidationError) -> str:
    version = None
    try:
        document = json.loads(content)
        version = document.get("schema_version") if isinstance(document, dict) else None
    except (ValueError, RecursionError):
        # Not even JSON: pydantic's own words say where.
        pass
    if isinstance(version, int) and version > 1:
        return f"{path}: written by a newer perfanalysis (schema version {version}, known: 1)"
    first = exc.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the document"
    return f"{path}: {where}: {first['msg']}"
