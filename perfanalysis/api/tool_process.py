"""A load-testing tool as a child process: its signals, its output, its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any, Self

from perfanalysis.errors import UsageError

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# `timeout` and CI systems send a signal to the process and to its group: it arrives twice.
_ECHO_S = 0.5
_INTERRUPTS_TO_KILL = 3
_KILL_AFTER_S = 5.0
_READ_BYTES = 1 << 16
_MAX_KEPT_BYTES = 64 << 20
# Where the output of a child goes that inherits it.
_DESCRIPTORS = {"stdout": 1, "stderr": 2}


class ToolProcess:
    """A tool that runs in a process group of its own, so that signals reach all of it at once.

    Args:
        command: the program and its arguments.
        kept: streams, `stdout` and `stderr`, that are copied to files while they pass through.

    Attributes:
        pid: the number of the process.

    Raises:
        UsageError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], kept: Mapping[str, Path]) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603  (the user's own command)
                list(command),
                # A background group must not read from the terminal; a pipe is the tool's to read.
                stdin=subprocess.DEVNULL if _is_terminal() else None,
                stdout=subprocess.PIPE if "stdout" in kept else None,
                stderr=subprocess.PIPE if "stderr" in kept else None,
                process_group=0,
            )
        except (OSError, ValueError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "an argument holds a null"
            raise UsageError(f"{command[0]}: cannot be started: {reason}") from exc
        self.pid = self._process.pid
        self._ended = threading.Event()
        self._copies = [
            threading.Thread(
                target=_copy,
                args=(stream, _DESCRIPTORS[name], kept[name]),
                name=f"{name} of {self.pid}",
                daemon=True,
            )
            for name, stream in (("stdout", self._process.stdout), ("stderr", self._process.stderr))
            if stream is not None
        ]
        self._waiting = threading.Thread(target=self._wait, name=f"tool {self.pid}", daemon=True)
        for thread in (*self._copies, self._waiting):
            thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end, and say whether it has come."""
        return self._ended.wait(timeout_s)

    def exit_code(self) -> int:
        """Return the exit code once it has ended; 128 and the number of the signal that ended it.

        What it printed has been copied then, unless a child of its own still holds the streams.
        """
        self._waiting.join()
        for thread in self._copies:
            thread.join(_KILL_AFTER_S)
        code = self._process.returncode
        return code if code >= 0 else 128 - code

    def send(self, number: int) -> None:
        """Send a signal to the tool and all its children; nothing if it has ended."""
        if not self._ended.is_set():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it, kindly first."""
        self.send(signal.SIGTERM)
        if not self.wait(_KILL_AFTER_S):
            self.send(signal.SIGKILL)
            self._waiting.join()

    def _wait(self) -> None:
        self._process.wait()
        self._ended.set()


class ForwardedSignals:
    """Passes Ctrl-C, SIGTERM and SIGHUP on to a tool while the block runs.

    A signal that comes before the tool runs is sent to it then. The third Ctrl-C kills the tool.
    Outside the main thread, where Python allows no handlers, signals do what they did before.
    """

    def __init__(self) -> None:
        self._tool: ToolProcess | None = None
        self._early: list[int] = []
        self._last: dict[int, float] = {}
        self._interrupts = 0
        self._former: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = {number: signal.signal(number, self._forward) for number in _FORWARDED}
        return self

    def __exit__(self, *_: object) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)

    def to(self, tool: ToolProcess) -> None:
        """Forward to this tool from now on."""
        self._tool = tool
        for number in self._early:
            tool.send(number)

    def _forward(self, number: int, frame: FrameType | None) -> None:
        del frame
        now = time.monotonic()
        if now - self._last.get(number, -_ECHO_S) < _ECHO_S:
            return
        self._last[number] = now
        self._interrupts += number == signal.SIGINT
        if self._interrupts >= _INTERRUPTS_TO_KILL:
            number = signal.SIGKILL
        if self._tool is None:
            self._early.append(number)
        else:
            self._tool.send(number)


def _is_terminal() -> bool:
    try:
        return os.isatty(sys.stdin.fileno())
    except (OSError, ValueError, AttributeError):
        return False  # there is no standard input


def _copy(stream: IO[bytes], descriptor: int, path: Path) -> None:
    """Pass a stream on, and keep its beginning in a file."""
    kept = 0
    with stream, path.open("wb", buffering=0) as copy:
        while data := os.read(stream.fileno(), _READ_BYTES):
            if kept < _MAX_KEPT_BYTES:
                kept += copy.write(data)
            with suppress(OSError):  # nobody may read what the tool prints; it must go on
                _write_all(descriptor, data)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
