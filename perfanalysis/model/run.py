"""What is known about a run besides its rows: the content of `run.json`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.stored import Stored


class Evidence(StrEnum):
    """What the numbers of a run rest on, best first."""

    REQUESTS = "requests"
    INTERVALS = "intervals"
    TOTALS = "totals"
    SERIES = "series"  # a monitor's trace alone: no requests at all


class Fidelity(StrEnum):
    """How close a printed figure is to the truth of the measured rows.

    exact: computed from the rows; bucketed: from a histogram with a known error bound;
    windowed: from windows of time; reported: as the tool printed it.
    """

    EXACT = "exact"
    BUCKETED = "bucketed"
    WINDOWED = "windowed"
    REPORTED = "reported"


class Threshold(Stored):
    """A demand that the source itself declared, in k6's words.

    Attributes:
        metric: the source's metric with its selector: `http_req_duration{name:search}`.
        expression: `p(95)<500`.
        passed: the tool's own outcome, where the source tells it.
    """

    metric: str
    expression: str
    passed: bool | None = None


class SourceFile(Stored):
    """One file that the run was imported from; `name` is a bare file name, never a path."""

    name: str
    format: str
    bytes: int
    sha256: str


class Environment(Stored):
    """The machine that made the load, as far as the sources tell."""

    host_class: str | None = None
    cpu_model: str | None = None
    cpu_count: int | None = None
    os: str | None = None


class Commit(Stored):
    """The version under test, where the CI system's environment names it."""

    sha: str
    branch: str | None = None


class Counts(Stored):
    """Rows of the run. `requests` and `failures` are of kind request only."""

    requests: int
    failures: int
    rejected_rows: int


class RunInfo(Stored):
    """The content of `run.json`.

    Attributes:
        id: twelve hexadecimal digits from the content of the sources: equal sources, equal id.
        duration_s: from the first start to the last end, or as the tool reports it.
        window_s: width of the windows in `histograms.parquet`; None without one.
        clock_resolution_ms: step of the source's latency clock: 1 for JMeter, 0.001 for pgbench;
            None where it is finer than matters.
    """

    schema_: Literal["perfanalysis.run"] = Field("perfanalysis.run", alias="schema")
    schema_version: Literal[1] = 1
    id: str
    name: str
    started_at: datetime | None
    duration_s: float | None
    tool: str
    tool_version: str | None
    evidence: Evidence
    counts: Counts
    window_s: float | None
    clock_resolution_ms: float | None
    sources: tuple[SourceFile, ...]
    environment: Environment
    commit: Commit | None
    tags: dict[str, str]
    thresholds: tuple[Threshold, ...]
    caveats: tuple[Caveat, ...]
