"""The words of verdicts and the like in the current language.

In JSON, CSV, JUnit, exports and terminals these words are part of a contract and stay English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from perfanalysis.model.outcome import Outcome
from perfanalysis.model.requests import Kind
from perfanalysis.model.results import Severity, Verdict
from perfanalysis.model.run import Evidence, Fidelity
from perfanalysis.model.shapes import ShapeKind
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import pgettext
from perfanalysis.reports.numbers import localized


def word(value: StrEnum | str) -> str:
    """Return what a value is called; a text that is none of ours stays as it is.

    >>> from perfanalysis.reports.language import in_language
    >>> word(Verdict.REGRESSED)
    'regressed'
    >>> with in_language("ja"):
    ...     word(Verdict.REGRESSED), word("regressed")
    ('悪化', 'regressed')
    """
    words = _WORDS.get(type(value))
    return str(value) if words is None else words()[value]


def kind_word(kind: str) -> str:
    """Return what a kind of rows is called, given as tables have it."""
    return word(Kind(kind)) if kind in Kind.__members__.values() else kind


def count_word(count: int, state: str) -> str:
    """Return how many there are of a state, given as a word of the current language.

    >>> count_word(3, "unchanged")
    '3 unchanged'
    """
    return _("{count} {state}").format(count=localized(str(count)), state=state)


def _verdicts() -> Mapping[str, str]:
    return {
        Verdict.REGRESSED: _("regressed"),
        Verdict.IMPROVED: _("improved"),
        Verdict.UNCHANGED: _("unchanged"),
        Verdict.UNDECIDED: _("undecided"),
        Verdict.NOT_REGRESSED: _("not-regressed"),
    }


def _severities() -> Mapping[str, str]:
    return {
        Severity.NONE: pgettext("severity", "none"),
        Severity.MINOR: pgettext("severity", "minor"),
        Severity.MAJOR: pgettext("severity", "major"),
        Severity.CRITICAL: pgettext("severity", "critical"),
    }


def _outcomes() -> Mapping[str, str]:
    return {
        Outcome.MET: pgettext("budget", "met"),
        Outcome.BROKEN: pgettext("budget", "broken"),
        Outcome.UNDECIDED: pgettext("budget", "undecided"),
    }


def _evidence() -> Mapping[str, str]:
    return {
        Evidence.REQUESTS: pgettext("evidence", "requests"),
        Evidence.INTERVALS: pgettext("evidence", "intervals"),
        Evidence.TOTALS: pgettext("evidence", "totals"),
        Evidence.SERIES: pgettext("evidence", "series"),
    }


def _fidelities() -> Mapping[str, str]:
    return {
        Fidelity.EXACT: pgettext("fidelity", "exact"),
        Fidelity.BUCKETED: pgettext("fidelity", "bucketed"),
        Fidelity.WINDOWED: pgettext("fidelity", "windowed"),
        Fidelity.REPORTED: pgettext("fidelity", "reported"),
    }


def _shapes() -> Mapping[str, str]:
    return {
        ShapeKind.NONE: pgettext("shape", "none"),
        ShapeKind.SHIFT: pgettext("shape", "shift"),
        ShapeKind.TAIL: pgettext("shape", "tail"),
        ShapeKind.SPREAD: pgettext("shape", "spread"),
        ShapeKind.MIXED: pgettext("shape", "mixed"),
    }


def _kinds() -> Mapping[str, str]:
    return {
        Kind.REQUEST: pgettext("kind", "request"),
        Kind.TRANSACTION: pgettext("kind", "transaction"),
        Kind.ITERATION: pgettext("kind", "iteration"),
        Kind.CHECK: pgettext("kind", "check"),
    }


_WORDS: Mapping[type, Callable[[], Mapping[str, str]]] = {
    Verdict: _verdicts,
    Severity: _severities,
    Outcome: _outcomes,
    Evidence: _evidence,
    Fidelity: _fidelities,
    ShapeKind: _shapes,
    Kind: _kinds,
}
