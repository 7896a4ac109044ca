"""The chips below the verdict: what a reader will want to see next, each a link to its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Result, Verdict
from perfanalysis.model.views import ReportData
from perfanalysis.reports.html.figures import Drawing
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.numbers import counted
from perfanalysis.reports.wording import by_importance, change_text, name_text

_MOST_NAMES = 6


@dataclass(frozen=True, kw_only=True)
class Jump:
    """A link with the state that colours it.

    Attributes:
        target: id of a part of the page.
        verdict: what the tables of changes show after the jump, where the script runs; else empty.
    """

    text: str
    state: str
    target: str
    verdict: str


def jumps(data: ReportData, drawing: Drawing, *, events: int) -> list[Jump]:
    """Return the links of a report: regressed names, counts of verdicts, budgets, failures.

    Args:
        data: of the report.
        drawing: which names have a section.
        events: how many anomalies the report shows.
    """
    comparison = data.comparison
    results = by_importance(comparison.results) if comparison else []
    found = [*_names(results, drawing), *_verdicts(results), *_budgets(data)]
    if comparison and comparison.not_judged:
        text = counted("{num} not judged", "{num} not judged", len(comparison.not_judged))
        found.append(_jump(text, "undecided", "not-judged"))
    failed = sum(view.summary.total.failures for view in data.current)
    if failed:
        text = counted("{num} failed request", "{num} failed requests", failed)
        found.append(_jump(text, "plain", "errors"))
    if events:
        text = counted("{num} anomaly", "{num} anomalies", events)
        found.append(_jump(text, "plain", "events"))
    return found


def _names(results: Sequence[Result], drawing: Drawing) -> list[Jump]:
    """Return a link for each regressed name, with the change that weighs most."""
    places = {section.name: index for index, section in enumerate(drawing.names, start=1)}
    worst: dict[str, Result] = {}
    for result in results:
        if result.verdict is Verdict.REGRESSED and result.name in places:
            worst.setdefault(result.name, result)
    return [
        _jump(
            _("{name} {metric} {change}").format(
                name=name_text(name), metric=result.metric, change=change_text(result)
            ),
            "regressed",
            f"name-{places[name]}",
        )
        for name, result in list(worst.items())[:_MOST_NAMES]
    ]


def _verdicts(results: Sequence[Result]) -> list[Jump]:
    counts = Counter(result.verdict for result in results)
    worse, unclear = counts[Verdict.REGRESSED], counts[Verdict.UNDECIDED]
    better = counts[Verdict.IMPROVED]
    texts = {
        Verdict.REGRESSED: counted("{num} regressed", "{num} regressed", worse),
        Verdict.UNDECIDED: counted("{num} undecided", "{num} undecided", unclear),
        Verdict.IMPROVED: counted("{num} improved", "{num} improved", better),
    }
    return [
        _jump(text, str(verdict), "changes", verdict=str(verdict))
        for verdict, text in texts.items()
        if counts[verdict]
    ]


def _budgets(data: ReportData) -> list[Jump]:
    counts = Counter(budget.outcome for budget in data.budgets)
    broken, open_ones = counts[Outcome.BROKEN], counts[Outcome.UNDECIDED]
    found = []
    if broken:
        text = counted("{num} budget broken", "{num} budgets broken", broken)
        found.append(_jump(text, "broken", "budgets"))
    if open_ones:
        text = counted("{num} budget undecided", "{num} budgets undecided", open_ones)
        found.append(_jump(text, "undecided", "budgets"))
    return found


def _jump(text: str, state: str, target: str, *, verdict: str = "") -> Jump:
    return Jump(text=text, state=state, target=target, verdict=verdict)
