"""Every request of a Locust test as a row: Locust itself keeps totals only.

In the locustfile:

    from perfanalysis.integrations.locust import record_requests

    record_requests()

The rows go to `requests.csv`, which perfanalysis imports. They have the columns of
`locust.contrib.csv_request_logger`, which came with Locust 2.44; this works from Locust 2.0 on,
with workers, too, and is not fooled by exceptions without a text. Workers write a file each, which
together are one run: `requests.PID.csv`.
"""

from __future__ import annotations

import csv
import logging
import os
import time
from pathlib import Path
from typing import Any, TextIO

_LOG = logging.getLogger(__name__)
COLUMNS = (
    "timestamp",
    "request_type",
    "name",
    "response_time_ms",
    "response_length",
    "status_code",
    "exception",
)
_FLUSH_INTERVAL_S = 1.0
_BUFFER_BYTES = 1 << 16
_MAX_TEXT = 2_000


def record_requests(path: str | os.PathLike[str] = "requests.csv") -> RequestLog:
    """Write a row for every request of this locustfile's test.

    Args:
        path: the file; an older one is replaced. Folders are made.
    """
    from locust import events

    log = RequestLog(Path(path))
    events.init.add_listener(log.attach)
    return log


class RequestLog:
    """Listens to Locust's events, and writes a row a request.

    A file that cannot be written to the end, since the disk is full, ends early; that is logged as
    an error, and the test goes on.

    Args:
        path: the file that a test of one process writes; workers put their process number before
            its suffix.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._out: TextIO | None = None
        self._rows: Any = None
        self._flushed_at = 0.0

    def attach(self, environment: Any, runner: Any = None, **_: Any) -> None:  # noqa: ANN401  (Locust's)
        """Begin to listen: a listener of Locust's event `init`."""
        kind = type(runner or getattr(environment, "runner", None)).__name__
        if kind == "MasterRunner":
            return  # its workers make the requests
        if kind == "WorkerRunner":
            self.path = self.path.with_name(f"{self.path.stem}.{os.getpid()}{self.path.suffix}")
        self._open()
        environment.events.request.add_listener(self._on_request)
        environment.events.quitting.add_listener(self._on_quitting)

    def close(self) -> None:
        """Write what is left; later requests are not recorded."""
        out, self._out, self._rows = self._out, None, None
        if out is not None:
            try:
                out.close()
            except OSError as exc:
                self._report(exc)

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._out = self.path.open(
            "w", buffering=_BUFFER_BYTES, newline="", encoding="utf-8", errors="backslashreplace"
        )
        self._rows = csv.writer(self._out)
        self._rows.writerow(COLUMNS)
        self._out.flush()
        self._flushed_at = time.monotonic()

    def _on_request(
        self,
        *,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int | None,
        exception: object = None,
        response: object = None,
        start_time: float | None = None,
        **_: object,
    ) -> None:
        if self._out is None:
            return
        if start_time is None:
            start_time = time.time() - (response_time or 0.0) / 1000
        row = (
            round(start_time, 6),
            _text(request_type),
            _text(name),
            "" if response_time is None else round(response_time, 2),
            "" if response_length is None else int(response_length),
            _status(response),
            "" if exception is None else _text(exception) or type(exception).__name__,
        )
        try:
            self._rows.writerow(row)
            now = time.monotonic()
            if now - self._flushed_at >= _FLUSH_INTERVAL_S:
                self._out.flush()
                self._flushed_at = now
        except OSError as exc:
            self._report(exc)
            self.close()

    def _on_quitting(self, **_: object) -> None:
        self.close()

    def _report(self, exc: OSError) -> None:
        _LOG.error("%s: not all requests are recorded: %s", self.path, exc.strerror or exc)


def _text(value: object) -> str:
    return str(value)[:_MAX_TEXT]


def _status(response: object) -> int:
    """Return the HTTP status; 0 where there was no response, as Locust's own log does."""
    try:
        return int(getattr(response, "status_code", 0) or 0)
    except (TypeError, ValueError):
        return 0
