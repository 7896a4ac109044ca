"""The record of a worker: rows packed into a buffer, sent away when it is full or a second old."""

from __future__ import annotations

import json
from collections.abc import Callable

from perfanalysis.generator.frames import NONE, ROW, Frame, RowKind, packed

ROWS_PER_FRAME = 8192
MAX_ERRORS = 1000
MAX_TEXT = 300
OTHER_NAMES = "(other names)"
OTHER_ERRORS = "(other errors)"


class Recorder:
    """Packs rows. Recording one takes about a microsecond and makes no object that stays.

    Args:
        send: takes a frame; it must copy it or own it.
        max_names: how many different labels are told apart.
    """

    __slots__ = (
        "_buffer",
        "_error_codes",
        "_label_codes",
        "_max_names",
        "_new_errors",
        "_new_labels",
        "_send",
        "_used",
        "other_names",
        "rows",
    )

    def __init__(self, send: Callable[[bytes], None], *, max_names: int) -> None:
        self._send = send
        self._max_names = max_names
        self._buffer = bytearray(ROW.size * ROWS_PER_FRAME)
        self._used = 0
        self._label_codes: dict[object, int] = {}
        self._error_codes: dict[str, int] = {}
        self._new_labels: list[list[object]] = []
        self._new_errors: list[str] = []
        self.rows = 0
        self.other_names = 0

    def label(
        self,
        kind: RowKind,
        name: str,
        *,
        method: str | None = None,
        group: str | None = None,
        scenario: str | None = None,
        tags: tuple[tuple[str, str], ...] = (),
    ) -> int:
        """Return the number of a label: what rows of one kind, name and place have in common."""
        key = (kind, name, method, group, scenario, tags)
        code = self._label_codes.get(key)
        if code is None:
            code = self._new_label(kind, name, method, group, scenario, tags)
            if code < self._max_names:
                self._label_codes[key] = code
        return code

    def error(self, text: str | None) -> int:
        """Return the number of an error text; 0 for none."""
        if text is None:
            return 0
        text = _storable(text)
        code = self._error_codes.get(text)
        if code is None:
            if len(self._error_codes) >= MAX_ERRORS and text != OTHER_ERRORS:
                return self.error(OTHER_ERRORS)
            code = self._error_codes[text] = len(self._error_codes) + 1
            self._new_errors.append(text)
        return code

    def row(  # noqa: PLR0913, PLR0917  (a number for each column; keywords would cost as much again)
        self,
        started: int,
        latency: int,
        label: int,
        ok: int,
        status: int = 0,
        error: int = 0,
        scheduled: int = 0,
        blocked: int = NONE,
        connect: int = NONE,
        tls: int = NONE,
        send: int = NONE,
        wait: int = NONE,
        receive: int = NONE,
        sent: int = 0,
        received: int = 0,
        exchanged: int = 0,
    ) -> None:
        """Record a row.

        Times are in nanoseconds, `NONE` where there is no such phase; `ok` and `exchanged` (whether
        bytes went over the wire) are 0 or 1.
        """
        used = self._used
        # fmt: off
        ROW.pack_into(
            self._buffer, used, started, latency, scheduled, blocked, connect, tls, send, wait,
            receive, received, label, sent, status, error, ok, exchanged,
        )
        # fmt: on
        self._used = used = used + ROW.size
        if used == len(self._buffer):
            self.flush()

    def flush(self) -> None:
        """Send what was recorded; texts go before the rows that name them."""
        if self._new_labels:
            self._send(packed(Frame.LABELS, json.dumps(self._new_labels).encode()))
            self._new_labels = []
        if self._new_errors:
            self._send(packed(Frame.ERRORS, json.dumps(self._new_errors).encode()))
            self._new_errors = []
        if self._used:
            self.rows += self._used // ROW.size
            self._send(packed(Frame.ROWS, memoryview(self._buffer)[: self._used]))
            self._used = 0

    def _new_label(
        self,
        kind: RowKind,
        name: str,
        method: str | None,
        group: str | None,
        scenario: str | None,
        tags: tuple[tuple[str, str], ...],
    ) -> int:
        code = len(self._label_codes)
        if code >= self._max_names:
            # The last numbers are kept for what has no name any more, one for each kind.
            self.other_names += 1
            name, method, group, scenario, tags = OTHER_NAMES, None, None, None, ()
            key = (kind, OTHER_NAMES)
            known = self._label_codes.get(key)
            if known is not None:
                return known
            self._label_codes[key] = code
        texts = [None if text is None else _storable(text) for text in (method, group, scenario)]
        pairs = [(_storable(key), _storable(value)) for key, value in tags]
        self._new_labels.append([int(kind), _storable(name), *texts, pairs])
        return code


def _storable(text: str) -> str:
    """Return a text of bounded length that can be written as UTF-8."""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
