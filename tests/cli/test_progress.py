"""Progress of imports, and what an interrupted one leaves behind."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time

import pytest

from perfanalysis.api.importing import Progress
from perfanalysis.cli.progress import ProgressDisplay, progress_text

LINE = b"1795170678509,93,Login,200,OK,Users 1-1,text,true,126,1,1,93,26\n"
HEADER = (
    b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,"
    b"grpThreads,allThreads,Latency,Connect\n"
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def progress(done, *, total=1_000_000_000, finished=False):
    return Progress(bytes_done=done, bytes_total=total, rows=done // 100, finished=finished)


def shown(stream, steps):
    """Show progress at some seconds and return what was written."""
    now = [0.0]
    display = ProgressDisplay(stream, clock=lambda: now[0])
    for second, state in steps:
        now[0] = second
        display.show(state)
    return stream.getvalue()


def test_a_line_says_bytes_rate_rows_and_time_left():
    text = progress_text(progress(250_000_000), elapsed_s=2.0)
    assert text == ("importing: 250 of 1,000 MB (25 %), 125 MB/s, 2,500,000 rows, 6 s left")


def test_a_long_import_gives_its_time_in_hours_within_80_columns():
    text = progress_text(progress(10**9, total=10**12), elapsed_s=60.0)
    assert text.endswith("16 h 39 min left")
    assert len(text) <= 80


def test_a_terminal_gets_one_line_that_is_gone_at_the_end():
    steps = [(0, progress(0)), (2, progress(10**8)), (3, progress(10**9, finished=True))]
    written = shown(Terminal(), steps)
    assert written.count("importing:") == 1
    assert written.endswith("\r\x1b[K")
    assert "\n" not in written


def test_a_quick_import_shows_nothing():
    steps = [(0, progress(0)), (0.5, progress(10**8)), (0.6, progress(10**9, finished=True))]
    assert shown(Terminal(), steps) == ""


def test_a_log_gets_a_plain_line_every_ten_seconds():
    written = shown(io.StringIO(), [(second, progress(second * 10**6)) for second in range(35)])
    assert written.count("\n") == written.count("importing:") == 3
    assert "\x1b" not in written


@pytest.mark.slow
def test_an_interrupted_import_exits_130_and_leaves_nothing_behind(tmp_path):
    source = tmp_path / "load.jtl"
    with source.open("wb") as out:
        out.write(HEADER)
        for _ in range(400):
            out.write(LINE * 10_000)
    command = [sys.executable, "-m", "perfanalysis", "import", str(source), "-o", "out/load.run"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    # The hidden folder says that the import has begun.
    deadline = time.monotonic() + 60
    while not (folder := tmp_path / "out").is_dir() or not list(folder.iterdir()):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip() == "interrupted"
    assert list((tmp_path / "out").iterdir()) == []
