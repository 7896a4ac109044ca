"""How the figures of a report came about, in plain words, for readers who are no statisticians."""

from __future__ import annotations

from collections import Counter

from perfanalysis.model.results import Comparison
from perfanalysis.model.run import Fidelity
from perfanalysis.model.views import ReportData
from perfanalysis.reports.wording import plural
from perfanalysis.units import format_ratio

_CHANGE = (
    "A change is current / baseline \u2212 1; of an error rate it is the difference in percentage "
    "points (pp). With several runs a side, the value of the side is the geometric mean of its "
    "runs, of error rates the mean. The interval holds the changes that agree with the "
    "measurements."
)
_VERDICT = (
    "regressed: worse by at least the tolerance, and not by chance. improved: better, likewise. "
    "unchanged: shown to lie within the tolerance, which says more than \u201cno difference was "
    "found\u201d. undecided: the measurements allow more than one of these answers. The tolerance "
    "is {tolerance} unless a table says otherwise; the severity follows from how many tolerances "
    "the change spans. What is marked as not gating is shown, but fails no comparison."
)
_DETECTABLE = (
    "The smallest change that such a comparison finds four times out of five. Smaller ones may "
    "hide in an undecided result; longer runs, or more of them, bring it down."
)
_BUDGETS = (
    "met: the whole 95 % interval of the value is within the limit. broken: none of it is. "
    "undecided: the interval spans the limit, or there are no data. Values are those of the whole "
    "run and of all its requests, as the tools print them; counts and extremes have no interval. "
    "Each budget is judged by itself."
)
_METHODS = {
    "batch-means": "each run is cut into a few stretches of time; how much they differ says how "
    "far a figure of the run can be trusted, although neighbouring requests resemble each other",
    "assumed-run-noise": "one run a side cannot show how much two runs of the same version differ, "
    "so a usual noise between runs is assumed",
    "calibrated-noise": "how much two runs of the same version differ was measured beforehand, on "
    "identical runs",
    "welch": "one figure of each run, compared by Welch's t-test: the run is the unit, however "
    "many requests it holds",
    "prediction": "one run is held against the range in which one more run of the other side would "
    "be expected",
    "paired-t": "runs were planned in pairs; what matters is how much the pairs differ",
    "paired-arcsine": "the error rates of planned pairs, stabilised by the arcsine transformation",
    "newcombe": "the difference of two shares, by Newcombe's interval, widened where errors come "
    "in bursts",
    "moderated-t": "one figure of each run, compared by a t-test whose variance borrows from the "
    "other names: the run is the unit, however many requests it holds",
    "moderated-arcsine": "the error rate of each run, stabilised by the arcsine transformation, "
    "compared by a t-test whose variance starts from what the requests themselves explain",
}
_CORRECTIONS = {
    "holm+bh": "Many results are judged at once, and by chance alone some would look changed. "
    "Results that can fail the comparison are therefore corrected together (Holm), the others "
    "by their false discovery rate (Benjamini and Hochberg)."
}
_FIDELITIES = {
    Fidelity.EXACT: "computed from every single request",
    Fidelity.BUCKETED: "read from a histogram, within its known error",
    Fidelity.WINDOWED: "known per window of time only",
    Fidelity.REPORTED: "taken over as the tool printed them",
}


def method_text(data: ReportData) -> list[tuple[str, str]]:
    """Return pairs of a heading and a paragraph."""
    paragraphs = [] if data.comparison is None else _comparison_text(data.comparison)
    if data.budgets:
        paragraphs.append(("Budgets", _BUDGETS))
    return [*paragraphs, ("Fidelity", _fidelity_text(data)), ("Charts", _charts_text(data))]


def _comparison_text(comparison: Comparison) -> list[tuple[str, str]]:
    return [
        ("Change", _CHANGE),
        ("Verdict", _VERDICT.format(tolerance=format_ratio(comparison.tolerance))),
        ("Detectable", _DETECTABLE),
        (f"Design {comparison.design}", _design_text(comparison)),
        ("Many results", _correction_text(comparison)),
    ]


def _design_text(comparison: Comparison) -> str:
    counts = Counter(result.method for result in comparison.results)
    methods = []
    for method, count in counts.most_common():
        explained = f": {_METHODS[method]}" if method in _METHODS else ""
        methods.append(f"{method} ({plural(count, 'result')}){explained}.")
    current = plural(len(comparison.current), "current run")
    baseline = plural(len(comparison.baseline), "baseline run")
    return " ".join([f"{current} against {baseline}.", *methods])


def _correction_text(comparison: Comparison) -> str:
    correction = _CORRECTIONS.get(comparison.correction, f"Corrected by {comparison.correction}.")
    alarms = f"At most {format_ratio(comparison.alpha)} of comparisons of equal versions should"
    return f"{correction} {alarms} raise an alarm."


def _fidelity_text(data: ReportData) -> str:
    found = {
        view.summary.total.fidelity: None
        for view in (*data.current, *data.baseline)
        if view.summary.total.requests
    }
    words = [f"{fidelity} figures are {_FIDELITIES[fidelity]}" for fidelity in found]
    return ("; ".join(words) or "No requests were recorded") + "."


def _charts_text(data: ReportData) -> str:
    text = (
        "Latency distributions have a logarithmic latency axis and a probability scale for the "
        "share, which spreads out the tail: 90 %, 99 % and 99.9 % lie apart. Curves over time "
        "begin at each run\u2019s own start; long ones are thinned to the lowest and highest value "
        "of each stretch, so that peaks stay."
    )
    if data.comparison is not None:
        text += " Every run is a line of its own, in the colour of its side."
    if data.comparison is not None and data.comparison.shapes:
        text += (
            " Quantile by quantile shows by how much each latency quantile changed. The band holds "
            "for all quantiles of all names together: where it excludes zero, something changed."
        )
    return text
