"""A language that marks every text, and reports of every kind."""

from __future__ import annotations

from gettext import NullTranslations
from pathlib import Path

import pytest

from perfanalysis.reports import language
from tests.reports.language.reports import Report, of_comparison, of_history, of_run

MARKS = "⟦⟧"


class Marking(NullTranslations):
    """Says every text in English, between marks."""

    def gettext(self, message):
        return f"⟦{message}⟧"

    def ngettext(self, msgid1, msgid2, n):
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context, message):
        del context
        return f"⟦{message}⟧"


@pytest.fixture
def marking(monkeypatch) -> str:
    """The code of a language in which every text stands between marks."""
    catalogue, locale, codes = language._catalogue, language._locale, language.languages()
    monkeypatch.setattr(language, "languages", lambda: (*codes, "xx"))
    monkeypatch.setattr(
        language, "_catalogue", lambda code: Marking() if code == "xx" else catalogue(code)
    )
    monkeypatch.setattr(language, "_locale", lambda code: locale("en" if code == "xx" else code))
    return "xx"


_MADE: dict[str, dict[str, Report]] = {}
SOURCES = {
    "demo": ("demo/slow.json.xz", "demo/base.json.xz"),
    "jmeter": ("jmeter/slow.csv.jtl", "jmeter/base.csv.jtl"),
    "locust": ("locust/slow", "locust/base"),
    "pgbench": ("pgbench/slow", "pgbench/base"),
    "k6-summary": ("k6/slow.summary.json", "k6/base.summary.json"),
}
RUNS = {
    "demo-run": "demo/base.json.xz",
    "locust-run": "locust/base",
    "psutil-run": "psutil/base.json",
    "pgbench-run": "pgbench/failed",
}
KINDS = [
    *(f"{source}/{kind}" for source in SOURCES for kind in ("comparison.md", "comparison.html")),
    "demo/check.md",
    "pgbench/check.md",
    *(f"history/{kind}" for kind in ("trend.md", "notebook.html", "notebook.md")),
    *(f"{run}/{kind}" for run in RUNS for kind in ("summary.md", "summary.html")),
]


@pytest.fixture(params=KINDS)
def report(request, fixtures) -> Report:
    """A report of one kind, made once."""
    source, _slash, kind = request.param.partition("/")
    if source not in _MADE:
        _MADE[source] = _reports(source, fixtures)
    return _MADE[source][kind]


def _reports(source: str, fixtures: Path) -> dict[str, Report]:
    if source == "history":
        return of_history(sorted((fixtures / "history/shop").iterdir()))
    if source in RUNS:
        return of_run(fixtures / RUNS[source])
    return of_comparison(*(fixtures / path for path in SOURCES[source]))
