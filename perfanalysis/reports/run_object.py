"""Judged runs in JSON documents; keys and their order are part of the contract."""

from __future__ import annotations

from perfanalysis.model.run import RunInfo
from perfanalysis.reports.times import timestamp


def run_object(run: RunInfo) -> dict[str, object]:
    """Return what must be known about a run that was judged, ready for `render_json`.

    Its sources, tags and declared thresholds stay in its bundle.
    """
    environment, commit = run.environment, run.commit
    return {
        "id": run.id,
        "name": run.name,
        "started_at": None if run.started_at is None else timestamp(run.started_at),
        "duration_s": run.duration_s,
        "tool": run.tool,
        "tool_version": run.tool_version,
        "evidence": str(run.evidence),
        "requests": run.counts.requests,
        "failures": run.counts.failures,
        "rejected_rows": run.counts.rejected_rows,
        "environment": {
            "host_class": environment.host_class,
            "cpu_model": environment.cpu_model,
            "cpu_count": environment.cpu_count,
            "os": environment.os,
        },
        "commit": None if commit is None else {"sha": commit.sha, "branch": commit.branch},
        "caveats": [{"code": entry.code, "message": entry.message} for entry in run.caveats],
    }
