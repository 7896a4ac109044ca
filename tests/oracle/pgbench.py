"""pgbench's per-transaction logs, one line at a time."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from statistics import median_high

from tests.oracle.reading import Reading, Row, lines_of, read_bytes, request_row

SIX_COLUMNS = re.compile(
    r"\d{1,9} \d{1,15} (?:\d{1,15}|skipped|failed|serialization|deadlock) \d{1,6}"
    r" [1-9]\d{8,10} \d{1,6}",
    re.ASCII,
)
MORE_COLUMNS = {"lag": r" -?\d{1,15}", "retries": r" \d{1,10}"}
WORDS = ("skipped", "failed", "serialization", "deadlock")
FORMER_NAMES = {
    "TPC-B (sort of)": "<builtin: TPC-B (sort of)>",
    "Update only pgbench_accounts": "<builtin: simple update>",
    "SELECT only": "<builtin: select only>",
    "Custom query": "script 0",
}


def read_log(lead: Path) -> Reading:
    """Return the transactions of a run.

    Args:
        lead: the first thread's log; those of the others and the report lie beside it.
    """
    report = report_beside(lead)
    # A number that lost its last digits still reads as a number: a cut line is dropped.
    lines = [
        line.removesuffix(b"\r").decode("utf-8", "replace")
        for path in threads_of(lead)
        for line, cut in lines_of(read_bytes(path))
        if not cut and line.strip(b"\r")
    ]
    good = [line for line in lines if SIX_COLUMNS.match(line)]
    more = more_columns([line.split() for line in good], report)
    whole = re.compile(SIX_COLUMNS.pattern + "".join(MORE_COLUMNS[name] for name in more), re.ASCII)
    good = [line for line in good if whole.fullmatch(line)]
    return Reading(
        requests=[row_of(line.split(), more, report) for line in good],
        series=[],
        rejected=len(lines) - len(good),
    )


def threads_of(lead: Path) -> list[Path]:
    paths = [lead]
    while (path := lead.with_name(f"{lead.name}.{len(paths)}")).is_file():
        paths.append(path)
    return paths


def report_beside(lead: Path) -> str:
    """Return what pgbench printed, or nothing."""
    prefix = lead.name.rpartition(".")[0]
    for name in (f"{lead.name}.stdout.txt", f"{prefix}.stdout.txt", "stdout.txt"):
        path = lead.with_name(name)
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return ""


@lru_cache(maxsize=1)
def script_names(report: str) -> list[str]:
    """Return the names of the scripts by their numbers, repeated ones numbered."""
    found = re.findall(r"^SQL script \d+: (.+)$", report, re.MULTILINE)
    found = found or re.findall(r"^transaction type: (.+)$", report, re.MULTILINE)
    names: list[str] = []
    if found == ["multiple scripts"]:
        return names
    for text in found:
        name = FORMER_NAMES.get(text, text if text.startswith("<") else text.split("/")[-1])
        names.append(name)
    return [
        name if names[:number].count(name) == 0 else f"{name} #{names[:number].count(name) + 1}"
        for number, name in enumerate(names)
    ]


def more_columns(lines: list[list[str]], report: str) -> tuple[str, ...]:
    """Return what stands behind the sixth column."""
    width = len(lines[0]) - 6
    if width != 1:
        return ("lag", "retries")[:width]
    if report:
        throttled = "rate limit schedule lag" in report
        once = "maximum number of tries: 1\n" in report
        return ("lag",) if throttled or once else ("retries",)
    # Lags are microseconds, retries are few.
    numbers = [int(fields[6]) for fields in lines if fields[2] != "skipped"]
    return ("retries",) if median_high(numbers) < 10 else ("lag",)


def row_of(fields: list[str], more: tuple[str, ...], report: str) -> Row:
    client, _, time, script, seconds, microseconds = fields[:6]
    extra = dict(zip(more, map(int, fields[6:]), strict=True))
    names = script_names(report)
    ended = int(seconds) * 1_000_000 + int(microseconds)
    row = request_row(
        name=names[int(script)] if int(script) < len(names) else f"script {script}",
        kind="request",
        worker=str(int(client)),
        ok=time not in WORDS,
    )
    if extra.get("retries"):
        row["tags"] = [("retries", str(extra["retries"]))]
    lag = extra.get("lag", 0)
    if time in WORDS:
        row |= {"started_at": ended, "error": time}
        if time == "skipped" and lag > 0:
            row["scheduled_at"] = ended - lag
        return row
    due = ended - int(time)
    row |= {"latency_ms": int(time) / 1000, "started_at": due + lag}
    if "lag" in extra:
        row["scheduled_at"] = due
    return row
