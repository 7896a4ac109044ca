"""A load test that has not begun, for terminals: the curve, what is asked, whose the target is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from perfanalysis.generator.scenario.preview import Preview, ScenarioPreview
from perfanalysis.generator.scenario.quantities import format_duration
from perfanalysis.reports.escape import shortened, terminal_text
from perfanalysis.units import format_count, format_ratio, significant

WIDTH = 78
CHART_ROWS = 8
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_AGREED = {
    "key": "the scenario file says that it is yours",
    "option": "--i-own-this-target says that it is yours",
    "earlier": "you said earlier that it is yours",
}


def preview_text(preview: Preview) -> str:
    """Return the text of a dry run, plain characters in at most 80 columns."""
    sections = (
        _head(preview),
        [*_chart(preview.curve, preview.peak, preview.duration_s), "", *_stages(preview)],
        _scenarios(preview),
        _expected(preview),
        _targets(preview),
        _thresholds(preview),
        _rest(preview),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines)


def curve_chart(curve: Sequence[float], peak: float, duration_s: float) -> str:
    """Return a curve drawn in block characters, with its peak and its length.

    >>> print(curve_chart([0, 1, 2, 2, 0], 2, 40).splitlines()[0])
          2 │  ██
    """
    return "\n".join(_chart(curve, peak, duration_s))


def _head(preview: Preview) -> Iterator[str]:
    kind = "open load, arrivals a second" if preview.is_open else "closed load, users"
    length = format_duration(preview.duration_s)
    workers = "1 worker" if preview.workers == 1 else f"{preview.workers} workers"
    yield f"{terminal_text(preview.name)}: {length} on {terminal_text(preview.target)}"
    yield f"{kind}, peak {_amount(preview, preview.peak)}, {workers}; dry run: nothing is sent"


def _chart(curve: Sequence[float], peak: float, duration_s: float) -> Iterator[str]:
    """Yield the lines of a chart: each column is filled from below, in eighths of a line."""
    heights = [round(value / peak * CHART_ROWS * 8) if peak else 0 for value in curve]
    # What is there at all must be seen.
    heights = [max(h, 1) if value > 0 else 0 for h, value in zip(heights, curve, strict=True)]
    for row in reversed(range(CHART_ROWS)):
        cells = "".join(_EIGHTHS[min(max(height - 8 * row, 0), 8)] for height in heights)
        label = {CHART_ROWS - 1: significant(peak), CHART_ROWS // 2 - 1: significant(peak / 2)}
        yield f"{_plain(label.get(row, '')):>7} │{cells}".rstrip()
    yield f"{'0':>7} └{'─' * len(curve)}"
    end = format_duration(duration_s)
    yield f"{'':>8} 0{end:>{max(len(curve) - 1, len(end) + 1)}}"


def _plain(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _stages(preview: Preview) -> Iterator[str]:
    value = 0.0
    for stage in preview.stages:
        if stage.duration_s > 0:
            word = "at" if stage.target == value else "to"
            line = (
                f"  {format_duration(stage.duration_s):>8} {word} {_amount(preview, stage.target)}"
            )
            yield f"{line:<36} {terminal_text(stage.name)}".rstrip()
        value = stage.target


def _scenarios(preview: Preview) -> Iterator[str]:
    yield "Scenarios"
    for scenario in preview.scenarios:
        name = shortened(terminal_text(scenario.name), 36)
        yield f"  {name:<24} {format_ratio(scenario.share):>7}   {_effort(scenario)}"
        if scenario.names:
            yield from _wrapped([terminal_text(name) for name in scenario.names], indent=6)


def _effort(scenario: ScenarioPreview) -> str:
    low, high = scenario.requests_low, scenario.requests_high
    if low is None:
        return "a Python function"
    count = (
        f"{low}" if low == high else f"{low} to {high}" if high is not None else f"{low} or more"
    )
    noun = "request" if count == "1" else "requests"
    return f"{count} {noun}{_thinking(scenario)}"


def _thinking(scenario: ScenarioPreview) -> str:
    low_s, high_s = scenario.think_low_s, scenario.think_high_s
    if not high_s:
        return ""
    if low_s is None or low_s == high_s:
        return f", {format_duration(high_s)} of thinking"
    return f", {format_duration(low_s)} to {format_duration(high_s)} of thinking"


def _expected(preview: Preview) -> Iterator[str]:
    if any(scenario.requests_low is None for scenario in preview.scenarios):
        yield "Expected: not known; Python functions say only when they run what they do."
        return
    if preview.iterations is None:
        yield "Expected: as many iterations as the target answers; nothing else limits them."
        return
    least = "" if preview.is_open else "at most "
    line = f"Expected: {least}{_rounded(preview.iterations)} iterations"
    low, high = preview.requests_low, preview.requests_high
    if low is not None and high is not None:
        many = (
            _rounded(low) if round(low) == round(high) else f"{_rounded(low)} to {_rounded(high)}"
        )
        line += f", {many} requests"
    yield line
    if not preview.is_open:
        yield "  (fewer, the longer answers take)"


def _targets(preview: Preview) -> Iterator[str]:
    yield "Targets"
    for target in preview.targets:
        name = shortened(terminal_text(target.host), 36)
        whose = "loopback or private: yours"
        if not target.is_own:
            whose = f"public: {_AGREED.get(preview.owned or '', 'needs your word')}"
        if target.addresses == (target.host,):
            yield f"  {name:<24} {whose}"
            continue
        addresses = ", ".join(target.addresses[:3]) or f"does not resolve: {target.problem}"
        more = f" and {len(target.addresses) - 3} more" if len(target.addresses) > 3 else ""
        yield f"  {name:<24} {terminal_text(addresses)}{more}"
        yield f"{'':27}{whose}"


def _thresholds(preview: Preview) -> Iterator[str]:
    if not preview.thresholds:
        return
    ends = f" ({preview.aborting} of them may end the test early)" if preview.aborting else ""
    yield f"Thresholds{ends}"
    for metric, expression in preview.thresholds:
        yield f"  {terminal_text(metric)}: {terminal_text(expression)}"


def _rest(preview: Preview) -> Iterator[str]:
    for file, rows in preview.data:
        yield f"Data: {terminal_text(file.rpartition('/')[2])}, {format_count(rows)} rows"
    if preview.secrets:
        values = "1 value" if preview.secrets == 1 else f"{preview.secrets} values"
        yield f"Environment: {values} used, not shown"


def _amount(preview: Preview, value: float) -> str:
    number = _plain(significant(value)) if value else "0"
    if preview.is_open:
        return f"{number} /s"
    return f"{number} user" if number == "1" else f"{number} users"


def _rounded(number: float) -> str:
    """Return an expected number: three digits of it are more than is known."""
    if number < 1000:
        return format_count(round(number))
    step = 10 ** (math.floor(math.log10(number)) - 2)
    return format_count(round(number / step) * step)


def _wrapped(names: Sequence[str], *, indent: int) -> Iterator[str]:
    line = " " * indent
    for number, name in enumerate(names):
        piece = shortened(name, WIDTH - indent - 1) + ("," if number + 1 < len(names) else "")
        if len(line) > indent and len(line) + len(piece) > WIDTH:
            yield line.rstrip()
            line = " " * indent
        line += f"{piece} "
    yield line.rstrip()
