"""Processes: found, added up, and their end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from perfanalysis.monitor.process import COUNT, Processes, one_process, processes_named
from perfanalysis.monitor.source import SourceEndedError
from perfanalysis.traces.series_entry import points_of_entry

# Waits for the end of its input: the test decides when it ends.
CHILD = "import sys; print('ready', flush=True); sys.stdin.read()"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def watching(find, **settings):
    known = {"label": "test", "group": "app", "interval_s": 1.0, "when_none": "ended"}
    return Processes(find, **known | settings)


def points(source):
    return {
        (point.metric, point.labels["process"]): point.value
        for point in points_of_entry(source.read().entry)
    }


def test_a_process_tells_its_figures_and_from_its_second_reading_on_its_rates(child):
    source = watching(one_process(child.pid))
    first, second = points(source), points(source)
    assert first[COUNT, "app"] == 1
    assert first["process.memory.rss", "app"] > 1 << 20
    assert {"process.threads", "process.fds", "process.memory"} <= {metric for metric, _ in first}
    assert not {"process.cpu", "process.io.read"} & {metric for metric, _ in first}
    assert second["process.cpu", "app"] >= 0
    assert second["process.io.read", "app"] >= 0
    assert second["process.context_switches.voluntary", "app"] >= 0


def test_the_end_of_the_process_that_was_named_is_told(child):
    source = watching(one_process(child.pid))
    source.read()
    child.kill()
    child.wait()
    with pytest.raises(SourceEndedError, match="ended"):
        source.read()


def test_a_process_that_ended_and_was_not_collected_has_ended_too(child):
    source = watching(one_process(child.pid))
    source.read()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    with pytest.raises(SourceEndedError):
        source.read()


def test_the_end_of_one_of_several_only_lowers_their_number(child):
    mine = psutil.Process()
    other = psutil.Process(child.pid)
    source = watching(lambda: [mine, other])
    assert points(source)[COUNT, "app"] == 2
    child.kill()
    child.wait()
    assert points(source)[COUNT, "app"] == 1


def test_processes_of_a_group_are_added_up(child):
    own, other = psutil.Process(), psutil.Process(child.pid)
    together = points(watching(lambda: [own, other]))["process.memory.rss", "app"]
    apart = own.memory_info().rss + other.memory_info().rss
    assert together == pytest.approx(apart, rel=0.1)


def test_without_a_name_processes_are_grouped_by_their_own(child):
    name = psutil.Process(child.pid).name()
    found = points(watching(one_process(child.pid), group=None))
    assert found[COUNT, name] == 1


def test_children_are_found_and_added_up(child):
    found = points(watching(one_process(os.getpid(), children=True)))
    assert found[COUNT, "app"] >= 2


def test_a_glob_finds_processes_and_never_this_one(child):
    name = psutil.Process(child.pid).name()
    found = {process.pid for process in processes_named(f"{name[:4]}*")()}
    assert child.pid in found
    assert os.getpid() not in found


def test_a_glob_that_finds_nothing_counts_zero_and_goes_on(child):
    source = watching(processes_named("no such process"), group="none", when_none="told")
    assert points(source) == {(COUNT, "none"): 0}
    assert source.read().unreadable == ("no process fits",)
    assert points(source) == {(COUNT, "none"): 0}


def test_processes_that_were_found_and_ended_are_no_fault(child):
    process = psutil.Process(child.pid)
    source = watching(lambda: [process] if process.is_running() else [], when_none="told")
    assert points(source)[COUNT, "app"] == 1
    child.kill()
    child.wait()
    sampled = source.read()
    assert sampled.unreadable == ()
    assert [point.value for point in points_of_entry(sampled.entry)] == [0]


def test_what_is_not_permitted_is_left_out_and_told(child, monkeypatch):
    def refused(self):
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, "num_fds", refused)
    source = watching(one_process(child.pid))
    sampled = source.read()
    assert [text for text in sampled.unreadable if text.startswith("num_fds of ")] != []
    assert "process.fds" not in {point.metric for point in points_of_entry(sampled.entry)}


def test_processes_beyond_the_limit_are_counted(child, monkeypatch):
    monkeypatch.setattr("perfanalysis.monitor.process._MAX_PROCESSES", 1)
    source = watching(lambda: [psutil.Process(), psutil.Process(child.pid)])
    sampled = source.read()
    assert sampled.left_out == 1
    assert {point.value for point in points_of_entry(sampled.entry) if point.metric == COUNT} == {1}
