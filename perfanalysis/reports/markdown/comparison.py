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
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import gettext_noop, in_language_or_current, listed, sentences
from perfanalysis.reports.markdown.budgets import badness, budget_section, budget_table
from perfanalysis.reports.markdown.charts import LinkedChart, chart_section, picture
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
from perfanalysis.reports.numbers import counted, format_ratio, localized
from perfanalysis.reports.shape_wording import changed_shapes, several_modes
from perfanalysis.reports.words import count_word, word

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
        lang: its language; None for the current one.
        charts: the files that show it.
    """

    reproduce: str | None = None
    report_url: str | None = None
    resolved: bool = False
    strict: bool = False
    most_bytes: int = MOST_BYTES
    lang: str | None = None
    charts: Sequence[LinkedChart] = ()


PLAIN = Framing()


def comparison_markdown(comparison: Comparison, framing: Framing = PLAIN) -> str:
    """Return a comparison, with the budgets in it, as Markdown of bounded size.

    Raises:
        UsageError: there is no such language.
    """
    with in_language_or_current(framing.lang):
        return _comparison_markdown(comparison, framing)


def _comparison_markdown(comparison: Comparison, framing: Framing) -> str:
    gate = gate_of(comparison.verdict, comparison.budgets, strict=framing.strict)
    rows = ordered_rows(comparison.results, comparison.budgets)
    notable = [row for row in rows if row.rank is not Rank.QUIET]
    unchanged = [row for row in rows if row.rank is Rank.QUIET]
    head = [
        _heading(gate, comparison.results, comparison.budgets, framing),
        _why(comparison, gate, rows),
        _facts(comparison),
        _table(notable[:_MOST_ROWS], comparison),
        *(picture(chart) for chart in framing.charts if chart.kind == "strip"),
    ]
    further = len(notable[_MOST_ROWS:])
    sections = [
        chart_section(comparison.results, framing.charts, keep=4),
        _rows_section(
            counted("{num} more changed or undecided", "{num} more changed or undecided", further),
            notable[_MOST_ROWS:],
            comparison,
            keep=5,
        ),
        budget_section(comparison.budgets, keep=4),
        _rows_section(
            counted("{num} unchanged", "{num} unchanged", len(unchanged)),
            unchanged,
            comparison,
            keep=0,
        ),
        *_list_sections(comparison),
        list_section(_("How this was decided"), _method(comparison), keep=1),
    ]
    return fitted(head, sections, _foot(framing), most_bytes=framing.most_bytes)


def _list_sections(comparison: Comparison) -> list[Section]:
    changed, modes = changed_shapes(comparison.shapes), several_modes(comparison.shapes)
    not_judged = [wording.not_judged_text(entry) for entry in comparison.not_judged]
    return [
        list_section(
            counted("{num} changed in shape", "{num} changed in shape", len(changed)),
            changed,
            keep=3,
        ),
        list_section(
            counted(
                "{num} with several kinds of requests",
                "{num} with several kinds of requests",
                len(modes),
            ),
            modes,
            keep=2,
        ),
        list_section(
            counted("{num} not judged", "{num} not judged", len(not_judged)), not_judged, keep=6
        ),
    ]


def check_markdown(check: Check, framing: Framing = PLAIN) -> str:
    """Return judged budgets as Markdown of bounded size.

    Raises:
        UsageError: there is no such language.
    """
    with in_language_or_current(framing.lang):
        return _check_markdown(check, framing)


def _check_markdown(check: Check, framing: Framing) -> str:
    gate = gate_of(None, check.results, strict=framing.strict)
    not_met = [b for b in sorted(check.results, key=badness) if b.outcome is not Outcome.MET]
    head = [
        _heading(gate, (), check.results, framing),
        _("Judged: {runs}").format(runs=prose(wording.side(check.runs))),
        budget_table(not_met[:_MOST_ROWS]),
    ]
    caveats = [caveat for budget in check.results for caveat in budget.caveats]
    notes = wording.caveat_sentences([*check.caveats, *caveats])
    sections = [
        budget_section(check.results, keep=2),
        list_section(counted("{num} note", "{num} notes", len(notes)), notes, keep=1),
    ]
    return fitted(head, sections, _foot(framing), most_bytes=framing.most_bytes)


def _heading(
    gate: Gate, results: Sequence[Result], budgets: Sequence[BudgetResult], framing: Framing
) -> str:
    regressed = sum(r.gate and r.verdict is Verdict.REGRESSED for r in results)
    broken = sum(budget.fails for budget in budgets)
    failures = [
        counted("{num} regression", "{num} regressions", regressed) if regressed else "",
        counted("{num} budget broken", "{num} budgets broken", broken) if broken else "",
    ]
    lead = listed(part for part in failures if part) or _("regressed")
    if gate is Gate.NO_VERDICT:
        lead = _("no verdict")
    elif gate is Gate.PASSED:
        lead = _("resolved") if framing.resolved else _passed(results, budgets)
    others = _other_counts(results, budgets)
    # Whoever shortens this to a title cuts behind the first colon and blank.
    said = _("Performance: {lead} ({others})") if others else _("Performance: {lead}")
    return f"### {GATE_SYMBOLS[gate]} {said.format(lead=lead, others=others)}"


def _passed(results: Sequence[Result], budgets: Sequence[BudgetResult]) -> str:
    parts = [_("no regression")] if results else []
    if budgets and all(budget.outcome is Outcome.MET for budget in budgets):
        parts.append(_("budgets met"))
    return listed(parts) or _("passed")


def _other_counts(results: Sequence[Result], budgets: Sequence[BudgetResult]) -> str:
    """Return what the heading does not lead with, the changes first."""
    harmless = sum(wording.is_harmless_regression(result) for result in results)
    verdicts = Counter(result.verdict for result in results)
    warned = sum(b.outcome is Outcome.BROKEN and not b.fails for b in budgets)
    unsure = sum(budget.outcome is Outcome.UNDECIDED for budget in budgets)
    counts = [
        (
            harmless,
            counted("{num} regressed without gating", "{num} regressed without gating", harmless),
        ),
        (
            warned,
            counted(
                "{num} budget broken, warning only", "{num} budgets broken, warning only", warned
            ),
        ),
        (unsure, counted("{num} budget undecided", "{num} budgets undecided", unsure)),
        *(
            (verdicts[verdict], count_word(verdicts[verdict], word(verdict)))
            for verdict in (Verdict.UNDECIDED, Verdict.IMPROVED, Verdict.UNCHANGED)
        ),
    ]
    said = [text for count, text in counts if count]
    return listed(said) or ("" if budgets or results else _("nothing was judged"))


def _why(comparison: Comparison, gate: Gate, rows: Sequence[Row]) -> str:
    if gate is Gate.FAILED and rows and rows[0].fails:
        return _("Worst: {result}").format(result=worst_text(rows[0]))
    budgets = [prose(b.message) for b in comparison.budgets if b.outcome is Outcome.UNDECIDED]
    if gate is Gate.NO_VERDICT and comparison.verdict is not Verdict.UNDECIDED:
        return _("Reason: {reasons}").format(reasons=sentences(budgets[:3]))
    return _("Reason: {reasons}").format(reasons=prose(wording.reasons_text(comparison)))


def _facts(comparison: Comparison) -> str:
    current, baseline = comparison.current, comparison.baseline
    facts = [
        _(_machines([*current, *baseline])).format(
            current=_side(current),
            baseline=_side(baseline),
            runs=f"{localized(str(len(current)))} + {localized(str(len(baseline)))}",
        ),
        wording.coverage(comparison),
        _("tolerance {size}").format(size=wording.size_text(comparison.tolerance, "latency")),
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
    """Return the sentence that tells who ran against whom, and whether on like machines."""
    classes = {run.environment.host_class for run in runs}
    if None in classes or not classes:
        return gettext_noop("{current} against {baseline} ({runs} runs)")
    if len(classes) == 1:
        return gettext_noop("{current} against {baseline} ({runs} runs, same machine class)")
    return gettext_noop("{current} against {baseline} ({runs} runs, different machine classes)")


def _table(rows: Sequence[Row], comparison: Comparison) -> str:
    with_budgets = bool(comparison.budgets)
    lines = [cells(row, with_budgets=with_budgets) for row in rows]
    return table(columns(rows, with_budgets=with_budgets), lines)


def _rows_section(title: str, rows: Sequence[Row], comparison: Comparison, *, keep: int) -> Section:
    with_budgets = bool(comparison.budgets)
    heads = columns(rows, with_budgets=with_budgets)
    lines = (cells(row, with_budgets=with_budgets) for row in rows)
    return table_section(title, heads, lines, len(rows), keep=keep)


def _method(comparison: Comparison) -> list[str]:
    methods = sorted({result.method for result in comparison.results})
    of_results = [caveat for result in comparison.results for caveat in result.caveats]
    of_budgets = [caveat for budget in comparison.budgets for caveat in budget.caveats]
    alpha = format_ratio(comparison.alpha)
    return [
        wording.direction(comparison),
        _("design {design}, alpha {alpha}, correction {correction}").format(
            design=comparison.design, alpha=alpha, correction=comparison.correction
        ),
        _("methods: {methods}").format(methods=listed(methods) or _("none")),
        *wording.comparison_caveats(comparison),
        *wording.caveat_sentences([*of_results, *of_budgets]),
    ]


def _foot(framing: Framing) -> list[str]:
    command = framing.reproduce
    parts = []
    if command is not None:
        parts.append(_("Reproduce: {command}").format(command=code(command, _LONGEST_COMMAND)))
    if framing.report_url is not None:
        parts.append(f"[{_('full report')}](<{framing.report_url}>)")
    return [" · ".join(parts)]
