"""Trend wording: what a history shows in words, alike in every format.

As in `wording`, nothing here is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfanalysis.model.results import Severity, Verdict
from perfanalysis.model.run import RunInfo
from perfanalysis.model.trend import FigureTrend, Trend, TrendEpisode, TrendStep
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import listed, pgettext, sentences, translated
from perfanalysis.reports.numbers import counted, format_quantity, format_ratio, localized
from perfanalysis.reports.times import moment_text
from perfanalysis.reports.wording import (
    NONE,
    NOT_SIGNIFICANT,
    caveat_sentences,
    first_names,
    name_text,
    size_text,
)
from perfanalysis.reports.words import word

_MOST_REASONS = 3
_ORDER = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.UNDECIDED, Verdict.UNCHANGED)
_SEVERITIES = (Severity.CRITICAL, Severity.MAJOR, Severity.MINOR, Severity.NONE)


def headline(trend: Trend) -> str:
    """Return the verdict and why, in one line."""
    said = sentences(translated(reason) for reason in trend.reasons[:_MOST_REASONS])
    more = len(trend.reasons) - _MOST_REASONS
    if more > 0:
        said = counted("{reasons}; and {num} more", "{reasons}; and {num} more", more, reasons=said)
    return _("{verdict}: {reasons}").format(verdict=word(trend.verdict), reasons=said)


def span_text(trend: Trend) -> str:
    """Return which runs the history has: how many, and the first and the last."""
    runs = counted("{num} run", "{num} runs", len(trend.runs))
    oldest, newest = (run_text(run) for run in (trend.runs[0], trend.runs[-1]))
    if len(trend.runs) == 1:
        return _("{runs}: {newest}").format(runs=runs, newest=newest)
    if trend.order == "given":
        return _("{runs} as given, from {oldest} to {newest}").format(
            runs=runs, oldest=oldest, newest=newest
        )
    return _("{runs}, from {oldest} to {newest}").format(runs=runs, oldest=oldest, newest=newest)


def run_text(run: RunInfo) -> str:
    """Return the name of a run and when it started."""
    if run.started_at is None:
        return name_text(run.name)
    return _("{run} ({time})").format(run=name_text(run.name), time=moment_text(run.started_at))


def coverage(trend: Trend) -> str:
    """Return how much was judged, and by what settings."""
    total = len(trend.figures) + len(trend.not_judged)
    return _(
        "judged {judged} of {total}, tolerance {tolerance}, alpha {alpha}, "
        "recent are the newest {recent} runs"
    ).format(
        judged=localized(str(trend.judged)),
        total=localized(str(total)),
        tolerance=size_text(trend.tolerance, "latency"),
        alpha=format_ratio(trend.alpha),
        recent=localized(str(trend.recent)),
    )


def by_importance(figures: Iterable[FigureTrend]) -> list[FigureTrend]:
    """Return figures with regressed ones first, then suspected, drifting, improved, others."""
    return sorted(
        figures,
        key=lambda figure: (
            _ORDER.index(figure.verdict) if figure.verdict is Verdict.REGRESSED else 1,
            not is_suspected(figure),
            not is_drifting(figure),
            _ORDER.index(figure.verdict),
            not figure.gate,
            _SEVERITIES.index(figure.severity),
            not figure.steps,
            figure.name,
            figure.metric,
        ),
    )


def is_suspected(figure: FigureTrend) -> bool:
    """Return whether the newest run is out of line."""
    return figure.newest is not None and figure.newest.suspected is not None


def is_drifting(figure: FigureTrend) -> bool:
    """Return whether the present level drifts."""
    return figure.slope is not None and figure.slope.drifting


def is_quiet(figure: FigureTrend) -> bool:
    """Return whether nothing ever happened to a figure."""
    if figure.steps or figure.episodes:
        return False
    return not (is_suspected(figure) or is_drifting(figure))


def verdict_words(figure: FigureTrend) -> str:
    """Return the verdict on a figure, or what keeps it from one."""
    if figure.verdict is Verdict.UNDECIDED:
        if figure.newest is not None and figure.newest.suspected is not None:
            if figure.newest.suspected == "worse":
                return _("suspected worse")
            return _("suspected better")
        if is_drifting(figure):
            return pgettext("trend", "drifting")
    if figure.severity is Severity.NONE:
        return word(figure.verdict)
    return listed([word(figure.verdict), word(figure.severity)])


def change_text(figure: FigureTrend) -> str:
    """Return the change that the verdict is about, `~` for none, `~<8 %` where one could hide."""
    if figure.change is not None:
        return size_text(figure.change, figure.metric, sign=True)
    if figure.newest is not None and figure.newest.suspected is not None:
        return size_text(figure.newest.change, figure.metric, sign=True)
    if figure.verdict is Verdict.UNCHANGED:
        return NOT_SIGNIFICANT
    if figure.detectable_change is None:
        return f"{NOT_SIGNIFICANT}<∞"
    return f"{NOT_SIGNIFICANT}<{size_text(figure.detectable_change, figure.metric)}"


def level_interval_text(figure: FigureTrend) -> str:
    """Return the interval of the present level."""
    level = figure.levels[-1]
    if level.ci_low is None or level.ci_high is None:
        return NONE
    ends = (format_quantity(end, figure.unit) for end in (level.ci_low, level.ci_high))
    low, high = ends
    return _("{low} to {high}").format(low=low, high=high)


def figure_name(figure: FigureTrend) -> str:
    """Return what sentences call a figure."""
    return f"{name_text(figure.name)} {figure.metric}"


def step_sentences(trend: Trend) -> list[str]:
    """Return every step of the history, the newest first."""
    found = [
        (step.run, step_sentence(figure, step, trend))
        for figure in by_importance(trend.figures)
        for step in figure.steps
    ]
    return [text for _run, text in sorted(found, key=lambda pair: -pair[0])]


def step_sentence(figure: FigureTrend, step: TrendStep, trend: Trend) -> str:
    """Return one step in full: figure, levels, change with its interval, and the run."""
    values = {
        "figure": figure_name(figure),
        "before": format_quantity(step.before, figure.unit),
        "after": format_quantity(step.after, figure.unit),
        "change": size_text(step.change, figure.metric, sign=True),
        "low": size_text(step.ci_low, figure.metric, sign=True),
        "high": size_text(step.ci_high, figure.metric, sign=True),
        "run": run_text(trend.runs[step.run]),
    }
    if step.earliest == step.latest:
        return _(
            "{figure}: {before} -> {after}, {change} (95 % interval {low} to {high}) with {run}"
        ).format(**values)
    return _(
        "{figure}: {before} -> {after}, {change} (95 % interval {low} to {high}) with {run}, or "
        "any run from {earliest} to {latest}"
    ).format(
        **values,
        earliest=name_text(trend.runs[step.earliest].name),
        latest=name_text(trend.runs[step.latest].name),
    )


def episode_sentences(trend: Trend) -> list[str]:
    """Return what left its level for a few runs and came back."""
    return [
        _episode_sentence(figure, episode, trend)
        for figure in trend.figures
        for episode in figure.episodes
    ]


def _episode_sentence(figure: FigureTrend, episode: TrendEpisode, trend: Trend) -> str:
    return _("{figure}: {change} from {first} to {last}, then back").format(
        figure=figure_name(figure),
        change=size_text(episode.change, figure.metric, sign=True),
        first=name_text(trend.runs[episode.first].name),
        last=name_text(trend.runs[episode.last].name),
    )


def suspicion_sentences(trend: Trend) -> list[str]:
    """Return in which figures the newest run is out of line, and with what."""
    found = []
    for figure in by_importance(trend.figures):
        newest = figure.newest
        if newest is None or newest.suspected is None:
            continue
        values = {
            "figure": figure_name(figure),
            "value": format_quantity(newest.value, figure.unit),
            "level": format_quantity(newest.level, figure.unit),
            "change": size_text(newest.change, figure.metric, sign=True),
        }
        if newest.runs == 1:
            text = _("{figure}: {value} in the newest run, {change} off the level of {level}")
        else:
            text = _("{figure}: {value} in the newest two runs, {change} off the level of {level}")
        found.append(text.format(**values))
    return found


def drift_sentences(trend: Trend) -> list[str]:
    """Return which present levels drift, and how fast."""
    found = []
    for figure in by_importance(trend.figures):
        slope = figure.slope
        if slope is None or not slope.drifting:
            continue
        runs = counted("{num} run", "{num} runs", figure.levels[-1].runs)
        text = _("{figure}: {each} from run to run, {total} over the {runs} of the present level")
        found.append(
            text.format(
                figure=figure_name(figure),
                each=size_text(slope.per_run, figure.metric, sign=True),
                total=size_text(slope.total, figure.metric, sign=True),
                runs=runs,
            )
        )
    return found


def name_sentences(trend: Trend) -> list[str]:
    """Return which names came and went."""
    return [translated(entry.message) for entry in trend.names]


def trend_caveats(trend: Trend) -> list[str]:
    """Return the caveats of a trend, then those of its runs with the runs' names."""
    names: dict[str, list[str]] = {}
    for run in trend.runs:
        for said in caveat_sentences(run.caveats):
            names.setdefault(said, []).append(run.name)
    of_runs = [
        _("{names}: {sentence}").format(names=first_names(runs), sentence=said)
        for said, runs in names.items()
    ]
    return [*caveat_sentences(trend.caveats), *of_runs]


def values_of(figure: FigureTrend, runs: int) -> Sequence[float | None]:
    """Return the value of every run of the history, None where a run lacks it."""
    known = {point.run: point.value for point in figure.points}
    return [known.get(number) for number in range(runs)]
