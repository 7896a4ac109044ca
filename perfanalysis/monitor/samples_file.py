"""A monitor's samples as JSON: the list that monitors' scripts write, one entry a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from perfanalysis.errors import UsageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SamplesFile:
    """Writes entries as they come. A file that cannot be written to the end ends early.

    Args:
        path: an older file is replaced.

    Attributes:
        failure: why writing ended early, or None.

    Raises:
        UsageError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure: str | None = None
        self._separator = "["
        try:
            self._out: TextIO = path.open("w", encoding="utf-8")
        except OSError as exc:
            raise UsageError(f"{path}: cannot be written: {exc.strerror}") from exc

    def write(self, time_us: int, entry: Mapping[str, Any]) -> None:
        """Add an entry; `time_us` is in microseconds since 1970, UTC."""
        time = _EPOCH + timedelta(microseconds=time_us)
        text = json.dumps({"timestamp": time.isoformat(), **entry}, ensure_ascii=False)
        self._add(f"{self._separator}\n{text}")
        self._separator = ","

    def flush(self) -> None:
        """Hand over to the system what has been written."""
        if self.failure is None:
            try:
                self._out.flush()
            except OSError as exc:
                self._fail(exc)

    def close(self) -> None:
        """End the list; an empty one is a list, too."""
        self._add("[\n]\n" if self._separator == "[" else "\n]\n")
        try:
            self._out.close()
        except OSError as exc:
            self._fail(exc)

    def _add(self, text: str) -> None:
        # An entry after one that is missing would make the file unreadable as a whole.
        if self.failure is None:
            try:
                self._out.write(text)
            except OSError as exc:
                self._fail(exc)

    def _fail(self, exc: OSError) -> None:
        self.failure = self.failure or exc.strerror or type(exc).__name__
