"""What an import says when it is done."""

from __future__ import annotations

from perfanalysis.model.run import Evidence, RunInfo
from perfanalysis.reports.escape import terminal_text
from perfanalysis.units import format_count

_EVIDENCE = {
    Evidence.REQUESTS: "every request",
    Evidence.INTERVALS: "figures per interval, no single requests",
    Evidence.TOTALS: "totals of the whole run only",
    Evidence.SERIES: "series of a monitor, no requests",
}


def import_lines(info: RunInfo, destination: str) -> str:
    """Return what was imported, from which files, and what to know about it."""
    counts = info.counts
    formats = ", ".join(dict.fromkeys(source.format for source in info.sources)) or info.tool
    seconds = "" if info.duration_s is None else f", {info.duration_s:.1f} s"
    requests, failed = format_count(counts.requests), format_count(counts.failures)
    evidence = _EVIDENCE[info.evidence]
    lines = [
        f"{destination}: {requests} requests, {failed} failed{seconds} ({formats}: {evidence})"
    ]
    lines += [f"note: {terminal_text(caveat.message)}" for caveat in info.caveats]
    return "\n".join(lines)
