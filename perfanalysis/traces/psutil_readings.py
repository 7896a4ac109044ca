"""From the object of one sample to readings with names and units.

Two shapes are known. A monitor's entry holds sections (`{"cpu": {"percent": 12.5}, ...}`); a dump
holds what psutil's functions returned, under their names (`cpu_percent`, `virtual_memory`,
`net_io_counters`), nested, or flat with dots or underscores. Any other number is the application's
own metric. Texts and nulls measure nothing and are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perfanalysis.traces import psutil_metrics as known
from perfanalysis.traces.psutil_metrics import Figure

TIME_KEYS = ("timestamp", "time", "ts", "datetime")
_NOT_MEASURED = frozenset(
    {
        *TIME_KEYS,
        "type",
        "pid",
        "ppid",
        "create_time",
        "boot_time",
        "cpu_count",
        "cpu_count_logical",
    }
)
_NO_LABELS: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of a sample.

    Attributes:
        figure: what it is.
        path: where it stands in the sample, for messages.
        labels: which core, disk, interface or process.
        process: number of the process that counts; another process counts from zero.
    """

    figure: Figure
    path: str
    value: float
    labels: Mapping[str, str]
    process: str


class BareArrayError(ValueError):
    """A named tuple of psutil was dumped as a bare array; the argument names where."""


def readings(sample: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield the numbers of a sample.

    Raises:
        BareArrayError: a named tuple was dumped without the names of its fields.
    """
    if sample.get("type") == "application":
        yield from _application(sample)
    elif "pid" in sample:
        yield from _process(sample, "")
    else:
        for key, value in sample.items():
            if key not in _NOT_MEASURED:
                yield from _entry(key, value)


def cpu_count(sample: Mapping[str, Any]) -> int | None:
    """Return the number of processors that a sample tells of, or None."""
    cpu = sample.get("cpu")
    stated = cpu.get("count") if isinstance(cpu, dict) else sample.get("cpu_count")
    return stated if type(stated) is int and 0 < stated < 1_000_000 else None


def _application(sample: Mapping[str, Any]) -> Iterator[Reading]:
    metrics = sample.get("metrics")
    if isinstance(metrics, dict):
        yield from _own(metrics, "")
    rest = {
        key: value
        for key, value in sample.items()
        if key not in _NOT_MEASURED and not (key == "metrics" and isinstance(metrics, dict))
    }
    yield from _own(rest, "")


def _entry(key: str, value: Any) -> Iterator[Reading]:  # noqa: ANN401  (any JSON value)
    """Yield the readings under one key of a sample of the system."""
    section, _, field = key.partition(".")
    if key in ("process", "processes"):
        for process in value if isinstance(value, list) else [value]:
            yield from _process(process, key)
    elif key in known.LOAD_NAMES and isinstance(value, list):
        for figure, load in zip(known.LOADS, value, strict=False):
            yield from _number(figure, key, load)
    elif key in known.CORES_NAMES or (key in ("cpu", "cpu_percent") and isinstance(value, list)):
        yield from _cores(key, value)
    elif key in ("cpu", "cpu_percent") and not isinstance(value, dict):
        yield from _number(known.CPU, key, value)
    elif key in known.SECTION_NAMES and isinstance(value, dict | list):
        yield from _section(known.SECTION_NAMES[key], key, value)
    elif section in known.SECTION_NAMES and field:
        yield from _section(known.SECTION_NAMES[section], section, {field: value})
    elif key in known.FLAT and not isinstance(value, dict | list):
        yield from _number(known.FLAT[key], key, value)
    else:
        yield from _own(value, key)


def _section(
    section: str,
    path: str,
    fields: Any,  # noqa: ANN401  (any JSON value)
    labels: Mapping[str, str] = _NO_LABELS,
) -> Iterator[Reading]:
    """Yield the readings of one of psutil's named tuples, or of one a device."""
    if isinstance(fields, list):
        yield from _one_per_core(section, path, fields)
        return
    figures = known.SYSTEM[section]
    for field, value in fields.items():
        where = f"{path}.{field}"
        figure = figures.get(field) or figures.get("*")
        if isinstance(value, dict) and field in known.PER_DEVICE:
            yield from _per_device(field, where, value)
        elif isinstance(value, dict) and section in known.DEVICE_LABELS and not labels:
            device = {known.DEVICE_LABELS[section]: field}
            yield from _section(section, where, value, device)
        elif section == "cpu" and isinstance(value, list):
            yield from _cores(where, value)
        elif isinstance(value, list) and section in known.DEVICE_LABELS:
            raise BareArrayError(where)
        elif figure is not None and not isinstance(value, dict | list):
            yield from _number(_of_field(figure, field), where, value, labels)
        elif field != "count":
            yield from _own(value, where)


def _per_device(field: str, path: str, devices: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield the readings of devices that are told beside their sum."""
    label, figures = known.PER_DEVICE[field]
    for device, counters in devices.items():
        for name, value in counters.items() if isinstance(counters, dict) else ():
            if name in figures:
                where = f"{path}.{device}.{name}"
                yield from _number(figures[name], where, value, {label: device})


def _one_per_core(section: str, path: str, fields: list[Any]) -> Iterator[Reading]:
    """Yield the readings of `cpu_times(percpu=True)` and the like: objects in a list."""
    for number, core in enumerate(fields):
        if not isinstance(core, dict):
            raise BareArrayError(path)
        for field, value in core.items():
            figure = known.SYSTEM[section].get(field) or known.SYSTEM[section].get("*")
            if figure is not None:
                labels = {"core": str(number)}
                yield from _number(_of_field(figure, field), f"{path}.{field}", value, labels)


def _cores(path: str, values: Any) -> Iterator[Reading]:  # noqa: ANN401  (any JSON value)
    for number, value in enumerate(values if isinstance(values, list) else []):
        yield from _number(known.CORE, f"{path}[{number}]", value, {"core": str(number)})


def _process(fields: Any, path: str) -> Iterator[Reading]:  # noqa: ANN401  (any JSON value)
    """Yield the readings of one process, labelled with its name if it is told.

    The number is no label of a single process: it differs from run to run.
    """
    if not isinstance(fields, dict):
        return
    process = str(fields.get("pid", ""))[:20]
    name = fields.get("name") or (process if path == "processes" else "")
    labels = {"process": name} if isinstance(name, str) and name else _NO_LABELS
    for key, value in fields.items():
        where = f"{path}.{key}".lstrip(".")
        own = known.PROCESS[""].get(key)
        if isinstance(value, list) and key in known.PROCESS:
            raise BareArrayError(where)
        if own is not None:
            yield from _number(own, where, value, labels, process)
        elif key in known.PROCESS and isinstance(value, dict):
            figures = known.PROCESS[key]
            for field, number in value.items():
                figure = figures.get(field) or figures.get("*")
                if figure is not None:
                    yield from _number(
                        _of_field(figure, field), f"{where}.{field}", number, labels, process
                    )


def _own(value: Any, path: str) -> Iterator[Reading]:  # noqa: ANN401  (any JSON value)
    """Yield the numbers below a value of the application, by their dotted paths."""
    # A stack, no recursion: strangers' JSON may be nested deeply.
    pending = [(path, value)]
    while pending:
        where, item = pending.pop()
        if isinstance(item, dict):
            pending += [(f"{where}.{key}".lstrip("."), item[key]) for key in reversed(item)]
        elif isinstance(item, list):
            pending += [(f"{where}.{i}".lstrip("."), item[i]) for i in reversed(range(len(item)))]
        else:
            yield from _number(Figure(f"app.{where}", None), where, item)


def _number(
    figure: Figure,
    path: str,
    value: Any,  # noqa: ANN401  (any JSON value)
    labels: Mapping[str, str] = _NO_LABELS,
    process: str = "",
) -> Iterator[Reading]:
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        yield Reading(figure, path, number, labels, process)


def _of_field(figure: Figure, field: str) -> Figure:
    if "{}" not in figure.metric:
        return figure
    name = figure.metric.replace("{}", field)
    return Figure(name, figure.unit, figure.is_counter, figure.since_last_call)
