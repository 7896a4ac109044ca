"""Charts in Markdown: pictures that lie beside the text, linked from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfanalysis.model.results import Result, Verdict
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.markdown.layout import Section, name_code, prose
from perfanalysis.reports.numbers import counted, localized
from perfanalysis.reports.plots.chart import ChartKind
from perfanalysis.reports.wording import ALL_REQUESTS, name_text


@dataclass(frozen=True, kw_only=True)
class LinkedChart:
    """A chart, and where the text finds it.

    Attributes:
        kind: what is drawn.
        name: of requests; None where it is about all, or about many names.
        address: from the Markdown to the file, percent-encoded.
    """

    kind: ChartKind
    name: str | None
    address: str


def picture(chart: LinkedChart) -> str:
    """Return a chart as a picture, with words for those who do not see it."""
    return f"![{prose(_words(chart))}]({chart.address})"


def chart_section(
    results: Sequence[Result], charts: Sequence[LinkedChart], *, keep: int
) -> Section:
    """Return the charts of single names as a folded section, name by name."""
    names = list(dict.fromkeys(chart.name for chart in charts if chart.name is not None))
    regressed = {result.name for result in results if result.verdict is Verdict.REGRESSED}
    if len(names) < len(regressed):
        title = _("Charts of {num} of {all} regressed names").format(
            num=localized(str(len(names))), all=localized(str(len(regressed)))
        )
    else:
        title = counted(
            "Charts of {num} regressed name", "Charts of {num} regressed names", len(names)
        )
    return Section(title=title, head=(), rows=_rows(names, charts), count=len(names), keep=keep)


def _rows(names: Sequence[str], charts: Sequence[LinkedChart]) -> Iterator[str]:
    for name in names:
        shown = None if name == ALL_REQUESTS else name
        pictures = [picture(chart) for chart in charts if chart.name == name]
        yield "\n\n".join([f"**{name_code(shown)}**", *pictures]) + "\n"


def _words(chart: LinkedChart) -> str:
    name = name_text(chart.name)
    match chart.kind:
        case "strip":
            return _("Where the latencies of each name lie, current beside baseline")
        case "shift":
            return _("{name}: change of latency by quantile").format(name=name)
        case "ecdf":
            return _("{name}: share of requests at or below each latency").format(name=name)
        case "timeline":
            return _("Latency, throughput and errors over time")
