"""Reports of every kind, made of real files, and the words in them that are data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from html import unescape
from pathlib import Path
from typing import Any

import lxml.html
from pydantic import BaseModel

import perfanalysis as pa
from perfanalysis import api
from perfanalysis.phrases import Phrase
from perfanalysis.reports.language import in_language

BUDGETS: Mapping[str, Any] = {
    "budgets": [
        {"metric": "latency.p95", "limit": "20 ms"},
        {"metric": "latency.p50", "limit": "900 ms", "level": "warn"},
        {"metric": "latency.p95", "change": "+10 %"},
        {"slo": "99.99 % of requests succeed"},
    ]
}
REPRODUCE = "perfanalysis compare current.run baseline.run"


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report: how it is rendered, and what it is made of."""

    render: Callable[[str], str]
    made_of: tuple[Any, ...]
    is_html: bool


def of_comparison(current: Path, baseline: Path) -> dict[str, Report]:
    """Return a comparison with budgets in both formats, and the summary and check of one side."""
    ours, theirs = api.load_runs(str(current)), api.load_runs(str(baseline))
    comparison = api.compare(ours, theirs, budgets=(BUDGETS,))
    data = api.report_data(ours, theirs, comparison)
    check = api.check(ours, (BUDGETS,))
    return {
        "comparison.md": Report(
            render=lambda lang: api.render_comparison(
                comparison, "markdown", reproduce=REPRODUCE, lang=lang
            ),
            made_of=(comparison,),
            is_html=False,
        ),
        "check.md": Report(
            render=lambda lang: api.render_check(check, "markdown", lang=lang),
            made_of=(check,),
            is_html=False,
        ),
        "comparison.html": Report(
            render=lambda lang: api.render_report(data, reproduce=REPRODUCE, lang=lang),
            made_of=(data,),
            is_html=True,
        ),
    }


def of_run(path: Path) -> dict[str, Report]:
    """Return the summary of one run in both formats."""
    runs = api.load_runs(str(path))
    summary, data = api.summarize(runs[0]), api.report_data(runs, (), None)
    return {
        "summary.md": Report(
            render=lambda lang: api.render_summary(summary, "markdown", lang=lang),
            made_of=(summary,),
            is_html=False,
        ),
        "summary.html": Report(
            render=lambda lang: api.render_report(data, reproduce=REPRODUCE, lang=lang),
            made_of=(data,),
            is_html=True,
        ),
    }


def of_history(paths: Sequence[Path]) -> dict[str, Report]:
    """Return the history of several runs, and what a notebook shows of all that there is."""
    runs = [str(path) for path in paths]
    found = [
        pa.load(runs[0]),
        pa.summarize(runs[0]),
        pa.check(runs[0], BUDGETS),
        pa.compare(runs[0], runs[1], budgets=BUDGETS),
        pa.trend(runs),
    ]
    made_of = (*found, *(pa.load(run).info for run in runs))
    return {
        "trend.md": Report(
            render=lambda lang: api.render_trend(found[-1], "markdown", lang=lang),
            made_of=made_of,
            is_html=False,
        ),
        "notebook.html": Report(
            render=lambda lang: _cells(found, "html", lang), made_of=made_of, is_html=True
        ),
        "notebook.md": Report(
            render=lambda lang: _cells(found, "markdown", lang), made_of=made_of, is_html=False
        ),
    }


def _cells(found: Sequence[object], kind: str, lang: str) -> str:
    with in_language(lang):
        return "\n".join(getattr(result, f"_repr_{kind}_")() for result in found)


def visible_texts(report: Report, text: str) -> list[str]:
    """Return what a reader sees or hears of a report, a paragraph or a cell each."""
    if not report.is_html:
        lines = re.sub(r"</?(?:details|summary)>|&#8203;|\\(?!\\)", "", text).splitlines()
        return [unescape(line) for line in lines]
    tree = lxml.html.fromstring(text)
    seen = [
        text
        for script in tree.xpath("//script[@type='application/json']")
        for text in _texts(json.loads(script.text))
        if " " in text  # columns of numbers are packed into long words
    ]
    for hidden in tree.xpath("//script|//style"):
        hidden.drop_tree()
    seen += [str(value) for value in tree.xpath("//@aria-label|//@title|//@placeholder|//@alt")]
    for element in tree.iter():
        # A sentence may go on through a link or a word in bold, but not through a cell.
        if element.tag not in _INLINE and isinstance(element.tag, str):
            seen += _paragraphs(element)
    return [" ".join(shown.split()) for shown in seen if shown.strip()]


_INLINE = {"a", "b", "bdi", "code", "em", "strong", "sup", "tspan"}


def _paragraphs(element: Any) -> Iterator[str]:
    """Yield what stands directly in an element, with what stands in line in it."""
    text = element.text or ""
    for child in element:
        if child.tag in _INLINE:
            text += child.text_content()
        else:
            yield text
            text = ""
        text += child.tail or ""
    yield text


def data_of(parts: object) -> list[str]:
    """Return the texts that a report quotes, long ones first. Never sentences.

    Names, metrics, codes, files; of a hash also its beginnings.
    """
    found = {text for text in _texts(parts) if text.strip()} | {REPRODUCE}
    found |= {text[:length] for text in found for length in (12, 6) if _HASH.fullmatch(text)}
    return sorted(found, key=len, reverse=True)


# What stands there is worded by us: a text that is no phrase would stay English.
_SENTENCES = {"message", "sentence", "reasons", "warmup_message"}
_HASH = re.compile("[0-9a-f]{12,}")


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, Phrase):
        yield from _texts(part.values)
    elif isinstance(part, str):
        if not isinstance(part, Enum):
            yield part
    elif isinstance(part, Mapping):
        yield from _texts([*part.keys(), *part.values()])
    elif isinstance(part, BaseModel):
        yield from _texts([getattr(part, name) for name in type(part).model_fields])
    elif is_dataclass(part):
        for field in fields(part):
            value = getattr(part, field.name)
            yield from _texts(_phrases(value) if field.name in _SENTENCES else value)
    elif isinstance(part, Iterable) and not hasattr(part, "dtype"):
        for entry in part:
            yield from _texts(entry)


def _phrases(worded: str | Sequence[str] | None) -> list[Phrase]:
    sentences = [worded] if isinstance(worded, str) else worded or ()
    return [sentence for sentence in sentences if isinstance(sentence, Phrase)]
