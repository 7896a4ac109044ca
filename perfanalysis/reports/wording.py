"""Wording: what a comparison found in words, alike in every format.

Nothing here is escaped, because every format escapes differently: callers escape what they get.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import (
    Comparison,
    NotJudged,
    Result,
    Severity,
    Verdict,
)
from perfanalysis.model.run import RunInfo
from perfanalysis.reports.escape import shortened
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import gettext_noop, listed, sentences, translated
from perfanalysis.reports.numbers import (
    counted,
    format_change,
    format_quantity,
    format_ratio,
    localized,
)
from perfanalysis.reports.times import in_utc, moment_text
from perfanalysis.reports.words import count_word, word
from perfanalysis.units import significant

NOT_SIGNIFICANT = "~"
NONE = "–"
LONGEST_NAME = 80
ALL_REQUESTS = "all requests"  # what comparisons call them, and some importers

_VERDICT_ORDER = (Verdict.REGRESSED, Verdict.UNDECIDED, Verdict.IMPROVED, Verdict.UNCHANGED)
_SEVERITY_ORDER = (Severity.CRITICAL, Severity.MAJOR, Severity.MINOR, Severity.NONE)
_WITHOUT_REASONS = {
    Verdict.REGRESSED: gettext_noop("a gating result regressed"),
    Verdict.UNDECIDED: gettext_noop("these data allow no verdict"),
    Verdict.NOT_REGRESSED: gettext_noop("no gating result regressed, some results are undecided"),
    Verdict.IMPROVED: gettext_noop("no gating result regressed, some results improved"),
    Verdict.UNCHANGED: gettext_noop("every judged result lies within its tolerance"),
}


def plural(count: int, noun: str) -> str:
    """Return a count with its English noun, for terminals and programs.

    What readers of a report see is counted by `numbers.counted`.

    >>> plural(1, "run"), plural(3, "run")
    ('1 run', '3 runs')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def name_text(name: str | None) -> str:
    """Return a name for people: bounded in length, never empty; None stands for all requests.

    >>> name_text("search"), name_text(" "), name_text(None)
    ('search', '(blank)', 'all requests')
    """
    if name is None or name == ALL_REQUESTS:
        return _("all requests")
    if not name.strip():
        return _("(blank)") if name else _("(empty)")
    return shortened(name, LONGEST_NAME)


def is_difference(metric: str) -> bool:
    """Return whether a metric's change is a difference in percentage points, not a ratio."""
    return metric == "error_rate"


def size_text(value: float | None, metric: str, *, sign: bool = False, bare: bool = False) -> str:
    """Return a change, a tolerance or an end of an interval in the metric's way.

    Args:
        value: a ratio; of an error rate a difference.
        metric: decides between percent and percentage points.
        sign: write a plus too.
        bare: leave out the unit.

    >>> size_text(0.203, "latency.p95", sign=True), size_text(0.0043, "error_rate", sign=True)
    ('+20.3 %', '+0.43 pp')
    >>> size_text(0.05, "latency.p95"), size_text(0.001, "error_rate"), size_text(None, "latency")
    ('5 %', '0.1 pp', '–')
    """
    if value is None:
        return NONE
    if is_difference(metric):
        number = localized(_points(value, sign=sign))
        return number if bare else _("{number} pp").format(number=number)
    text = format_change(value) if sign else format_ratio(value)
    return text.removesuffix("%").rstrip() if bare else text


def _points(value: float, *, sign: bool) -> str:
    """Return percentage points with two significant digits, at most four decimals."""
    points = round(value * 100, 4)
    text = significant(abs(points), 2)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    mark = "-" if points < 0 else "+" if sign and points > 0 else ""
    return f"{mark}{text}"


def change_text(result: Result) -> str:
    """Return the change with its sign and unit: `+20.3 %`, `+0.43 pp`."""
    return size_text(result.change, result.metric, sign=True)


def interval_text(result: Result, *, short: bool = False) -> str:
    """Return the interval of the change; an open end is said in words.

    Args:
        result: the result.
        short: leave out the unit where the change stands beside it.
    """
    ends = (result.ci_low, result.ci_high)
    low, high = (
        None if end is None else size_text(end, result.metric, sign=True, bare=short)
        for end in ends
    )
    return range_text(low, high)


def range_text(low: str | None, high: str | None) -> str:
    """Return a range between two figures; an open end is said in words.

    >>> range_text("462 ms", "519 ms"), range_text("90 ms", None), range_text(None, None)
    ('462 ms to 519 ms', 'at least 90 ms', '–')
    """
    match low, high:
        case str(), str():
            return _("{low} to {high}").format(low=low, high=high)
        case str(), None:
            return _("at least {low}").format(low=low)
        case None, str():
            return _("at most {high}").format(high=high)
    return NONE


def change_with_interval(result: Result) -> str:
    """Return the change with its interval in brackets: `+20.3 % (+12.1 to +29.2)`."""
    change, interval = change_text(result), interval_text(result, short=True)
    if interval == NONE:
        return change
    return _("{change} ({interval})").format(change=change, interval=interval)


def confidence_text(confidence: float) -> str:
    """Return what an interval is called: `95 % interval`."""
    return _("{confidence} interval").format(confidence=format_ratio(confidence))


def interval_heading(results: Sequence[Result]) -> str:
    """Return the heading over intervals: with their confidence where all have the same."""
    confidences = {result.confidence for result in results}
    return confidence_text(confidences.pop()) if len(confidences) == 1 else _("interval")


def verdict_words(result: Result) -> str:
    """Return the verdict with the severity of its change: `regressed, major`."""
    if result.severity is Severity.NONE:
        return word(result.verdict)
    return _("{verdict}, {severity}").format(
        verdict=word(result.verdict), severity=word(result.severity)
    )


def is_harmless_regression(result: Result) -> bool:
    """Return whether a result regressed without failing the comparison: readers must see why."""
    return result.verdict is Verdict.REGRESSED and not result.gate


def verdict_text(result: Result) -> str:
    """Return the verdict with its severity, and whether it leaves the gate alone."""
    words = verdict_words(result)
    return (
        _("{verdict}, not gating").format(verdict=words)
        if is_harmless_regression(result)
        else words
    )


def result_sentence(result: Result) -> str:
    """Return one result in full, for programs and terminals.

    `search latency.p95: 48.1 ms -> 57.9 ms, +20.3 % (95 % interval +12.1 % to +29.2 %),
    regressed, major`.
    """
    values = (
        f"{format_quantity(result.baseline, result.unit)} -> "
        f"{format_quantity(result.current, result.unit)}"
    )
    interval = f"{confidence_text(result.confidence)} {interval_text(result)}"
    if result.ci_low is None and result.ci_high is None:
        interval = "no interval"
    return (
        f"{name_text(result.name)} {result.metric}: {values}, {change_text(result)} ({interval}), "
        f"{verdict_text(result)}"
    )


def is_indistinct(result: Result, alpha: float) -> bool:
    """Return whether nothing sets a result apart from no change: its interval includes zero.

    The interval and not the corrected p-value, because readers see the interval beside it.
    """
    if result.verdict in (Verdict.REGRESSED, Verdict.IMPROVED):
        return False
    if result.ci_low is None and result.ci_high is None:
        return result.p_adjusted is None or result.p_adjusted > alpha
    above = result.ci_low is not None and result.ci_low > 0
    below = result.ci_high is not None and result.ci_high < 0
    return not (above or below)


def change_or_tilde(result: Result, alpha: float) -> str:
    """Return the change, or `~` where there is none to speak of.

    An undecided result adds what could hide behind the `~`: `~<8 %`.
    """
    if not is_indistinct(result, alpha):
        return change_text(result)
    if result.verdict is not Verdict.UNDECIDED:
        return NOT_SIGNIFICANT
    size = result.detectable_change
    return f"{NOT_SIGNIFICANT}<{'∞' if size is None else size_text(size, result.metric)}"


def by_importance(results: Iterable[Result]) -> list[Result]:
    """Return results with what matters first.

    Regressed, undecided, improved, unchanged; within each gating first, then by severity, name
    and metric.
    """
    return sorted(
        results,
        key=lambda result: (
            _VERDICT_ORDER.index(result.verdict),
            not result.gate,
            _SEVERITY_ORDER.index(result.severity),
            result.name,
            result.metric,
        ),
    )


def headline(comparison: Comparison) -> str:
    """Return the verdict and why, in one line: `regressed: search latency.p95 rose 20.3 %`."""
    return _("{verdict}: {reasons}").format(
        verdict=word(comparison.verdict), reasons=reasons_text(comparison)
    )


def reasons_text(comparison: Comparison) -> str:
    """Return why the verdict is what it is: the first reasons, and how many more there are."""
    reasons = [translated(reason) for reason in comparison.reasons]
    said = sentences(reasons[:3]) or _(_WITHOUT_REASONS[comparison.verdict])
    if len(reasons) <= 3:
        return said
    return counted(
        "{reasons}; and {num} more", "{reasons}; and {num} more", len(reasons) - 3, reasons=said
    )


def verdict_counts(results: Iterable[Result]) -> str:
    """Return how many results had which verdict: `1 regressed, 23 unchanged`."""
    counts = Counter(result.verdict for result in results)
    shown = [
        count_word(counts[verdict], word(verdict)) for verdict in _VERDICT_ORDER if counts[verdict]
    ]
    return listed(shown) or _("nothing was judged")


def direction(comparison: Comparison) -> str:
    """Return which runs were held against which."""
    return _("current {current} against baseline {baseline}").format(
        current=side(comparison.current), baseline=side(comparison.baseline)
    )


def side(runs: Sequence[RunInfo]) -> str:
    """Return one side of a comparison: names, number of runs, first start."""
    starts = [in_utc(run.started_at) for run in runs if run.started_at is not None]
    said = {
        "names": first_names([run.name for run in runs]),
        "runs": counted("{num} run", "{num} runs", len(runs)),
    }
    if not starts:
        return _("{names} ({runs}, start unknown)").format(**said)
    time = moment_text(min(starts))
    if len(runs) > 1:
        return _("{names} ({runs}, first started {time})").format(**said, time=time)
    return _("{names} ({runs}, started {time})").format(**said, time=time)


def coverage(comparison: Comparison) -> str:
    """Return how much was judged: `judged 23 of 24`."""
    total = comparison.judged + len(comparison.not_judged)
    return _("judged {judged} of {total}").format(
        judged=localized(str(comparison.judged)), total=localized(str(total))
    )


def not_judged_text(entry: NotJudged) -> str:
    """Return what was not judged and why."""
    metric = "" if entry.metric is None else f" {entry.metric}"
    return f"{name_text(entry.name)}{metric}: {translated(entry.message)} [{entry.reason}]"


def hidden_change(result: Result, alpha: float) -> str | None:
    """Return up to what size a change could hide in an undecided result.

    None where the result is decided, or its interval shows a change, if not one beyond doubt.
    """
    if result.verdict is not Verdict.UNDECIDED or not is_indistinct(result, alpha):
        return None
    if result.detectable_change is None:
        return _("a change of any size could hide")
    size = size_text(result.detectable_change, result.metric)
    return _("a change of up to {size} could hide").format(size=size)


def undecided_text(result: Result, alpha: float) -> str | None:
    """Return what an undecided result may hide, and what would decide it."""
    hidden, way = hidden_change(result, alpha), remedy(result)
    decided = None if way is None else _("{way}, would decide").format(way=way)
    return sentences(part for part in (hidden, decided) if part is not None) or None


def remedy(result: Result) -> str | None:
    """Return what would decide an undecided result: `8 runs a side, or a tolerance of 13 %`."""
    if result.verdict is not Verdict.UNDECIDED:
        return None
    runs = None if result.runs_needed is None else runs_a_side(result.runs_needed)
    if result.tolerance_needed is None:
        return runs
    size = size_text(result.tolerance_needed, result.metric)
    if runs is None:
        return _("a tolerance of {size}").format(size=size)
    return _("{runs}, or a tolerance of {size}").format(runs=runs, size=size)


def runs_a_side(runs: int) -> str:
    """Return a number of runs on each side.

    >>> runs_a_side(8)
    '8 runs a side'
    """
    return counted("{num} run a side", "{num} runs a side", runs)


def remedies(results: Iterable[Result]) -> list[str]:
    """Return what would decide the undecided results, one sentence a metric."""
    by_metric: dict[str, list[str]] = {}
    for result in results:
        way = remedy(result)
        if way is not None:
            by_metric.setdefault(result.metric, []).append(f"{name_text(result.name)} {way}")
    return [f"{metric}: {sentences(ways)}" for metric, ways in by_metric.items()]


def comparison_caveats(comparison: Comparison) -> list[str]:
    """Return the caveats of a comparison, then those of its runs with the runs' names."""
    runs: dict[Caveat, list[str]] = {}
    for run in (*comparison.current, *comparison.baseline):
        for caveat in run.caveats:
            runs.setdefault(caveat, []).append(run.name)
    of_runs = [
        f"{first_names(names)}: {sentence}"
        for caveat, names in runs.items()
        for sentence in caveat_sentences([caveat])
    ]
    return [*caveat_sentences(comparison.caveats), *of_runs]


def first_names(names: Sequence[str]) -> str:
    """Return the names of runs, the first few of many."""
    distinct = list(dict.fromkeys(name_text(name) for name in names))
    shown = listed(distinct[:3])
    if len(distinct) <= 3:
        return shown
    return counted(
        "{names} and {num} more", "{names} and {num} more", len(distinct) - 3, names=shown
    )


def caveat_sentences(caveats: Iterable[Caveat]) -> list[str]:
    """Return each distinct caveat as a sentence with its code, in the order of first mention."""
    return [f"{translated(caveat.message)} [{caveat.code}]" for caveat in dict.fromkeys(caveats)]
