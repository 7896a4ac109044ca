"""How the figures of a report came about, in plain words, for readers who are no statisticians."""

from __future__ import annotations

from collections import Counter

from perfanalysis.model.results import Comparison
from perfanalysis.model.run import Fidelity
from perfanalysis.model.views import ReportData
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import gettext_noop, paragraph, sentences
from perfanalysis.reports.numbers import counted, format_ratio

_CHANGE = gettext_noop(
    "A change is current / baseline \u2212 1; of an error rate it is the difference in percentage "
    "points (pp). With several runs a side, the value of the side is the geometric mean of its "
    "runs, of error rates the mean. The interval holds the changes that agree with the "
    "measurements."
)
_VERDICT = gettext_noop(
    "regressed: worse by at least the tolerance, and not by chance. improved: better, likewise. "
    "unchanged: shown to lie within the tolerance, which says more than \u201cno difference was "
    "found\u201d. undecided: the measurements allow more than one of these answers. The tolerance "
    "is {tolerance} unless a table says otherwise; the severity follows from how many tolerances "
    "the change spans. What is marked as not gating is shown, but fails no comparison."
)
_DETECTABLE = gettext_noop(
    "The smallest change that such a comparison finds four times out of five. Smaller ones may "
    "hide in an undecided result; longer runs, or more of them, bring it down."
)
_BUDGETS = gettext_noop(
    "met: the whole 95 % interval of the value is within the limit. broken: none of it is. "
    "undecided: the interval spans the limit, or there are no data. Values are those of the whole "
    "run and of all its requests, as the tools print them; counts and extremes have no interval. "
    "Each budget is judged by itself."
)
_ANOMALIES = gettext_noop(
    "Each name is watched in windows of a second or more. What is marked is beyond chance, of a "
    "size that matters, and not explained by more load: latency that jumped, errors in bursts, "
    "and times in which nothing was answered. It decides no verdict."
)
_CORRELATION = gettext_noop(
    "Spearman\u2019s rank correlation of a resource and the latency of all requests, over windows "
    "of time; its interval allows for neighbouring windows being alike. A correlation says what "
    "went together, not what caused what. What is called beyond chance would be found by chance in "
    "one run of twenty, all series of the run taken together."
)
_METHODS = {
    "batch-means": gettext_noop(
        "each run is cut into a few stretches of time; how much they differ says how "
        "far a figure of the run can be trusted, although neighbouring requests resemble each other"
    ),
    "assumed-run-noise": gettext_noop(
        "one run a side cannot show how much two runs of the same version differ, "
        "so a usual noise between runs is assumed"
    ),
    "calibrated-noise": gettext_noop(
        "how much two runs of the same version differ was measured beforehand, on identical runs"
    ),
    "welch": gettext_noop(
        "one figure of each run, compared by Welch's t-test: the run is the unit, however "
        "many requests it holds"
    ),
    "prediction": gettext_noop(
        "one run is held against the range in which one more run of the other side would "
        "be expected"
    ),
    "paired-t": gettext_noop(
        "runs were planned in pairs; what matters is how much the pairs differ"
    ),
    "paired-arcsine": gettext_noop(
        "the error rates of planned pairs, stabilised by the arcsine transformation"
    ),
    "newcombe": gettext_noop(
        "the difference of two shares, by Newcombe's interval, widened where errors come in bursts"
    ),
    "moderated-t": gettext_noop(
        "one figure of each run, compared by a t-test whose variance borrows from the "
        "other names: the run is the unit, however many requests it holds"
    ),
    "moderated-arcsine": gettext_noop(
        "the error rate of each run, stabilised by the arcsine transformation, "
        "compared by a t-test whose variance starts from what the requests themselves explain"
    ),
}
_CORRECTIONS = {
    "holm+bh": gettext_noop(
        "Many results are judged at once, and by chance alone some would look changed. "
        "Results that can fail the comparison are therefore corrected together (Holm), the others "
        "by their false discovery rate (Benjamini and Hochberg)."
    ),
}
_FIDELITIES = {
    Fidelity.EXACT: gettext_noop("exact figures are computed from every single request"),
    Fidelity.BUCKETED: gettext_noop(
        "bucketed figures are read from a histogram, within its known error"
    ),
    Fidelity.WINDOWED: gettext_noop("windowed figures are known per window of time only"),
    Fidelity.REPORTED: gettext_noop("reported figures are taken over as the tool printed them"),
}


def method_text(data: ReportData) -> list[tuple[str, str]]:
    """Return pairs of a heading and a paragraph."""
    paragraphs = [] if data.comparison is None else _comparison_text(data.comparison)
    if data.budgets:
        paragraphs.append((_("Budgets"), _(_BUDGETS)))
    paragraphs += [(_("Fidelity"), _fidelity_text(data)), (_("Charts"), _charts_text(data))]
    views = (*data.current, *data.baseline)
    if any(view.anomalies for view in views):
        paragraphs.append((_("Anomalies"), _(_ANOMALIES)))
    if any(view.correlations for view in views):
        paragraphs.append((_("Correlation"), _(_CORRELATION)))
    return paragraphs


def _comparison_text(comparison: Comparison) -> list[tuple[str, str]]:
    verdict = _(_VERDICT).format(tolerance=format_ratio(comparison.tolerance))
    return [
        (_("Change"), _(_CHANGE)),
        (_("Verdict"), verdict),
        (_("Detectable"), _(_DETECTABLE)),
        (_("Design {design}").format(design=comparison.design), _design_text(comparison)),
        (_("Many results"), _correction_text(comparison)),
    ]


def _design_text(comparison: Comparison) -> str:
    counts = Counter(result.method for result in comparison.results)
    sides = _("{current} against {baseline}.").format(
        current=counted("{num} current run", "{num} current runs", len(comparison.current)),
        baseline=counted("{num} baseline run", "{num} baseline runs", len(comparison.baseline)),
    )
    methods = [_method_text(method, count) for method, count in counts.most_common()]
    return paragraph([sides, *methods])


def _method_text(method: str, count: int) -> str:
    results = counted("{num} result", "{num} results", count)
    if method not in _METHODS:
        return _("{method} ({results}).").format(method=method, results=results)
    return _("{method} ({results}): {explained}.").format(
        method=method, results=results, explained=_(_METHODS[method])
    )


def _correction_text(comparison: Comparison) -> str:
    known = _CORRECTIONS.get(comparison.correction)
    if known is None:
        correction = _("Corrected by {correction}.").format(correction=comparison.correction)
    else:
        correction = _(known)
    alarms = _("At most {alpha} of comparisons of equal versions should raise an alarm.")
    return paragraph([correction, alarms.format(alpha=format_ratio(comparison.alpha))])


def _fidelity_text(data: ReportData) -> str:
    found = {
        view.summary.total.fidelity: None
        for view in (*data.current, *data.baseline)
        if view.summary.total.requests
    }
    if not found:
        return _("No requests were recorded.")
    return _("{fidelities}.").format(fidelities=sentences(_(_FIDELITIES[f]) for f in found))


def _charts_text(data: ReportData) -> str:
    parts = [
        _(
            "Latency distributions have a logarithmic latency axis and a probability scale for the "
            "share, which spreads out the tail: 90 %, 99 % and 99.9 % lie apart. Curves over time "
            "begin at each run\u2019s own start; long ones are thinned to the lowest and highest "
            "value of each stretch, so that peaks stay."
        )
    ]
    parts.append(
        _(
            "Histograms count requests in steps of equal ratio. Heat maps show when how many "
            "requests took how long: the darker, the more."
        )
    )
    if data.comparison is not None:
        parts.append(_("Every run is a line of its own, in the colour of its side."))
    if data.comparison is not None and data.comparison.shapes:
        parts.append(
            _(
                "Quantile by quantile shows by how much each latency quantile changed. The band "
                "holds for all quantiles of all names together: where it excludes zero, something "
                "changed."
            )
        )
    return paragraph(parts)
