"""The HTML report is self-contained, and text from result files stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from lxml import html as lxml_html

from perfanalysis.reports.html.assets import data_element
from perfanalysis.reports.html.page import render_report
from tests.reports.hostile import NAMES

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ELEMENTS = """
html head meta title link style body a nav ul ol li main header section aside article footer
p h1 h2 h3 div span bdi sup table thead tbody tr th td br code pre details summary
figure figcaption dl dt dd svg g defs use path text circle
script button label input select option output
"""
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Wellformed(HTMLParser):
    """Collects tags that are closed in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag, _attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


def test_every_tag_is_closed_in_order(page):
    parser = Wellformed()
    parser.feed(page)
    assert parser.wrong == []
    assert parser.open == []


def test_ids_are_unique_and_every_link_leads_somewhere(page):
    tree = lxml_html.fromstring(page)
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = {link[1:] for link in tree.xpath("//a/@href")}
    assert targets
    assert targets <= set(ids)
    named = {name for names in tree.xpath("//@aria-labelledby") for name in names.split()}
    assert named <= set(ids)


def test_the_page_refers_to_nothing_outside_itself(page):
    tree = lxml_html.fromstring(page)
    references = tree.xpath("//@href | //@src | //@srcset | //@action | //@data | //@poster")
    assert tree.xpath("//script/@src") == []
    assert all(value.startswith(("#", "data:")) for value in references)
    elements = {element.tag for element in tree.iter() if isinstance(element.tag, str)}
    assert not elements & {"iframe", "object", "embed", "base", "form", "img"}
    [style] = tree.xpath("//style")
    assert not re.search(r"url\(|@import|@font-face|expression", style.text)


def test_the_policy_allows_one_style_sheet_and_two_scripts_by_hash(page):
    tree = lxml_html.fromstring(page)
    [policy] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    [style] = tree.xpath("//style/text()")
    scripts = tree.xpath("//script[not(@type)]/text()")
    assert len(scripts) == 2
    allowed = " ".join(f"'sha256-{digest(script)}'" for script in scripts)
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {allowed}",
        f"style-src 'sha256-{digest(style)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert tree.xpath("//@style") == []
    assert [a for a in tree.xpath("//@*") if a.attrname.startswith("on")] == []


def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_our_script_makes_no_markup_and_asks_for_nothing(page):
    _library, script = lxml_html.fromstring(page).xpath("//script[not(@type)]/text()")
    for forbidden in (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("),
        *("fetch(", "XMLHttpRequest", "WebSocket", "localStorage", "sessionStorage", "cookie"),
        *("import(", 'setAttribute("style', "cssText", "http:", "https:"),
    ):
        assert forbidden not in script, forbidden


@pytest.mark.parametrize("name", NAMES)
def test_no_text_ends_the_script_element_that_holds_the_data(name):
    element = str(data_element({name: [name]}))
    element.encode("utf-8")
    inside = element.removeprefix('<script type="application/json" id="report-data">')
    inside = inside.removesuffix("</script>")
    assert not re.search("[<>&\u2028\u2029]", inside)
    assert json.loads(inside) == {name: [name]}


def test_texts_of_marks_and_units_reach_the_script_visible_and_bounded(hostile_page):
    [text] = lxml_html.fromstring(hostile_page).xpath("//script[@type='application/json']/text()")
    found = json.loads(text)
    marked = [mark["text"] for mark in found["marks"]]
    assert any("<script>alert(1)</script>" in words for words in marked)
    units = [
        panel["unit"] for chart in found["charts"].values() for panel in chart.get("panels", ())
    ]
    for words in (*marked, *units, *(run["label"] for run in found["runs"])):
        assert len(words) <= 400
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", words)


def test_strangers_text_is_shown_as_text(hostile_page):
    tree = lxml_html.fromstring(hostile_page)
    elements = {element.tag for element in tree.iter() if isinstance(element.tag, str)}
    assert elements <= set(ELEMENTS.split())
    shown = tree.text_content()
    assert "<script>alert(1)</script>" in shown
    assert "</style>" in shown
    assert "a|b`<x>@team" in shown
    assert "(empty)" in shown


def test_control_and_bidirectional_characters_are_made_visible(hostile_page):
    unseen = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    assert not re.search(unseen, hostile_page)
    assert "safe&lt;U+202E&gt;gnp.exe" in hostile_page
    assert "␛[31mred" in hostile_page
    hostile_page.encode("utf-8")


def test_the_command_to_reproduce_is_escaped(single_data):
    page = render_report(single_data, reproduce="</pre><script>alert(1)</script>")
    assert "<code>&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;</code>" in page


def test_names_of_strangers_stand_isolated_from_the_direction_of_the_page(hostile_page):
    tree = lxml_html.fromstring(hostile_page)
    headings = tree.xpath("//section[@class='name']//h3")
    assert len(headings) == 11
    for heading in headings:
        assert [child.tag for child in heading] == ["bdi"]


def test_a_name_of_megabytes_does_not_swell_the_page(single_data, make_name):
    view = single_data.current[0]
    huge = "x" * 2_000_000
    summary = replace(view.summary, names=(make_name(name=huge),))
    distributions = {huge: view.distributions[None]}
    view = replace(view, summary=summary, distributions=distributions)
    page = render_report(replace(single_data, current=(view,)))
    assert len(page) < 300_000
    assert "x…x" in page


def run_chromium(page: Path, profile: Path) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    options = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
        "--disable-background-networking --disable-component-update --disable-sync "
        "--enable-logging=stderr --dump-dom"
    )
    return subprocess.run(
        [CHROMIUM, *options.split(), f"--user-data-dir={profile}", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_shows_the_report_without_complaint(page, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    shown = run_chromium(path, tmp_path / "profile")
    assert "CONSOLE" not in shown.stderr
    assert shown.stdout.count("<svg") == page.count("<svg")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_refuses_what_would_slip_through_the_escaping(report_data, tmp_path):
    page = tmp_path / "report.html"
    evil = '<p style="color:red">x</p><script>document.title = "owned"</script></body>'
    text = render_report(report_data).replace("</body>", evil)
    page.write_text(text, encoding="utf-8")
    shown = run_chromium(page, tmp_path / "profile")
    assert "Content Security Policy" in shown.stderr
    assert "<title>owned" not in shown.stdout
