"""Two hundred hostile names, each harmless in every output: read by other programs, not by ours."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from lxml import html as lxml_html
from rich.cells import cell_len

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import NotJudged
from perfanalysis.model.run import Commit
from perfanalysis.model.views import ReportData
from perfanalysis.publish.findings import Findings
from perfanalysis.publish.marker import read_state
from perfanalysis.publish.one_comment import Publication
from perfanalysis.reports.csv_table import comparison_csv
from perfanalysis.reports.escape import terminal_text
from perfanalysis.reports.html.page import render_report
from perfanalysis.reports.junit import comparison_junit
from perfanalysis.reports.markdown import Framing
from perfanalysis.reports.terminal.tables import comparison_table
from tests.reports.hostile import NAMES
from tests.reports.html.conftest import view_of
from tests.reports.markdown.reading import rendered, tables

EACH = pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[1:40])
JOINERS = {"\u200c", "\u200d"}
# The last is ours: it breaks mentions.
ALLOWED_UNSEEN = JOINERS | {"\u200b"}
MARKDOWN_TAGS = {
    *("page", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "strong", "a"),
    *("details", "summary", "ul", "li"),
}
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001  (full-width signs start formulas too)


def unseen(text, allowed=frozenset()):
    """The characters that a reader does not see, or that steer what shows them."""
    kinds = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return {c for c in text if unicodedata.category(c) in kinds and c not in allowed}


@pytest.fixture
def hostile(comparison, make_budget, tail_shape):
    """A comparison whose every text is a stranger's."""

    def make(name, *, metric=False):
        caveat = Caveat(code="odd", message=f"odd: {name}")
        run = comparison.current[0].model_copy(
            update={"name": name, "commit": Commit(sha=name or "0", branch=name)}
        )
        results = tuple(
            replace(result, name=name, caveats=(caveat,)) for result in comparison.results
        )
        budget = make_budget(name=name, source=name, message=name, file=name, tags=((name, name),))
        extra = make_budget(name=name, metric=name) if metric else budget
        return replace(
            comparison,
            reasons=(f"{name} latency.p95 rose 20.3 %",),
            current=(run,),
            results=results,
            not_judged=(NotJudged(name=name, metric=None, reason="gone", message=f"{name}: gone"),),
            shapes=(replace(tail_shape, name=name, sentence=f"{name} changed"),),
            budgets=(budget, extra),
            caveats=(caveat,),
        )

    return make


def comment_of(comparison):
    publication = Publication(
        findings=Findings.of(comparison, None, strict=False),
        framing=Framing(reproduce=comparison.current[0].name, report_url="https://ci.example/r"),
        key="load",
        mode="always",
        order=(1, 1),
    )
    return publication.text(None)


def test_there_are_two_hundred_of_them():
    assert len(set(NAMES)) == len(NAMES) == 200
    assert max(len(name) for name in NAMES) == 10_000


@EACH
def test_in_the_comment_the_name_is_text_in_its_cell(hostile, name):
    text = comment_of(hostile(name, metric=True))
    page = rendered(text)
    assert {element.tag for element in page.iter() if isinstance(element.tag, str)} <= MARKDOWN_TAGS
    links = [element.attrib for element in page.iter() if element.attrib]
    assert [entry["href"] for entry in links if "href" in entry] == ["https://ci.example/r"]
    assert {key for entry in links for key in entry} <= {"href", "style"}
    changes, budgets, unchanged = tables(page)
    assert [len(row) for row in changes] == [8] * 8
    assert [len(row) for row in budgets] == [6] * 3
    assert [len(row) for row in unchanged] == [8] * 2
    assert len({row[1] for row in (*changes[1:], *unchanged[1:])}) == 1
    assert len(text.encode()) < 60_000


@EACH
def test_the_comment_calls_nobody_and_commands_nothing(hostile, name):
    text = comment_of(hostile(name, metric=True))
    page = rendered(text)
    for code in [*page.iter("code")]:
        code.text = ""  # where neither mentions nor links are looked for
    shown = "".join(page.itertext())
    assert not re.search(r"[@#!]\w|\bGH-\d|&\d|\w+://|\bwww\.\w", shown)
    # What begins a line would be a quick action of GitLab, or a command to a runner that prints it.
    assert not re.search(r"^\s*(/\w|::|##\[)", text, re.MULTILINE)
    assert unseen(text, ALLOWED_UNSEEN | {"\n"}) == set()
    text.encode()


@EACH
def test_no_name_forges_the_marker(hostile, name):
    text = comment_of(hostile(name))
    assert text.count("<!--") == 2
    assert text.startswith("<!-- perfanalysis key=load -->\n<!-- perfanalysis-state problem ")
    assert read_state(text, "load") is not None
    assert read_state(text, "default") is None


@EACH
def test_in_the_terminal_the_name_is_visible_text_on_its_line(hostile, name):
    for width in (80, None):
        text = comparison_table(hostile(name), width=width, color=False)
        assert unseen(text, JOINERS | {"\n"}) == set()
        text.encode()
        if width is not None:
            assert max(cell_len(line) for line in text.splitlines()) <= width


@EACH
def test_in_csv_the_name_is_one_cell_and_no_formula(hostile, name):
    text = comparison_csv(hostile(name))
    text.encode()
    head, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert len(rows) == 7
    for row in rows:
        assert len(row) == len(head)
        for title, cell in zip(head, row, strict=True):
            if cell.startswith(FORMULA):
                float(cell)  # a negative number of ours, in a column of numbers
                assert title in ("change", "ci_low", "ci_high")
            assert unseen(cell, {"\t", "\r", "\n"}) - set(unicode_formats(cell)) == set()


def unicode_formats(text):
    """Format characters: a spreadsheet shows them as any other text, and JSON has them raw too."""
    return [c for c in text if unicodedata.category(c) in ("Cf", "Zl", "Zp")]


@EACH
def test_in_junit_the_name_is_an_attribute(hostile, name):
    text = comparison_junit(hostile(name))
    root = ET.fromstring(text.encode())
    plain = ET.fromstring(comparison_junit(hostile("plain")).encode())
    assert [e.tag for e in root.iter()] == [e.tag for e in plain.iter()]
    assert [sorted(e.attrib) for e in root.iter()] == [sorted(e.attrib) for e in plain.iter()]


class Tags(HTMLParser):
    """Every tag and attribute, as a browser's tokenizer finds them."""

    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found |= {(tag, key) for key, _ in attrs} | {(tag, None)}


@pytest.fixture(scope="module")
def pages():
    return {}


@pytest.fixture
def page(pages, comparison, summary, hostile, make_result):
    """The HTML report of all names at once, and that of a harmless one; rendered once."""
    if not pages:
        for kind, names in (("hostile", NAMES), ("plain", ("plain",))):
            parts = [hostile(name) for name in names]
            joined = replace(
                parts[0],
                results=tuple(result for part in parts for result in part.results),
                not_judged=tuple(entry for part in parts for entry in part.not_judged),
                budgets=tuple(budget for part in parts for budget in part.budgets),
                caveats=tuple(caveat for part in parts for caveat in part.caveats),
                shapes=(),
            )
            view = view_of(summary)
            data = ReportData(
                comparison=joined, current=(view,), baseline=(view,), budgets=joined.budgets
            )
            pages[kind] = render_report(data)
        pages["text"] = lxml_html.fromstring(pages["hostile"]).text_content()
        # Our own scripts are the same on every page; the data that they read are not.
        without_programs = re.sub(r"<script>.*?</script>", "", pages["hostile"], flags=re.DOTALL)
        pages["unseen"] = unseen(without_programs, JOINERS | {"\n"})
    return pages


def test_in_html_no_name_makes_an_element_or_attribute(page):
    found = {}
    for kind in ("hostile", "plain"):
        parser = Tags()
        parser.feed(page[kind])
        found[kind] = parser.found
    assert found["hostile"] - found["plain"] == set()


@EACH
def test_in_html_the_name_is_text(page, name):
    # Our own scripts are the same on every page; the data that they read are not.
    without_programs = re.sub(r"<script>.*?</script>", "", page["hostile"], flags=re.DOTALL)
    assert unseen(without_programs, JOINERS | {"\n"}) == set()
    visible = terminal_text(name).strip()
    if not visible:
        assert "(empty)" in page["text"]
        assert "(blank)" in page["text"]
    elif len(visible) <= 80:
        assert visible in page["text"]
    else:
        assert terminal_text(name)[:15] in page["text"]
