"""The machine: processors, memory, swap, disks, network, as psutil tells them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psutil

from perfanalysis.monitor.source import MAX_VALUE, Sampled, Source, plain_text, told

_MAX_DEVICES = 32
_DISK_FIELDS = ("read_bytes", "write_bytes", "read_count", "write_count")
_DEVICE_FIELDS = {
    "disk": ("read_bytes", "write_bytes", "busy_time"),
    "network": ("bytes_sent", "bytes_recv"),
}
_NETWORK_FIELDS = (
    "bytes_sent",
    "bytes_recv",
    "packets_sent",
    "packets_recv",
    "errin",
    "errout",
    "dropin",
    "dropout",
)
_MEMORY_FIELDS = ("total", "available", "percent", "used", "free")
_SWAP_FIELDS = ("total", "used", "free", "percent", "sin", "sout")


class System(Source):
    """The machine that the monitor runs on.

    Its entries have the shape that monitors' scripts write: sections of psutil's fields. The disk
    whose space is told is the root's.

    Args:
        interval_s: from one reading to the next.
    """

    label = "system"

    def __init__(self, interval_s: float) -> None:
        super().__init__()
        self.interval_s = interval_s
        self._is_first = True

    def read(self) -> Sampled:
        """Take one reading; a section that psutil cannot read here is left out and told."""
        entry: dict[str, Any] = {"type": "system"}
        unreadable = []
        left_out = 0
        for name, section in _SECTIONS.items():
            try:
                entry[name] = section()
            except (OSError, RuntimeError, NotImplementedError, psutil.Error) as exc:
                unreadable.append(f"{name}: {told(exc, ())}")
        if self._is_first and "cpu" in entry:
            # Of a thread's first call psutil says so itself, unless an older thread had its number.
            entry["cpu"] |= {"percent": 0.0, "per_core": [0.0] * len(entry["cpu"]["per_core"])}
        self._is_first = False
        for name, per_device in (("disk", _disks), ("network", _interfaces)):
            if name in entry:
                devices, beyond = per_device()
                left_out += beyond
                entry[name] |= devices
        numbers = sum(len(value) for value in entry.values() if isinstance(value, dict | list))
        return Sampled(
            entry=entry, numbers=numbers, left_out=left_out, unreadable=tuple(unreadable)
        )


def _cpu() -> dict[str, Any]:
    frequency = psutil.cpu_freq()
    return {
        "percent": psutil.cpu_percent(interval=None),
        "count": psutil.cpu_count(),
        "frequency": getattr(frequency, "current", None),  # a virtual machine may have none
        "per_core": psutil.cpu_percent(interval=None, percpu=True),
    }


def _memory() -> dict[str, Any]:
    return _chosen(psutil.virtual_memory(), _MEMORY_FIELDS)


def _swap() -> dict[str, Any]:
    return _chosen(psutil.swap_memory(), _SWAP_FIELDS)


def _disk() -> dict[str, Any]:
    usage = psutil.disk_usage("/")
    # None where there is no disk, in some containers.
    counters = psutil.disk_io_counters()
    return {
        "total": usage.total,
        "used": usage.used,
        "free": usage.free,
        "percent": usage.percent,
        **(_chosen(counters, _DISK_FIELDS) if counters else {}),
    }


def _network() -> dict[str, Any]:
    return _chosen(psutil.net_io_counters(), _NETWORK_FIELDS)


def _load() -> list[float]:
    return list(psutil.getloadavg())


_SECTIONS: dict[str, Callable[[], Any]] = {
    "cpu": _cpu,
    "memory": _memory,
    "swap": _swap,
    "disk": _disk,
    "network": _network,
    "load_average": _load,
}


def _disks() -> tuple[dict[str, Any], int]:
    return _busy(psutil.disk_io_counters(perdisk=True) or {}, "disk", "per_disk")


def _interfaces() -> tuple[dict[str, Any], int]:
    return _busy(psutil.net_io_counters(pernic=True), "network", "per_interface")


def _busy(devices: dict[str, Any], section: str, key: str) -> tuple[dict[str, Any], int]:
    """Return the devices that ever did anything, and how many numbers of others are left out."""
    fields = _DEVICE_FIELDS[section]
    found = {plain_text(name): _chosen(counters, fields) for name, counters in devices.items()}
    used = {name: counters for name, counters in found.items() if any(counters.values())}
    kept = dict(list(used.items())[:_MAX_DEVICES])
    return ({key: kept} if kept else {}), (len(used) - len(kept)) * len(fields)


def _chosen(fields: Any, names: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401  (any of psutil's named tuples)
    """Return some fields of a named tuple; what this system does not have is left out.

    So is what no machine has: in some containers "no limit" is told as 2 to the power of 63.
    """
    return {
        name: value
        for name in names
        if (value := getattr(fields, name, None)) is not None and abs(value) <= MAX_VALUE
    }
