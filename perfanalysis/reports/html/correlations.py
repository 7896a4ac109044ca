"""What is said below a resource chart: how the series and latency went together.

The chart's caption names the series, so these sentences do not; `Correlation.message` does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perfanalysis.model.views import Correlation
from perfanalysis.reports.charts.latency import Side
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.numbers import localized


@dataclass(frozen=True, kw_only=True)
class SideCorrelation:
    """How a resource series and latency went together in the runs of one side.

    Attributes:
        distinct: in one of the runs beyond chance.
    """

    side: Side
    text: str
    distinct: bool


def side_correlation(side: Side, found: Sequence[Correlation]) -> SideCorrelation:
    """Return one sentence: of one run its own, of several the range of their coefficients."""
    distinct = sum(correlation.distinct for correlation in found)
    text = _of_one_run(found[0]) if len(found) == 1 else _of_several_runs(found, distinct)
    return SideCorrelation(side=side, text=text, distinct=distinct > 0)


def coefficient_text(value: float) -> str:
    r"""Return a coefficient of correlation; one that rounds to 1 is not called perfect.

    >>> coefficient_text(0.823), coefficient_text(0.9996), coefficient_text(-0.001)
    ('0.82', '0.999', '0.00')
    >>> coefficient_text(-0.14).encode("unicode_escape")
    b'\\u22120.14'
    """
    size = abs(value)
    text = f"{size:.2f}"
    if text == "1.00" and size < 1:
        text = f"{math.trunc(size * 1000) / 1000:.3f}"
    return localized(f"\u2212{text}" if value < 0 and float(text) else text)


def _of_one_run(found: Correlation) -> str:
    values = {"latency": found.against, "coefficient": coefficient_text(found.coefficient)}
    if found.ci_low is None or found.ci_high is None:
        return _(
            "whether {latency} went with it cannot be said: Spearman {coefficient}, but too few "
            "windows are independent of each other"
        ).format(**values)
    values |= {"low": coefficient_text(found.ci_low), "high": coefficient_text(found.ci_high)}
    if not found.distinct:
        template = _("no more than chance with {latency}: Spearman {coefficient} ({low} to {high})")
    elif found.coefficient > 0:
        template = _("{latency} rose and fell with it: Spearman {coefficient} ({low} to {high})")
    else:
        template = _(
            "{latency} fell when it rose, and rose when it fell: Spearman {coefficient} "
            "({low} to {high})"
        )
    return template.format(**values)


def _of_several_runs(found: Sequence[Correlation], distinct: int) -> str:
    coefficients = [correlation.coefficient for correlation in found]
    template = (
        _("Spearman {low} to {high} with {against} in {runs} runs, beyond chance in {distinct}")
        if distinct
        else _("Spearman {low} to {high} with {against} in {runs} runs, never beyond chance")
    )
    return template.format(
        low=coefficient_text(min(coefficients)),
        high=coefficient_text(max(coefficients)),
        against=found[0].against,
        runs=len(found),
        distinct=distinct,
    )
