"""What happened during the runs: the warm-up that is cut, and stretches that stand out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfanalysis.model.run import RunInfo
from perfanalysis.model.views import RunView
from perfanalysis.reports.charts.latency import Side


@dataclass(frozen=True, kw_only=True)
class Event:
    """One stretch of a run, in words and on the time axis.

    Attributes:
        kind: `warmup`, or the kind of an anomaly.
        start_s: seconds after the start of the run.
        run: number of the run among those drawn.
        section: whose charts it is marked on: `all`, or the key of a name's section; empty where
            the name has none.
    """

    kind: str
    side: Side
    run_number: int
    run: RunInfo
    start_s: float
    end_s: float
    section: str
    text: str


def run_events(
    runs: Sequence[tuple[Side, RunView]], sections: Mapping[str | None, str]
) -> list[Event]:
    """Return warm-ups first, then anomalies, the biggest of each run first.

    Args:
        runs: those drawn, in the order that their numbers follow.
        sections: key of the section of each name; that of None is all requests.
    """
    return [*_warmups(runs), *_anomalies(runs, sections)]


def marks(events: Sequence[Event]) -> list[dict[str, object]]:
    """Return the events as the page's script reads them."""
    return [
        {
            "kind": event.kind,
            "run": event.run_number,
            "from": round(event.start_s, 2),
            "to": round(event.end_s, 2),
            "section": event.section,
            "text": event.text,
        }
        for event in events
        if event.section
    ]


def _warmups(runs: Sequence[tuple[Side, RunView]]) -> list[Event]:
    return [
        Event(
            kind="warmup",
            side=side,
            run_number=number,
            run=view.summary.run,
            start_s=0.0,
            end_s=view.warmup_s,
            section="all",
            text=view.warmup_message or "",
        )
        for number, (side, view) in enumerate(runs)
        if view.warmup_s
    ]


def _anomalies(
    runs: Sequence[tuple[Side, RunView]], sections: Mapping[str | None, str]
) -> list[Event]:
    return [
        Event(
            kind=anomaly.kind,
            side=side,
            run_number=number,
            run=view.summary.run,
            start_s=anomaly.start_s,
            end_s=anomaly.end_s,
            section=sections.get(anomaly.name, ""),
            text=anomaly.message,
        )
        for number, (side, view) in enumerate(runs)
        for anomaly in view.anomalies
    ]
