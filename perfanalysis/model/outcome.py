"""Outcome: the word for a budget or threshold that was judged."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Of a budget or threshold. Missing data is undecided, never met."""

    MET = "met"
    BROKEN = "broken"
    UNDECIDED = "undecided"
