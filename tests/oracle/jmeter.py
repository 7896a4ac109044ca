"""JMeter's samples as requests, one at a time, whichever file they come from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.oracle.reading import Reading, Row, request_row, series_row

TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
CONTROLLER = re.compile(
    r"Number of samples in transaction : (\d+), number of failing samples : \d+", re.ASCII
)
THREAD = re.compile(r"(.*) \d+-\d+", re.ASCII)
PART = re.compile(r"(.*)-\d+", re.ASCII | re.DOTALL)
END_OF_TIME_US = 253_370_764_800_000_000
MAX_ELAPSED_MS = 10**15 - 1
MAX_ERROR_CHARACTERS = 500
MAX_DEPTH = 10
# JMeter takes time from two clocks.
SLACK_MS = 1
CONTRADICTIONS = 20


class BadSampleError(ValueError):
    """A sample that lacks a part, or one that makes no sense."""


@dataclass(kw_only=True)
class Sample:
    """One sample; None and empty text are what the file does not tell.

    Attributes:
        thread: None where there is no such column, empty text where only its cell is empty.
        part: of a request that is counted; None where the source does not say.
        group: label of the sample that it stands in.
    """

    stamp_us: int
    elapsed_ms: int
    ok: bool
    label: str
    code: str | None
    message: str | None
    thread: str | None
    failure: str | None
    method: str | None
    bytes_received: int | None
    bytes_sent: int | None
    active: int | None
    latency_ms: int | None
    connect_ms: int | None
    tags: list[tuple[str, str]] | None
    part: bool | None = None
    group: str | None = None
    start_us: int = 0

    @property
    def controller(self) -> bool:
        return CONTROLLER.fullmatch(self.message or "") is not None

    @property
    def start_ms(self) -> int:
        return self.start_us // 1000

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.elapsed_ms


def number(text: str | None, *, least: int | None = None, digits: int = 18) -> int | None:
    """Return a whole number; None for nothing."""
    if not text:
        return None
    if re.fullmatch(rf"[ \t]*-?\d{{1,{digits}}}[ \t]*", text, re.ASCII) is None:
        raise BadSampleError(text)
    found = int(text)
    if least is not None and found < least:
        raise BadSampleError(text)
    return found


def elapsed(text: str | None) -> int:
    found = number(text, least=0, digits=15)
    if found is None or "-" in str(text):
        raise BadSampleError(text)
    return found


def verdict(text: str | None) -> bool:
    if text not in (*TRUE, *FALSE):
        raise BadSampleError(text)
    return text in TRUE


def single(text: str | None) -> None:
    """Refuse what stands for several samples."""
    if (number(text) or 0) > 1:
        raise BadSampleError(text)


def reading_of(samples: list[Sample], rejected: int) -> Reading:
    """Return the rows that samples make, and the number of active threads over time."""
    samples = [sample for sample in samples if not is_empty_controller(sample)]
    ends = stamps_are_ends(samples)
    for sample in samples:
        sample.start_us = sample.stamp_us - (sample.elapsed_ms * 1000 if ends else 0)
    if any(sample.part is None for sample in samples):
        find_parts(samples)
    return Reading(
        requests=[row_of(sample) for sample in samples],
        series=active_threads(samples),
        rejected=rejected,
    )


def is_empty_controller(sample: Sample) -> bool:
    found = CONTROLLER.fullmatch(sample.message or "")
    # As JMeter writes it: a zero and nothing else.
    return found is not None and found[1] == "0"


def stamps_are_ends(samples: list[Sample]) -> bool:
    """Say whether time stamps must be the ends of samples, because threads do one at a time."""
    labels = {sample.label for sample in samples}
    last: dict[str, Sample] = {}
    not_starts, not_ends = 0, 0
    for sample in samples:
        known = sample.part if sample.part is not None else stem_of(sample.label, labels)
        if known or sample.controller or sample.thread is None:
            continue
        before = last.get(sample.thread)
        last[sample.thread] = sample
        if before is not None:
            stamps = before.stamp_us // 1000, sample.stamp_us // 1000
            not_starts += stamps[0] + before.elapsed_ms > stamps[1] + SLACK_MS
            not_ends += stamps[1] - sample.elapsed_ms < stamps[0] - SLACK_MS
    return not_starts >= CONTRADICTIONS and not not_ends


def stem_of(label: str, labels: set[str]) -> str | None:
    """Return the label of which this one is a part, `Home` of `Home-0`, if there is such a label.

    A label that is empty is none.
    """
    found = PART.fullmatch(label)
    return found[1] if found and found[1] and found[1] in labels else None


def find_parts(samples: list[Sample]) -> None:
    """Find the parts of requests by labels, threads and times, which is all that CSV tells."""
    labels = {sample.label for sample in samples}
    threads: dict[str, list[Sample]] = {}
    for sample in samples:
        sample.part = False
        if sample.thread is not None:
            threads.setdefault(sample.thread, []).append(sample)
    for mine in threads.values():
        whole, has_parts, latest_end_ms = mine[0], False, 0
        for sample, before in zip(mine, [None, *mine], strict=False):
            depth = depth_below(sample.label, whole.label, labels) if before else 0
            within = (
                sample.start_ms >= whole.start_ms - SLACK_MS
                and sample.end_ms <= whole.end_ms + SLACK_MS
                and sample.start_ms < latest_end_ms
            )
            if before is whole:
                # The first part is called `-0`, and comes at once.
                has_parts = depth == 1 and within and sample.label.endswith("-0")
            latest_end_ms = max(latest_end_ms, sample.end_ms)
            if not (has_parts and within and depth):
                whole, has_parts = sample, False
                continue
            # What a controller holds are requests.
            sample.part = depth > 1 or not whole.controller
            sample.group = stem_of(sample.label, labels)


def depth_below(label: str, ancestor: str, labels: set[str]) -> int:
    """Return how many `-N` stand between two labels; 0 if one is no part of the other."""
    below: str | None = label
    for depth in range(1, MAX_DEPTH + 1):
        below = stem_of(below, labels) if below else None
        if below == ancestor:
            return depth
    return 0


def row_of(sample: Sample) -> Row:
    group = THREAD.fullmatch(sample.thread or "")
    error = None if sample.ok else (sample.failure or sample.message)
    connect = sample.connect_ms if (sample.connect_ms or 0) >= 0 else None
    # 0 stands for not measured.
    latency = sample.latency_ms if (sample.latency_ms or 0) >= 1 else None
    wait = None if latency is None or connect is None else latency - connect
    receive = None if latency is None else sample.elapsed_ms - latency
    return request_row(
        started_at=sample.start_us,
        name=sample.label,
        latency_ms=float(sample.elapsed_ms),
        ok=sample.ok,
        kind="transaction" if sample.part or sample.controller else "request",
        group=sample.group or None,
        scenario=group[1] if group else None,
        method=sample.method or None,
        status=sample.code or None,
        error=error[:MAX_ERROR_CHARACTERS] if error else None,
        worker=sample.thread or None,
        bytes_sent=sample.bytes_sent,
        bytes_received=sample.bytes_received,
        connect_ms=None if connect is None else float(connect),
        wait_ms=None if wait is None or wait < 0 else float(wait),
        receive_ms=None if receive is None or receive < 0 else float(receive),
        tags=sample.tags,
    )


def active_threads(samples: list[Sample]) -> list[Row]:
    """Return the largest number of active threads of each second."""
    largest: dict[int, int] = {}
    for sample in samples:
        if sample.active is not None:
            second = (sample.start_us + sample.elapsed_ms * 1000) // 1_000_000
            largest[second] = max(largest.get(second, 0), sample.active)
    return [
        series_row(time=second * 1_000_000, metric="vus", value=float(value), kind="gauge")
        for second, value in sorted(largest.items())
    ]
