"""What series are called where several labels of one metric are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from perfanalysis.model.results import SeriesSummary


def series_names(series: Sequence[SeriesSummary]) -> list[str]:
    """Return the name of each series: its metric, with its labels where those tell it apart.

    Tools mark all that they measure with the scenario or the host: what all have in common makes
    no name. Nothing is escaped.
    """
    listed = Counter(entry.metric for entry in series)
    return [
        f"{entry.metric}{{{entry.labels}}}"
        if entry.labels and listed[entry.metric] > 1
        else entry.metric
        for entry in series
    ]
