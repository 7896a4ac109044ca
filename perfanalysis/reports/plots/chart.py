"""What a chart in a file is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ChartKind: TypeAlias = Literal["strip", "shift", "ecdf", "timeline"]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A file.

    Attributes:
        kind: what is drawn.
        name: of requests; None where it is about all, or about many names.
        file_name: without a folder; never anything that a result file says.
        svg: the content, UTF-8.
    """

    kind: ChartKind
    name: str | None
    file_name: str
    svg: bytes
