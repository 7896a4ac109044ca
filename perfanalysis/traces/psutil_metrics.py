"""The names and units of psutil's figures.

A section is a named tuple of psutil, or a part of a monitor's entry that holds the same fields. The
field `*` stands for all that are not listed; `{}` in a metric is the name of the field.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What one field is.

    Attributes:
        metric: its name here.
        unit: of the gauge, or of the rate that a counter becomes.
        is_counter: grows since boot or since the process began: only its rate means something.
        since_last_call: percent since the call before; psutil's first call returns 0.0.
    """

    metric: str
    unit: str | None
    is_counter: bool = False
    since_last_call: bool = False


def _rate(metric: str, unit: str) -> Figure:
    return Figure(metric, unit, is_counter=True)


def _percent(metric: str) -> Figure:
    return Figure(metric, "%", since_last_call=True)


CPU = _percent("system.cpu")
CORE = _percent("system.cpu.core")
PROCESS_CPU = _percent("process.cpu")
LOADS = tuple(Figure(f"system.load.{minutes}m", None) for minutes in (1, 5, 15))

_DISK = {
    "percent": Figure("system.disk", "%"),
    "total": Figure("system.disk.total", "bytes"),
    "used": Figure("system.disk.used", "bytes"),
    "free": Figure("system.disk.free", "bytes"),
    "read_bytes": _rate("system.disk.read", "bytes/s"),
    "write_bytes": _rate("system.disk.write", "bytes/s"),
    "read_count": _rate("system.disk.reads", "1/s"),
    "write_count": _rate("system.disk.writes", "1/s"),
    "read_merged_count": _rate("system.disk.reads_merged", "1/s"),
    "write_merged_count": _rate("system.disk.writes_merged", "1/s"),
    "read_time": _rate("system.disk.read_time", "ms/s"),
    "write_time": _rate("system.disk.write_time", "ms/s"),
    "busy_time": _rate("system.disk.busy_time", "ms/s"),
}
_NETWORK = {
    "bytes_sent": _rate("system.network.sent", "bytes/s"),
    "bytes_recv": _rate("system.network.received", "bytes/s"),
    "packets_sent": _rate("system.network.packets_sent", "1/s"),
    "packets_recv": _rate("system.network.packets_received", "1/s"),
    "errin": _rate("system.network.errors_in", "1/s"),
    "errout": _rate("system.network.errors_out", "1/s"),
    "dropin": _rate("system.network.drops_in", "1/s"),
    "dropout": _rate("system.network.drops_out", "1/s"),
}
SYSTEM: dict[str, dict[str, Figure]] = {
    "cpu": {
        "percent": CPU,
        "frequency": Figure("system.cpu.frequency", "MHz"),
    },
    "cpu_freq": {
        "current": Figure("system.cpu.frequency", "MHz"),
        "*": Figure("system.cpu.frequency.{}", "MHz"),
    },
    "cpu_times": {"*": _rate("system.cpu_time.{}", "s/s")},
    "cpu_times_percent": {"*": _percent("system.cpu.{}")},
    "cpu_stats": {
        "ctx_switches": _rate("system.context_switches", "1/s"),
        "*": _rate("system.{}", "1/s"),
    },
    "memory": {
        "percent": Figure("system.memory", "%"),
        **{
            field: Figure(f"system.memory.{field}", "bytes")
            for field in ("total", "available", "used", "free")
        },
        "*": Figure("system.memory.{}", "bytes"),
    },
    "swap": {
        "percent": Figure("system.swap", "%"),
        "used": Figure("system.swap.used", "bytes"),
        "sin": _rate("system.swap.in", "bytes/s"),
        "sout": _rate("system.swap.out", "bytes/s"),
        "*": Figure("system.swap.{}", "bytes"),
    },
    "disk": _DISK,
    "network": _NETWORK,
}
# What the sections are called in dumps and by monitors.
SECTION_NAMES = {
    **{section: section for section in SYSTEM},
    "virtual_memory": "memory",
    "mem": "memory",
    "swap_memory": "swap",
    "disk_usage": "disk",
    "disk_io": "disk",
    "disk_io_counters": "disk",
    "net": "network",
    "net_io": "network",
    "network_io": "network",
    "net_io_counters": "network",
}
# The label that tells several of a section apart (`pernic=True`, `perdisk=True`, `percpu=True`).
DEVICE_LABELS = {"disk": "disk", "network": "interface"}
# A monitor tells the devices beside their sum, which must not be mixed up with them.
PER_DEVICE: dict[str, tuple[str, dict[str, Figure]]] = {
    "per_disk": (
        "disk",
        {
            "read_bytes": _rate("system.disk.device.read", "bytes/s"),
            "write_bytes": _rate("system.disk.device.write", "bytes/s"),
            "busy_time": _rate("system.disk.device.busy_time", "ms/s"),
        },
    ),
    "per_interface": (
        "interface",
        {
            "bytes_sent": _rate("system.network.interface.sent", "bytes/s"),
            "bytes_recv": _rate("system.network.interface.received", "bytes/s"),
        },
    ),
}
# Flat samples write `memory_percent`, `net_bytes_sent` or just `bytes_sent`.
FLAT = {
    **{
        f"{name}_{field}": figure
        for name, section in SECTION_NAMES.items()
        for field, figure in SYSTEM[section].items()
        if field != "*"
    },
    **_NETWORK,
    "read_bytes": _DISK["read_bytes"],
    "write_bytes": _DISK["write_bytes"],
}
LOAD_NAMES = frozenset({"load_average", "load_avg", "getloadavg", "loadavg", "load"})
CORES_NAMES = frozenset({"cpu_percent_percpu", "cpu_percent_per_cpu", "percpu", "per_cpu"})

# The empty section holds the figures that a process has by itself.
PROCESS: dict[str, dict[str, Figure]] = {
    "": {
        "cpu_percent": PROCESS_CPU,
        "memory_percent": Figure("process.memory", "%"),
        "num_threads": Figure("process.threads", None),
        "num_fds": Figure("process.fds", None),
        "num_handles": Figure("process.handles", None),
        "rss": Figure("process.memory.rss", "bytes"),
        "vms": Figure("process.memory.vms", "bytes"),
    },
    "memory_info": {"*": Figure("process.memory.{}", "bytes")},
    "memory_full_info": {
        field: Figure(f"process.memory.{field}", "bytes") for field in ("uss", "pss", "swap")
    },
    "cpu_times": {"*": _rate("process.cpu_time.{}", "s/s")},
    "num_ctx_switches": {"*": _rate("process.context_switches.{}", "1/s")},
    "io_counters": {
        "read_bytes": _rate("process.io.read", "bytes/s"),
        "write_bytes": _rate("process.io.write", "bytes/s"),
        "read_count": _rate("process.io.reads", "1/s"),
        "write_count": _rate("process.io.writes", "1/s"),
        "read_chars": _rate("process.io.read_chars", "bytes/s"),
        "write_chars": _rate("process.io.write_chars", "bytes/s"),
    },
}
