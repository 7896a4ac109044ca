"""The machine, in the shape that monitors' scripts write."""

from __future__ import annotations

import json
from types import SimpleNamespace

import psutil
import pytest

from perfanalysis.monitor.system import System
from perfanalysis.traces.psutil_readings import readings


def metrics(entry):
    return {reading.figure.metric for reading in readings(entry)}


def test_a_sample_has_the_sections_that_scripts_write():
    sampled = System(1.0).read()
    entry = json.loads(json.dumps(sampled.entry))
    assert entry["type"] == "system"
    assert {"percent", "count", "frequency"} <= set(entry["cpu"])
    assert {"total", "available", "percent", "used", "free"} == set(entry["memory"])
    assert {"total", "used", "free", "percent"} <= set(entry["swap"])
    assert {"total", "used", "free", "percent"} <= set(entry["disk"])
    assert {"bytes_sent", "bytes_recv", "packets_sent", "packets_recv"} <= set(entry["network"])
    assert len(entry["load_average"]) == 3


def test_every_number_of_a_sample_has_a_name_and_none_is_the_applications():
    sampled = System(1.0).read()
    found = metrics(sampled.entry)
    assert {"system.cpu", "system.cpu.core", "system.memory", "system.swap", "system.disk"} <= found
    assert {"system.network.sent", "system.network.interface.sent", "system.load.1m"} <= found
    assert [name for name in found if not name.startswith("system.")] == []


def test_a_first_percentage_is_psutils_zero_whatever_was_measured_before():
    psutil.cpu_percent(interval=None)
    psutil.cpu_percent(interval=None, percpu=True)
    cpu = System(1.0).read().entry["cpu"]
    assert cpu["percent"] == 0.0
    assert set(cpu["per_core"]) == {0.0}
    assert len(cpu["per_core"]) == psutil.cpu_count()


def test_devices_are_told_beside_their_sum_with_a_label():
    entry = System(1.0).read().entry
    labelled = {
        reading.figure.metric: set(reading.labels) for reading in readings(entry) if reading.labels
    }
    assert labelled["system.cpu.core"] == {"core"}
    assert labelled["system.network.interface.received"] == {"interface"}


def test_devices_that_never_did_anything_and_those_beyond_the_limit_are_left_out(monkeypatch):
    disks = {f"sd{n}": SimpleNamespace(read_bytes=n, write_bytes=n, busy_time=n) for n in range(40)}
    real = psutil.disk_io_counters
    monkeypatch.setattr(
        psutil, "disk_io_counters", lambda perdisk=False: disks if perdisk else real()
    )
    sampled = System(1.0).read()
    assert "sd0" not in sampled.entry["disk"]["per_disk"]
    assert len(sampled.entry["disk"]["per_disk"]) == 32
    assert sampled.left_out == 7 * 3


def test_names_of_devices_can_always_be_stored(monkeypatch):
    counters = SimpleNamespace(bytes_sent=1, bytes_recv=1)
    real = psutil.net_io_counters()
    monkeypatch.setattr(
        psutil,
        "net_io_counters",
        lambda pernic=False: {"eth\udcff": counters} if pernic else real,
    )
    assert list(System(1.0).read().entry["network"]["per_interface"]) == ["eth?"]


@pytest.mark.parametrize(
    ("function", "section"),
    [("net_io_counters", "network"), ("virtual_memory", "memory"), ("disk_usage", "disk")],
)
def test_a_section_that_cannot_be_read_does_not_stop_the_others(monkeypatch, function, section):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(psutil, function, refused)
    sampled = System(1.0).read()
    assert section not in sampled.entry
    assert "cpu" in sampled.entry
    assert sampled.unreadable == (f"{section}: [Errno 13] Permission denied",)


def test_a_machine_without_disk_counters_still_tells_its_space(monkeypatch):
    monkeypatch.setattr(psutil, "disk_io_counters", lambda perdisk=False: {} if perdisk else None)
    sampled = System(1.0).read()
    assert {"total", "used", "free", "percent"} == set(sampled.entry["disk"])
    assert sampled.unreadable == ()


def test_a_limit_that_means_no_limit_is_left_out(monkeypatch):
    swap = SimpleNamespace(total=2**63, used=0, free=2**63, percent=0.0, sin=0, sout=0)
    monkeypatch.setattr(psutil, "swap_memory", lambda: swap)
    assert set(System(1.0).read().entry["swap"]) == {"used", "percent", "sin", "sout"}
