"""How the latencies of a name changed: alike, only in the tail, in spread; and their modes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ShapeKind(StrEnum):
    """Which requests of a name changed.

    `none`: no change is seen. `shift`: fast and slow requests by the same ratio. `tail`: only the
    slowest tenth, or less. `spread`: fast and slow ones moved apart or together, about a median
    that stayed. `mixed`: some more than others, in no such way.
    """

    NONE = "none"
    SHIFT = "shift"
    TAIL = "tail"
    SPREAD = "spread"
    MIXED = "mixed"


@dataclass(frozen=True, kw_only=True)
class QuantileChange:
    """How much one quantile of a name's latency changed.

    Attributes:
        share: of the requests that are faster than this quantile, 0..1.
        change: current / baseline - 1.
        low: lower end of the band at this quantile; None where it is unbounded.
        high: upper end, likewise.
    """

    share: float
    change: float
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class SpreadChange:
    """How much the ratio of the 90th to the 10th percentile changed, with its interval."""

    change: float
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Mode:
    """Requests of a kind: a peak of the distribution with what lies around it.

    Attributes:
        latency_ms: the median of its requests.
        share: of the name's requests that belong to it, 0..1.
    """

    latency_ms: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The change of one name's latency, quantile by quantile, and the modes of each side.

    Attributes:
        sentence: what changed, in words, without the name.
        confidence: probability that the curves of all names lie within their bands everywhere.
        curve: by increasing share; the quantiles that every run carries.
        spread: None where the runs do not carry it.
        baseline_modes: by increasing latency; one for most names, none where the source hides them.
        current_modes: likewise.
    """

    name: str
    kind: ShapeKind
    sentence: str
    confidence: float
    curve: tuple[QuantileChange, ...]
    spread: SpreadChange | None
    baseline_modes: tuple[Mode, ...]
    current_modes: tuple[Mode, ...]
