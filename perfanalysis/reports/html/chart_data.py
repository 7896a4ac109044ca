"""The data of the interactive charts, as the page's script reads them.

A chart is a small dictionary that goes into the page as JSON. Columns of numbers are packed: each
number takes two characters, which tell 4095ths of the way from the lowest to the highest one. That
is finer than a pixel, and than the three digits that are read off. Times that are equally far apart
are told by first, step and count. Shares of requests are told by their place on the probability
scale of the charts: standard deviations, 0 at 50 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from scipy.special import ndtri

from perfanalysis.model.shapes import QuantileChange, Shape
from perfanalysis.reports.charts.heatmap import heat_limits
from perfanalysis.reports.numbers import format_ratio

if TYPE_CHECKING:
    from perfanalysis.model.views import Curve, Distribution, Floats, Heatmap, Histogram, Timeline

# A chart as JSON, and one line of it with the number of its run.
Chart: TypeAlias = dict[str, object]
Numbers: TypeAlias = list[float | None]
Packed: TypeAlias = list[float | int | str]

MOST_POINTS = 240  # of one line
_GRID_POINTS = 48  # of a distribution, even in log latency
_TAIL_SHARES = (0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)
_LOWEST, _HIGHEST = 0.001, 0.9999  # shares beyond are drawn at the edge
_LOG_ABOVE = 15.0  # times the middle of the curves: a linear axis would press them flat
_BINARY = (("KiB", 2.0**10), ("MiB", 2.0**20), ("GiB", 2.0**30), ("TiB", 2.0**40))
_ALPHABET = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype="S1"
)
_GAP = 64**2 - 1
_MOST_CODE = _GAP - 1
_NARROWEST = 0.05  # the axis of changes reaches this far, so that noise is not blown up


def latency_chart(lines: Sequence[tuple[int, Timeline]]) -> Chart | None:
    """Return percentiles over time; None without data.

    Args:
        lines: the number of a run among those drawn, with its timeline.
    """
    columns = [
        (run, t.offset_s, {"p50": t.p50_ms, "p95": t.p95_ms, "p99": t.p99_ms}) for run, t in lines
    ]
    if not any(np.isfinite(t.p50_ms).any() for _, t in lines):
        columns = [(run, t.offset_s, {"mean": t.mean_ms}) for run, t in lines]
    values = np.concatenate([y for *_, ys in columns for y in ys.values()] or [np.empty(0)])
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    keys = [key for key in columns[0][2] if key == "p50" or _often_known(columns, key)]
    peaks = bool(known.max() > _LOG_ABOVE * np.median(known) > 0)
    return {
        "kind": "time",
        "panels": [{"keys": keys, "unit": "ms", "log": peaks}],
        "lines": [_line(run, x, {k: ys[k] for k in keys}) for run, x, ys in columns],
    }


def _often_known(columns: Sequence[tuple[int, Floats, dict[str, Floats]]], key: str) -> bool:
    """Return whether a percentile is known in half of the windows: specks are no course."""
    values = np.concatenate([ys[key] for *_, ys in columns])
    return bool(np.isfinite(values).mean() >= 0.5)


def load_chart(lines: Sequence[tuple[int, Timeline]]) -> Chart | None:
    """Return throughput over time and, where any request failed, the share of failed ones."""
    known = [(run, line) for run, line in lines if np.isfinite(line.throughput).any()]
    if not known:
        return None
    failed = any(np.nansum(line.error_rate) > 0 for _, line in known)
    panels: list[Chart] = [{"keys": ["throughput"], "unit": "/s", "log": False}]
    if failed:
        panels.append({"keys": ["errors"], "unit": "%", "log": False})
    return {
        "kind": "time",
        "panels": panels,
        "lines": [
            _line(
                run,
                line.offset_s,
                {"throughput": line.throughput}
                | ({"errors": line.error_rate * 100} if failed else {}),
            )
            for run, line in known
        ],
    }


def resource_chart(
    lines: Sequence[tuple[int, Curve]], *, unit: str | None, shown_unit: str
) -> Chart | None:
    """Return one resource series over time.

    Args:
        lines: the number of a run, with its curve.
        unit: that values are converted to: KiB and the like where the source has bytes.
        shown_unit: the same as it may be shown.
    """
    bytewise = any(curve.unit in ("bytes", "bytes/s") for _run, curve in lines)
    sizes = [size for word, size in _BINARY if bytewise and (unit or "").startswith(word)]
    divisor = sizes[0] if sizes else 1.0
    known = [(run, curve) for run, curve in lines if np.isfinite(curve.value).any()]
    if not known:
        return None
    return {
        "kind": "time",
        "panels": [{"keys": ["value"], "unit": shown_unit, "log": False}],
        "lines": [
            _line(run, curve.offset_s, {"value": curve.value / divisor}) for run, curve in known
        ],
    }


def distribution_data(lines: Sequence[tuple[int, Distribution]]) -> Chart | None:
    """Return the share of requests at or below each latency; all runs on the same latencies."""
    known = [(run, line) for run, line in lines if line.latency_ms.size and line.latency_ms[-1] > 0]
    if not known:
        return None
    grid = _latency_grid([line for _, line in known])
    return {
        "kind": "distribution",
        "x": packed(grid, log=True),
        "lines": [
            {"run": run, "y": _places(np.interp(grid, line.latency_ms, line.share, left=0.0))}
            for run, line in known
        ],
    }


def histogram_data(lines: Sequence[tuple[int, Histogram]]) -> Chart | None:
    """Return the percentage of requests in each step of latency.

    Shares are given for the widest step of all runs, so that equal distributions are equally high.
    """
    known = [(run, line) for run, line in lines if line.count.sum() > 0 and line.edges_ms[0] > 0]
    if not known:
        return None
    width = max(_step(line) for _run, line in known)
    return {
        "kind": "histogram",
        "step": format_ratio(float(np.expm1(width)), 2),
        "lines": [
            {
                "run": run,
                "x": _edges(line.edges_ms),
                "y": packed(100 * line.count / line.count.sum() * (width / _step(line))),
            }
            for run, line in known
        ],
    }


def quantile_data(shape: Shape | None) -> Chart | None:
    """Return the change of each quantile with its band; None without a curve."""
    if shape is None or not shape.curve:
        return None
    bottom, top = _change_limits(shape.curve)
    return {
        "kind": "quantiles",
        "x": packed(ndtri(np.array([quantile.share for quantile in shape.curve]))),
        "change": _changes([quantile.change for quantile in shape.curve]),
        "low": _changes([quantile.low for quantile in shape.curve]),
        "high": _changes([quantile.high for quantile in shape.curve]),
        "range": [bottom, top],
    }


def heat_data(maps: Sequence[tuple[int, Heatmap]], among: Sequence[Heatmap]) -> Chart | None:
    """Return how many requests took how long, over time: one map above the other.

    Args:
        maps: the number of a run, with its heat map.
        among: all that are compared, these too: they share axis and colours.
    """
    ends = [float(end) for entry in among for end in (entry.edges_ms[0], entry.edges_ms[-1])]
    most = max((int(entry.count.max(initial=0)) for entry in among), default=0)
    if most == 0 or min(ends) <= 0:
        return None
    return {
        "kind": "heat",
        "span": [float(f"{end:.4g}") for end in (min(ends), max(ends))],
        "levels": heat_limits(most),
        "maps": [
            {
                "run": run,
                "s": _times(heatmap.edges_s),
                "ms": _edges(heatmap.edges_ms),
                "count": heatmap.count.astype(int).ravel().tolist(),
            }
            for run, heatmap in maps
        ],
    }


def packed(values: Floats, *, log: bool = False) -> Packed:
    """Return numbers as text, two characters each: their way from the lowest to the highest.

    Returns:
        Lowest, highest, whether the way is measured on a logarithmic scale, and the characters.

    Args:
        values: what is not finite becomes a gap.
        log: all values are positive, and spread over a wide range.

    >>> packed(np.array([1.0, np.nan, 3.0]))
    [1.0, 3.0, 0, 'AA___-']
    """
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    scaled = np.log(values / low) if log else values - low
    span = float(np.log(high / low)) if log else high - low
    way = np.zeros(values.size) if span == 0 else scaled / span
    codes = np.where(np.isfinite(values), np.round(np.nan_to_num(way) * _MOST_CODE), _GAP)
    digits = codes.astype(np.int64)[:, None] // np.array([64, 1]) % 64
    text = _ALPHABET[digits].tobytes().decode("ascii")
    return [float(f"{low:.7g}"), float(f"{high:.7g}"), int(log), text]


def _edges(edges: Floats) -> Packed:
    """Return edges that are equally far apart on a logarithmic scale: the ends and how many."""
    return [float(f"{edges[0]:.6g}"), float(f"{edges[-1]:.6g}"), 1, len(edges)]


def _step(line: Histogram) -> float:
    """Return how wide a step is, as a logarithm."""
    return float(np.log(line.edges_ms[1] / line.edges_ms[0]))


def _line(run: int, x: Floats, columns: dict[str, Floats]) -> Chart:
    kept = _thinned(x, list(columns.values()))
    return {
        "run": run,
        "x": _times(x[kept]),
        "y": {key: _column(values[kept]) for key, values in columns.items()},
    }


def _column(values: Floats) -> Packed:
    """Return values on the scale on which they lie most evenly."""
    known = values[np.isfinite(values)]
    wide = known.size > 0 and known.min() > 0 and known.max() > 4 * known.min()
    return packed(values, log=bool(wide))


def _thinned(x: Floats, columns: Sequence[Floats]) -> Floats | slice:
    """Return which points are kept: of too many, the highest of each stretch."""
    if x.size <= MOST_POINTS:
        return slice(None)
    edges = np.linspace(0, x.size, MOST_POINTS + 1).astype(int)
    leading = np.where(np.isfinite(columns[-1]), columns[-1], -np.inf)
    kept = [low + int(np.argmax(leading[low:high])) for low, high in pairwise(edges.tolist())]
    return np.array(kept)


def _times(seconds: Floats) -> Numbers | Chart:
    """Return times to the hundredth; first, step and count where they are equally far apart."""
    steps = np.diff(seconds)
    if seconds.size > 3 and np.ptp(steps) < 0.01 * abs(float(steps[0])):
        step = float(seconds[-1] - seconds[0]) / (seconds.size - 1)
        return {"from": round(float(seconds[0]), 3), "step": round(step, 6), "n": seconds.size}
    return [round(value, 2) for value in seconds.tolist()]


def _latency_grid(lines: Sequence[Distribution]) -> Floats:
    low = min(float(line.latency_ms[line.latency_ms > 0][0]) for line in lines)
    high = max(float(line.latency_ms[-1]) for line in lines)
    even = np.geomspace(low, max(high, low * 1.01), _GRID_POINTS)
    # Some points of each of the first lines: where their tails are.
    own = [np.interp(_TAIL_SHARES, line.share, line.latency_ms) for line in lines[:4]]
    grid: Floats = np.unique(np.concatenate([even, *own]))
    grid = grid[grid > 0]
    # Points that are packed alike would be a step.
    apart = np.diff(np.log(grid)) > np.log(grid[-1] / grid[0]) / _MOST_CODE
    kept: Floats = grid[np.append(True, apart)]
    return kept


def _places(shares: Floats) -> Packed:
    """Return shares on the probability scale; nothing before the first request."""
    places = ndtri(shares.clip(_LOWEST, _HIGHEST))
    return packed(np.where(shares > 0, places, np.nan))


def _changes(changes: Sequence[float | None]) -> Packed:
    """Return changes as logarithms of ratios; a gap where the band is open."""
    logs = [np.nan if change is None else _log_ratio(change) for change in changes]
    return packed(np.array(logs))


def _change_limits(curve: Sequence[QuantileChange]) -> tuple[float, float]:
    """Return what is shown of the changes, as logarithms of ratios: the curve and a usual band."""
    change = np.array([_log_ratio(quantile.change) for quantile in curve])
    ends: list[tuple[Literal["low", "high"], float]] = [("low", -np.inf), ("high", np.inf)]
    low, high = (
        np.array([open_end if (v := getattr(q, end)) is None else _log_ratio(v) for q in curve])
        for end, open_end in ends
    )
    usual = float(np.median((high - low) / 2))
    room = max(1.3 * min(usual, 3.0) if np.isfinite(usual) else 3.0, _NARROWEST)
    bottom = max(min(float(change.min()), 0.0) - room, float(low.min()) - _NARROWEST)
    top = min(max(float(change.max()), 0.0) + room, float(high.max()) + _NARROWEST)
    return round(bottom, 4), round(top, 4)


def _log_ratio(change: float) -> float:
    return float(np.log1p(change)) if change > -1 else float(np.log(1e-4))
