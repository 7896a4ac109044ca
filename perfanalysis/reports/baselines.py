"""Baselines: what `perfanalysis baseline` prints.

First the one sentence that matters: what was accepted or refused, or what a baseline is; then the
tables. Everything that people or result files wrote is made harmless here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from perfanalysis.model.baseline import Baseline, BaselineEntry, BaselineEvent
from perfanalysis.model.baseline_results import (
    Acceptance,
    BaselineFigure,
    BaselineList,
    BaselineReport,
    Trend,
)
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
from perfanalysis.units import format_quantity

_WIDEST_NAME = 40
_WIDEST_TEXT = 30
_SHOWN_EVENTS = 10
_TREND_STYLES = {Trend.DEGRADING: "bold red", Trend.IMPROVING: "green", Trend.UNDECIDED: "yellow"}


def baseline_list_table(found: BaselineList, *, width: int | None, color: bool) -> str:
    """Return all baselines of a store for a terminal, one a line.

    Args:
        found: the baselines.
        width: cells of the terminal; None where the output is no terminal: nothing is wrapped.
        color: whether to write ANSI colours.
    """
    if not found.baselines:
        text = f"no baselines in {found.store}; perfanalysis baseline save NAME RUN... begins one"
        return render(paragraph(sentence(text), width=width), color=color)
    rows = [heading("baseline", "environment", "branch", "runs", "newest", "age", "accepted by")]
    for entry in found.baselines:
        baseline = entry.baseline
        latest = baseline.recent[-1]
        rows.append(
            [
                _cell(baseline.name, _WIDEST_NAME),
                _cell(baseline.environment),
                _cell(baseline.branch),
                Text(str(len(baseline.recent))),
                Text(_newest(baseline)),
                Text(_age(entry.age_days) + (" (too old)" if entry.old else "")),
                _cell(latest.accepted_by),
            ]
        )
    count = wording.plural(len(found.baselines), "baseline")
    lines = [
        *aligned(rows, right=(3,)),
        Text(),
        *paragraph(sentence(f"{count} in {found.store}"), width=width),
    ]
    return render(lines, color=color)


def baseline_table(report: BaselineReport, *, width: int | None, color: bool) -> str:
    """Return one baseline for a terminal: its runs, figures, rules and history.

    Args:
        report: what it holds.
        width: cells of the terminal; None where the output is no terminal: nothing is wrapped.
        color: whether to write ANSI colours.
    """
    baseline = report.baseline
    rules = [
        " ".join(f"{key} {value}" for key, value in rule.model_dump(exclude_none=True).items())
        for rule in baseline.settings.metrics
    ]
    history = [_event_text(event) for event in baseline.history[-_SHOWN_EVENTS:]]
    earlier = len(baseline.history) + baseline.earlier_events - len(history)
    more = [f"and {earlier} earlier"] if earlier else []
    lines = [
        *paragraph(sentence(_headline(baseline)), width=width),
        *paragraph(sentence(_facts(report)), width=width),
        Text(),
        *_entries(baseline.entries),
        *_figures(report.figures),
        *section("Rules:", rules, width),
        *section("History:", [*history, *more], width),
        *section("Caveats:", wording.caveat_sentences(report.caveats), width),
    ]
    return render(lines, color=color)


def acceptance_table(acceptance: Acceptance, *, width: int | None, color: bool) -> str:
    """Return for a terminal what became of runs that were to join a baseline.

    Args:
        acceptance: what became of them.
        width: cells of the terminal; None where the output is no terminal: nothing is wrapped.
        color: whether to write ANSI colours.
    """
    against = wording.caveat_sentences(acceptance.refusals)
    title = "Overridden:" if acceptance.forced else "Against it:"
    lines = [
        *paragraph(_outcome(acceptance), width=width),
        *section(title, against, width),
        *section("Dropped:", acceptance.dropped, width),
        *section("Caveats:", wording.caveat_sentences(acceptance.caveats), width),
    ]
    return render(lines, color=color)


def outcome(acceptance: Acceptance) -> str:
    """Return in one line what became of runs that were to join a baseline."""
    name = acceptance.name
    if acceptance.refused:
        state = "stays as it was" if acceptance.baseline is not None else "was not begun"
        return f"refused: baseline {name} {state}; --force --reason TEXT overrides this"
    held = acceptance.baseline
    counted = "" if held is None else f", which holds {wording.plural(len(held.recent), 'run')}"
    if acceptance.already:
        return f"already accepted: baseline {name}{counted}, stays as it was"
    runs = wording.first_names([entry.name for entry in acceptance.accepted])
    verdict = "" if acceptance.comparison is None else f"; {_verdict(acceptance)}"
    forced = " by force" if acceptance.forced else ""
    return f"accepted{forced}: {runs} into baseline {name}{counted}{verdict}"


def removed_text(baseline: Baseline, *, width: int | None, color: bool) -> str:
    """Return for a terminal that a baseline was removed."""
    runs = wording.plural(len(baseline.recent), "run")
    text = f"removed: baseline {baseline.name} ({runs}, newest of {_newest(baseline)})"
    return render(paragraph(sentence(text), width=width), color=color)


def _outcome(acceptance: Acceptance) -> Text:
    text = Text(sentence(outcome(acceptance)))
    style = "bold red" if acceptance.refused else "yellow" if acceptance.forced else "green"
    text.stylize(style, 0, text.plain.index(":"))
    return text


def _verdict(acceptance: Acceptance) -> str:
    comparison = acceptance.comparison
    return "" if comparison is None else wording.headline(comparison)


def _headline(baseline: Baseline) -> str:
    of = [
        "" if baseline.branch is None else f"branch {baseline.branch}",
        "" if baseline.environment is None else f"environment {baseline.environment}",
    ]
    told = ", ".join(part for part in of if part)
    runs = wording.plural(len(baseline.recent), "run")
    return f"baseline {baseline.name}: {runs}{' of ' + told if told else ''}"


def _facts(report: BaselineReport) -> str:
    baseline, settings = report.baseline, report.baseline.settings
    anchor = wording.plural(len(baseline.anchor), "run")
    since = min((entry.day for entry in baseline.anchor), default=None)
    parts = [
        f"newest of {_newest(baseline)} ({_ago(report.age_days)})",
        "no anchor" if since is None else f"anchor of {since:%Y-%m-%d} ({anchor})",
        f"keeps {wording.plural(settings.keep, 'run')}",
        f"old after {wording.plural(settings.max_age_days, 'day')}",
        "drift gates" if settings.gate_drift else "drift is told",
        *(["calibrated"] if report.calibrated else []),
    ]
    return ", ".join(parts)


def _entries(entries: Sequence[BaselineEntry]) -> list[Text]:
    rows = [heading("no.", "run", "made", "accepted", "by", "commit", "role", "reason")]
    for entry in entries:
        roles = [*(["recent"] if entry.recent else []), *(["anchor"] if entry.anchor else [])]
        forced = f" (forced: {', '.join(entry.forced)})" if entry.forced else ""
        rows.append(
            [
                Text(str(entry.number)),
                _cell(entry.name, _WIDEST_NAME),
                Text(wording.NONE if entry.started_at is None else f"{entry.started_at:%Y-%m-%d}"),
                Text(f"{entry.accepted_at:%Y-%m-%d}"),
                _cell(entry.accepted_by),
                _cell(None if entry.commit is None else entry.commit.sha[:10]),
                Text(", ".join(roles)),
                _cell((entry.reason or "") + forced or None),
            ]
        )
    return aligned(rows, right=(0,))


def _figures(figures: Iterable[BaselineFigure]) -> list[Text]:
    shown = list(figures)
    if not shown:
        return []
    moved = any(figure.trend is not None for figure in shown)
    titles = ["name", "metric", "value", "tolerance"]
    titles += ["at anchor", "change", "interval", "trend"] if moved else []
    rows = [heading(*titles)]
    for figure in shown:
        row = [
            _cell(figure.name, _WIDEST_NAME),
            _cell(figure.metric),
            Text(format_quantity(figure.value, figure.unit)),
            Text(wording.size_text(figure.tolerance, figure.metric)),
        ]
        rows.append([*row, *_movement(figure)] if moved else row)
    right = (2, 3, 4, 5) if moved else (2, 3)
    return [Text(), *aligned(rows, right=right)]


def _movement(figure: BaselineFigure) -> list[Text]:
    if figure.trend is None:
        return [Text(wording.NONE)] * 4
    ends = [
        wording.size_text(end, figure.metric, sign=True).removesuffix(" %").removesuffix(" pp")
        for end in (figure.ci_low, figure.ci_high)
    ]
    return [
        Text(format_quantity(figure.anchor, figure.unit)),
        Text(wording.size_text(figure.change, figure.metric, sign=True)),
        Text(f"{ends[0]} to {ends[1]}"),
        Text(figure.trend, _TREND_STYLES.get(figure.trend, "")),
    ]


def _event_text(event: BaselineEvent) -> str:
    by = "" if event.by is None else f" by {event.by}"
    dropped = f", {wording.plural(len(event.dropped), 'run')} dropped" if event.dropped else ""
    anchor = ", new anchor" if event.new_anchor else ""
    forced = f", forced: {', '.join(event.forced)}" if event.forced else ""
    reason = "" if event.reason is None else f": {event.reason}"
    runs = wording.plural(len(event.runs), "run")
    return f"{event.at:%Y-%m-%d} {event.action} {runs}{by}{dropped}{anchor}{forced}{reason}"


def _newest(baseline: Baseline) -> str:
    return f"{max(entry.day for entry in baseline.recent):%Y-%m-%d}"


def _age(days: float) -> str:
    return "today" if days < 1 else wording.plural(int(days), "day")


def _ago(days: float) -> str:
    return _age(days) if days < 1 else f"{_age(days)} ago"


def _cell(text: str | None, width: int = _WIDEST_TEXT) -> Text:
    return Text(wording.NONE if not text else shortened(terminal_text(text), width))
