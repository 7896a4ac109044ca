"""A comparison or a check in Markdown: for comments on pull requests and for job summaries.

The heading counts, the next line tells the worst, one table the ten rows that matter most;
everything else is folded. The text is complete for a person and lossy for a program: programs
read the JSON document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from perfanalysis.model.budget_results import BudgetResult, Check
from perfanalysis.model.gate import Gate, gate_of
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Comparison, Result, Verdict
from perfanalysis.model.run import RunInfo
from perfanalysis.reports import wording
from perfanalysis.reports.markdown.budgets import badness, budget_section, budget_table
from perfanalysis.reports.markdown.layout import (
    MOST_BYTES,
    Section,
    code,
    fitted,
    list_section,
    prose,
    table,
    table_section,
)
from perfanalysis.reports.markdown.rows import Rank, Row, cells, columns, ordered_rows, worst_text
from perfanalysis.reports.shape_wording import changed_shapes, several_modes
from perfanalysis.units import format_ratio

GATE_SYMBOLS = {Gate.FAILED: "❌", Gate.NO_VERDICT: "⚠️", Gate.PASSED: "✅"}
_MOST_ROWS = 10
_SHORT_SHA = 7
_LONGEST_COMMAND = 400


@dataclass(frozen=True, kw_only=True)
class Framing:
    """What stands around the findings.

    Attributes:
        reproduce: the command line that gives the same result.
        report_url: http or https address of the full report.
        resolved: there was a problem before, and there is none now.
        strict: undecided budgets are no pass.
        most_bytes: of the whole text.
    """

    reproduce: str | None = None
    report_url: str | None = None
    resolved: bool = False
    strict: bool = False
    most_bytes: int = MOST_BYTES


PLAIN = Framing()


def comparison_markdown(comparison: Comparison, framing: Framing = PLAIN) -> str:
    """Return a comparison, with the budgets in it, as Markdown of bounded size."""
    gate = gate_of(comparison.verdict, comparison.budgets, strict=framing.strict)
    rows = ordered_rows(comparison.results, comparison.budgets)
    notable = [row for row in rows if row.rank is not Rank.QUIET]
    unchanged = [row for row in rows if row.rank is Rank.QUIET]
    head = [
        _heading(gate, comparison.results, comparison.budgets, framing),
        _why(comparison, gate, rows),
        _facts(comparison),
        _table(notable[:_MOST_ROWS], comparison),
    ]
    changed, modes = changed_shapes(comparison.shapes), several_modes(comparison.shapes)
    not_judged = [wording.not_judged_text(entry) for entry in comparison.not_judged]
    sections = [
        _rows_section("more changed or undecided", notable[_MOST_ROWS:], comparison, keep=5),
        budget_section(comparison.budgets, keep=4),
        _rows_section("unchanged", unchanged, comparison, keep=0),
        list_section(f"{len(changed)} changed in shape", changed, keep=3),
        list_section(f"{len(modes)} with several kinds of requests", modes, keep=2),
        list_section(f"{len(not_judged)} not judged", not_judged, keep=6),
        list_section("How this was decided", _method(comparison), keep=1),
    ]
    return fitted(head, sections, _foot(framing), most_bytes=framing.most_bytes)


def check_markdown(check: Check, framing: Framing = PLAIN) -> str:
    """Return judged budgets as Markdown of bounded size."""
    gate = gate_of(None, check.results, strict=framing.strict)
    not_met = [b for b in sorted(check.results, key=badness) if b.outcome is not Outcome.MET]
    head = [
        _heading(gate, (), check.results, framing),
        f"Judged: {prose(wording.side(check.runs))}",
        budget_table(not_met[:_MOST_ROWS]),
    ]
    caveats = [caveat for budget in check.results for caveat in budget.caveats]
    notes = wording.caveat_sentences([*check.caveats, *caveats])
    sections = [
        budget_section(check.results, keep=2),
        list_section(wording.plural(len(notes), "note"), notes, keep=1),
    ]
    return fitted(head, sections, _foot(framing), most_bytes=framing.most_bytes)


def _heading(
    gate: Gate, results: Sequence[Result], budgets: Sequence[BudgetResult], framing: Framing
) -> str:
    regressed = sum(r.gate and r.verdict is Verdict.REGRESSED for r in results)
    broken = sum(budget.fails for budget in budgets)
    failures = [
        wording.plural(regressed, "regression") if regressed else "",
        f"{wording.plural(broken, 'budget')} broken" if broken else "",
    ]
    lead = ", ".join(part for part in failures if part) or "regressed"
    if gate is Gate.NO_VERDICT:
        lead = "no verdict"
    elif gate is Gate.PASSED:
        lead = "resolved" if framing.resolved else _passed(results, budgets)
    others = _other_counts(results, budgets)
    return f"### {GATE_SYMBOLS[gate]} Performance: {lead}{f' ({others})' if others else ''}"


def _passed(results: Sequence[Result], budgets: Sequence[BudgetResult]) -> str:
    parts = ["no regression"] if results else []
    if budgets and all(budget.outcome is Outcome.MET for budget in budgets):
        parts.append("budgets met")
    return ", ".join(parts) or "passed"


def _other_counts(results: Sequence[Result], budgets: Sequence[BudgetResult]) -> str:
    """Return what the heading does not lead with, the changes first."""
    harmless = sum(wording.is_harmless_regression(result) for result in results)
    verdicts = Counter(result.verdict for result in results)
    warned = sum(b.outcome is Outcome.BROKEN and not b.fails for b in budgets)
    unsure = sum(budget.outcome is Outcome.UNDECIDED for budget in budgets)
    counts = [
        (harmless, f"{harmless} regressed without gating"),
        (warned, f"{wording.plural(warned, 'budget')} broken, warning only"),
        (unsure, f"{wording.plural(unsure, 'budget')} undecided"),
        *(
            (verdicts[verdict], f"{verdicts[verdict]} {verdict}")
            for verdict in (Verdict.UNDECIDED, Verdict.IMPROVED, Verdict.UNCHANGED)
        ),
    ]
    said = [text for count, text in counts if count]
    return ", ".join(said) or ("" if budgets or results else "nothing was judged")


def _why(comparison: Comparison, gate: Gate, rows: Sequence[Row]) -> str:
    if gate is Gate.FAILED and rows and rows[0].fails:
        return f"Worst: {worst_text(rows[0])}"
    budgets = [prose(b.message) for b in comparison.budgets if b.outcome is Outcome.UNDECIDED]
    if gate is Gate.NO_VERDICT and comparison.verdict is not Verdict.UNDECIDED:
        return f"Reason: {'; '.join(budgets[:3])}"
    return f"Reason: {prose(wording.reasons_text(comparison))}"


def _facts(comparison: Comparison) -> str:
    current, baseline = comparison.current, comparison.baseline
    machines = _machines([*current, *baseline])
    runs = f"{len(current)} + {len(baseline)} runs"
    facts = [
        f"{_side(current)} against {_side(baseline)} ({runs}{machines})",
        wording.coverage(comparison),
        f"tolerance {wording.size_text(comparison.tolerance, 'latency')}",
    ]
    return " · ".join(facts)


def _side(runs: Sequence[RunInfo]) -> str:
    """Return which version one side is, `main@9f8e7d6`; where that is unknown, its runs' names."""
    commits = {(run.commit.branch, run.commit.sha[:_SHORT_SHA]) for run in runs if run.commit}
    if len(commits) != 1 or not all(run.commit for run in runs):
        return code(wording.first_names([run.name for run in runs]) or wording.NONE)
    ((branch, sha),) = commits
    return code(sha if branch is None else f"{branch}@{sha}")


def _machines(runs: Sequence[RunInfo]) -> str:
    classes = {run.environment.host_class for run in runs}
    if None in classes or not classes:
        return ""
    return ", same machine class" if len(classes) == 1 else ", different machine classes"


def _table(rows: Sequence[Row], comparison: Comparison) -> str:
    with_budgets = bool(comparison.budgets)
    lines = [cells(row, with_budgets=with_budgets) for row in rows]
    return table(columns(rows, with_budgets=with_budgets), lines)


def _rows_section(title: str, rows: Sequence[Row], comparison: Comparison, *, keep: int) -> Section:
    with_budgets = bool(comparison.budgets)
    heads = columns(rows, with_budgets=with_budgets)
    lines = (cells(row, with_budgets=with_budgets) for row in rows)
    return table_section(f"{len(rows)} {title}", heads, lines, len(rows), keep=keep)


def _method(comparison: Comparison) -> list[str]:
    methods = sorted({result.method for result in comparison.results})
    of_results = [caveat for result in comparison.results for caveat in result.caveats]
    of_budgets = [caveat for budget in comparison.budgets for caveat in budget.caveats]
    alpha = format_ratio(comparison.alpha)
    return [
        wording.direction(comparison),
        f"design {comparison.design}, alpha {alpha}, correction {comparison.correction}",
        f"methods: {', '.join(methods) or 'none'}",
        *wording.comparison_caveats(comparison),
        *wording.caveat_sentences([*of_results, *of_budgets]),
    ]


def _foot(framing: Framing) -> list[str]:
    command = framing.reproduce
    reproduce = [] if command is None else [f"Reproduce: {code(command, _LONGEST_COMMAND)}"]
    link = [] if framing.report_url is None else [f"[full report](<{framing.report_url}>)"]
    return [" · ".join([*reproduce, *link])]
