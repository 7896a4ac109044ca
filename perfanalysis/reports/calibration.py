"""Calibration: what `perfanalysis calibrate` prints.

First how often comparing these identical runs raises a false alarm, by design; then the noise of
every name and metric and the change that some numbers of runs detect; then which tolerances that
allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from perfanalysis.model.calibration import CalibrationReport, FalseAlarms, FigureNoise
from perfanalysis.reports import wording
from perfanalysis.reports.escape import shortened, terminal_text
from perfanalysis.reports.terminal.layout import (
    aligned,
    heading,
    paragraph,
    render,
    section,
    sentence,
)
from perfanalysis.units import format_quantity, format_ratio

SHOWN_RUNS = (1, 3, 5, 10)
_WIDEST_NAME = 40
_LEGEND = (
    "noise: one standard deviation between identical runs; within: share of its variance that the "
    "requests of a run explain; runs: the change that so many a side detect four times in five, "
    "judged alone; tolerance: the smallest round one that 3 runs a side can decide"
)


def calibration_table(report: CalibrationReport, *, width: int | None, color: bool) -> str:
    """Return a calibration for a terminal.

    Args:
        report: what was measured.
        width: cells of the terminal; None where the output is no terminal: nothing is wrapped.
        color: whether to write ANSI colours.
    """
    not_measured = [wording.not_judged_text(entry) for entry in report.not_measured]
    lines = [
        *paragraph(sentence(headline(report)), width=width),
        *paragraph(sentence(f"runs {wording.side(report.runs)}"), width=width),
        *paragraph(sentence(_facts(report)), width=width),
        Text(),
        *_false_alarms(report.false_alarms),
        Text(),
        *_figures(report.figures),
        *paragraph(_LEGEND, width=width),
        *section("False alarms by name:", _by_name(report.false_alarms), width),
        *section("Tolerances that 3 runs a side can decide:", tolerances(report), width),
        *section(f"Not measured ({len(not_measured)}):", not_measured, width),
        *section("Caveats:", wording.caveat_sentences(report.caveats), width),
    ]
    return render(lines, color=color)


def headline(report: CalibrationReport) -> str:
    """Return in one line how often one of these runs against another raises a false alarm."""
    parts = [
        f"{entry.alarms} of {entry.comparisons} {_with_noise(entry)}"
        for entry in report.false_alarms
        if entry.design == "1v1"
    ]
    return f"false alarms of one identical run against another: {', '.join(parts)}"


def tolerances(report: CalibrationReport) -> list[str]:
    """Return how many figures each round tolerance suits, for changes and for error rates."""
    kinds = {
        "latencies and throughput": [f for f in report.figures if f.metric != "error_rate"],
        "error rates": [f for f in report.figures if f.metric == "error_rate"],
    }
    return [f"{kind}: {_suited(figures)}" for kind, figures in kinds.items() if figures]


def _suited(figures: Sequence[FigureNoise]) -> str:
    sizes = [f.measured.tolerance for f in figures if f.measured.tolerance is not None]
    metric = figures[0].metric
    parts = [
        f"{wording.size_text(size, metric)} of {sum(s <= size for s in sizes)}"
        for size in sorted(set(sizes))
    ]
    if len(sizes) < len(figures):
        parts.append(f"none of {len(figures) - len(sizes)}, which are too noisy")
    return f"{', '.join(parts)} (of {len(figures)} figures)"


def _facts(report: CalibrationReport) -> str:
    measured = len(report.figures)
    tolerance = wording.size_text(report.tolerance, "latency")
    return (
        f"measured {measured} of {measured + len(report.not_measured)}, tolerance {tolerance}, "
        f"alpha {format_ratio(report.alpha)}"
    )


def _with_noise(entry: FalseAlarms) -> str:
    return "with this calibration" if entry.calibrated else "with the settings as they are"


def _false_alarms(entries: Sequence[FalseAlarms]) -> list[Text]:
    rows = [heading("false alarms", "comparisons", "any name", "95 % interval", "per name")]
    for entry in entries:
        name = f"{entry.design} {_with_noise(entry)}"
        ends = [format_ratio(end, 2) for end in (entry.ci_low, entry.ci_high)]
        cells = (
            str(entry.comparisons),
            format_ratio(entry.rate),
            f"{ends[0].removesuffix(' %')} to {ends[1]}",
            format_ratio(entry.rate_per_name, 2),
        )
        rows.append([Text(name), *(Text(cell) for cell in cells)])
    return aligned(rows, right=(1, 2, 3, 4))


def _figures(figures: Iterable[FigureNoise]) -> list[Text]:
    """Return one line per name and metric."""
    runs = [wording.plural(number, "run") for number in SHOWN_RUNS]
    rows = [heading("name", "metric", "value", "noise", "within", *runs, "tolerance")]
    for figure in figures:
        share = figure.measured.within_share
        cells = (
            figure.metric,
            format_quantity(figure.value, figure.unit),
            wording.size_text(figure.noise, figure.metric),
            wording.NONE if share is None else format_ratio(share, 2),
            *(_change(figure, number) for number in SHOWN_RUNS),
            wording.size_text(figure.measured.tolerance, figure.metric),
        )
        name = shortened(terminal_text(wording.name_text(figure.name)), _WIDEST_NAME)
        rows.append([Text(name), *(Text(terminal_text(cell)) for cell in cells)])
    return aligned(rows, right=range(2, len(rows[0])))


def _change(figure: FigureNoise, runs: int) -> str:
    change = figure.detectable_with(runs)
    return "∞" if change is None else wording.size_text(change, figure.metric)


def _by_name(entries: Iterable[FalseAlarms]) -> list[str]:
    """Return which names raised alarms, by design; nothing of designs without any."""
    found = []
    for entry in entries:
        named = [
            f"{wording.name_text(name.name)} {name.alarms}" for name in entry.names if name.alarms
        ]
        if named:
            found.append(f"{entry.design} {_with_noise(entry)}: {', '.join(named)}")
    return found
