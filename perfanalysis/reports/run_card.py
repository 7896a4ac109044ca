"""A run as a card: what it was and what its numbers rest on, before anything is computed.

Nothing in facts is escaped, because every format escapes differently.
"""

from __future__ import annotations

from collections.abc import Sequence

from perfanalysis.model.run import RunInfo
from perfanalysis.reports.language import current_language, in_language, listed
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.markdown.layout import (
    Column,
    code,
    fitted,
    list_section,
    prose,
    table,
)
from perfanalysis.reports.numbers import counted, format_count, format_ratio
from perfanalysis.reports.times import duration_text, moment_text
from perfanalysis.reports.wording import caveat_sentences, name_text
from perfanalysis.reports.words import word

_MOST_NAMES = 12
_MOST_TAGS = 12
_COMMIT_LETTERS = 12


def run_facts(info: RunInfo, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return labels and values, the most important first.

    Args:
        info: what is known about the run.
        names: of its requests.
    """
    counts = info.counts
    tool = info.tool if info.tool_version is None else f"{info.tool} {info.tool_version}"
    unknown = _("unknown")
    facts = [
        (_("Tool"), tool),
        (_("Started"), unknown if info.started_at is None else moment_text(info.started_at)),
        (_("Duration"), unknown if info.duration_s is None else duration_text(info.duration_s)),
        (_("Requests"), format_count(counts.requests)),
        (_("Failed"), _failed(info)),
        (_("Names"), _first(names, _MOST_NAMES)),
        (_("Evidence"), word(info.evidence)),
    ]
    if counts.rejected_rows:
        facts.append((_("Rejected rows"), format_count(counts.rejected_rows)))
    if info.commit is not None:
        branch = "" if info.commit.branch is None else f" ({info.commit.branch})"
        facts.append((_("Commit"), f"{info.commit.sha[:_COMMIT_LETTERS]}{branch}"))
    if info.tags:
        facts.append((_("Tags"), _first([f"{k}={v}" for k, v in info.tags.items()], _MOST_TAGS)))
    return facts


def run_markdown(info: RunInfo, names: Sequence[str]) -> str:
    """Return a run as Markdown, for readers."""
    with in_language(current_language()):
        columns = [Column(title=" ", align="left"), Column(title=" ", align="left")]
        rows = [[label, prose(value)] for label, value in run_facts(info, names)]
        heading = "### " + _("Run {name}").format(name=code(name_text(info.name)))
        caveats = list_section(_("Caveats"), caveat_sentences(info.caveats), keep=0)
        return fitted([heading, table(columns, rows)], [caveats], [])


def _failed(info: RunInfo) -> str:
    counts = info.counts
    if not counts.requests:
        return format_count(counts.failures)
    share = format_ratio(counts.failures / counts.requests)
    return _("{count} ({share})").format(count=format_count(counts.failures), share=share)


def _first(texts: Sequence[str], most: int) -> str:
    """Return the first texts of a list, and how many more there are."""
    if not texts:
        return _("none")
    shown = [name_text(text) for text in texts[:most]]
    if len(texts) > most:
        more = len(texts) - most
        shown.append(counted("and {num} more", "and {num} more", more))
    return listed(shown)
