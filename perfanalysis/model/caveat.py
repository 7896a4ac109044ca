"""Caveats: what a reader must know about a figure or a run, as a code and a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Caveat:
    """A limit of the data or of the method, stated beside the figure it concerns.

    Attributes:
        code: short and stable, for programs: `single-run`, `cut-last-line`.
        message: one sentence for people. It may quote names from result files: escape it on output.
    """

    code: str
    message: str
