"""What a notification tells: the same words for a chat, a mail and a program."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from perfanalysis.errors import UsageError
from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.gate import Gate
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Comparison, Result, Verdict
from perfanalysis.publish.findings import Findings
from perfanalysis.reports import wording
from perfanalysis.reports.escape import shortened, terminal_text
from perfanalysis.units import format_quantity

MOST_LINES = 10

_LONGEST_TITLE = 80
_LONGEST_SENTENCE = 300
_LONGEST_URL = 2000
_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_MARKS = {Gate.FAILED: "❌", Gate.NO_VERDICT: "⚠️", Gate.PASSED: "✅"}
_OUTCOME_ORDER = (Outcome.BROKEN, Outcome.UNDECIDED, Outcome.MET)


class When(StrEnum):
    """When something is told.

    failure: whenever the gate does not pass, for want of a verdict too; regression: only when
    something regressed; always: whatever was found.
    """

    FAILURE = "failure"
    REGRESSION = "regression"
    ALWAYS = "always"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One finding. `name` is a stranger's text, shortened and visible; None for whole runs."""

    mark: str
    name: str | None
    text: str


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Everything that is told; every text is one visible line, nothing is escaped.

    Attributes:
        title: what this is about: a project, a pipeline.
        headline: mark, title and counts, in one line.
        summary: why the verdict is what it is; None where only budgets were judged.
        lines: findings that need attention, what matters first.
        more: how many further findings there are.
        context: which runs, how much was judged.
        url: of a report or job; None without one.
    """

    gate: Gate
    title: str
    headline: str
    summary: str | None
    lines: tuple[Line, ...]
    more: int
    context: tuple[str, ...]
    url: str | None
    comparison: Comparison | None
    budgets: tuple[BudgetResult, ...]


def notice_of(findings: Findings, *, title: str, url: str | None) -> Notice:
    """Return what to tell of a comparison, a check, or both.

    Args:
        findings: what was found.
        title: a project's name.
        url: where to read more.

    Raises:
        UsageError: the address is none.
    """
    comparison, budgets, gate = findings.comparison, findings.budgets, findings.gate
    title = shortened(terminal_text(title).strip(), _LONGEST_TITLE) or "perfanalysis"
    lines = _lines(comparison, budgets)
    return Notice(
        gate=gate,
        title=title,
        headline=f"{_MARKS[gate]} {title}: {_counts(comparison, budgets)}",
        summary=_sentence(wording.headline(comparison)) if comparison is not None else None,
        lines=tuple(lines[:MOST_LINES]),
        more=max(len(lines) - MOST_LINES, 0),
        context=tuple(_sentence(text) for text in _context(findings)),
        url=None if url is None else checked_url(url),
        comparison=comparison,
        budgets=tuple(budgets),
    )


def is_due(notice: Notice, when: When) -> bool:
    """Return whether something is told at all."""
    if when is When.ALWAYS:
        return True
    if when is When.FAILURE:
        return notice.gate is not Gate.PASSED
    verdict = notice.comparison.verdict if notice.comparison is not None else None
    return verdict is Verdict.REGRESSED


def checked_url(url: str) -> str:
    """Return an address that no renderer needs to fear.

    Raises:
        UsageError: it is no http or https address, or holds signs that must be percent-encoded.
    """
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not _URL.fullmatch(url) or not host or len(url) > _LONGEST_URL:
        raise UsageError(
            f"expected an http or https address, found {shortened(url, _LONGEST_TITLE)!r}",
            hint="blanks, quotes and letters beyond ASCII must be percent-encoded",
        )
    return url


def ci_title(environ: Mapping[str, str]) -> str:
    """Return the name of the project that a CI system's environment tells, or ours."""
    for variable in ("GITHUB_REPOSITORY", "CI_PROJECT_PATH", "JOB_NAME"):
        if environ.get(variable):
            return environ[variable]
    return "perfanalysis"


def ci_url(environ: Mapping[str, str]) -> str | None:
    """Return the address of the job that GitHub, GitLab or Jenkins tell of, if any."""
    server, repository = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    run = environ.get("GITHUB_RUN_ID")
    if server and repository and run:
        return f"{server}/{repository}/actions/runs/{run}"
    return environ.get("CI_JOB_URL") or environ.get("BUILD_URL") or None


def _counts(comparison: Comparison | None, budgets: Sequence[BudgetResult]) -> str:
    parts = []
    if comparison is not None:
        parts.append(str(comparison.verdict))
        if comparison.results:
            parts.append(wording.verdict_counts(comparison.results))
    outcomes = Counter(budget.outcome for budget in budgets)
    told = [
        f"{wording.plural(outcomes[outcome], 'budget')} {outcome}"
        for outcome in _OUTCOME_ORDER
        if outcomes[outcome]
    ]
    return " · ".join([*parts, *told]) or "no budget was judged"


def _lines(comparison: Comparison | None, budgets: Sequence[BudgetResult]) -> list[Line]:
    broken = [b for b in budgets if b.outcome is not Outcome.MET]
    broken.sort(key=lambda b: (not b.fails, _OUTCOME_ORDER.index(b.outcome)))
    results = comparison.results if comparison is not None else ()
    regressed = [
        result for result in wording.by_importance(results) if result.verdict is Verdict.REGRESSED
    ]
    return [*map(_result_line, regressed), *map(_budget_line, broken)]


def _result_line(result: Result) -> Line:
    values = (
        f"{format_quantity(result.baseline, result.unit)} → "
        f"{format_quantity(result.current, result.unit)}"
    )
    text = (
        f"{result.metric}: {values}, {wording.change_with_interval(result)}, "
        f"{wording.verdict_text(result)}"
    )
    return Line(mark="❌" if result.gate else "⚠️", name=_name(result.name), text=_sentence(text))


def _budget_line(budget: BudgetResult) -> Line:
    name = None if budget.name is None else _name(budget.name)
    text = f"budget {budget.outcome}: {budget.message}"
    return Line(mark="❌" if budget.fails else "⚠️", name=name, text=_sentence(text))


def _context(findings: Findings) -> list[str]:
    comparison, check = findings.comparison, findings.check
    if comparison is not None:
        return [wording.direction(comparison), wording.coverage(comparison)]
    return [wording.side(check.runs)] if check is not None else []


def _name(name: str) -> str:
    return terminal_text(wording.name_text(name))


def _sentence(text: str) -> str:
    return shortened(terminal_text(text), _LONGEST_SENTENCE)
